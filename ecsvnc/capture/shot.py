"""What was on a screen at one moment. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
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
        """The text's lines without trailing blanks; none of a picture or a blank screen."""
        return self.text.lines if self.text is not None and not self.is_blank else ()

    @property
    def is_blank(self) -> bool:
        """Whether nothing is on it: all of it has one colour."""
        return self.framebuffer.is_one_colour

    @property
    def is_text(self) -> bool:
        """Whether `lines` are what it shows: it is a text screen, or blank."""
        return self.text is not None or self.is_blank
