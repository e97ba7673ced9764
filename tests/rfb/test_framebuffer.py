import pytest

from ecsvnc.errors import RfbError
from ecsvnc.rfb.framebuffer import MAX_PIXELS, Framebuffer


def test_it_is_black_at_first_and_takes_rows_without_padding():
    screen = Framebuffer(4, 3, 1)
    assert screen.pixels == bytes(12)
    screen.write(1, 1, 2, 2, b"abcd")
    assert screen.pixels == b"\0\0\0\0" + b"\0ab\0" + b"\0cd\0"
    screen.write(0, 0, 4, 1, b"wxyz")
    assert screen.pixels[:4] == b"wxyz"


@pytest.mark.parametrize("bytes_per_pixel", [1, 4])
def test_it_knows_whether_it_has_one_colour(bytes_per_pixel):
    screen = Framebuffer(5, 5, bytes_per_pixel)
    assert screen.is_one_colour
    screen.write(4, 4, 1, 1, b"x" * bytes_per_pixel)
    assert not screen.is_one_colour
    screen.write(0, 0, 5, 5, b"x" * (25 * bytes_per_pixel))
    assert screen.is_one_colour


@pytest.mark.parametrize("place", [(4, 0, 1, 1), (0, 3, 1, 1), (0, 0, 5, 1), (0, 0, 1, 4), (65535, 65535, 1, 1)])
def test_nothing_is_written_outside(place):
    screen = Framebuffer(4, 3, 1)
    with pytest.raises(RfbError, match="outside"):
        screen.write(*place, bytes(place[2] * place[3]))
    assert screen.pixels == bytes(12)


def test_a_screen_that_no_server_shows_is_refused():
    Framebuffer(MAX_PIXELS // 16, 16, 1)
    with pytest.raises(RfbError, match="at most"):
        Framebuffer(65535, 65535, 4)
