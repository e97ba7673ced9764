"""Finds the grid of cells on a screen: in the usual places, and at every offset. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.cells import CellReader, TwoColours
from ecsvnc.screen.evidence import NO_EVIDENCE, Evidence, evidence_of
from ecsvnc.screen.grid_reader import GridReader
from ecsvnc.screen.grids import grids_anywhere, usual_grids
from ecsvnc.screen.text_screen import UNKNOWN, Grid

ENOUGH_LETTERS = 100
"""More letters are not read to evaluate a grid."""

MOST_UNREADABLE, MOST_UNREADABLE_ANYWHERE, MOST_UNREADABLE_WITH_NOISE = 30, 10, 1000
MOST_OF_A_ROW = 10
"""A grid is rejected after this many unreadable cells in rows without letters; one row counts for at most the last."""

SMALLEST_WITH_NOISE = 8 * 14
"""The smallest cell in pixels: in a smaller one, noise can look like a glyph."""

LEAST_UNKNOWN, LEAST_DIFFERENT = 40, 8
"""This many cells, and this many different ones, may be text in an unknown font."""


class GridSearch:
    """Evaluates grids by some rows of one screen."""

    def __init__(self, framebuffer: Framebuffer, *, has_noise: bool) -> None:
        self.framebuffer = framebuffer
        self._has_noise = has_noise
        self._readers: dict[tuple[int, int, bool], CellReader] = {}
        pixels, stride, size = framebuffer.pixels, framebuffer.stride, framebuffer.bytes_per_pixel
        lines = (pixels[start : start + stride] for start in range(0, len(pixels), stride))
        self._busy = [0, *accumulate(line != line[:size] * framebuffer.width for line in lines)]
        self._best: tuple[Grid, Evidence] | None = None

    def reader(self, grid: Grid) -> GridReader:
        """A reader for this grid."""
        kind = (grid.cell_width, grid.cell_height, grid.gap > 0)
        if kind not in self._readers:
            width, height, is_vga = kind
            size = self.framebuffer.bytes_per_pixel
            self._readers[kind] = CellReader(
                width, height, is_vga=is_vga, bytes_per_pixel=size, has_noise=self._has_noise
            )
        return GridReader(self.framebuffer, grid, self._readers[kind])

    def best(self, grids: Iterable[Grid], unreadable_left: int) -> tuple[Grid, Evidence] | None:
        """The grid that fits best of these and those before, with its evidence.

        When one is certain, only grids with cells of its size are compared with it: in some fonts a letter looks like
        another one a row lower.
        """
        for grid in grids:
            certain = self._best and self._best[1].is_certain and self._best[0]
            if certain and certain[4:] != grid[4:]:
                break
            found = self.evidence_for(grid, unreadable_left)
            if self._best is None or found.score > self._best[1].score:
                self._best = (grid, found)
        return self._best

    def evidence_for(self, grid: Grid, unreadable_left: int) -> Evidence:
        """The evidence for a grid in some rows of the screen."""
        reader = self.reader(grid)
        found = NO_EVIDENCE
        for start in self._rows_to_try(grid):
            cells = reader.cells_of_row(self.framebuffer.pixels, start)
            of_row = evidence_of(cells, "".join([cell.character for cell in cells]))
            found += of_row
            if not of_row.letters:
                unreadable_left -= min(of_row.unknown + of_row.pictures, MOST_OF_A_ROW)
            if found.letters >= ENOUGH_LETTERS or unreadable_left <= 0:
                break
        return found

    def _rows_to_try(self, grid: Grid) -> Iterator[int]:
        """The starts of different, not blank rows from all parts of the screen."""
        pixels, stride, height = self.framebuffer.pixels, self.framebuffer.stride, grid.cell_height
        tops = range(grid.y, grid.y + grid.rows * height, height)
        busy = [top * stride for top in tops if self._busy[top + height] > self._busy[top]]
        seen = set()
        for start in busy[::3] + busy[1::3] + busy[2::3]:
            row = bytes(pixels[start : start + height * stride])
            if row not in seen:
                seen.add(row)
                yield start


def find_grid(framebuffer: Framebuffer, *, has_noise: bool, anywhere: bool) -> GridReader | None:
    """A reader for the grid that fits best, or None if the screen shows no text. `anywhere`: at every offset too."""
    search = GridSearch(framebuffer, has_noise=has_noise)
    usual = list(usual_grids(framebuffer.width, framebuffer.height))
    if has_noise:
        usual = [grid for grid in usual if grid.cell_width * grid.cell_height >= SMALLEST_WITH_NOISE]
    best = search.best(usual, MOST_UNREADABLE_WITH_NOISE if has_noise else MOST_UNREADABLE)
    if best is None:
        return None
    if best[1].shows_letters:
        return search.reader(best[0])
    grid = usual[0]
    first = search.evidence_for(grid, MOST_UNREADABLE)
    if first.pictures > first.unknown:
        return None
    if anywhere:
        best = search.best(grids_anywhere(framebuffer.width, framebuffer.height), MOST_UNREADABLE_ANYWHERE)
        if best and best[1].shows_letters:
            return search.reader(best[0])
    reader = search.reader(grid)
    reader.read(framebuffer)
    return reader if reader.evidence.is_text or is_unknown_font(reader) else None


def is_unknown_font(reader: GridReader) -> bool:
    """Whether the unknown cells look like text: separate glyphs, most of them more than once."""
    bitmaps = []
    for row in reader.rows:
        for column, cell in enumerate(row.cells if row.has_unknown else ()):
            if cell.character == UNKNOWN:
                pixels = reader.cell_reader.pixels(reader.raw_cell(row, column))
                if isinstance(pixels, TwoColours):
                    bitmaps.append(pixels.bitmap)
    different = set(bitmaps)
    if len(bitmaps) < LEAST_UNKNOWN or not LEAST_DIFFERENT <= len(different) <= len(bitmaps) / 2:
        return False
    return sum(is_apart(bitmap, reader.grid) for bitmap in different) > 0.8 * len(different)


def is_apart(bitmap: int, grid: Grid) -> bool:
    """Whether the highest and the lowest row have one colour, as in most letters, and not at the edge of an area."""
    full = (1 << grid.cell_width) - 1
    lowest, highest = bitmap & full, bitmap >> grid.cell_width * (grid.cell_height - 1)
    return lowest == highest and lowest in {0, full}
