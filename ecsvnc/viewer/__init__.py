"""A console in a VNC viewer: the proxy on a loopback port, the relay, and the viewers that can be started."""
