"""The bitmap fonts of text consoles, read from where Debian's packages and sources have them.

    console-setup-linux, console-data, psf-unifont   /usr/share/consolefonts   PSF
    seabios, vgabios                                 VGA BIOS images           8x16, 8x14, 8x8, CP437
    grub-common                                      unicode.pf2, ascii.pf2    GNU Unifont in GRUB's format
    ovmf                                             edk2's LaffStd in the compressed firmware
    kbd's source                                     data/consolefonts         PSF, and raw glyphs
    Linux's source                                   lib/fonts/font_*.c        CP437
    the embedded ECS of `ecsvnc demo`                its font, whose ninth column is left out as the VGA's is

A glyph's bitmap is one integer: its rows from the top, in each the pixels from the left, the first is the highest bit.
Formats: PSF of kbd's docs (font-formats), PFF2 of GRUB's manual, EFI_NARROW_GLYPH of the UEFI specification (34.3).
"""

from __future__ import annotations

import codecs
import gzip
import lzma
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ecsvnc.simulator import font as demo

CONSOLE_FONTS = Path("/usr/share/consolefonts")
VGA_BIOSES = (Path("/usr/share/seabios/vgabios-stdvga.bin"), Path("/usr/share/vgabios/vgabios.bin"))
GRUB_FONTS = (Path("/usr/share/grub/unicode.pf2"), Path("/usr/share/grub/ascii.pf2"), Path("/usr/share/grub/euro.pf2"))
EDK2_FIRMWARE = Path("/usr/share/ovmf/OVMF.fd")

CP437 = (
    "\0☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼" + bytes(range(32, 127)).decode() + "⌂" + bytes(range(128, 256)).decode("cp437")
)
"""The characters of IBM's code page 437, those of the control codes too."""

CODE_PAGES = {
    r"cp(\d+)\b": r"cp\1",
    r"iso0?(\d+)a?[-.]": r"iso8859-\1",
    r"lat2-\d\d": "iso8859-2",
    r"lat7a?-\d\d": "iso8859-13",
    r"lat9-\d\d": "iso8859-15",
    r"koi8r": "koi8-r",
    r"gr737": "cp737",
    r"alt[bc]?-": "cp866",
}
"""The code page of fonts without a table of characters, by how their names begin. Of others only ASCII is taken."""


@dataclass(frozen=True)
class Font:
    """`glyphs` has for each bitmap the characters that it stands for, the first is its main one."""

    name: str
    width: int
    height: int
    glyphs: tuple[tuple[int, tuple[str, ...]], ...]

    def bitmap(self, character: str) -> int | None:
        """The bitmap that the console draws for a character."""
        return next((bitmap for bitmap, characters in self.glyphs if character in characters), None)


def packed(rows: bytes, width: int, height: int) -> int:
    """The bitmap of glyph rows that begin at a byte each."""
    row_bytes = (width + 7) // 8
    bitmap = 0
    for start in range(0, row_bytes * height, row_bytes):
        row = int.from_bytes(rows[start : start + row_bytes], "big") >> (row_bytes * 8 - width)
        bitmap = bitmap << width | row
    return bitmap


def installed_fonts() -> Iterator[Font]:
    """Those of Debian's binary packages."""
    for path in sorted(CONSOLE_FONTS.glob("*.psf.gz")):
        yield psf_font(path.name.removesuffix(".psf.gz"), gzip.decompress(path.read_bytes()))
    for path in VGA_BIOSES:
        yield from vga_bios_fonts(path)
    for path in GRUB_FONTS:
        yield from grub_fonts(path)
    yield from edk2_fonts(EDK2_FIRMWARE)
    yield demo_font()


def psf_font(name: str, data: bytes) -> Font:
    """A PSF font of version 1 or 2. Raises ValueError for anything else."""
    if data[:2] == b"\x36\x04":
        mode, size = data[2], data[3]
        width, height, start, count = 8, size, 4, 512 if mode & 1 else 256
        characters = psf1_characters(data[start + count * size :], count) if mode & 6 else None
    elif data[:4] == b"\x72\xb5\x4a\x86":
        start, flags, count, size, height, width = struct.unpack_from("<6I", data, 8)
        characters = psf2_characters(data[start + count * size :], count) if flags & 1 else None
    else:
        raise ValueError(f"{name} is not a PSF font")
    return Font(
        name,
        width,
        height,
        raw_glyphs(data[start : start + count * size], width, height, characters or code_page(name)),
    )


