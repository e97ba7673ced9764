"""Reads the cells of a screen whose grid is known. Pure.

A row of cells whose pixels are as they were is not read again. What no cell tells by itself is decided when the whole
screen was read: which of two colours is the background, wide characters, and where the cursor is.
"""

from __future__ import annotations

import struct
from collections import Counter
from operator import itemgetter
from typing import NamedTuple

from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.cells import PICTURE, CellReader
from ecsvnc.screen.evidence import Evidence, count_letters
from ecsvnc.screen.glyph_table import WIDE, foot_rows
from ecsvnc.screen.text_screen import UNKNOWN, Cell, Grid, Position, TextScreen


class Row(NamedTuple):
    """One row of cells, as far as each can be read by itself."""

    pixels: bytes
    cells: tuple[Cell, ...]
    has_unknown: bool
    backgrounds: Counter[int]
    letters: int
    pictures: int


class Shown(NamedTuple):
    """A cell that the cursor is on, and its reading without the cursor."""

    position: Position
    cell: Cell


class GridReader:
    """Reads screens of one size, kind of pixel and grid, one after another."""

    def __init__(self, framebuffer: Framebuffer, grid: Grid, cell_reader: CellReader) -> None:
        self.grid = grid
        self.cell_reader = cell_reader
        self._pixel_bytes = framebuffer.bytes_per_pixel
        self._stride = framebuffer.stride
        self._cell_bytes = grid.cell_width * self._pixel_bytes
        self._pitch_bytes = (grid.cell_width + grid.gap) * self._pixel_bytes
        cell = f"{self._cell_bytes}s{grid.gap * self._pixel_bytes}x"
        self._line = struct.Struct(f"{grid.x * self._pixel_bytes}x" + cell * grid.columns)
        self.rows: list[Row] = []
        self._wide = cell_reader.of_size(*WIDE) if (grid.cell_width, grid.cell_height) == (8, 16) else None
        self._screen: TextScreen | None = None

    def read(self, framebuffer: Framebuffer) -> TextScreen:
        """What is on the screen now."""
        before = self.rows
        self.rows = self._read_rows(framebuffer.pixels)
        changed = [number for number, row in enumerate(self.rows) if not before or row is not before[number]]
        if changed or self._screen is None:
            self._screen = self._whole_screen(before, changed)
        return self._screen

    def _read_rows(self, pixels: bytearray) -> list[Row]:
        height = self.grid.cell_height * self._stride
        rows = []
        for number in range(self.grid.rows):
            start = self.grid.y * self._stride + number * height
            now = bytes(pixels[start : start + height])
            unchanged = self.rows and self.rows[number].pixels == now
            rows.append(self.rows[number] if unchanged else self._read_row(now))
        return rows

    def _read_row(self, pixels: bytes) -> Row:
        if pixels == pixels[: self._pixel_bytes] * (len(pixels) // self._pixel_bytes):
            blank = self.cell_reader[pixels[: self._cell_bytes * self.grid.cell_height]]
            return Row(
                pixels, (blank,) * self.grid.columns, False, Counter({blank.background: self.grid.columns}), 0, 0
            )
        cells = self.cells_of_row(pixels, 0)
        line = "".join(map(itemgetter(0), cells))
        has_unknown = UNKNOWN in line
        pictures = sum(cell is PICTURE for cell in cells) if has_unknown else 0
        return Row(pixels, cells, has_unknown, Counter(map(itemgetter(2), cells)), count_letters(line), pictures)

    @property
    def evidence(self) -> Evidence:
        """How well the grid fitted the screen that was read last."""
        pictures = sum(row.pictures for row in self.rows)
        unknown = self._screen.unknown if self._screen else 0
        return Evidence(sum(row.letters for row in self.rows), unknown - pictures, pictures)

    def cells_of_row(self, pixels: bytes | bytearray, start: int) -> tuple[Cell, ...]:
        """The cells of the row whose first scan line is at `start`."""
        end = start + self.grid.cell_height * self._stride
        lines = [self._line.unpack_from(pixels, line) for line in range(start, end, self._stride)]
        return tuple(map(self.cell_reader.__getitem__, map(b"".join, zip(*lines, strict=True))))

    def raw_cell(self, row: Row, column: int, columns: int = 1) -> bytes:
        """The pixels of a cell, or of some beside each other."""
        start = self.grid.x * self._pixel_bytes + column * self._pitch_bytes
        size = self._cell_bytes * columns
        return b"".join(row.pixels[place : place + size] for place in range(start, len(row.pixels), self._stride))

    def _whole_screen(self, before: list[Row], changed: list[int]) -> TextScreen:
        cells = [row.cells for row in self.rows]
        backgrounds: Counter[int] = Counter()
        for row in self.rows:
            backgrounds.update(row.backgrounds)
        background = max(backgrounds, key=backgrounds.__getitem__)
        under_cursor: list[Shown] = []
        for number, row in enumerate(self.rows):
            if row.has_unknown:
                cells[number] = self._read_doubts(number, background)
                under_cursor += self._under_cursor(number, cells[number], before[number] if before else None)
        if not under_cursor:
            under_cursor = self._inverted(cells, backgrounds, background)
        cursor = None
        if len(under_cursor) == 1:
            ((cursor, cell),) = under_cursor
            row_cells = cells[cursor.row]
            cells[cursor.row] = (*row_cells[: cursor.column], cell, *row_cells[cursor.column + 1 :])
        elif not under_cursor:
            cursor = self._cursor_between_blinks(cells, changed)
        unknown = sum(cell.character == UNKNOWN for number in self._unsure() for cell in cells[number])
        return TextScreen(self.grid, tuple(cells), cursor, unknown)

    def _unsure(self) -> list[int]:
        return [number for number, row in enumerate(self.rows) if row.has_unknown]

    def _read_doubts(self, number: int, background: int) -> tuple[Cell, ...]:
        """The cells of a row; those with two readings by the screen's usual background, and wide characters."""
        row = self.rows[number]
        cells = list(row.cells)
        for column, cell in enumerate(row.cells):
            if cell.character != UNKNOWN or cells[column].character != UNKNOWN:
                continue
            doubt = self.cell_reader.doubts.get(self.raw_cell(row, column))
            if doubt and doubt.readings:
                cells[column] = next((it for it in doubt.readings if it.background == background), doubt.readings[0])
            elif self._wide is not None and doubt:
                self._read_wide(row, column, cells)
        return tuple(cells)

    def _read_wide(self, row: Row, column: int, cells: list[Cell]) -> None:
        """Read the wide character whose left or right half a cell is, if it is one."""
        assert self._wide is not None  # noqa: S101 - for the type checker
        for left in (column - 1, column):
            if left < 0 or left + 1 >= len(cells) or not cells[left].character:
                continue
            wide = self._wide[self.raw_cell(row, left, 2)]
            if wide.character not in (UNKNOWN, " "):
                cells[left] = wide
                cells[left + 1] = wide._replace(character="")
                return

    def _under_cursor(self, number: int, cells: tuple[Cell, ...], before: Row | None) -> list[Shown]:
        """The cells that can be read if the cursor is at their foot: by what they were before, or by themselves."""
        row = self.rows[number]
        foot = self._cell_bytes * foot_rows(self.grid.cell_height)
        found = []
        for column, cell in enumerate(cells):
            if cell.character != UNKNOWN:
                continue
            raw = self.raw_cell(row, column)
            position = Position(column, number)
            if before and self.raw_cell(before, column)[:-foot] == raw[:-foot] and self._screen:
                last = self._screen.cells[number][column]
                if last.character != UNKNOWN:
                    found.append(Shown(position, last))
                    continue
            doubt = self.cell_reader.doubts.get(raw)
            if doubt and doubt.under_cursor:
                found.append(Shown(position, doubt.under_cursor))
        return found

    def _inverted(self, cells: list[tuple[Cell, ...]], backgrounds: Counter[int], background: int) -> list[Shown]:
        """The cell under a block cursor: the only one with its background, whose text has the usual background."""
        shown = []
        for lone in (colour for colour, count in backgrounds.items() if count == 1 and colour != background):
            number = next(number for number, row in enumerate(self.rows) if lone in row.backgrounds)
            for column, cell in enumerate(cells[number]):
                if cell.background == lone and (cell.character == " " or cell.foreground == background):
                    shown.append(Shown(Position(column, number), Cell(cell.character, lone, background)))
        return shown

    def _cursor_between_blinks(self, cells: list[tuple[Cell, ...]], changed: list[int]) -> Position | None:
        """Where the cursor was, if nothing but itself went: it blinks."""
        last = self._screen
        if last is None or last.cursor is None or any(number != last.cursor.row for number in changed):
            return None
        now, then = list(cells[last.cursor.row]), list(last.cells[last.cursor.row])
        del now[last.cursor.column], then[last.cursor.column]
        return last.cursor if now == then else None
