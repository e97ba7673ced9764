"""A console in a browser: the handoff, which browser, launching it."""
