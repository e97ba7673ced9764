"""A recording of what a console shows, never of what is typed: asciicast v3, one JSON value a line.

https://docs.asciinema.org/manual/asciicast/v3/: a header, then `[seconds since the event before, "o", output]` and
`[…, "r", "COLUMNSxROWS"]`. Each line is written at once, so that a recording can be played however it ends.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ecsvnc.attach.canvas import Canvas
from ecsvnc.attach.colours import Depth, sgr_of
from ecsvnc.attach.frame import Frame
from ecsvnc.attach.new_file import create
from ecsvnc.screen.colours import VGA_COLOURS

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime

_MS_PER_S = 1000


class Recording:
    """A file that is written as frames are shown. The header waits for the first one, which has the size."""

    def __init__(self, path: Path, file: BinaryIO, *, title: str, runtime: Runtime) -> None:
        self.path = path
        self._file = file
        self.title = title
        """For the header: can be set until the first frame."""
        self._runtime = runtime
        self._canvas: Canvas | None = None
        self._is_empty = True
        self._written_until_ms = 0

    @classmethod
    def start(cls, path: Path, *, title: str, runtime: Runtime) -> Recording:
        """Make a new file, with mode 0600. Raises UsageError if it exists, or cannot be made there."""
        return cls(path, create(path), title=title, runtime=runtime)

    def show(self, frame: Frame) -> None:
        """Add what the console shows now. Raises OSError, as for a full disk; what was written before can be played."""
        columns, rows = max(map(len, frame.rows), default=0), len(frame.rows)
        if not columns:
            return
        now_ms = round(self._runtime.monotonic() * _MS_PER_S)
        lines = []
        if self._canvas is None:
            self._written_until_ms = now_ms
            lines.append(_header(columns, rows, at=int(self._runtime.now()), title=self.title))
        elif (columns, rows) != (self._canvas.columns, self._canvas.rows):
            lines.append(self._event(now_ms, "r", f"{columns}x{rows}"))
        if lines or self._canvas is None:
            self._canvas = Canvas(columns, rows, sgr_of(Depth.TRUE))
        if output := self._canvas.draw(frame):
            lines.append(self._event(now_ms, "o", output))
        if lines:
            self._write("".join(lines).encode())

    def close(self) -> bool:
        """Close the file; whether anything was recorded. If not, it is removed."""
        if self._is_empty and not self._file.closed:
            self.path.unlink(missing_ok=True)
        self._file.close()
        return not self._is_empty

    def _event(self, now_ms: int, code: str, data: str) -> str:
        passed_ms, self._written_until_ms = now_ms - self._written_until_ms, now_ms
        return _line([passed_ms / _MS_PER_S, code, data])

    def _write(self, data: bytes) -> None:
        """Write whole lines, or nothing."""
        start = self._file.tell()
        try:
            while data:
                data = data[self._file.write(data) :]
            self._is_empty = False
        except OSError:
            with contextlib.suppress(OSError):
                self._file.truncate(start)
            raise


def _header(columns: int, rows: int, *, at: int, title: str) -> str:
    """The first line. `at` is POSIX seconds. The colours are those of the console."""
    grey, black = VGA_COLOURS[7], VGA_COLOURS[0]
    theme = {"fg": _css(grey), "bg": _css(black), "palette": ":".join(map(_css, VGA_COLOURS))}
    terminal = {"cols": columns, "rows": rows, "type": "xterm-256color", "theme": theme}
    return _line({"version": 3, "term": terminal, "timestamp": at, "title": "".join(filter(str.isprintable, title))})


def _css(colour: int) -> str:
    return f"#{colour:06x}"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