def psf1_characters(table: bytes, count: int) -> list[str]:
    """For each glyph its characters: 16-bit units up to 0xFFFF; sequences, which begin with 0xFFFE, are left out."""
    glyphs = table[: len(table) & ~1].decode("utf-16-le", "surrogatepass").split("\uffff")
    return [glyph.partition("\ufffe")[0] for glyph in glyphs[:count]]


def psf2_characters(table: bytes, count: int) -> list[str]:
    """For each glyph its characters: UTF-8 up to 0xFF; sequences, which begin with 0xFE, are left out."""
    return [glyph.partition(b"\xfe")[0].decode("utf-8", "replace") for glyph in table.split(b"\xff")[:count]]


def code_page(name: str) -> list[str]:
    """The characters of a font's 256 glyphs, if it has no table of them."""
    for pattern, page in CODE_PAGES.items():
        if found := re.match(pattern, name.removeprefix("kbd-")):
            codec = codecs.lookup(found.expand(page))
            return [bytes((code,)).decode(codec.name, "replace") for code in range(256)]
    return [chr(code) if code < 127 else "" for code in range(256)]


def raw_glyphs(data: bytes, width: int, height: int, characters: list[str]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Glyphs that stand one after another, with these characters."""
    size = (width + 7) // 8 * height
    return tuple(
        (packed(data[position * size : (position + 1) * size], width, height), tuple(of_glyph))
        for position, of_glyph in enumerate(characters)
        if of_glyph
    )


VGA_SMILEYS = {
    16: bytes.fromhex("00007e81a58181bd9981817e00000000"),
    14: bytes.fromhex("00007e81a58181bd99817e000000"),
    8: bytes.fromhex("7e81a581bd99817e"),
}
"""The second glyph of the VGA's fonts, by their height: each font is found by it. The first is blank."""


def vga_bios_fonts(path: Path) -> Iterator[Font]:
    """The three fonts of a VGA BIOS. Raises ValueError if one is missing."""
    data = path.read_bytes()
    for height, smiley in VGA_SMILEYS.items():
        start = data.find(bytes(height) + smiley)
        if start < 0:
            raise ValueError(f"{path} has no font of 8x{height}")
        yield Font(
            f"{path.stem}-8x{height}", 8, height, raw_glyphs(data[start : start + 256 * height], 8, height, list(CP437))
        )


def grub_fonts(path: Path) -> Iterator[Font]:
    """A GRUB font as its terminal draws it: narrow glyphs in cells of the font's usual width, wide ones in two."""
    data = path.read_bytes()
    sections = {}
    position = 0
    while position < len(data):
        name, length = struct.unpack_from(">4sI", data, position)
        if name == b"DATA":
            break
        sections[name] = data[position + 8 : position + 8 + length]
        position += 8 + length
    ascent, descent = (struct.unpack(">H", sections[name])[0] for name in (b"ASCE", b"DESC"))
    height = ascent + descent
    glyphs: dict[int, list[tuple[int, tuple[str, ...]]]] = {8: [], 16: []}
    for code, flags, offset in struct.iter_unpack(">IBI", sections[b"CHIX"]):
        if flags:
            raise ValueError(f"{path} has a compressed glyph")
        if code > sys.maxunicode:  # grub-mkfont's own numbers, of the joined forms of Arabic letters
            continue
        advance, bitmap = grub_glyph(data, offset, ascent, height)
        if advance in glyphs and bitmap:
            glyphs[advance].append((bitmap, (chr(code),)))
    for width, found in glyphs.items():
        if found:
            yield Font(f"grub-{path.stem}-{width}x{height}", width, height, tuple(found))


def grub_glyph(data: bytes, offset: int, ascent: int, height: int) -> tuple[int, int]:
    """The width of a glyph's cell, and its bitmap in it: 0 if it has none or reaches out of its cell."""
    width, rows, left, bottom, advance = struct.unpack_from(">HHhhh", data, offset)
    top = ascent - bottom - rows
    if left < 0 or left + width > advance or top < 0 or top + rows > height:
        return advance, 0
    size = width * rows
    bits = int.from_bytes(data[offset + 10 : offset + 10 + (size + 7) // 8], "big") >> (-size % 8)
    bitmap = 0
    for row in reversed(range(rows)):
        line = bits >> (row * width) & ((1 << width) - 1)
        bitmap = bitmap << advance | line << (advance - left - width)
    return advance, bitmap << advance * (height - top - rows)


def edk2_fonts(path: Path) -> Iterator[Font]:
    """The narrow glyphs (8x19) of edk2's console in a firmware image whose main volume is compressed with LZMA."""
    firmware = path.read_bytes()
    for found in re.finditer(rb"\x5d\x00\x00[\x00-\x80][\x00-\x08]", firmware):
        decompressor = lzma.LZMADecompressor(lzma.FORMAT_ALONE)
        try:
            volume = decompressor.decompress(firmware[found.start() :])
        except lzma.LZMAError:
            continue
        blank = re.search(rb"\x20\x00\x00\x00{19}\x21\x00\x00", volume)
        if blank:
            glyphs = []
            for code, _, rows in struct.iter_unpack("<HB19s", volume[blank.start() : blank.start() + 22 * 1024]):
                if not code:
                    break
                glyphs.append((packed(rows, 8, 19), (chr(code),)))
            yield Font("edk2-LaffStd", 8, 19, tuple(glyphs))
            return
    raise ValueError(f"{path} has no table of narrow glyphs")


def demo_font() -> Font:
    """The font that the embedded ECS draws text with: its own characters, and accented letters that it composes."""
    height = demo.GLYPH_HEIGHT
    replacement = demo.glyph(demo.REPLACEMENT)
    glyphs = []
    for character in map(chr, (*range(0x20, 0x7F), *range(0xA1, 0x180), *range(0x2000, 0x2600))):
        glyph = demo.glyph(character)
        if glyph != replacement:
            rows = bytes(row >> 1 for row in glyph.rows)
            glyphs.append((packed(rows, 8, height), (character,)))
    return Font("ecsvnc-demo", 8, height, tuple(glyphs))


def kbd_fonts(folder: Path) -> Iterator[Font]:
    """Those of kbd's source, in its folder data/consolefonts: PSF fonts, and raw ones with 256 glyphs of 8 columns."""
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        if data[:2] == b"\x36\x04" or data[:4] == b"\x72\xb5\x4a\x86":
            yield psf_font(f"kbd-{path.name}", data)
        elif (
            not path.name.startswith(("README", "ERRORS")) and path.suffix != ".cp" and len(data) in (2048, 3584, 4096)
        ):
            height = len(data) // 256
            yield Font(f"kbd-{path.name}", 8, height, raw_glyphs(data, 8, height, code_page(path.name)))


LEFT_OUT = {
    "kbd-cybercafe.fnt": "its u is the U of tcvn8x16",
    "linux-mini_4x6": "its 0 and O are one bitmap",
}
"""Fonts whose ASCII characters cannot be told from their own or another font's, and why."""

NOT_CP437_IN_LINUX = ("acorn_8x8", "6x8", "6x11")


def linux_fonts(folder: Path) -> Iterator[Font]:
    """Those that are built into Linux, from its source's folder lib/fonts."""
    for path in sorted(folder.glob("font_*.c")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8", "replace"), flags=re.DOTALL)
        name = path.stem.removeprefix("font_")
        width, height = (int(re.search(rf"\.{side}\s*=\s*(\d+)", text).group(1)) for side in ("width", "height"))
        array = re.search(r"FONTDATAMAX, 0\s*\},\s*\{(.*?)\}", text, re.DOTALL).group(1)
        numbers = re.findall(r"0x[0-9a-fA-F]+|\b\d+\b", array)
        data = bytes(int(number, 0) for number in numbers)
        if len(data) != (width + 7) // 8 * height * 256:
            raise ValueError(f"{path} has {len(data)} bytes of glyphs, not 256 glyphs of {width}x{height}")
        characters = list(CP437[:127]) + [""] * 129 if name in NOT_CP437_IN_LINUX else list(CP437)
        yield Font(f"linux-{name}", width, height, raw_glyphs(data, width, height, characters))
