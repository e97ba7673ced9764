"""README.md and the pages of docs/, taken apart: their commands, tables and words."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text("utf-8")


PAGES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
"""The pages of docs/, by their paths."""


def section(title: str, text: str = TEXT) -> str:
    """The text under a `## ` heading."""
    return re.split(r"^## ", text.split(f"\n## {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def code(text: str, language: str = "sh") -> list[str]:
    """The code blocks of a text."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def command(title: str) -> str:
    """The one command of a section."""
    (block,) = code(section(title))
    (line,) = block.splitlines()
    return line


def table(text: str) -> list[list[str]]:
    """The rows of a text's one table, without its head."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip("|"))] for row in rows[2:]]


def ticked(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


if __name__ == "__main__":
    import sys

    sys.stdout.write(command(sys.argv[1]) + "\n")
