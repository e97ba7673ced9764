"""Screens as pictures: as a PNG file, from the PNG or JPEG that ECS makes, and scaled. The only place with Pillow."""

from __future__ import annotations

import io
import struct
import warnings

from ecsvnc.errors import UnexpectedAnswerError
from ecsvnc.rfb.framebuffer import MAX_PIXELS, Framebuffer
from ecsvnc.screen.colours import RGB332_COLOURS

_INSTEAD = "Use `ecsvnc screen` without --snapshot: it reads the console itself."

_FORMATS = ("PNG", "JPEG")


def png_of(framebuffer: Framebuffer) -> bytes:
    """A PNG file of a screen; of one with a byte a pixel, in its 256 colours."""
    from PIL import Image  # costs 30 ms, and most commands make no picture

    size, pixels = (framebuffer.width, framebuffer.height), bytes(framebuffer.pixels)
    if framebuffer.bytes_per_pixel == 1:
        image = Image.frombytes("P", size, pixels)
        image.putpalette(b"".join(colour.to_bytes(3, "big") for colour in RGB332_COLOURS))
    else:
        image = Image.frombytes("RGB", size, pixels, "raw", "BGRX")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def scaled_pixels(framebuffer: Framebuffer, width: int, height: int) -> tuple[int, ...]:
    """The colours, 0xRRGGBB row by row, of a screen that is scaled to another size; no side of either may be 0.

    Each is the mean of the area that it stands for. Its parts are multiples of 0x11, as in the 16 colours of text
    consoles: so few colours that a terminal draws them quickly.
    """
    from PIL import Image

    size = (framebuffer.width, framebuffer.height)
    if framebuffer.bytes_per_pixel == 1:
        image = Image.frombuffer("P", size, framebuffer.pixels, "raw", "P", 0, 1)
        image.putpalette(b"".join(colour.to_bytes(3, "big") for colour in RGB332_COLOURS))
    else:
        image = Image.frombuffer("RGBX", size, framebuffer.pixels, "raw", "BGRX", 0, 1)
    scaled = image.convert("RGB").resize((width, height), Image.Resampling.BOX)
    rounded = scaled.point([round(part / 0x11) * 0x11 for part in range(256)] * 3)
    return struct.unpack(f"<{width * height}I", rounded.tobytes("raw", "BGRX"))


def screen_in(picture: bytes) -> Framebuffer:
    """The screen in a PNG or JPEG file, with 4 bytes a pixel.

    Raises UnexpectedAnswerError for anything else, and for a picture of more than MAX_PIXELS, before it is decoded.
    """
    from PIL import Image  # as above

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(picture), formats=_FORMATS) as image:
                _check_size(image.width, image.height)
                rgb = image.convert("RGB")
    except UnexpectedAnswerError:
        raise
    except Exception as error:  # a decoder raises many kinds of exceptions for a damaged file
        raise UnexpectedAnswerError(
            "The picture of the screen is not a PNG or JPEG file, or it is broken.", hint=_INSTEAD
        ) from error
    return Framebuffer(rgb.width, rgb.height, 4, bytearray(rgb.tobytes("raw", "BGRX")))


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise UnexpectedAnswerError(
            f"The picture of the screen has {width} x {height} pixels, more than any screen.", hint=_INSTEAD
        )
