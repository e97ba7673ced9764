"""Formats --help for the width of the terminal, without breaking words, options or commands."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence

import click

from ecsvnc.cli.word_wrap import wrapped

_WIDEST = 100
"""Longer lines are hard to read."""

_NARROWEST = 30
"""Cells that the text beside a list's terms needs at least; with fewer, it stands below its term."""


class HelpFormatter(click.HelpFormatter):
    """click's formatter, without its broken words and its least width of 50 columns."""

    def __init__(self) -> None:
        super().__init__(width=min(shutil.get_terminal_size().columns, _WIDEST))

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage, its further lines indented."""
        self._write_indented(f"{prefix or 'Usage: '}{prog} {args}", hanging=4)

    def write_text(self, text: str) -> None:
        """Write paragraphs. One that begins with click's mark for it keeps its lines."""
        for number, paragraph in enumerate(text.split("\n\n")):
            if number:
                self.write_paragraph()
            lines = paragraph.split("\n")
            if lines[0].strip() == "\b":
                for line in lines[1:]:
                    self._write_indented(line.strip(), hanging=2, indent=self.current_indent + _indent_of(line))
            else:
                self._write_indented(paragraph)

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write each term with its meaning beside it, or below it if the term is too long."""
        rows = list(rows)
        column = max((len(term) for term, _ in rows if len(term) <= col_max), default=0) + col_spacing
        indent = self.current_indent + column
        is_beside = self.width - indent >= _NARROWEST
        for term, text in rows:
            if is_beside and len(term) + col_spacing <= column:
                beside = f"{'':{self.current_indent}}{term:{column}}{wrapped(text, width=self.width, indent=indent)}"
                self.write(beside.rstrip() + "\n")
            else:
                self._write_indented(term, hanging=2)
                self._write_indented(text, indent=indent if is_beside else self.current_indent + 4)

    def write_examples(self, lines: Sequence[str]) -> None:
        """Write commands to copy, each below a comment. One that is too long is broken as a shell allows."""
        for line in lines:
            if line.startswith("#"):
                self._write_indented(line)
            else:
                command = wrapped(f"`{line}`", width=self.width, indent=self.current_indent, hanging=2)
                self.write(f"{'':{self.current_indent}}{command.strip('`')}\n")

    def _write_indented(self, text: str, *, hanging: int = 0, indent: int | None = None) -> None:
        indent = self.current_indent if indent is None else indent
        self.write(" " * indent + wrapped(text, width=self.width, indent=indent, hanging=hanging) + "\n")


def _indent_of(line: str) -> int:
    return len(line) - len(line.lstrip())
