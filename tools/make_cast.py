"""Makes the recording in docs/: `python tools/make_cast.py` runs `ecsvnc demo attach --record`, and writes attach.cast.

Of what the command records, the screens at which it waits for a person are taken, and recorded once more at a person's
pace, with a clock of its own. So each run makes the same file. A test says when the program shows something else.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

import pyte
from make_picture import ENVIRON, PROGRAM
from pyte.graphics import FG_AIXTERM, FG_ANSI

from ecsvnc.attach.frame import Frame, Row
from ecsvnc.attach.recording import Recording
from ecsvnc.runtime import Runtime
from ecsvnc.screen.colours import VGA_COLOURS
from ecsvnc.screen.text_screen import Cell, Position

CAST = Path(__file__).parents[1] / "docs" / "attach.cast"

PASSWORD = "t0p-s3cret"  # noqa: S105  # the demo takes any


class Line(NamedTuple):
    """A line that is typed and entered, and what stands before the cursor then. Times in seconds."""

    text: str
    prompt_then: str
    is_shown: bool = True
    read_for_s: float = 1.5
    row_every_s: float = 0.0
    """If not 0, the rows that the line leads to come one after the other."""


_LOGIN, _SHELL = "web-1 login: ", "root@web-1:~# "

LINES = (
    Line("root", "Password: ", read_for_s=1.0),
    Line(PASSWORD, _SHELL, is_shown=False, read_for_s=2.0),
    Line("help", _SHELL, read_for_s=3.0),
    Line("cat readme.txt", _SHELL, read_for_s=5.0),
    Line("reboot", _LOGIN, read_for_s=3.0, row_every_s=0.25),
)

_LOOKED_AT_FIRST_S, _KEY_S, _BEFORE_ENTER_S = 2.0, 0.13, 0.5
_BEGINS_AT_S = 1_767_268_800  # 2026-01-01 12:00:00 UTC

_CLOCK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
_MOMENT = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d UTC \d{4}")
"""The two forms of a time on the demo's screen: now, and one that stays as it is."""

_DETACH = "\x1dd"
_TURN_S, _DEADLINE_S = 0.02, 120.0

_COLOURS = {name: VGA_COLOURS[code - 30] for code, name in FG_ANSI.items() if name != "default"}
_COLOURS |= {name: VGA_COLOURS[code - 90 + 8] for code, name in FG_AIXTERM.items()}
_GREY, _BLACK = VGA_COLOURS[7], VGA_COLOURS[0]


class Rest(NamedTuple):
    """A screen at which the machine waits for a person."""

    rows: tuple[Row, ...]
    cursor: Position


def main() -> None:
    """Write the recording."""
    CAST.write_text(made(), "utf-8")


def made() -> str:
    """The recording, as a text."""
    with tempfile.TemporaryDirectory() as folder:
        slow = _Slow(Path(folder, "slow.cast"))
        with _Attached(Path(folder, "real.cast")) as attached:
            prompt = _LOGIN
            slow.show(attached.at(prompt), _LOOKED_AT_FIRST_S)
            for line in LINES:
                _enter(line, prompt, attached, slow)
                prompt = line.prompt_then
        return slow.text()


def _enter(line: Line, prompt: str, attached: _Attached, slow: _Slow) -> None:
    attached.type(line.text)
    if line.is_shown:
        typed = attached.at(prompt + line.text)
        for length in range(len(line.text) + 1):
            slow.show(_typed_until(typed, len(prompt) + length), _KEY_S)
    else:
        slow.wait(_KEY_S * len(line.text))
    slow.wait(_BEFORE_ENTER_S)
    attached.type("\r")
    result = attached.at(line.prompt_then)
    if line.row_every_s:
        for part in _row_by_row(result):
            slow.show(part, line.row_every_s)
    slow.show(result, line.read_for_s)


def _typed_until(frame: Rest, column: int) -> Frame:
    """The screen when no more than this was typed of the cursor's row."""
    number = frame.cursor.row
    row = frame.rows[number]
    shorter = (*row[:column], *row[-1:] * (len(row) - column))
    return Frame((*frame.rows[:number], shorter, *frame.rows[number + 1 :]), Position(column, number))


def _row_by_row(frame: Rest) -> Iterator[Frame]:
    """The screen as it is filled down to the cursor's row. The last row, with the clock, is always there."""
    *rows, last = frame.rows
    blank = rows[-1]
    for filled in range(frame.cursor.row):
        yield Frame((*rows[:filled], *[blank] * (len(rows) - filled), last), Position(0, filled))


