"""A console in a native VNC viewer: the loopback proxy, what keeps a console open, and the viewers.

viewer ─TCP─► reception (version line, password) ─► session (ticket, console, relay) ─WebSocket─► ECS
"""
