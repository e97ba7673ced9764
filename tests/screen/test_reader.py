"""A screen that was drawn with a known font is read as what was drawn, wherever the text stands on it."""

import io
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support.rendered import console_font, draw_cell, grid_of, screen_of

from ecsvnc.pictures import screen_in
from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.colours import VGA_COLOURS
from ecsvnc.screen.reader import ScreenReader
from ecsvnc.screen.text_screen import UNKNOWN, Grid
from ecsvnc.simulator.framebuffer import Framebuffer as DemoFramebuffer
from ecsvnc.simulator.linux_console import LinuxConsole
from ecsvnc.simulator.windows_desktop import WindowsDesktop

ASCII = "".join(map(chr, range(33, 127)))
BOOT_LOG = (
    "[    0.000000] Linux version 6.1.0-56-amd64 (gcc-12 (Debian 12.2.0))",
    "[    1.482913] systemd[1]: Detected virtualization kvm.",
    "",
    "Debian GNU/Linux 12 web-1 tty1",
    "",
    ASCII[:47],
    ASCII[47:],
    "web-1 login: root",
)


@pytest.mark.parametrize(
    ("name", "width", "height", "gap", "x", "y"),
    [
        ("vgabios-stdvga-8x16", 720, 400, 1, 0, 0),
        ("vgabios-stdvga-8x8", 720, 400, 1, 0, 0),
        ("Lat15-VGA14", 720, 392, 1, 0, 0),
        ("vgabios-stdvga-8x16", 1024, 768, 0, 0, 0),
        ("Lat15-Fixed16", 1280, 800, 0, 0, 0),
        ("Uni2-Terminus32x16", 1920, 1080, 0, 0, 0),
        ("Lat15-Terminus24x12", 1024, 768, 0, 0, 0),
        ("Lat2-TerminusBold28x14", 1024, 768, 0, 0, 0),
        ("grub-unicode-8x16", 1024, 768, 0, 10, 10),
        ("edk2-LaffStd", 800, 600, 0, 0, 5),
        ("edk2-LaffStd", 1280, 800, 0, 0, 1),
        ("Lat15-Fixed16", 1024, 768, 0, 3, 7),
    ],
)
def test_text_is_read_in_every_place_where_machines_put_it(name, *, width, height, gap, x, y):
    framebuffer = screen_of(console_font(name), BOOT_LOG, width, height, gap=gap, x=x, y=y)
    screen = ScreenReader().read(framebuffer)
    assert screen.lines[: len(BOOT_LOG)] == BOOT_LOG
    assert not any(screen.lines[len(BOOT_LOG) :])
    assert screen.unknown == 0


def test_the_demo_is_read_as_a_real_console_is():
    console = LinuxConsole("web-1", "i-bp1", now=lambda: 1000.0)
    drawn = DemoFramebuffer(console.width, console.height)
    console.draw(drawn)
    screen = ScreenReader().read(Framebuffer(drawn.width, drawn.height, 4, drawn.pixels))
    assert "\n".join(screen.lines).split() == console.text().split()
    assert screen.unknown == 0


@pytest.mark.parametrize("bytes_per_pixel", [1, 4])
def test_the_16_colours_are_distinguished_in_front_and_behind(bytes_per_pixel):
    font = console_font("Lat15-Fixed16")
    grid = grid_of(font, 640, 480)
    framebuffer = Framebuffer(640, 480, bytes_per_pixel)
    expected = {}
    for row, background in enumerate(VGA_COLOURS):
        for column, foreground in enumerate(VGA_COLOURS):
            if foreground != background:
                character = "gAz@"[column % 4]
                bitmap = font.bitmap(character)
                draw_cell(framebuffer, grid, (column, row), bitmap, foreground=foreground, background=background)
                expected[column, row] = (character, foreground, background)
    screen = ScreenReader().read(framebuffer)
    assert {place: screen.cells[place[1]][place[0]] for place in expected} == expected


