"""The simulated Windows machine's screen: a lock screen, a sign-in form and a desktop with one window.

    LOCKED ── Ctrl+Alt+Delete ──► SIGN_IN ── a password, Enter or the arrow ──► DESKTOP
       ▲                             │ Escape                                     │ Ctrl+Alt+Delete, "Sign out"
       └─────────────────────────────┴────────────────────────────────────────────┘

Any password but an empty one is accepted, and the screen says so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum, auto

from ecsvnc.simulator.font import GLYPH_HEIGHT, GLYPH_WIDTH, enlarged
from ecsvnc.simulator.framebuffer import Framebuffer, Rectangle
from ecsvnc.simulator.keyboard import KeyPress

SKY, HORIZON = 0x0B1B33, 0x1F6F9F
WHITE, PALE, DIM = 0xFFFFFF, 0xD6E6F5, 0x8FB2CF
ACCENT, ACCENT_LIT = 0x2F81F7, 0x6AA6FF
FIELD, FIELD_INK = 0xF4F7FA, 0x1B2733
TASKBAR, TITLE_BAR = 0x101C2B, 0xDDE5EE

MAX_PASSWORD = 20
BLINK_S = 1.0
LEFT_BUTTON = 1

_WIDTH, _HEIGHT = 720, 400
_PASSWORD_FIELD = Rectangle(240, 246, 208, 28)
_SUBMIT = Rectangle(_PASSWORD_FIELD.right, 246, 32, 28)
_WINDOW = Rectangle(100, 70, 520, 216)
_SIGN_OUT = Rectangle(_WINDOW.right - 116, _WINDOW.bottom - 44, 100, 28)
_TASKBAR = Rectangle(0, _HEIGHT - 32, _WIDTH, 32)


class _Stage(Enum):
    LOCKED = auto()
    SIGN_IN = auto()
    DESKTOP = auto()


class WindowsDesktop:
    """720 by 400 pixels."""

    layout = "us"
    width = _WIDTH
    height = _HEIGHT

    def __init__(self, name: str, instance_id: str, now: Callable[[], float]) -> None:
        self._name = name
        self._instance_id = instance_id
        self._now = now
        self._stage = _Stage.LOCKED
        self._password_length = 0
        self._message = ""
        self._lit: Rectangle | None = None
        self._is_pressed = False
        self._last_key_at = now()
        self._drawn: object = None

    def key(self, press: KeyPress) -> None:
        """A key went down."""
        self._last_key_at = self._now()
        if press.is_secure_attention:
            self._go_to(_Stage.LOCKED if self._stage is _Stage.DESKTOP else _Stage.SIGN_IN)
        elif self._stage is not _Stage.SIGN_IN:
            return
        elif press.name == "Enter":
            self._sign_in()
        elif press.name == "Escape":
            self._go_to(_Stage.LOCKED)
        elif press.name == "Backspace":
            self._change_password(-1)
        elif press.typed:
            self._change_password(1)

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """The pointer moved, or a button changed: the button under it is highlighted, and a click presses it."""
        is_click = bool(buttons & LEFT_BUTTON) and not self._is_pressed
        self._is_pressed = bool(buttons & LEFT_BUTTON)
        actions = self._actions()
        self._lit = next((area for area in actions if area.holds(x, y)), None)
        if is_click and self._lit:
            actions[self._lit]()

    def draw(self, framebuffer: Framebuffer) -> None:
        """Draw the screen again if something on it has changed."""
        time = datetime.fromtimestamp(self._now(), UTC)
        is_caret_on = self._stage is _Stage.SIGN_IN and (self._now() - self._last_key_at) % BLINK_S < BLINK_S / 2
        minute = (time.date(), time.hour, time.minute)
        shown = (minute, self._stage, self._password_length, self._message, self._lit, is_caret_on)
        if shown == self._drawn:
            return
        self._drawn = shown
        _draw_sky(framebuffer)
        if self._stage is _Stage.LOCKED:
            self._draw_lock(framebuffer, time)
        elif self._stage is _Stage.SIGN_IN:
            self._draw_sign_in(framebuffer, is_caret_on=is_caret_on)
        else:
            self._draw_desktop(framebuffer, time)

    def text(self) -> str:
        """The text on the screen."""
        lines = {
            _Stage.LOCKED: ["Press Ctrl+Alt+Delete to sign in", self._name],
            _Stage.SIGN_IN: ["Administrator", "•" * self._password_length, self._message],
            _Stage.DESKTOP: [*self._window_lines(), "Sign out"],
        }
        return "\n".join(lines[self._stage])

    def serial_output(self) -> None:
        """Windows writes nothing to a serial console."""

    def restart(self, at: float) -> None:
        """Show the lock screen: this machine has no boot screen."""
        self._go_to(_Stage.LOCKED)

    def _actions(self) -> dict[Rectangle, Callable[[], None]]:
        """What can be clicked."""
        if self._stage is _Stage.SIGN_IN:
            return {_SUBMIT: self._sign_in}
        if self._stage is _Stage.DESKTOP:
            return {_SIGN_OUT: lambda: self._go_to(_Stage.LOCKED)}
        return {}

    def _go_to(self, stage: _Stage) -> None:
        self._stage = stage
        self._password_length = 0
        self._message = ""
        self._lit = None

    def _change_password(self, by: int) -> None:
        # Only its length is kept: the screen shows no more.
        self._password_length = max(0, min(MAX_PASSWORD, self._password_length + by))
        self._message = ""

    def _sign_in(self) -> None:
        if self._password_length:
            self._go_to(_Stage.DESKTOP)
        else:
            self._message = "The password is incorrect. Try again."

    def _window_lines(self) -> list[str]:
        return [
            f"Signed in to {self._name} as Administrator.",
            "",
            "This desktop is simulated by `ecsvnc demo`.",
            "The protocols are the real ones: a signed request,",
            "a ticket that works once within 15 seconds, and",
            "RFB (VNC) over a WebSocket.",
        ]

    def _draw_lock(self, framebuffer: Framebuffer, time: datetime) -> None:
        _centred(framebuffer, 84, time.strftime("%H:%M"), WHITE, doublings=2)
        _centred(framebuffer, 160, f"{time:%A}, {time.day} {time:%B} (UTC)", PALE, doublings=1)
        _centred(framebuffer, 282, "Press Ctrl+Alt+Delete to sign in", WHITE)
        self._draw_signature(framebuffer)

    def _draw_sign_in(self, framebuffer: Framebuffer, *, is_caret_on: bool) -> None:
        _disc(framebuffer, _WIDTH // 2, 118, 48, TASKBAR)
        _disc(framebuffer, _WIDTH // 2, 104, 17, PALE)
        _disc(framebuffer, _WIDTH // 2, 152, 30, PALE, above=148)
        _centred(framebuffer, 186, "Administrator", WHITE, doublings=1)
        framebuffer.fill(_PASSWORD_FIELD, FIELD)
        text_x, text_y = _PASSWORD_FIELD.x + 10, _PASSWORD_FIELD.y + 6
        if self._password_length:
            _text(framebuffer, text_x, text_y, "•" * self._password_length, FIELD_INK)
        else:
            _text(framebuffer, text_x + 4, text_y, "Password", DIM)
        if is_caret_on:
            caret_x = text_x + self._password_length * GLYPH_WIDTH
            framebuffer.fill(Rectangle(caret_x, text_y - 1, 1, GLYPH_HEIGHT + 2), FIELD_INK)
        self._draw_button(framebuffer, _SUBMIT, "→")
        _centred(framebuffer, 288, self._message, WHITE)
        self._draw_signature(framebuffer)

    def _draw_desktop(self, framebuffer: Framebuffer, time: datetime) -> None:
        framebuffer.fill(Rectangle(_WINDOW.x + 6, _WINDOW.y + 6, _WINDOW.width, _WINDOW.height), SKY)
        framebuffer.fill(_WINDOW, FIELD)
        framebuffer.fill(Rectangle(_WINDOW.x, _WINDOW.y, _WINDOW.width, 28), TITLE_BAR)
        _text(framebuffer, _WINDOW.x + 12, _WINDOW.y + 6, "Welcome", FIELD_INK)
        for number, line in enumerate(self._window_lines()):
            _text(framebuffer, _WINDOW.x + 16, _WINDOW.y + 44 + number * (GLYPH_HEIGHT + 2), line, FIELD_INK)
        self._draw_button(framebuffer, _SIGN_OUT, "Sign out")
        framebuffer.fill(_TASKBAR, TASKBAR)
        _text(framebuffer, 12, _TASKBAR.y + 8, f"{self._name}  {self._instance_id}", PALE)
        shown_time = time.strftime("%Y-%m-%d %H:%M UTC")
        _text(framebuffer, _WIDTH - 12 - len(shown_time) * GLYPH_WIDTH, _TASKBAR.y + 8, shown_time, PALE)

    def _draw_button(self, framebuffer: Framebuffer, area: Rectangle, label: str) -> None:
        framebuffer.fill(area, ACCENT_LIT if area == self._lit else ACCENT)
        x = area.x + (area.width - len(label) * GLYPH_WIDTH) // 2
        _text(framebuffer, x, area.y + (area.height - GLYPH_HEIGHT) // 2, label, WHITE)

    def _draw_signature(self, framebuffer: Framebuffer) -> None:
        words = "simulated by ecsvnc demo"
        _text(framebuffer, 16, _HEIGHT - 28, f"{self._name}  {self._instance_id}", PALE)
        _text(framebuffer, _WIDTH - 16 - len(words) * GLYPH_WIDTH, _HEIGHT - 28, words, PALE)


def _draw_sky(framebuffer: Framebuffer) -> None:
    """A gradient from top to bottom."""
    for y in range(_HEIGHT):
        colour = 0
        for shift in (16, 8, 0):
            above, below = SKY >> shift & 0xFF, HORIZON >> shift & 0xFF
            colour |= (above + (below - above) * y // _HEIGHT) << shift
        framebuffer.fill(Rectangle(0, y, _WIDTH, 1), colour)


def _text(framebuffer: Framebuffer, x: int, y: int, text: str, colour: int, *, doublings: int = 0) -> None:
    for number, character in enumerate(text):
        framebuffer.stamp(enlarged(character, doublings), x + number * (GLYPH_WIDTH << doublings), y, colour)


def _centred(framebuffer: Framebuffer, y: int, text: str, colour: int, *, doublings: int = 0) -> None:
    x = (_WIDTH - len(text) * (GLYPH_WIDTH << doublings)) // 2
    _text(framebuffer, x, y, text, colour, doublings=doublings)


def _disc(framebuffer: Framebuffer, x: int, y: int, radius: int, colour: int, *, above: int = _HEIGHT) -> None:
    """A filled circle around a point, clipped below a row."""
    for row in range(max(0, y - radius), min(above, y + radius + 1)):
        half = int(((radius + 0.5) ** 2 - (row - y) ** 2) ** 0.5)
        framebuffer.fill(Rectangle(x - half, row, 2 * half + 1, 1), colour)
