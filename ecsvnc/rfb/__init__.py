"""The RFB protocol (RFC 6143), pure: no sockets, no clock, no files."""
