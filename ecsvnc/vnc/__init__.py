"""The console in a native VNC viewer: loopback proxy, keepalive, viewers."""
