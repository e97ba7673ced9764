"""The simulated Linux machine's screen: boot messages, a login prompt, a small shell, and a status line with the time.

    BOOTING ── last message ──► LOGIN ── name, Enter ──► PASSWORD ── Enter ──► SHELL
       ▲                          ▲                          │ Ctrl+C            │ exit, Ctrl+D
       │                          └──────────────────────────┴───────────────────┘
       └── Ctrl+Alt+Delete anywhere, `reboot`

Any name and password are accepted, and the screen says so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum, auto

from ecsvnc.simulator import shell
from ecsvnc.simulator.boot_messages import BOOT, BOOT_S, serial_output
from ecsvnc.simulator.font import GLYPH_HEIGHT, GLYPH_WIDTH
from ecsvnc.simulator.framebuffer import Framebuffer
from ecsvnc.simulator.keyboard import KeyPress
from ecsvnc.simulator.selection import MIDDLE, WHEEL_DOWN, WHEEL_UP, Selection, invert
from ecsvnc.simulator.text_screen import Cell, TextScreen

COLUMNS = 80
TEXT_ROWS = 24

PAPER, INK, QUIET, DIM = 0x0B0F14, 0xD3DBE3, 0x98A4B0, 0x5F6C79
GREEN, BLUE, YELLOW = 0x5FD38D, 0x6CB6FF, 0xE8C170
STATUS_PAPER, STATUS_INK, STATUS_NAME_PAPER = 0x1E2A38, 0x9FB0C3, 0x2F81F7
SELECTION_PAPER = 0x264F78
WHITE = 0xFFFFFF

MAX_INPUT = 200
MAX_REMEMBERED_LINES = 50
BLINK_S = 1.0
WHEEL_ROWS = 3


class _Stage(Enum):
    BOOTING = auto()
    LOGIN = auto()
    PASSWORD = auto()
    SHELL = auto()


class LinuxConsole:
    """80 by 25 characters: 24 rows of terminal and the status line."""

    width = COLUMNS * GLYPH_WIDTH
    height = (TEXT_ROWS + 1) * GLYPH_HEIGHT

    def __init__(self, name: str, instance_id: str, now: Callable[[], float]) -> None:
        self._name = name
        self._instance_id = instance_id
        self._now = now
        self._screen = TextScreen(COLUMNS, TEXT_ROWS, ink=INK, paper=PAPER)
        self._status: list[Cell] = []
        self._selection = Selection(COLUMNS, paper=SELECTION_PAPER)
        self._boot(ends_at=self._now())

    def key(self, press: KeyPress) -> None:
        """A key went down."""
        self._last_key_at = self._now()
        self._selection.unmark()
        if press.is_secure_attention:
            self.restart(self._now())
        elif press.shift and press.name in ("PageUp", "PageDown"):
            self._screen.scroll_view((TEXT_ROWS // 2) * (1 if press.name == "PageUp" else -1))
        elif self._stage is not _Stage.BOOTING:
            self._screen.scrolled_back = 0
            self._edit(press)

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """The pointer moved, or a button changed: left drags a selection, middle types it, the wheel scrolls."""
        column, row = min(x // GLYPH_WIDTH, COLUMNS - 1), min(y // GLYPH_HEIGHT, TEXT_ROWS - 1)
        pressed = self._selection.pointer(column, row, buttons, self._screen.visible())
        if pressed & WHEEL_UP:
            self._screen.scroll_view(WHEEL_ROWS)
        if pressed & WHEEL_DOWN:
            self._screen.scroll_view(-WHEEL_ROWS)
        if pressed & MIDDLE:
            for character in self._selection.text:
                self.key(KeyPress(text=character))

    def draw(self, framebuffer: Framebuffer) -> None:
        """Draw what changed, the blinking cursor and the clock."""
        self._continue_boot()
        rows = self._screen.visible()
        self._selection.mark(rows)
        cursor = self._screen.cursor()
        if cursor and (self._now() - self._last_key_at) % BLINK_S < BLINK_S / 2:
            invert(rows, *cursor)
        self._screen.draw(framebuffer, rows)
        status = self._status_line()
        if status != self._status:
            self._status = status
            framebuffer.cells(0, TEXT_ROWS * GLYPH_HEIGHT, status)

    def text(self) -> str:
        """The text on the screen."""
        return self._screen.text() + "\n" + "".join(cell[0] for cell in self._status_line()).strip()

    def serial_output(self) -> tuple[str, float]:
        """The serial console's output since the start, and the time of its last line in POSIX seconds."""
        self._continue_boot()
        last_s = BOOT[self._boot_printed - 1][0] if self._boot_printed else 0.0
        return serial_output(self._name, self._boot_printed), self._started_at + last_s

    def restart(self, at: float) -> None:
        """Begin to boot then, in POSIX seconds; the screen is empty until then."""
        self._boot(ends_at=at + BOOT_S)

    def _boot(self, *, ends_at: float) -> None:
        self.layout = "us"
        self._stage = _Stage.BOOTING
        self._started_at = ends_at - BOOT_S
        self._boot_printed = 0
        self._line = ""
        self._user = ""
        self._logged_in_at = 0.0
        self._remembered: list[str] = []
        self._recalled = 0
        self._last_key_at = ends_at
        self._selection.unmark()
        self._screen.reset()
        self._continue_boot()

    def _continue_boot(self) -> None:
        """Print the messages that are due, and the login prompt after the last."""
        if self._stage is not _Stage.BOOTING:
            return
        while self._boot_printed < len(BOOT) and self._started_at + BOOT[self._boot_printed][0] <= self._now():
            due_s, message = BOOT[self._boot_printed]
            self._boot_printed += 1
            if message.startswith("OK "):
                self._screen.write("[  ", QUIET)
                self._screen.write("OK", GREEN)
                self._screen.write(f"  ] {message[3:]}\n", QUIET)
            elif message:
                self._screen.write(f"[{due_s:>9.6f}] ", DIM)
                self._screen.write(f"{message}\n", QUIET)
        if self._boot_printed == len(BOOT):
            self._screen.write("\nWelcome to ")
            self._screen.write(self._name, BLUE)
            self._screen.write(", a simulated machine of ecsvnc demo.\nLog in with any name and any password.\n\n", INK)
            self._ask_login()

    def _ask_login(self) -> None:
        self._stage = _Stage.LOGIN
        self._line = ""
        self._screen.write(f"{self._name} login: ")

    def _ask_command(self) -> None:
        self._stage = _Stage.SHELL
        self._line = ""
        self._recalled = len(self._remembered)
        self._screen.write(f"{self._user}@{self._name}", GREEN)
        self._screen.write(":")
        self._screen.write("~", BLUE)
        self._screen.write("# " if self._user == "root" else "$ ")

    def _edit(self, press: KeyPress) -> None:
        keys: dict[str, Callable[[], None]] = {
            "Enter": self._enter,
            "Backspace": lambda: self._replace(self._line[:-1]),
            "Up": lambda: self._recall(-1),
            "Down": lambda: self._recall(1),
        }
        shortcuts: dict[str, Callable[[], None]] = {
            "c": self._interrupt,
            "d": self._end_of_input,
            "h": keys["Backspace"],
            "j": keys["Enter"],
            "l": self._clear,
            "m": keys["Enter"],
            "u": lambda: self._replace(""),
            "w": lambda: self._replace(
                self._line.rstrip().rpartition(" ")[0] + " " if " " in self._line.strip() else ""
            ),
        }
        act = keys.get(press.name) or shortcuts.get(press.control_letter)
        if act:
            act()
        elif press.typed and len(self._line) < MAX_INPUT:
            self._line += press.typed
            self._echo(press.typed)

    def _echo(self, text: str) -> None:
        if self._stage is not _Stage.PASSWORD:
            self._screen.write(text)

    def _replace(self, line: str) -> None:
        """Replace the line being typed."""
        if self._stage is not _Stage.PASSWORD:
            self._screen.erase_back(len(self._line))
        self._line = line
        self._echo(line)

    def _recall(self, step: int) -> None:
        wanted = self._recalled + step
        if self._stage is not _Stage.SHELL or not 0 <= wanted <= len(self._remembered):
            return
        self._recalled = wanted
        self._replace(self._remembered[wanted] if wanted < len(self._remembered) else "")

    def _interrupt(self) -> None:
        self._screen.write("^C\n")
        if self._stage is _Stage.SHELL:
            self._ask_command()
        else:
            self._screen.write("\n")
            self._ask_login()

    def _end_of_input(self) -> None:
        if self._line:
            return
        if self._stage is _Stage.SHELL:
            self._screen.write("logout\n")
            self._log_out()
        elif self._stage is _Stage.PASSWORD:
            self._screen.write("\n\n")
            self._ask_login()

    def _clear(self) -> None:
        if self._stage is _Stage.SHELL:
            line = self._line
            self._screen.clear()
            self._ask_command()
            self._replace(line)

    def _enter(self) -> None:
        line, self._line = self._line, ""
        self._screen.write("\n")
        if self._stage is _Stage.LOGIN:
            self._user = "".join(line.split())[:32]
            if self._user:
                self._stage = _Stage.PASSWORD
                self._screen.write("Password: ")
            else:
                self._ask_login()
        elif self._stage is _Stage.PASSWORD:
            self._log_in()
        else:
            self._run(line)

    def _log_in(self) -> None:
        self._logged_in_at = self._now()
        self._screen.write(f"\nLogged in at {shell.clock(self._now())} on tty1.\n")
        self._screen.write("This machine is simulated. Try ")
        for command, after in (("help", ", "), ("date", " or "), ("cat readme.txt", ".\n\n")):
            self._screen.write(command, YELLOW)
            self._screen.write(after)
        self._ask_command()

    def _log_out(self) -> None:
        self._remembered = []
        self._screen.clear()
        self._ask_login()

    def _run(self, line: str) -> None:
        if line.strip():
            self._remembered = [*self._remembered[-MAX_REMEMBERED_LINES + 1 :], line]
        output = shell.run(line, self._facts())
        self._screen.write(output.text)
        self.layout = output.layout or self.layout
        if output.then is shell.Then.REBOOT:
            self.restart(self._now())
        elif output.then is shell.Then.LOG_OUT:
            self._log_out()
        else:
            if output.then is shell.Then.CLEAR:
                self._screen.clear()
            self._ask_command()

    def _facts(self) -> shell.Facts:
        return shell.Facts(
            host=self._name,
            instance_id=self._instance_id,
            user=self._user,
            now=self._now(),
            started_at=self._started_at,
            logged_in_at=self._logged_in_at,
        )

    def _status_line(self) -> list[Cell]:
        time = datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        name = f" {self._name[:24]} "
        left = f" {self._instance_id[:26]}  simulated"
        rest = left.ljust(COLUMNS - len(name) - len(time) - 1) + time + " "
        return [(each, WHITE, STATUS_NAME_PAPER) for each in name] + [(each, STATUS_INK, STATUS_PAPER) for each in rest]
