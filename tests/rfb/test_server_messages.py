import random
import struct
import time
import tracemalloc
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.rfb_updates import (
    BELL,
    DESKTOP_SIZE,
    QEMU_KEYS,
    QEMU_LEDS,
    RAW,
    ZLIB,
    ZlibStream,
    colour_map,
    cut_text,
    raw,
    rectangle,
    resized,
    server_init,
    update,
)

from ecsvnc.errors import RfbError
from ecsvnc.rfb.pixel_format import RGB332, TRUE_COLOUR_32, PixelFormat
from ecsvnc.rfb.server_messages import MAX_CUT_TEXT_BYTES, MAX_RESIZES, ServerMessages

WIDTH, HEIGHT = 40, 20


def messages(bytes_per_pixel=1, **init):
    made = ServerMessages(bytes_per_pixel)
    made.receive(server_init(WIDTH, HEIGHT, **init))
    return made


def test_a_server_says_its_size_name_and_format_first():
    made = ServerMessages(1)
    start = server_init(1280, 800, "Konsole é")
    made.receive(start[:23])
    assert made.init is None
    made.receive(start[23:])
    assert (made.init.width, made.init.height, made.init.name) == (1280, 800, "Konsole é")
    assert (made.framebuffer.width, made.framebuffer.height) == (1280, 800)
    assert made.framebuffer.is_one_colour
    assert made.updates == 0


