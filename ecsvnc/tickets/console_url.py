"""The console URL: the address of the web page that shows one console, with its ticket in the query."""

from __future__ import annotations

from urllib.parse import quote

from ecsvnc.tickets.ticket import VncUrl


def console_url(page: str, vnc_url: VncUrl, *, instance_id: str, is_windows: bool, password: str | None = None) -> str:
    """`PAGE?vncUrl=V&instanceId=I&isWindows=true|false[&password=P]`. As secret as the ticket in it.

    `page` is an absolute http(s) URL without a fragment. The order and the lower-case `true`/`false` are those of the
    API reference (DescribeInstanceVncUrl, usage notes). The VNC password is in it only if given: newer
    instances need none, and a URL ends up in the browser's history.
    """
    query = f"vncUrl={vnc_url.encoded}&instanceId={quote(instance_id, safe='')}&isWindows={str(is_windows).lower()}"
    if password is not None:
        query += f"&password={quote(password, safe='')}"
    return f"{page}{'&' if '?' in page else '?'}{query}"
