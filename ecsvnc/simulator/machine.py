"""A simulated machine: a screen, a keyboard and a pointer, which keep their state between two consoles."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from ecsvnc.simulator.framebuffer import Framebuffer
from ecsvnc.simulator.keyboard import Keyboard, KeyPress
from ecsvnc.simulator.linux_console import LinuxConsole
from ecsvnc.simulator.windows_desktop import WindowsDesktop

REMEMBERED_KEYS = 1024


class Display(Protocol):
    """What an operating system does with screen, keyboard and pointer."""

    width: int
    height: int
    layout: str
    """The keyboard layout that is set in it."""

    def key(self, press: KeyPress) -> None:
        """A key went down."""

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """The pointer moved, or a button changed."""

    def draw(self, framebuffer: Framebuffer) -> None:
        """Bring the picture up to date."""

    def text(self) -> str:
        """The text on the screen."""

    def serial_output(self) -> tuple[str, float] | None:
        """The serial console's output, and the time of its last line; None without a serial console."""

    def restart(self, at: float) -> None:
        """Begin to boot then, in POSIX seconds."""


class Machine:
    """One machine; `os_type` is "linux" or "windows", `now` gives POSIX seconds.

    It has no thread: `draw` updates the framebuffer. Two sessions may overlap for a moment when one replaces the other,
    so a session holds `lock` while it uses the machine.
    """

    def __init__(self, name: str, instance_id: str, os_type: str, now: Callable[[], float]) -> None:
        self.name = name
        self.instance_id = instance_id
        self.lock = threading.RLock()
        self.received_keys: deque[tuple[int, bool]] = deque(maxlen=REMEMBERED_KEYS)
        """The latest key events that were not lost, as (keysym, whether down)."""
        self.watchers = 0
        """How many sessions there are."""
        self.received_pointer: tuple[int, int, int] | None = None
        """The latest pointer event: x, y, buttons."""
        system = WindowsDesktop if os_type == "windows" else LinuxConsole
        self._display: Display = system(name, instance_id, now)
        self._keyboard = Keyboard(now)
        self.framebuffer = Framebuffer(self._display.width, self._display.height)
        self.draw()

    @property
    def text(self) -> str:
        """The text on the screen."""
        return self._display.text()

    def draw(self) -> None:
        """Update the framebuffer, with what was typed by now. A new size makes a new `framebuffer`."""
        self._take_keys()
        if self.framebuffer.size != (self._display.width, self._display.height):
            self.framebuffer = Framebuffer(self._display.width, self._display.height)
        self._display.draw(self.framebuffer)

    def key(self, keysym: int, *, is_down: bool, scancode: int = 0) -> None:
        """A client sent a key (RFC 6143, section 7.5.4), and its place (XT scan code; 0 for none)."""
        self._take_keys()  # which makes room in the queue
        if self._keyboard.event(keysym, scancode, is_down=is_down):
            self.received_keys.append((keysym, is_down))
        self._take_keys()

    @property
    def has_caps_lock(self) -> bool:
        """Whether the LED of Caps Lock is on."""
        return self._keyboard.has_caps_lock

    def _take_keys(self) -> None:
        for press in self._keyboard.presses():
            self._display.key(press)
            self._keyboard.layout = self._display.layout

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """The pointer moved, or a button changed (RFC 6143, section 7.5.5). A position outside is moved to the edge."""
        self.received_pointer = (x, y, buttons)
        self._display.pointer(min(x, self.framebuffer.width - 1), min(y, self.framebuffer.height - 1), buttons)

    def serial_output(self) -> tuple[str, float] | None:
        """The serial console's output since the start, and the time of its last line in POSIX seconds.

        None for an operating system without a serial console.
        """
        return self._display.serial_output()

    def restart(self, at: float) -> None:
        """Lose all state, and begin to boot then, in POSIX seconds."""
        self._keyboard.reset()
        self._display.restart(at)

    def release_keys(self) -> None:
        """Release the keys that are held down, when a client disconnects."""
        self._keyboard.release_all()
