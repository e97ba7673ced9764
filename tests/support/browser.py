"""A real Chromium, headless and with a fresh profile, driven through its DevTools.

    with Chromium() as browser:
        browser.navigate("http://127.0.0.1:…/")
        browser.wait_until("document.body.dataset.state === 'connected'")
        browser.type("root")
        browser.press("Enter")

`require_chromium()` skips the calling test where there is none. When the block is left no process of it is.
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

import pytest
import websocket
from support.us_keyboard import place_of

START_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 30.0
END_TIMEOUT_S = 30.0

_FLAGS = [
    "--headless=new",
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--password-store=basic",
    "--remote-debugging-port=0",
]

_KEY_CODES = {"Enter": 13, "Backspace": 8, "Tab": 9, "Escape": 27, "Delete": 46, "ArrowUp": 38, "ArrowDown": 40}
_MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}


def chromium_path() -> str | None:
    """Where Chromium is; None if it is not installed."""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


def require_chromium() -> str:
    """The path of Chromium; without one the calling test is skipped."""
    path = chromium_path()
    if path is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    return path


class Chromium:
    """One browser with one tab of `width` by `height` pixels."""

    def __init__(self, *, width: int = 1280, height: int = 800) -> None:
        self._path = require_chromium()
        self._size = (width, height)
        self.console: list[str] = []
        """What pages wrote to the console, and exceptions that nobody caught."""
        self.traffic: list[dict[str, Any]] = []
        """What the browser received and sent, as events of DevTools, since `record_traffic`."""
        self._tab: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.profile = tempfile.mkdtemp(prefix="chromium-test-")
        width, height = self._size
        self._process = subprocess.Popen(
            [self._path, *_FLAGS, f"--user-data-dir={self.profile}", f"--window-size={width},{height}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # its many processes end with its group
            env={**os.environ, "HOME": self.profile},
        )
        try:
            self._socket = _connected(self._tab_address())
            self._last_id = 0
            for domain in ("Page", "Runtime", "Log"):
                self.send(f"{domain}.enable")
            self.resize(width, height)
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
        with contextlib.suppress(websocket.WebSocketException):  # it may be quicker than its answer
            self.send("Browser.close")
        self._process.wait(END_TIMEOUT_S)

    def close(self) -> None:
        """End the browser and remove its profile."""
        if hasattr(self, "_socket"):
            self._socket.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the DevTools protocol, and its answer. What the browser says in between is kept."""
        self._last_id += 1
        self._socket.send(json.dumps({"id": self._last_id, "method": method, "params": parameters, **self._tab}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._last_id:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self._note(message)

    def navigate(self, url: str) -> None:
        """Open an address; returns when the answer begins to load."""
        result = self.send("Page.navigate", url=url)
        if result.get("errorText"):
            raise RuntimeError(f"The page did not load: {result['errorText']}")

    def reload(self) -> None:
        """Load the page again; returns when the answer begins to load."""
        self.send("Page.reload")

    def new_tab(self) -> dict[str, str]:
        """Open a second tab, and drive that from now on; returns the one before, for `use_tab`."""
        before = self._tab
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._tab = {"sessionId": self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for domain in ("Page", "Runtime", "Network"):
            self.send(f"{domain}.enable")
        return before

    def use_tab(self, tab: dict[str, str]) -> None:
        """Close the current tab and drive another."""
        self.send("Page.close")
        self._tab = tab
        self.send("Page.bringToFront")

    def record_traffic(self) -> None:
        """From now on, keep what the browser receives and sends."""
        self.send("Network.enable")

    def received(self) -> bytes:
        """What was received and sent since `record_traffic`: headers, and all that WebSockets carried."""
        frames = [each["response"] for each in self.traffic if "payloadData" in each.get("response", {})]
        data = [base64.b64decode(each["payloadData"]) for each in frames if each["opcode"] == 2]
        return json.dumps(self.traffic).encode() + b"".join(data)

    def allow_clipboard(self) -> None:
        """Let pages read and write the clipboard."""
        self.send("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page; a promise is awaited."""
        result = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return result["result"].get("value")

    def wait_until(self, expression: str, timeout_s: float = 20.0) -> Any:
        """Wait until an expression is true, and return its value."""
        deadline = time.monotonic() + timeout_s
        value: Any = None
        while time.monotonic() < deadline:
            with contextlib.suppress(RuntimeError):  # between two pages there is nothing to ask
                value = self.evaluate(expression)
            if value:
                return value
            time.sleep(0.05)
        state = self.evaluate("document.title + ' | ' + document.body?.innerText.slice(0, 400)")
        raise AssertionError(f"Not true within {timeout_s} s: {expression}\nPage: {state}\nConsole: {self.console}")

    def type(self, text: str) -> None:
        """Press the keys of a text, as on a US keyboard."""
        for character in text:
            self.press(character)

    def press(self, key: str, *modifiers: str) -> None:
        """Press and release one key (a character, or a name like Enter), with Control, Alt, … held."""
        place = place_of(key) if len(key) == 1 else None
        if place and place.has_shift and "Shift" not in modifiers:
            modifiers = (*modifiers, "Shift")
        flags = sum(_MODIFIERS[each] for each in modifiers)
        text = (
            "\r" if key == "Enter" else key if len(key) == 1 and not {"Control", "Alt", "Meta"} & set(modifiers) else ""
        )
        parameters: dict[str, Any] = {
            "key": key,
            "code": place.code if place else key,
            "modifiers": flags,
            "windowsVirtualKeyCode": _KEY_CODES.get(key, ord(key.upper()) if len(key) == 1 and key.isalnum() else 0),
        }
        for each in modifiers:
            self.send("Input.dispatchKeyEvent", type="rawKeyDown", key=each, code=f"{each}Left", modifiers=flags)
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **parameters)
        self.send("Input.dispatchKeyEvent", type="keyUp", **parameters)
        for each in modifiers:
            self.send("Input.dispatchKeyEvent", type="keyUp", key=each, code=f"{each}Left")

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """A pointer event: mouseMoved, mousePressed, mouseReleased or mouseWheel, at a place of the window."""
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x: float, y: float) -> None:
        """A click with the left button."""
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
        self.mouse("mouseReleased", x, y, button="left", clickCount=1)

    def click_on(self, selector: str) -> None:
        """A click in the middle of an element."""
        found = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        box = self.evaluate(f"(box => [box.x + box.width / 2, box.y + box.height / 2])({found})")
        self.click(*box)

    def resize(self, width: int, height: int) -> None:
        """Give the page that many pixels."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def screenshot(self) -> bytes:
        """What the page looks like, as PNG."""
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def _note(self, message: dict[str, Any]) -> None:
        parameters = message.get("params", {})
        if message.get("method", "").startswith("Network."):
            self.traffic.append(parameters)
        if message.get("method") == "Runtime.consoleAPICalled":
            self.console.append(
                " ".join(str(each.get("value", each.get("description"))) for each in parameters["args"])
            )
        elif message.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.console.append(details.get("exception", {}).get("description", details["text"]))
        elif message.get("method") == "Log.entryAdded":
            self.console.append(parameters["entry"]["text"])

    def _tab_address(self) -> str:
        """The DevTools address of the tab, as soon as the browser has written down its port."""
        port_file = Path(self.profile, "DevToolsActivePort")
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (port_file.exists() and port_file.read_text().count("\n") >= 1):
            if self._process.poll() is not None:
                raise RuntimeError(f"Chromium ended at once, with status {self._process.returncode}.")
            if time.monotonic() > deadline:
                raise RuntimeError(f"Chromium did not start within {START_TIMEOUT_S} s.")
            time.sleep(0.05)
        port, path = port_file.read_text().split("\n")[:2]
        browser = _connected(f"ws://127.0.0.1:{port}{path}")
        try:
            while True:
                browser.send(json.dumps({"id": 1, "method": "Target.getTargets"}))
                targets = json.loads(browser.recv())["result"]["targetInfos"]
                tabs = [each["targetId"] for each in targets if each["type"] == "page"]
                if tabs:
                    return f"ws://127.0.0.1:{port}/devtools/page/{tabs[0]}"
                time.sleep(0.05)
        finally:
            browser.close()


def _connected(address: str) -> websocket.WebSocket:
    return websocket.create_connection(
        address,
        timeout=ANSWER_TIMEOUT_S,
        suppress_origin=True,
        http_no_proxy=["127.0.0.1"],
        skip_utf8_validation=True,  # the library's own takes a second for a picture; decoding validates too
    )