def test_wide_characters_are_read_as_one_of_two_columns():
    narrow, wide = console_font("grub-unicode-8x16"), console_font("grub-unicode-16x16")
    framebuffer = screen_of(narrow, ("GNU GRUB version 2.06", "Advanced options"), 640, 480, x=10, y=10)
    grid = grid_of(narrow, 640, 480, x=10, y=10)
    pairs = Grid(10, 10, grid.columns // 2, grid.rows, 16, 16)
    for place, character in enumerate("救援模式 日本語 한국어".replace(" ", "")):
        draw_cell(framebuffer, pairs, (place, 4), wide.bitmap(character))
    screen = ScreenReader().read(framebuffer)
    assert screen.lines[4] == "救援模式日本語한국어"
    assert [cell.character for cell in screen.cells[4][:4]] == ["救", "", "援", ""]
    assert screen.unknown == 0


def test_halves_of_a_cell_have_the_background_that_is_usual_on_the_screen():
    font = console_font("vgabios-stdvga-8x16")
    framebuffer = screen_of(font, (*BOOT_LOG, "▀▄▌▐"), 1024, 768)
    screen = ScreenReader().read(framebuffer)
    assert screen.lines[len(BOOT_LOG)] == "▀▄▌▐"
    assert {cell.background for cell in screen.cells[len(BOOT_LOG)]} == {0}


def test_a_picture_among_text_is_unknown_and_counted():
    framebuffer = screen_of(console_font("Lat15-Fixed16"), BOOT_LOG, 1024, 768)
    for row in range(40):
        framebuffer.write(800, 640 + row, 32, 1, bytes((row * column) % 251 for column in range(32)))
    screen = ScreenReader().read(framebuffer)
    assert screen.lines[: len(BOOT_LOG)] == BOOT_LOG
    assert screen.unknown == 4 * 3
    assert screen.lines[40].strip() == UNKNOWN * 4


def scrambled(font, seed=1):
    """The font with the rows of its glyphs in another order: no glyph of another font is one of it."""
    inside = list(range(3, font.height - 3))
    random.Random(seed).shuffle(inside)
    order = [0, 1, 2, *inside, *range(font.height - 3, font.height)]
    mask = (1 << font.width) - 1

    def shuffled(bitmap):
        rows = [bitmap >> font.width * row & mask for row in order]
        return sum(bits << font.width * place for place, bits in enumerate(rows))

    return replace(font, glyphs=tuple((shuffled(bitmap), characters) for bitmap, characters in font.glyphs))


def test_text_in_an_unknown_font_is_unknown_and_never_something_else():
    framebuffer = screen_of(scrambled(console_font("Lat15-Fixed16")), BOOT_LOG * 3, 1024, 768)
    screen = ScreenReader().read(framebuffer)
    for line, read in zip(BOOT_LOG * 3, screen.lines, strict=False):
        for character, other in zip(line, read, strict=False):
            assert other == character or not (other.isalnum() and other.isascii())
    assert screen.unknown > len("".join(BOOT_LOG).replace(" ", "")) * 2


@pytest.mark.parametrize("picture", ["noise", "gradient", "logo"])
def test_a_picture_is_not_text(picture):
    framebuffer = Framebuffer(1024, 768, 1)
    if picture == "noise":
        framebuffer.write(0, 0, 1024, 768, random.Random(3).randbytes(1024 * 768))
    elif picture == "gradient":
        line = bytes(column // 4 % 256 for column in range(1024))
        framebuffer.write(0, 0, 1024, 768, line * 768)
    else:
        for row in range(100):
            width = (row + 2) * 3
            framebuffer.write(512 - width // 2, 300 + row, width, 1, bytes((0x1F,)) * width)
    assert ScreenReader().read(framebuffer) is None


def test_the_demos_desktop_is_not_text():
    desktop = WindowsDesktop("win-1", "i-bp1", lambda: 1e9)
    drawn = DemoFramebuffer(desktop.width, desktop.height)
    desktop.draw(drawn)
    framebuffer = Framebuffer(drawn.width, drawn.height, 4, drawn.pixels)
    assert ScreenReader().read(framebuffer) is None
    assert ScreenReader().read_picture(framebuffer) is None


def test_a_blank_screen_is_text_without_any():
    screen = ScreenReader().read(Framebuffer(720, 400, 1))
    assert (screen.columns, screen.rows) == (80, 25)
    assert screen.lines == ("",) * 25
    assert (screen.unknown, screen.cursor) == (0, None)


@pytest.mark.parametrize("size", [(1, 1), (7, 7), (5000, 3), (3, 2000)])
def test_a_screen_without_room_for_a_cell_is_not_text(size):
    assert ScreenReader().read(Framebuffer(*size, 1)) is None


def test_one_reader_follows_a_machine_through_its_boot():
    reader = ScreenReader()
    stages = [
        screen_of(console_font("vgabios-stdvga-8x16"), ("SeaBIOS (version 1.16.2)",), 720, 400, gap=1),
        screen_of(
            console_font("grub-unicode-8x16"),
            ("GNU GRUB version 2.06", "Booting a command list"),
            1024,
            768,
            x=10,
            y=10,
        ),
        Framebuffer(1024, 768, 1),
        screen_of(console_font("Lat15-VGA16"), BOOT_LOG, 1024, 768),
        screen_of(console_font("Lat15-Terminus32x16"), ("web-1 login: ",), 1024, 768),
    ]
    read = [reader.read(stage) for stage in stages]
    assert [screen.lines[0] for screen in read] == [
        "SeaBIOS (version 1.16.2)",
        "GNU GRUB version 2.06",
        "",
        BOOT_LOG[0],
        "web-1 login:",
    ]
    assert read[4].columns == 64


def test_rows_that_did_not_change_are_not_read_again():
    framebuffer = screen_of(console_font("Lat15-Fixed16"), BOOT_LOG, 1024, 768)
    reader = ScreenReader()
    first = reader.read(framebuffer)
    assert reader.read(framebuffer) is first
    framebuffer.write(0, 16, 1024, 16, framebuffer.pixels[: 1024 * 16])
    second = reader.read(framebuffer)
    assert second.lines[1] == BOOT_LOG[0]
    assert second.cells[4] is first.cells[4]


def test_rows_that_only_moved_are_not_read_again():
    framebuffer = screen_of(console_font("Lat15-Fixed16"), BOOT_LOG, 1024, 768)
    reader = ScreenReader()
    first = reader.read(framebuffer)
    framebuffer.write(0, 0, 1024, 752, framebuffer.pixels[1024 * 16 :])
    second = reader.read(framebuffer)
    assert second.lines[: len(BOOT_LOG) - 1] == BOOT_LOG[1:]
    assert second.cells[0] is first.cells[1]


@pytest.mark.parametrize(
    ("name", "width", "height", "gap"), [("Lat15-Fixed16", 1024, 768, 0), ("vgabios-stdvga-8x16", 720, 400, 1)]
)
@pytest.mark.parametrize("quality", [75, 60])
def test_a_jpeg_of_a_screen_is_read_without_a_wrong_character(name, width, height, gap, quality):
    framebuffer = screen_of(console_font(name), BOOT_LOG, width, height, gap=gap, bytes_per_pixel=4)
    screen = ScreenReader().read_picture(screen_in(as_jpeg(framebuffer, quality)))
    text, read = "".join(BOOT_LOG), "".join(line.ljust(80) for line in screen.lines)
    wrong = [
        (a, b)
        for line, got in zip(BOOT_LOG, screen.lines, strict=False)
        for a, b in zip(line, got, strict=False)
        if b not in (a, UNKNOWN)
    ]
    assert wrong == []
    assert read.count(UNKNOWN) <= (0.1 if quality < 75 else 0.01) * len(text)


def as_jpeg(framebuffer, quality):
    image = Image.frombytes("RGB", (framebuffer.width, framebuffer.height), bytes(framebuffer.pixels), "raw", "BGRX")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


@settings(max_examples=20)
@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from([1, 4, "noise"]), st.binary(min_size=1, max_size=40))
def test_any_pixels_are_text_or_not_and_never_an_error(width, height, kind, pattern):
    bytes_per_pixel = 4 if kind == "noise" else kind
    size = width * height * bytes_per_pixel
    framebuffer = Framebuffer(width, height, bytes_per_pixel, bytearray((pattern * size)[:size]))
    reader = ScreenReader()
    read = reader.read_picture if kind == "noise" else reader.read
    for _ in range(2):
        screen = read(framebuffer)
        assert screen is None or len(screen.lines) == screen.rows
        framebuffer.pixels[: size // 2] = bytes(size // 2)


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 5), (5, 0), (1, 1)])
def test_a_screen_without_room_for_a_character_has_no_text(width, height):
    assert ScreenReader().read(Framebuffer(width, height, 1)) is None
    assert ScreenReader().read_picture(Framebuffer(width, height, 4)) is None
