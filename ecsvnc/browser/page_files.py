"""The files of the console page, in `page/`, as HTTP answers: for the local page, and for the embedded ECS."""

from __future__ import annotations

from pathlib import Path

from ecsvnc.loopback.server import ServerRequest, ServerResponse

_FOLDER = Path(__file__).parent / "page"
_CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

_ALWAYS = (
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),  # the page's address may contain a ticket
    ("X-Content-Type-Options", "nosniff"),
)


def answer(
    request: ServerRequest, name: str, *, connect_to: str, headers: tuple[tuple[str, str], ...] = ()
) -> ServerResponse:
    """Answer with one file of the page; an empty name is its HTML.

    Only names of files in its folder are known, so no path leads out of it. `connect_to` is what its scripts may
    connect to, as sources of a Content-Security-Policy. `headers` are added.
    """
    if request.method not in {"GET", "HEAD"}:
        return _plain(405, "Only GET and HEAD are allowed.\n", ("Allow", "GET, HEAD"))
    file = {each.name: each for each in _FOLDER.iterdir()}.get(name or "index.html")
    content_type = _CONTENT_TYPES.get(file.suffix) if file else None
    if file is None or content_type is None:
        return _plain(404, "Not found.\n")
    policy = (
        f"default-src 'self'; connect-src {connect_to}; img-src 'self' data: blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    own_headers = [
        ("Content-Type", content_type),
        *_ALWAYS,
        ("Content-Security-Policy", policy),
    ]
    return ServerResponse(200, [*own_headers, *headers], file.read_bytes())


def _plain(status: int, text: str, *headers: tuple[str, str]) -> ServerResponse:
    return ServerResponse(status, [("Content-Type", "text/plain; charset=utf-8"), *_ALWAYS, *headers], text.encode())
