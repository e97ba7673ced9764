"""A real Firefox, headless and with a fresh profile, driven by WebDriver BiDi (w3.org/TR/webdriver-bidi).

    with Firefox() as browser:
        browser.navigate("http://127.0.0.1:…/")
        browser.wait_until("document.body.dataset.state === 'connected'")
        browser.type("root")

It has the methods of `support.browser.Chromium` that tests of both browsers use. Without Firefox the test is skipped.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.parts import need
from support.us_keyboard import place_of
from websockets.sync.client import connect

START_TIMEOUT_S = 90.0
ANSWER_TIMEOUT_S = 60.0
END_TIMEOUT_S = 30.0

# WebDriver's names of keys, section 17.4.2 (w3.org/TR/webdriver2).
_KEYS = {"Enter": "\ue006", "Shift": "\ue008", "Control": "\ue009", "Alt": "\ue00a", "Backspace": "\ue003"}


class Firefox:
    """One browser with one tab of `width` by `height` pixels."""

    def __init__(self, *, width: int = 1280, height: int = 800) -> None:
        self._path = need("firefox-esr")
        self._size = (width, height)
        self._opened = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.profile = Path(tempfile.mkdtemp(prefix="firefox-test-"))
        (self.profile / "user.js").write_text('user_pref("dom.events.testing.asyncClipboard", true);\n')
        self._process = subprocess.Popen(
            [self._path, "--headless", "--no-remote", "--profile", str(self.profile), "--remote-debugging-port=0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # its many processes end with its group
            env={**os.environ, "HOME": str(self.profile), "MOZ_CRASHREPORTER_DISABLE": "1"},
        )
        try:
            connection = connect(self._address(), max_size=None, compression=None, proxy=None)
            self._socket = self._opened.enter_context(connection)
            self._last_id = 0
            self.send("session.new", capabilities={})
            self._context = self.send("browsingContext.getTree", maxDepth=0)["contexts"][0]["context"]
            self.resize(*self._size)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def quit(self) -> None:
        """Have the browser end by itself, so that what it keeps is in its profile."""
        with contextlib.suppress(Exception):  # it may be quicker than its answer
            self.send("browser.close")
        self._process.wait(END_TIMEOUT_S)

    def close(self) -> None:
        """End the browser and remove its profile."""
        self._opened.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command, and its answer. Events in between are dropped."""
        self._last_id += 1
        self._socket.send(json.dumps({"id": self._last_id, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(ANSWER_TIMEOUT_S))
            if message.get("id") == self._last_id:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]

    def navigate(self, url: str) -> None:
        """Open an address; returns when the answer begins to load."""
        self.send("browsingContext.navigate", context=self._context, url=url, wait="none")

    def reload(self) -> None:
        """Load the page again; returns when the answer begins to load."""
        self.send("browsingContext.reload", context=self._context, wait="none")

    def new_tab(self) -> str:
        """Open a second tab, and drive that from now on; returns the one before, for `use_tab`."""
        before = self._context
        self._context = self.send("browsingContext.create", type="tab")["context"]
        return before

    def use_tab(self, tab: str) -> None:
        """Close the current tab and drive another."""
        self.send("browsingContext.close", context=self._context)
        self._context = tab
        self.send("browsingContext.activate", context=tab)

    def record_traffic(self) -> None:
        """Record nothing: only DevTools of Chromium show what WebSockets carry."""

    def received(self) -> bytes:
        """Nothing: see `record_traffic`."""
        return b""

    def allow_clipboard(self) -> None:
        """Do nothing: pages may always read and write the clipboard here."""

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page; a promise is awaited."""
        result = self.send(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then((value) => JSON.stringify(value) ?? 'null')",
            target={"context": self._context},
            awaitPromise=True,
        )
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    def wait_until(self, expression: str, timeout_s: float = 30.0) -> Any:
        """Wait until an expression is true, and return its value."""
        deadline = time.monotonic() + timeout_s
        value: Any = None
        while time.monotonic() < deadline:
            with contextlib.suppress(RuntimeError):  # between two pages there is nothing to ask
                value = self.evaluate(expression)
            if value:
                return value
            time.sleep(0.05)
        text = self.evaluate("document.title + ' | ' + document.body?.innerText.slice(0, 400)")
        raise AssertionError(f"Not true within {timeout_s} s: {expression}\nPage: {text}")

    def type(self, text: str) -> None:
        """Press the keys of a text, as on a US keyboard."""
        actions = []
        for character in text:
            place = place_of(character)
            shift = ["Shift"] if place and place.has_shift else []
            actions += _pressed(character, *shift)
        self._press(actions)

    def press(self, key: str, *modifiers: str) -> None:
        """Press and release one key (a character, or a name like Enter), with Control, Alt, … held."""
        self._press(_pressed(key, *modifiers))

    def click_on(self, selector: str) -> None:
        """A click in the middle of an element."""
        found = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        x, y = self.evaluate(f"(box => [box.x + box.width / 2, box.y + box.height / 2])({found})")
        actions = [
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.send(
            "input.performActions",
            context=self._context,
            actions=[{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}],
        )

    def resize(self, width: int, height: int) -> None:
        """Give the page that many pixels."""
        self.send("browsingContext.setViewport", context=self._context, viewport={"width": width, "height": height})

    def screenshot(self) -> bytes:
        """What the page looks like, as PNG."""
        return base64.b64decode(self.send("browsingContext.captureScreenshot", context=self._context)["data"])

    def _press(self, actions: list[dict[str, str]]) -> None:
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self.send("input.performActions", context=self._context, actions=[source])

    def _address(self) -> str:
        """The address of a new session, as soon as the browser has written down its port."""
        file = self.profile / "WebDriverBiDiServer.json"
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (file.exists() and file.read_text().endswith("}")):
            if self._process.poll() is not None:
                raise RuntimeError(f"Firefox ended at once, with status {self._process.returncode}.")
            if time.monotonic() > deadline:
                raise RuntimeError(f"Firefox did not start within {START_TIMEOUT_S} s.")
            time.sleep(0.05)
        server = json.loads(file.read_text())
        return f"ws://{server['ws_host']}:{server['ws_port']}/session"


def _pressed(key: str, *modifiers: str) -> list[dict[str, str]]:
    values = [_KEYS.get(each, each) for each in (*modifiers, key)]
    down = [{"type": "keyDown", "value": value} for value in values]
    return down + [{"type": "keyUp", "value": value} for value in reversed(values)]
