import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.errors import RfbError
from ecsvnc.rfb.pixel_format import TRUE_COLOUR_32, PixelFormat
from ecsvnc.rfb.server_init import ServerInit

a_name = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)


def test_the_usual_format_has_the_bytes_of_the_rfc():
    assert TRUE_COLOUR_32.encode() == bytes([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0])
    assert PixelFormat.decode(TRUE_COLOUR_32.encode()) == TRUE_COLOUR_32


@pytest.mark.parametrize(
    "impossible",
    [
        bytes(16),
        bytes([24, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]),
        bytes([32, 33, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]),
        bytes([32, 24, 0, 1, 0, 254, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]),
        bytes([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 255, 8, 0, 0, 0, 0]),
        bytes([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 8, 8, 0, 0, 0, 0]),
        b"short",
    ],
)
def test_a_pixel_that_cannot_be_is_refused(impossible):
    with pytest.raises(RfbError):
        PixelFormat.decode(impossible)


@given(st.binary(min_size=16, max_size=16))
def test_decoding_a_pixel_format_is_total(data):
    try:
        pixel_format = PixelFormat.decode(data)
    except RfbError:
        return
    assert PixelFormat.decode(pixel_format.encode()) == pixel_format


@given(st.integers(0, 65535), st.integers(0, 65535), a_name, st.binary(max_size=9))
def test_a_server_init_comes_back_as_it_was(width, height, name, more):
    init = ServerInit(width, height, TRUE_COLOUR_32, name)
    encoded = init.encode()
    assert ServerInit.decode(encoded + more) == (init, len(encoded))
    assert all(ServerInit.decode(encoded[:end]) is None for end in range(len(encoded)))


@given(st.binary(max_size=60))
def test_decoding_a_server_init_is_total(data):
    try:
        ServerInit.decode(data)
    except RfbError:
        return


def test_a_name_without_an_end_is_refused():
    with pytest.raises(RfbError):
        ServerInit.decode(ServerInit(8, 8, TRUE_COLOUR_32, "").encode()[:-4] + b"\xff\xff\xff\xff")