class _Attached:
    """`ecsvnc demo attach web-1` on a pseudo-terminal, recording to `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._outer, inner = pty.openpty()
        termios.tcsetwinsize(inner, (25, 80))
        command = [PROGRAM, "demo", "attach", "web-1", "--record", path]
        self._process = subprocess.Popen(
            command, stdin=inner, stdout=inner, stderr=inner, env=ENVIRON, start_new_session=True
        )
        os.close(inner)
        self._written = b""
        self._deadline_s = time.monotonic() + _DEADLINE_S

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.type(_DETACH)
            while self._process.poll() != 0:
                self._wait("its end")
        else:
            self._process.kill()
            self._process.wait()
        os.close(self._outer)

    def type(self, keys: str) -> None:
        """Send what a terminal sends for keys."""
        os.write(self._outer, keys.encode())

    def at(self, text: str) -> Rest:
        """The screen that was recorded, once this text is all of the cursor's row, and the cursor behind it."""
        while True:
            frame = self._recorded()
            if frame is not None and frame.cursor is not None:
                row = "".join(cell.character for cell in frame.rows[frame.cursor.row])
                if row.rstrip() == text.rstrip() and frame.cursor.column == len(text):
                    return Rest(frame.rows, frame.cursor)
            self._wait(text)

    def _recorded(self) -> Frame | None:
        """The last screen of the recording; None if there is none yet."""
        text = self._path.read_text("utf-8") if self._path.exists() else ""
        first, *lines = [*map(json.loads, text[: text.rfind("\n") + 1].splitlines())] or [None]
        if first is None:
            return None
        screen = pyte.Screen(first["term"]["cols"], first["term"]["rows"])
        stream = pyte.Stream(screen)
        for _, code, data in lines:
            if code == "r":
                screen.resize(*reversed([*map(int, data.split("x"))]))
            else:
                stream.feed(data)
        rows = tuple(
            tuple(map(_cell, (screen.buffer[row][column] for column in range(screen.columns))))
            for row in range(screen.lines)
        )
        return Frame(rows, None if screen.cursor.hidden else Position(screen.cursor.x, screen.cursor.y))

    def _wait(self, awaited: str) -> None:
        """Wait a moment, and take what is written to the terminal."""
        if select.select([self._outer], [], [], _TURN_S)[0]:
            try:
                self._written += os.read(self._outer, 65536)
            except OSError:  # EIO: the program has ended
                time.sleep(_TURN_S)
        if time.monotonic() > self._deadline_s or self._process.poll():
            raise SystemExit(f"{self._written.decode()}\nWaited for: {awaited}")


class _Slow:
    """Records frames at the times that are asked for."""

    def __init__(self, path: Path) -> None:
        self._at_s = 0.0
        runtime = Runtime({}, None, now=lambda: _BEGINS_AT_S + self._at_s, monotonic=lambda: self._at_s)
        self._recording = Recording.start(path, title="web-1", runtime=runtime)
        self._frame = Frame(())
        self._moments: dict[str, str] = {}

    def show(self, frame: Frame | Rest, for_s: float) -> None:
        """Show this for so many seconds."""
        self._frame = Frame(*frame)
        self._record()
        self.wait(for_s)

    def wait(self, for_s: float) -> None:
        """Go on showing the same, with the clock."""
        end_s = round(self._at_s + for_s, 3)
        while (tick_s := int(self._at_s) + 1.0) <= end_s:
            self._at_s = tick_s
            self._record()
        self._at_s = end_s

    def text(self) -> str:
        """What was recorded."""
        self._recording.close()
        return self._recording.path.read_text("utf-8")

    def _record(self) -> None:
        self._recording.show(self._frame._replace(rows=tuple(map(self._at_this_time, self._frame.rows))))

    def _at_this_time(self, row: Row) -> Row:
        """The row with the times of this recording."""
        text = "".join(cell.character for cell in row)
        now = time.gmtime(_BEGINS_AT_S + self._at_s)
        timed = _CLOCK.sub(time.strftime("%Y-%m-%d %H:%M:%S UTC", now), text)
        first_shown = time.strftime("%a %b %e %H:%M:%S UTC %Y", now)
        timed = _MOMENT.sub(lambda match: self._moments.setdefault(match[0], first_shown), timed)
        return tuple(cell._replace(character=character) for cell, character in zip(row, timed, strict=True))


def _cell(char: pyte.screens.Char) -> Cell:
    foreground, background = _colour(char.fg, _GREY), _colour(char.bg, _BLACK)
    return Cell(char.data, *((background, foreground) if char.reverse else (foreground, background)))


def _colour(name: str, default: int) -> int:
    return default if name == "default" else _COLOURS[name] if name in _COLOURS else int(name, 16)


if __name__ == "__main__":
    main()
