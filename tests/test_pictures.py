from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ecsvnc.errors import UnexpectedAnswerError
from ecsvnc.pictures import png_of, screen_in
from ecsvnc.rfb.framebuffer import MAX_PIXELS, Framebuffer


def file_of(image, form):
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


PICTURE = Image.effect_mandelbrot((24, 16), (-2, -1, 1, 1), 9).convert("RGB")
FILES = [file_of(PICTURE, "PNG"), file_of(PICTURE, "JPEG")]


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_a_screen_is_the_same_after_a_png(width, height, data):
    pixels = data.draw(st.lists(st.binary(min_size=3, max_size=3), min_size=width * height, max_size=width * height))
    screen = Framebuffer(width, height, 4, bytearray(b"".join(pixel + b"\0" for pixel in pixels)))
    again = screen_in(png_of(screen))
    assert (again.width, again.height, again.bytes_per_pixel) == (width, height, 4)
    without_unused = bytearray(again.pixels)
    without_unused[3::4] = bytes(width * height)
    assert without_unused == screen.pixels


def test_colours_are_in_their_places():
    screen = Framebuffer(1, 1, 4, bytearray((0x11, 0x22, 0x33, 0)))
    assert Image.open(io.BytesIO(png_of(screen))).getpixel((0, 0)) == (0x33, 0x22, 0x11)


@pytest.mark.parametrize("mode", ["L", "P", "1", "RGBA", "RGB", "I;16"])
def test_any_png_is_read(mode):
    assert screen_in(file_of(Image.new(mode, (3, 2)), "PNG")).pixels[:3] == bytes(3)


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF"])
def test_no_other_format_is_decoded(form):
    with pytest.raises(UnexpectedAnswerError, match="not a PNG or JPEG"):
        screen_in(file_of(PICTURE, form))


@pytest.mark.parametrize("sides", [(MAX_PIXELS + 1, 1), (10_000, 10_000), (20_000, 20_000)])
def test_one_that_is_too_large_is_not_decoded(sides):
    head = bytearray(FILES[0])
    struct.pack_into(">II", head, 16, *sides)
    struct.pack_into(">I", head, 29, zlib.crc32(head[12:29]))
    with pytest.raises(UnexpectedAnswerError):
        screen_in(bytes(head))


@given(st.sampled_from(FILES), st.data())
def test_a_broken_file_is_an_error_of_the_tree(file, data):
    broken = bytearray(file)
    for place in data.draw(st.lists(st.integers(0, len(file) - 1), max_size=6)):
        broken[place] = data.draw(st.integers(0, 255))
    del broken[data.draw(st.integers(0, len(file))) :]
    try:
        screen = screen_in(bytes(broken))
    except UnexpectedAnswerError:
        return
    assert screen.width * screen.height <= MAX_PIXELS


@given(st.binary(max_size=200))
def test_so_is_anything_else(content):
    with pytest.raises(UnexpectedAnswerError):
        screen_in(content)
