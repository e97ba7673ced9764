"""A screen at one moment. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import re

    from ecsvnc.rfb.framebuffer import Framebuffer
    from ecsvnc.screen.text_screen import TextScreen

Source = Literal["console", "screenshot"]


class Shot(NamedTuple):
    """A screen: its pixels, and its text; None if it shows a picture and no text.

    `taken_at` is POSIX seconds. `source` is where it comes from: a console session, or ECS's screenshot.
    """

    framebuffer: Framebuffer
    text: TextScreen | None
    taken_at: float
    source: Source

    @property
    def lines(self) -> tuple[str, ...]:
        """The text's lines without trailing blanks; empty for a picture or a blank screen."""
        return self.text.lines if self.text is not None and not self.is_blank else ()

    def shows(self, pattern: re.Pattern[str]) -> bool:
        """Whether its lines contain the pattern, with or without the blanks before the cursor, as after a prompt."""
        if pattern.search("\n".join(self.lines)):
            return True
        cursor = self.text.cursor if self.text is not None and self.lines else None
        if cursor is None:
            return False
        lines = list(self.lines)
        lines[cursor.row] = lines[cursor.row].ljust(cursor.column)
        return pattern.search("\n".join(lines)) is not None

    @property
    def is_blank(self) -> bool:
        """Whether it is blank: all of it has one colour."""
        return self.framebuffer.is_one_colour

    @property
    def is_text(self) -> bool:
        """Whether `lines` is its whole content: it is a text screen, or blank."""
        return self.text is not None or self.is_blank
