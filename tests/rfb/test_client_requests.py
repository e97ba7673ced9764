"""What we send as a client is what `client_messages` says of a client's messages."""

import struct

import pytest

from ecsvnc.rfb import client_requests as requests
from ecsvnc.rfb.client_messages import CLIENT_INIT_BYTES, ClientMessages, message_length
from ecsvnc.rfb.pixel_format import RGB332, PixelFormat


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (requests.set_pixel_format(RGB332), bytes(4) + RGB332.encode()),
        (requests.set_encodings([6, 0, -223]), struct.pack(">BxHiii", 2, 3, 6, 0, -223)),
        (requests.update_request(1280, 800, is_incremental=True), struct.pack(">BBHHHH", 3, 1, 0, 0, 1280, 800)),
        (requests.key_event(0xFF0D, is_down=True), struct.pack(">BBxxI", 4, 1, 0xFF0D)),
        (requests.extended_key_event(0x61, 0x1E, is_down=False), struct.pack(">BBHII", 255, 0, 0, 0x61, 0x1E)),
        (requests.extended_key_event(0xFFE4, 0xE01D, is_down=True), struct.pack(">BBHII", 255, 0, 1, 0xFFE4, 0x9D)),
    ],
)
def test_a_message_has_the_form_that_the_protocol_gives_it(message, wanted):
    assert message == wanted
    assert message_length(message) == len(message)
    followed = ClientMessages()
    followed.receive(requests.CLIENT_INIT + message)
    assert len(requests.CLIENT_INIT) == CLIENT_INIT_BYTES
    assert followed.is_between_messages


def test_rgb332_is_a_format_that_rfb_knows():
    assert PixelFormat.decode(RGB332.encode()) == RGB332
