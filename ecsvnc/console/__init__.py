"""The connection to a console: TCP, proxies, TLS, WebSocket."""
