"""Reads the cells of a screen whose grid is known. Pure.

A row of cells with unchanged pixels is not read again. What depends on several cells is decided when the whole screen
was read: which of two colours is the background, wide characters, and where the cursor is.
"""

from __future__ import annotations

import struct
from collections import Counter
from operator import itemgetter
from typing import NamedTuple

from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.cells import PICTURE, CellReader
from ecsvnc.screen.cursor import Candidate, block_cursors, choose_cursor, is_same_but_for
from ecsvnc.screen.evidence import NO_EVIDENCE, Evidence, evidence_of
from ecsvnc.screen.glyph_table import WIDE, foot_rows
from ecsvnc.screen.text_screen import UNKNOWN, Cell, Grid, Position, TextScreen


class Row(NamedTuple):
    """One row of cells, each read by itself."""

    pixels: bytes
    cells: tuple[Cell, ...]
    backgrounds: Counter[int]
    evidence: Evidence

    @property
    def has_unknown(self) -> bool:
        """Whether a cell cannot be read by itself."""
        return self.evidence.unknown > 0 or self.evidence.pictures > 0


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
        """The text on the screen."""
        before = self.rows
        self.rows = self._read_rows(framebuffer.pixels)
        changed = [number for number, row in enumerate(self.rows) if not before or row is not before[number]]
        if changed or self._screen is None:
            self._screen = self._whole_screen(before, changed)
        return self._screen

    def _read_rows(self, pixels: bytearray) -> list[Row]:
        height = self.grid.cell_height * self._stride
        known = {row.pixels: row for row in self.rows}  # the text scrolls: most rows were elsewhere before
        rows = []
        for number in range(self.grid.rows):
            start = self.grid.y * self._stride + number * height
            now = pixels[start : start + height]
            if known and self.rows[number].pixels == now:
                rows.append(self.rows[number])
            else:
                row = bytes(now)
                rows.append(known.get(row) or self._read_row(row))
        return rows

    def _read_row(self, pixels: bytes) -> Row:
        if pixels == pixels[: self._pixel_bytes] * (len(pixels) // self._pixel_bytes):
            blank = self.cell_reader[pixels[: self._cell_bytes * self.grid.cell_height]]
            backgrounds = Counter({blank.background: self.grid.columns})
            return Row(pixels, (blank,) * self.grid.columns, backgrounds, NO_EVIDENCE)
        cells = self.cells_of_row(pixels, 0)
        line = "".join(map(itemgetter(0), cells))
        return Row(pixels, cells, Counter(map(itemgetter(2), cells)), evidence_of(cells, line))

    @property
    def evidence(self) -> Evidence:
        """How well the grid fitted the screen that was read last."""
        found = Evidence(*map(sum, zip(*(row.evidence for row in self.rows), strict=True)))
        unknown = self._screen.unknown - found.pictures if self._screen else 0
        return found._replace(plain=found.plain + found.unknown - unknown, unknown=unknown)

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
        backgrounds: dict[int, int] = {}
        for row in self.rows:
            for colour, count in row.backgrounds.items():
                backgrounds[colour] = backgrounds.get(colour, 0) + count
        background = max(backgrounds, key=backgrounds.__getitem__)
        candidates: list[Candidate] = []
        unsure = [number for number, row in enumerate(self.rows) if row.has_unknown]
        for number in unsure:
            cells[number] = self._read_doubts(number, background)
            candidates += self._under_cursor(number, cells[number], before[number] if before else None)
        cursor = choose_cursor(candidates)
        if not candidates and (lone := {colour for colour, count in backgrounds.items() if count == 1}):
            cursor = choose_cursor(block_cursors(cells, lone, background))
        for candidate in candidates:
            if candidate.otherwise:
                cells[candidate.position.row] = _replaced(cells, candidate.position, candidate.otherwise)
        position = None
        if cursor:
            position = cursor.position
            cells[position.row] = _replaced(cells, position, cursor.cell)
        elif (last := self._screen) and last.cursor and is_same_but_for(last.cursor, cells, last.cells, changed):
            position = last.cursor  # it blinks
        unknown = sum(cell.character == UNKNOWN for number in unsure for cell in cells[number])
        return TextScreen(self.grid, tuple(cells), position, unknown)

    def _read_doubts(self, number: int, background: int) -> tuple[Cell, ...]:
        """The cells of a row; those with two readings by the screen's usual background, and wide characters."""
        row = self.rows[number]
        cells = list(row.cells)
        for column, cell in enumerate(row.cells):
            if cell.character != UNKNOWN or cells[column].character != UNKNOWN:
                continue
            readings = self.cell_reader.readings.get(self.raw_cell(row, column), [])
            if len(readings) == 2:
                cells[column] = next((it for it in readings if it.background == background), readings[0])
            elif readings and self.grid.gap and not self._is_in_gap(row, column):
                cells[column] = readings[0]
            elif not readings and self._wide is not None and cell is not PICTURE:
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

    def _under_cursor(self, number: int, cells: tuple[Cell, ...], before: Row | None) -> list[Candidate]:
        """The cells that can be read if the cursor is at their foot: by their earlier content, or by themselves."""
        row = self.rows[number]
        found = []
        for column, cell in enumerate(cells):
            if cell.character != UNKNOWN:
                continue
            raw = self.raw_cell(row, column)
            position = Position(column, number)
            readings = self.cell_reader.readings.get(raw)
            if remembered := self._before_cursor(before, position, raw, may_be_glyph=bool(readings)):
                found.append(Candidate(position, remembered))
            elif uncovered := self.cell_reader.without_cursor(raw):
                found.append(Candidate(position, uncovered, readings[0] if readings and not self.grid.gap else None))
        return found

    def _before_cursor(self, before: Row | None, position: Position, raw: bytes, *, may_be_glyph: bool) -> Cell | None:
        """The cell's earlier content, if only its foot is different now."""
        if before is None or self._screen is None:
            return None
        last_raw, last = self.raw_cell(before, position.column), self._screen.cells[position.row][position.column]
        foot = self._cell_bytes * foot_rows(self.grid.cell_height)
        if last.character == UNKNOWN or last_raw[:-foot] != raw[:-foot]:
            return None
        is_shown_still = last_raw == raw and position == self._screen.cursor and not may_be_glyph
        return last if last_raw != raw or is_shown_still else None

    def _is_in_gap(self, row: Row, column: int) -> bool:
        """Whether the ninth column of a VGA's cell has another colour at its foot than at its top: the cursor."""
        ninth = (self.grid.x + (column + 1) * (self.grid.cell_width + self.grid.gap) - 1) * self._pixel_bytes
        pixels = [
            row.pixels[place : place + self._pixel_bytes] for place in range(ninth, len(row.pixels), self._stride)
        ]
        return any(pixel != pixels[0] for pixel in pixels[-foot_rows(self.grid.cell_height) :])


def _replaced(cells: list[tuple[Cell, ...]], position: Position, cell: Cell) -> tuple[Cell, ...]:
    """The row of this position with another cell in it."""
    row = cells[position.row]
    return (*row[: position.column], cell, *row[position.column + 1 :])
