"""The picture: what is painted, and what is reported as changed."""

from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.simulator.framebuffer import Framebuffer, Rectangle

INK, PAPER = 0xC0FFEE, 0x102030

rectangles = st.builds(Rectangle, st.integers(-20, 220), st.integers(-20, 120), st.integers(0, 120), st.integers(0, 80))


def pixel(framebuffer, x, y):
    at = y * framebuffer.stride + 4 * x
    return int.from_bytes(framebuffer.pixels[at : at + 4], "little")


@given(rectangles)
def test_a_fill_paints_what_lies_inside_and_nothing_else(area):
    framebuffer = Framebuffer(100, 50)
    framebuffer.fill(area, INK)
    painted = {(x, y) for y in range(50) for x in range(100) if pixel(framebuffer, x, y) == INK}
    assert painted == {(x, y) for y in range(50) for x in range(100) if area.holds(x, y)}


def test_a_character_is_written_with_its_ink_and_paper():
    framebuffer = Framebuffer(18, 16)
    framebuffer.cells(9, 0, [("─", INK, PAPER)])
    assert [pixel(framebuffer, x, 7) for x in range(18)] == [0] * 9 + [INK] * 9
    assert [pixel(framebuffer, x, 6) for x in range(18)] == [0] * 9 + [PAPER] * 9


@given(st.lists(st.tuples(rectangles, st.integers(1, 0xFFFFFF)), max_size=6))
def test_the_changes_cover_every_pixel_that_differs_and_never_overlap(strokes):
    framebuffer = Framebuffer(200, 100)
    before = bytes(framebuffer.pixels)
    for area, colour in strokes:
        framebuffer.fill(area, colour)
    changes = framebuffer.changes_since(before)
    patched = bytearray(before)
    for area in changes:
        framebuffer.copy_to(patched, area)
    assert patched == framebuffer.pixels
    assert not any(a.common(b) for number, a in enumerate(changes) for b in changes[number + 1 :])


def test_a_small_change_is_a_small_rectangle():
    framebuffer = Framebuffer(720, 400)
    before = bytes(framebuffer.pixels)
    framebuffer.fill(Rectangle(100, 100, 2, 2), INK)
    (change,) = framebuffer.changes_since(before)
    assert change.holds(100, 100)
    assert change.width * change.height <= 48 * 16


def test_painting_nothing_is_no_change_and_no_new_version():
    framebuffer = Framebuffer(720, 400)
    before, version = bytes(framebuffer.pixels), framebuffer.version
    framebuffer.fill(Rectangle(900, 900, 5, 5), INK)
    assert framebuffer.changes_since(before) == []
    assert framebuffer.version == version


def test_a_crop_is_the_rectangles_pixels_row_by_row():
    framebuffer = Framebuffer(4, 4)
    framebuffer.fill(Rectangle(1, 1, 2, 1), INK)
    assert framebuffer.crop(Rectangle(1, 0, 2, 2)) == bytes(8) + INK.to_bytes(4, "little") * 2