@st.composite
def pictures(draw):
    """Rectangles with pixels, drawn by a server one after another."""
    bytes_per_pixel = draw(st.sampled_from([1, 4]))
    drawn = []
    for _ in range(draw(st.integers(0, 6))):
        x, y = draw(st.integers(0, WIDTH)), draw(st.integers(0, HEIGHT))
        width, height = draw(st.integers(0, WIDTH - x)), draw(st.integers(0, HEIGHT - y))
        size = width * height * bytes_per_pixel
        pattern = draw(st.binary(min_size=1, max_size=50))
        drawn.append((x, y, width, height, (pattern * (size // len(pattern) + 1))[:size]))
    return bytes_per_pixel, drawn


@settings(max_examples=60)
@given(pictures(), st.data())
def test_what_a_server_encodes_is_read_in_any_pieces(drawn, data):
    bytes_per_pixel, rectangles = drawn
    packer = ZlibStream()
    stream = b""
    wanted = bytearray(WIDTH * HEIGHT * bytes_per_pixel)
    for x, y, width, height, pixels in rectangles:
        encode = data.draw(st.sampled_from([raw, packer.rectangle]))
        stream += update(encode(x, y, width, height, pixels)) + data.draw(
            st.sampled_from([b"", BELL, cut_text(b"copied"), colour_map(3), update(rectangle(0, 0, 9, 9, QEMU_KEYS))])
        )
        for row in range(height):
            start = ((y + row) * WIDTH + x) * bytes_per_pixel
            line = width * bytes_per_pixel
            wanted[start : start + line] = pixels[row * line : (row + 1) * line]
    made = messages(bytes_per_pixel)
    while stream:
        size = data.draw(st.integers(1, 400))
        made.receive(stream[:size])
        stream = stream[size:]
    assert made.framebuffer.pixels == wanted
    assert made.updates == len(rectangles)
    assert not made.is_in_update


def test_the_light_of_caps_lock_is_known_once_the_server_said():
    made = messages()
    assert made.has_caps_lock is None
    made.receive(update(rectangle(0, 0, 1, 1, QEMU_LEDS, b"\4")))
    assert made.has_caps_lock is True
    made.receive(update(rectangle(0, 0, 1, 1, QEMU_LEDS, b"\3")))
    assert made.has_caps_lock is False
    assert made.updates == 0


def test_an_update_counts_when_it_is_whole_and_without_pixels_not_at_all():
    made = messages()
    made.receive(update(rectangle(0, 0, WIDTH, HEIGHT, QEMU_KEYS)))
    assert made.updates == 0
    whole = update(raw(0, 0, 2, 1, b"ab"), raw(0, 1, 2, 1, b"cd"))
    made.receive(whole[:-1])
    assert (made.updates, made.is_in_update) == (0, True)
    made.receive(whole[-1:])
    assert (made.updates, made.is_in_update) == (1, False)
    assert made.encodings == {QEMU_KEYS, RAW}


def test_another_size_is_another_framebuffer():
    made = messages()
    made.receive(update(raw(0, 0, 2, 1, b"ab")))
    before = made.framebuffer
    made.receive(update(resized(8, 4), raw(7, 3, 1, 1, b"x")))
    assert before.pixels[:2] == b"ab"
    assert (made.framebuffer.width, made.framebuffer.height) == (8, 4)
    assert made.framebuffer.pixels == bytes(31) + b"x"


# --- servers that ignore SetPixelFormat

RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)


@pytest.mark.parametrize(
    ("bytes_per_pixel", "theirs", "pixel"),
    [
        (1, TRUE_COLOUR_32, bytes([0x40, 0x80, 0xFF, 0x00])),
        (1, replace(TRUE_COLOUR_32, is_big_endian=True), bytes([0x00, 0xFF, 0x80, 0x40])),
        (1, replace(TRUE_COLOUR_32, red_shift=0, blue_shift=16), bytes([0xFF, 0x80, 0x40, 0x00])),
        (1, RGB565, struct.pack("<H", 31 << 11 | 32 << 5 | 8)),
        (4, RGB565, struct.pack("<H", 31 << 11 | 32 << 5 | 8)),
        (4, replace(RGB565, is_big_endian=True), struct.pack(">H", 31 << 11 | 32 << 5 | 8)),
        (4, RGB332, bytes([0b111_100_01])),
    ],
)
def test_a_server_that_ignores_the_format_is_converted(bytes_per_pixel, theirs, pixel):
    made = messages(bytes_per_pixel, pixel_format=theirs)
    packer = ZlibStream()
    for _ in range(2):
        made.receive(update(packer.rectangle(0, 0, WIDTH, HEIGHT, pixel * (WIDTH * HEIGHT))))
    made.receive(update(raw(0, 0, WIDTH, 1, pixel * WIDTH)))
    got = bytes(made.framebuffer.pixels)
    if bytes_per_pixel == 1:
        assert got == bytes([0b111_100_01]) * (WIDTH * HEIGHT)
    else:
        blue, green, red, unused = got[:4]
        assert got == got[:4] * (WIDTH * HEIGHT)
        assert (red, unused) == (255, 0)
        assert (green, blue) in ((129, 65), (145, 85))


@pytest.mark.parametrize(
    "theirs",
    [
        replace(TRUE_COLOUR_32, is_true_colour=False),
        PixelFormat(32, 30, False, True, 1023, 1023, 1023, 20, 10, 0),
    ],
)
def test_a_format_of_its_own_that_cannot_be_converted_is_an_error(theirs):
    made = messages(pixel_format=theirs)
    with pytest.raises(RfbError, match="format of its own"):
        made.receive(update(ZlibStream().rectangle(0, 0, 2, 2, bytes(16))))


# --- hostile servers


def zlib_rectangle(width, height, packed):
    return update(rectangle(0, 0, width, height, ZLIB, struct.pack(">I", len(packed)) + packed))


def bomb(count):
    packer = zlib.compressobj(9)
    return packer.compress(bytes(count)) + packer.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (b"\7", "unknown type"),
        (update(raw(30, 0, 11, 1, bytes(11))), "outside"),
        (update(raw(0, 20, 1, 1, b"x")), "outside"),
        (update(rectangle(65535, 65535, 65535, 65535, RAW)), "outside"),
        (update(rectangle(0, 0, 1, 1, 16)), "not requested"),
        (update(rectangle(0, 0, 1, 1, -224)), "not requested"),
        (update(resized(65535, 65535)), "at most"),
        (cut_text(b"")[:4] + struct.pack(">I", MAX_CUT_TEXT_BYTES + 1), "clipboard"),
        (update(rectangle(0, 0, 1, 1, ZLIB, struct.pack(">I", 1 << 31))), "announced"),
        (zlib_rectangle(4, 4, bomb(1 << 20)), "too much zlib data"),
        (zlib_rectangle(4, 4, bomb(15)), "15 bytes"),
        (zlib_rectangle(4, 4, b""), "0 bytes"),
        (zlib_rectangle(4, 4, b"not zlib at all"), "invalid zlib"),
        (zlib_rectangle(4, 4, zlib.compress(bytes(16))), "ended the stream"),
    ],
)
def test_what_is_out_of_bounds_is_an_error_and_no_memory(stream, words):
    made = messages()
    tracemalloc.start()
    try:
        with pytest.raises(RfbError, match=words) as caught:
            made.receive(stream)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert caught.value.what.endswith(".")


def test_a_screen_that_is_too_large_is_an_error_at_once():
    with pytest.raises(RfbError, match="65535x65535"):
        ServerMessages(1).receive(server_init(65535, 65535))


def test_a_server_that_changes_its_size_without_end_is_an_error():
    made = ServerMessages(1)
    made.receive(server_init(8, 8))
    with pytest.raises(RfbError, match="times"):
        made.receive(update(*[resized(8, 8)] * (MAX_RESIZES + 1)))


def test_a_long_clipboard_is_skipped_and_not_kept():
    made = messages()
    tracemalloc.start()
    try:
        made.receive(struct.pack(">BxxxI", 3, 8 << 20))
        for _ in range(128):
            made.receive(bytes(64 << 10))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    made.receive(update(raw(0, 0, 1, 1, b"x")))
    assert made.updates == 1


def test_mutated_streams_end_in_a_documented_error_or_none():
    mutate(2000)


@pytest.mark.full
def test_a_hundred_thousand_mutated_streams_end_in_a_documented_error_or_none():
    mutate(100_000)


def mutate(count):
    chance = random.Random(7)
    packer = ZlibStream()
    text = bytes(chance.choices([0, 0, 0, 182], k=WIDTH * HEIGHT))
    stream = (
        server_init(WIDTH, HEIGHT)
        + update(rectangle(0, 0, WIDTH, HEIGHT, QEMU_KEYS))
        + update(packer.rectangle(0, 0, WIDTH, HEIGHT, text))
        + cut_text(b"copied")
        + update(raw(3, 4, 10, 10, text[:100]), packer.rectangle(0, 0, 20, 5, text[:100]))
        + colour_map(2)
        + update(resized(30, 15), packer.rectangle(0, 0, 30, 15, text[:450]))
    )
    ends = {"read": 0, "refused": 0}
    slowest_s = 0.0
    for _ in range(count):
        mutated = bytearray(stream)
        for _ in range(chance.randint(1, 4)):
            _change(mutated, chance)
        began = time.thread_time()
        made = ServerMessages(chance.choice([1, 4]))
        try:
            while mutated:
                size = chance.choice([1, 7, 100, 4096])
                made.receive(mutated[:size])
                del mutated[:size]
            ends["read"] += 1
        except RfbError:
            ends["refused"] += 1
        slowest_s = max(slowest_s, time.thread_time() - began)
        assert len(made.framebuffer.pixels) <= 5120 * 2880 * 4
        assert len(made._buffer) < 1 << 20
    assert min(ends.values()) > count // 100, ends
    assert slowest_s < 1.0


def _change(stream, chance):
    at = chance.randrange(len(stream))
    kind = chance.randrange(5)
    if kind == 0:
        stream[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        stream[at] = chance.choice([0, 1, 127, 128, 255])
    elif kind == 2:
        del stream[at : at + chance.randint(1, 20)]
    elif kind == 3:
        stream[at:at] = chance.randbytes(chance.randint(1, 20))
    else:
        stream[at : at + 4] = struct.pack(">i", chance.choice([RAW, ZLIB, DESKTOP_SIZE, QEMU_KEYS, -1, 1 << 30]))
