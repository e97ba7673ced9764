"""The possible grids of a text screen, by the size of the screen. Pure.

The firmware, boot loader and kernel of an instance each use another one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ecsvnc.screen.glyph_table import CELL_SIZES, WIDE
from ecsvnc.screen.text_screen import Grid

GRUB_BORDER = 10
"""Pixels around GRUB's graphical terminal (gfxterm's default border)."""

UEFI_MODES = ((80, 25), (80, 50), (100, 31), (128, 40), (160, 42), (240, 56))
"""Columns and rows of the text modes of UEFI's console (edk2 GraphicsConsole); each is centred on the screen."""

ANYWHERE = ((8, 16), (8, 19), (8, 14), (8, 8), (12, 24), (16, 32))
"""The cell sizes that are looked for at any offset, if no usual place fits."""


def usual_grids(width: int, height: int) -> Iterator[Grid]:
    """The grids that are known for a screen of this size, the most likely first."""
    sizes = [size for size in CELL_SIZES if size != WIDE]
    if width % 9 == 0 and width // 9 in (40, 80, 132):
        for _, cell_height in (size for size in sizes if size[0] == 8):
            if height % cell_height == 0:
                yield Grid(0, 0, width // 9, height // cell_height, 8, cell_height, gap=1)
    for cell_width, cell_height in sizes:
        if width >= cell_width and height >= cell_height:
            yield Grid(0, 0, width // cell_width, height // cell_height, cell_width, cell_height)
        if (cell_width, cell_height) == (8, 16) and width > 100 and height > 100:
            yield _centred_at(GRUB_BORDER, GRUB_BORDER, width, height)
        if (cell_width, cell_height) == (8, 19):
            yield from uefi_grids(width, height)


def _centred_at(x: int, y: int, width: int, height: int) -> Grid:
    return Grid(x, y, (width - 2 * x) // 8, (height - 2 * y) // 16, 8, 16)


def uefi_grids(width: int, height: int) -> Iterator[Grid]:
    """The text modes of UEFI that fit on the screen, the one that fills it first."""
    filling = (width // 8, height // 19)
    for columns, rows in (filling, *UEFI_MODES):
        if 0 < columns <= filling[0] and 0 < rows <= filling[1]:
            yield Grid((width - columns * 8) // 2, (height - rows * 19) // 2, columns, rows, 8, 19)


def grids_anywhere(width: int, height: int) -> Iterator[Grid]:
    """Grids of the usual cells at every offset."""
    for cell_width, cell_height in ANYWHERE:
        for y in range(min(cell_height, height - cell_height + 1)):
            for x in range(min(cell_width, width - cell_width + 1)):
                columns, rows = (width - x) // cell_width, (height - y) // cell_height
                yield Grid(x, y, columns, rows, cell_width, cell_height)
