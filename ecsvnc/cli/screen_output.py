"""The output of `ecsvnc screen`, and its destination."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecsvnc.cli.output_file import check_folder
from ecsvnc.errors import StateError, UsageError

if TYPE_CHECKING:
    from ecsvnc.capture.shot import Shot
    from ecsvnc.cli.terminal import Terminal


def _as_text(shot: Shot, instance: Mapping[str, Any]) -> str:
    from ecsvnc.cli.escape import escape_control

    return _joined(escape_control(line) for line in shot.lines)


def _as_ansi(shot: Shot, instance: Mapping[str, Any]) -> str:
    from ecsvnc.screen.rendering import ansi_lines

    return _joined(ansi_lines(shot.text)) if shot.text is not None and not shot.is_blank else ""


def _as_json(shot: Shot, instance: Mapping[str, Any]) -> str:
    from ecsvnc.cli.json_lines import iso_utc, json_line
    from ecsvnc.screen.rendering import text_values

    no_text: dict[str, Any] = {"lines": [], "columns": None, "rows": None, "cursor": None, "unknown": 0}
    is_read = shot.text is not None and not shot.is_blank
    values = {
        **instance,
        **(text_values(shot.text) if is_read and shot.text is not None else no_text),
        "width": shot.framebuffer.width,
        "height": shot.framebuffer.height,
        "is_text": shot.is_text,
        "taken_at": iso_utc(shot.taken_at),
        "source": shot.source,
    }
    return _joined([json_line(values)])


def _as_png(shot: Shot, instance: Mapping[str, Any]) -> bytes:
    from ecsvnc.pictures import png_of

    if not shot.framebuffer.pixels:
        raise StateError("The screen has no size now.", hint="Try again in a moment.")
    return png_of(shot.framebuffer)


FORMATS: dict[str, Callable[[Shot, Mapping[str, Any]], str | bytes]] = {
    "text": _as_text,
    "ansi": _as_ansi,
    "json": _as_json,
    "png": _as_png,
}


def check_place(path: str | None, output: str) -> None:
    """Raise UsageError if the output cannot be written there; called before anything that takes time.

    `path` None is stdout.
    """
    if path is None:
        if output == "png" and sys.stdout.isatty():
            raise UsageError(
                "A PNG file cannot be shown on a terminal.", hint="Use --file PATH, or redirect stdout to a file."
            )
        return
    file = Path(path)
    try:
        is_other = file.exists() and not stat.S_ISREG(file.stat().st_mode)
    except OSError as error:
        raise UsageError(f"--file {path}: {error.strerror}.", hint="Name a file that you can write.") from None
    if is_other:
        raise UsageError(f"--file {path} is not a file.", hint="Name a file, or redirect stdout.")
    check_folder("--file", path)


def write(content: str | bytes, path: str | None) -> None:
    """Write the output to stdout, or to a file of mode 0600, text in UTF-8; a file that exists is replaced."""
    import click

    if path is None:
        click.echo(content, nl=False, color=True)  # colours also in a file or pipe
        return
    from ecsvnc.files.atomic_file import write_atomically

    write_atomically(Path(path), content.encode() if isinstance(content, str) else content)


def show_last(terminal: Terminal, shot: Shot) -> None:
    """Show on stderr the screen at a failure."""
    if not shot.is_text:
        terminal.notice("The last screen was a picture, and no text.")
        return
    terminal.notice("The last screen was:" if shot.lines else "The last screen was blank.")
    for line in "\n".join(shot.lines).rstrip().splitlines():
        terminal.notice(f"  {line}")  # indented lines are not wrapped


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
