"""Screens drawn with the fonts that are installed, as a console draws them: pure Python, from text to a framebuffer."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import console_fonts
from support.parts import need_file

from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.colours import VGA_COLOURS, rgb332
from ecsvnc.screen.text_screen import Grid

GREY, BLACK = VGA_COLOURS[7], VGA_COLOURS[0]


@cache
def console_font(name):
    """A font of /usr/share/consolefonts, or of the VGA BIOS, GRUB, the UEFI firmware or the demo.

    Without the package that has it the calling test is skipped.
    """
    if name == "ecsvnc-demo":
        return console_fonts.demo_font()
    if name.startswith("vgabios"):
        fonts = console_fonts.vga_bios_fonts(present(console_fonts.VGA_BIOSES[0]))
    elif name.startswith("grub"):
        fonts = console_fonts.grub_fonts(present(console_fonts.GRUB_FONTS[0]))
    elif name.startswith("edk2"):
        fonts = console_fonts.edk2_fonts(present(console_fonts.EDK2_FIRMWARE))
    else:
        data = present(console_fonts.CONSOLE_FONTS / f"{name}.psf.gz").read_bytes()
        fonts = [console_fonts.psf_font(name, gzip.decompress(data))]
    return next(font for font in fonts if font.name == name)


def present(path):
    return Path(need_file(str(path)))


def grid_of(font, width, height, *, x=0, y=0, gap=0):
    """The grid that fills a screen from this offset."""
    columns, rows = (width - x) // (font.width + gap), (height - y) // font.height
    return Grid(x, y, columns, rows, font.width, font.height, gap)


@cache
def drawn(bitmap, width, height, *, foreground, background, size):
    """The rows of a cell's pixels."""
    pixels = [pixel(foreground, size), pixel(background, size)]
    bits = f"{bitmap:0{width * height}b}"
    return tuple(b"".join(pixels[bit == "0"] for bit in bits[row * width : (row + 1) * width]) for row in range(height))


def pixel(colour, size):
    return bytes((rgb332(colour),)) if size == 1 else colour.to_bytes(4, "little")


def draw_cell(framebuffer, grid, position, bitmap, *, foreground=GREY, background=BLACK):
    """Draw a bitmap into one cell."""
    column, row = position
    size = framebuffer.bytes_per_pixel
    rows = drawn(bitmap, grid.cell_width, grid.cell_height, foreground=foreground, background=background, size=size)
    gap = pixel(background, size) * grid.gap
    x, y = grid.x + column * (grid.cell_width + grid.gap), grid.y + row * grid.cell_height
    framebuffer.write(x, y, grid.cell_width + grid.gap, grid.cell_height, b"".join(line + gap for line in rows))


def draw_lines(framebuffer, grid, font, lines, *, foreground=GREY, background=BLACK):
    """Draw text in one pair of colours. Every character must be in the font."""
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            bitmap = 0 if character == " " else font.bitmap(character)
            draw_cell(framebuffer, grid, (column, row), bitmap, foreground=foreground, background=background)


def screen_of(font, lines, width, height, *, x=0, y=0, gap=0, bytes_per_pixel=1):
    """A screen with this text on it."""
    framebuffer = Framebuffer(width, height, bytes_per_pixel)
    draw_lines(framebuffer, grid_of(font, width, height, x=x, y=y, gap=gap), font, lines)
    return framebuffer


def underlined(bitmap, font, rows=2, below=0):
    """The bitmap with the cursor of Linux's framebuffer console in it, which inverts rows at the foot."""
    return bitmap ^ ((1 << rows * font.width) - (1 << below * font.width))


def draw_vga_cursor(framebuffer, grid, position, colour):
    """Draw the cursor of VGA hardware over all nine columns: two rows, with one below them in cells that are high."""
    column, row = position
    line = pixel(colour, framebuffer.bytes_per_pixel) * (grid.cell_width + grid.gap)
    x = grid.x + column * (grid.cell_width + grid.gap)
    y = grid.y + (row + 1) * grid.cell_height - (2 if grid.cell_height < 10 else 3)
    framebuffer.write(x, y, grid.cell_width + grid.gap, 2, line * 2)
