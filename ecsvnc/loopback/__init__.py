"""The hardened loopback server, who owns a peer's socket, and which names are this machine."""
