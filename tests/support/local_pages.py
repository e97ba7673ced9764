"""Local pages to the consoles of an embedded ECS, and the browser of one, as sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
from urllib.parse import urlsplit

from support.proxy_stage import Stage
from websockets.sync.client import connect

from ecsvnc.browser.local_page import LocalPage
from ecsvnc.browser.page_console import PageConsole
from ecsvnc.browser.presence import PresenceLimits
from ecsvnc.console.keepalive import Policy
from ecsvnc.rfb.handshake import ClientHandshake
from ecsvnc.rfb.server_init import ServerInit

TIMEOUT_S = 30.0
SLOW = PresenceLimits(goodbye_s=600, silent_s=600, ping_s=600)


def serve(
    stage: Stage,
    *,
    limits=SLOW,
    keepalive_s=20.0,
    max_idle_s=3600.0,
    vnc_password=None,
    stay=False,
    admit=None,
    **given,
):
    """A local page of the stage's `web-1` that serves; `stage.close` stops it."""
    tickets, _ = stage.given(**given)
    console = PageConsole(
        tickets, lambda: vnc_password, Policy(keepalive_s, max_idle_s), "us", limits, runtime=stage.runtime
    )
    # The random bytes of the process: nonce and cookie are secrets of their own here too.
    page = LocalPage(console, stay=stay, admit=admit)
    page.start()
    stage.servers.append(page)
    return page


class PageBrowser:
    """A browser as far as a local page sees one: it keeps the cookie. Not yet visited."""

    def __init__(self, address, *, host=None):
        parts = urlsplit(address)
        self.port, self.path = parts.port, parts.path
        self.host = host or parts.netloc
        self.cookie = None

    def ask(self, method="GET", path="", body=None, **headers):
        """Status, headers and body of one answer; `path` is what follows the address."""
        sent = {"host": self.host} | ({"cookie": self.cookie} if self.cookie else {})
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)) as client:
            client.request(method, self.path + path, body=body, headers=sent)
            answer = client.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def visit(self):
        """Open the address, and go on to the page."""
        status, headers, body = self.ask()
        assert status == 200
        self.cookie = headers["set-cookie"].partition(";")[0] if "set-cookie" in headers else self.cookie
        assert re.search(rb"url=([^']+)'", body)[1].decode() == f"{self.path}/"
        assert self.ask(path="/")[0] == 200
        return self

    @property
    def origin(self):
        return f"http://{self.host}"

    def socket(self, **options):
        """Its WebSocket. Raises InvalidStatus if it is refused."""
        headers = {"Cookie": self.cookie} if self.cookie else {}
        options = {"origin": self.origin, "additional_headers": headers, "proxy": None, "compression": None} | options
        return connect(f"ws://127.0.0.1:{self.port}{self.path}/console", max_size=None, **options).__enter__()

    def page(self, **options):
        return Page(self.socket(**options))


class Page:
    """The page on an open WebSocket."""

    def __init__(self, socket):
        self.socket = socket
        self.hello = self.message()
        self.messages = []
        """Text messages that came while RFB was waited for."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def message(self, kind=None):
        """The next text message, or the next of this type; RFB meanwhile is dropped."""
        while True:
            got = self.socket.recv(timeout=TIMEOUT_S)
            if isinstance(got, str) and kind in (None, (message := json.loads(got))["type"]):
                return json.loads(got) if kind is None else message

    def tell(self, **message):
        self.socket.send(json.dumps(message))

    def rfb(self):
        """The next RFB bytes."""
        while isinstance(got := self.socket.recv(timeout=TIMEOUT_S), str):
            self.messages.append(json.loads(got))
        return got

    def open(self):
        """Shake hands and begin: returns the ServerInit."""
        handshake = ClientHandshake(password=lambda: None)
        while not handshake.is_done:
            if answer := handshake.receive(self.rfb()):
                self.socket.send(answer)
        self.socket.send(b"\x01")
        data = b""
        while (found := ServerInit.decode(data)) is None:
            data += self.rfb()
        return found[0]
