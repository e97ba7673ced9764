"""Requests as a loopback server gives them to its handler."""

from __future__ import annotations

from ecsvnc.loopback.exchange import ServerRequest


def request_for(target, *, method="GET", host="127.0.0.1:8080", **headers):
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return ServerRequest(
        method=method,
        target=target,
        path=target,
        query="",
        headers=[*([("host", host)] if host is not None else []), *named],
        body=b"",
        peer=("127.0.0.1", 1),
        local=("127.0.0.1", 2),
        client_is_there=lambda: True,
    )
