"""The console page in a browser: its addresses, its states and its pixels."""

from __future__ import annotations

import base64
import json
from typing import Any, Protocol

from ecsvnc.simulator.embedded import EmbeddedEcs
from ecsvnc.simulator.framebuffer import Framebuffer
from ecsvnc.simulator.tickets import vnc_url
from ecsvnc.tickets.console_url import console_url
from ecsvnc.tickets.ticket import VncUrl

_CANVAS_PIXELS = """(() => {
  const canvas = document.getElementById("screen");
  const side = canvas.width / WIDTH;
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, HEIGHT * side).data;
  const pixels = new Uint8Array(4 * WIDTH * HEIGHT);
  for (let y = 0, into = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1, into += 4) {
      const from = 4 * (y * side * canvas.width + x * side);
      [pixels[into], pixels[into + 1], pixels[into + 2]] = [data[from + 2], data[from + 1], data[from]];
    }
  }
  return pixels.toBase64();
})()"""


_PASTE = """(() => {
  document.getElementById("paste-text").value = TEXT;
  document.getElementById("layout").value = LAYOUT;
  document.querySelector("#paste-dialog .primary").click();
})()"""


class Browser(Protocol):
    """What these functions need of a browser."""

    def navigate(self, url: str) -> None: ...

    def evaluate(self, expression: str) -> Any: ...

    def wait_until(self, expression: str, timeout_s: float = ...) -> Any: ...

    def click_on(self, selector: str) -> None: ...


def vendor_address(ecs: EmbeddedEcs, name: str) -> str:
    """The address of the page as the vendor's, with a fresh ticket of an instance."""
    instance = ecs.fleet.named(name)
    ticket = VncUrl.parse(vnc_url(ecs.origin, ecs.tickets.issue(instance.id)))
    is_windows = instance.os_type == "windows"
    return console_url(ecs.console_page, ticket, instance_id=instance.id, is_windows=is_windows)


def wait_for_state(browser: Browser, state: str, timeout_s: float = 20.0) -> None:
    """Wait until the page is "connected", "closed" …"""
    browser.wait_until(f"document.body && document.body.dataset.state === {json.dumps(state)}", timeout_s)


def open_console(browser: Browser, address: str) -> None:
    """Open an address and wait until the page shows a console."""
    browser.navigate(address)
    wait_for_state(browser, "connected")


def notice(browser: Browser) -> str:
    """What the page says when there is no console any more."""
    wait_for_state(browser, "closed")
    text: str = browser.evaluate("document.getElementById('notice').innerText")
    return text


def paste(browser: Browser, text: str, *, layout: str = "us") -> None:
    """Paste a text by the page's dialog, for a console with a keyboard layout."""
    browser.click_on("#paste")
    browser.wait_until("document.getElementById('paste-dialog').open")
    browser.evaluate(_PASTE.replace("TEXT", json.dumps(text)).replace("LAYOUT", json.dumps(layout)))


def canvas_pixels(browser: Browser, width: int, height: int) -> bytes:
    """The upper part of the picture that the page shows, as 32-bit pixels: blue, green, red, 0."""
    script = _CANVAS_PIXELS.replace("WIDTH", str(width)).replace("HEIGHT", str(height))
    return base64.b64decode(browser.evaluate(script))


def shows(browser: Browser, framebuffer: Framebuffer, *, rows: int | None = None) -> bool:
    """Whether the page shows a picture, pixel for pixel; or only its upper rows, where a clock and a cursor are not."""
    rows = framebuffer.height if rows is None else rows
    wanted = framebuffer.pixels[: 4 * framebuffer.width * rows]
    return canvas_pixels(browser, framebuffer.width, rows) == wanted
