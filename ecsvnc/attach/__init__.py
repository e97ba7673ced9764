"""A console in the terminal that one sits at: its text as text, the keys of the terminal as its keys."""
