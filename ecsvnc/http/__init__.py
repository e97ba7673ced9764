"""HTTP, and the one place that knows requests: the bounded transport, and the hardened loopback server."""
