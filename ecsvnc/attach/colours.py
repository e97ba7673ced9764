"""Colours as escape sequences (ECMA-48 SGR), for terminals with few or many of them. Pure.

The 16 colours of text consoles are the terminal's own 16, so that they suit its background. Light grey on black, as
almost all text is, is the terminal's default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache

from ecsvnc.screen.colours import VGA_COLOURS, console_colour
from ecsvnc.screen.rendering import sgr_parameters

RESET = "\x1b[0m"

_REVERSED = "\x1b[0;7m"
_BLACK, _LIGHT_GREY = 0, 7
_CUBE = (0, 95, 135, 175, 215, 255)
"""The levels of red, green and blue of the 216 colours that follow the 16 in a terminal that has 256."""

Sgr = Callable[[int, int], str]
"""The escape sequence for a foreground and a background, each 0xRRGGBB."""


class Depth(Enum):
    """How many colours a terminal has."""

    NONE = "none"
    SIXTEEN = "16"
    CUBE = "256"
    TRUE = "all"


def depth_of(environ: Mapping[str, str]) -> Depth:
    """The terminal's depth, by its environment (https://no-color.org; COLORTERM as terminals set it)."""
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR") or "mono" in term or re.match(r"vt\d", term):
        return Depth.NONE
    if environ.get("COLORTERM") in ("truecolor", "24bit") or term.endswith("-direct"):
        return Depth.TRUE
    return Depth.CUBE if "256color" in term else Depth.SIXTEEN


def sgr_of(depth: Depth) -> Sgr:
    """The function that makes the escape sequences for a terminal with so many colours."""

    @lru_cache(maxsize=1 << 16)
    def sgr(foreground: int, background: int) -> str:
        pair = (console_colour(foreground), console_colour(background))
        if pair == (_LIGHT_GREY, _BLACK):
            return RESET
        if pair == (_BLACK, _LIGHT_GREY):
            return _REVERSED
        if depth is Depth.NONE:
            return _REVERSED if _brightness(background) > _brightness(foreground) else RESET
        parts = ["0"]
        if pair[0] != _LIGHT_GREY:
            parts.append(_parameters(foreground, pair[0], 30, depth))
        if pair[1] != _BLACK:
            parts.append(_parameters(background, pair[1], 40, depth))
        return f"\x1b[{';'.join(parts)}m"

    return sgr


def _parameters(colour: int, index: int | None, base: int, depth: Depth) -> str:
    if index is None and depth is Depth.CUBE:
        red, green, blue = (_nearest_level(part) for part in _parts(colour))
        return f"{base + 8};5;{16 + 36 * red + 6 * green + blue}"
    if index is None and depth is Depth.SIXTEEN:
        index = min(range(16), key=lambda number: _distance(VGA_COLOURS[number], colour))
    return sgr_parameters(colour, index, base)


def _parts(colour: int) -> tuple[int, int, int]:
    return colour >> 16, colour >> 8 & 255, colour & 255


def _nearest_level(part: int) -> int:
    return min(range(6), key=lambda level: abs(_CUBE[level] - part))


def _distance(one: int, other: int) -> int:
    return sum((left - right) ** 2 for left, right in zip(_parts(one), _parts(other), strict=True))


def _brightness(colour: int) -> int:
    red, green, blue = _parts(colour)
    return 3 * red + 6 * green + blue
