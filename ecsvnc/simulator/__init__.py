"""The embedded ECS: API, tickets, a VNC screen and a console page, on loopback."""
