"""The files of the console page, as the embedded ECS serves them under `/console/`."""

from __future__ import annotations

from pathlib import Path

from ecsvnc.loopback.server import ServerRequest, ServerResponse

PAGE_PATH = "/console/index.html"

_PREFIX = "/console/"
_FOLDER = Path(__file__).parent / "page"
_CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
# The console may be on any host: through a port forward its address is not the page's.
_POLICY = (
    "default-src 'self'; connect-src ws: wss:; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = [
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),  # the page's address contains the ticket
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", _POLICY),
]


def is_page(path: str) -> bool:
    """Whether a path belongs to the console page."""
    return path.startswith(_PREFIX)


def answer(request: ServerRequest) -> ServerResponse:
    """Answer with one file of the page. Only names of files in its folder are known, so no path leads out of it."""
    if request.method not in {"GET", "HEAD"}:
        return _plain(405, "Only GET and HEAD are allowed.\n", [("Allow", "GET, HEAD")])
    name = request.path.removeprefix(_PREFIX) or "index.html"
    file = {each.relative_to(_FOLDER).as_posix(): each for each in _FOLDER.rglob("*")}.get(name)
    content_type = _CONTENT_TYPES.get(file.suffix) if file else None
    if file is None or content_type is None:
        return _plain(404, "Not found.\n")
    return ServerResponse(200, [("Content-Type", content_type), *_HEADERS], file.read_bytes())


def _plain(status: int, text: str, headers: list[tuple[str, str]] | None = None) -> ServerResponse:
    return ServerResponse(status, [("Content-Type", "text/plain; charset=utf-8"), *(headers or [])], text.encode())
