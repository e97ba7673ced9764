"""The console page's own parts, in a real Chromium: bytes of a VNC server in, canvas pixels and messages out."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import replace

import pytest
from support.ecs.extended import ExtendedEcs

from ecsvnc.rfb.pixel_format import TRUE_COLOUR_32, PixelFormat
from ecsvnc.runtime import Runtime

RED, GREEN, BLUE = b"\xff\x00\x00", b"\x00\xff\x00", b"\x00\x00\xff"
CANVAS = {"r": 0xFF0000FF, "g": 0xFF00FF00, "b": 0xFFFF0000, "w": 0xFFFFFFFF, " ": 0}
OWN_FORMAT = bytes([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0])
COLOUR_MAP = bytes([8, 8, 0, 0, *bytes(12)])
RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)
RGB565_BIG = replace(RGB565, is_big_endian=True)
RGBX_BIG = replace(TRUE_COLOUR_32, is_big_endian=True, red_shift=24, green_shift=16, blue_shift=8)
COLOURS_10_BIT = PixelFormat(32, 30, False, True, 1023, 1023, 1023, 20, 10, 0)
RGB332 = PixelFormat(8, 8, False, True, 7, 7, 3, 5, 2, 0)

SPEAK = """(async () => {
  const { Rfb } = await import("/console/rfb.js");
  const socket = new EventTarget();
  const [sent, shown] = [[], []];
  Object.assign(socket, { readyState: 1, send: (bytes) => sent.push([...bytes]) });
  const display = { setKeyboard: (given) => shown.push(["setKeyboard", given]) };
  for (const name of ["start", "resize", "copy"]) display[name] = (...given) => shown.push([name, ...given]);
  for (const name of ["paint", "setCursor"]) {
    display[name] = (...given) => shown.push([name, ...given.slice(0, -1), [...given.at(-1)]]);
  }
  const rfb = new Rfb(socket, display);
  const ended = rfb.run().catch((error) => error.message);
  for (const bytes of MESSAGES) {
    socket.dispatchEvent(new MessageEvent("message", { data: Uint8Array.from(bytes).buffer }));
    await new Promise((resolve) => { setTimeout(resolve); });
  }
  rfb.key(97, true, 30);
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  socket.dispatchEvent(new Event("close"));
  return [sent, shown, await ended];
})()"""


@pytest.fixture(scope="module")
def ecs():
    with ExtendedEcs(Runtime.of_this_process()) as ecs:
        yield ecs


@pytest.fixture(scope="module")
def page(shared_browser, ecs):
    shared_browser.navigate(ecs.console_page + "?instanceId=i-1")
    shared_browser.wait_until("document.body && document.body.dataset.state === 'closed'")
    return shared_browser


def call_module(page, module, expression):
    """Evaluate with the exports of one of the page's modules as `it`."""
    return page.evaluate(f"import('/console/{module}').then(async it => {expression})")


def byte_array(data):
    return f"Uint8Array.from({json.dumps(list(data))})"


def server_init(pixel_format, width=4, height=2, name=b"vm"):
    encoded = pixel_format if isinstance(pixel_format, bytes) else pixel_format.encode()
    return struct.pack(">HH", width, height) + encoded + struct.pack(">I", len(name)) + name


def rectangle(encoding, box, data=b""):
    return struct.pack(">HHHHi", *box, encoding) + data


def update(*rectangles):
    return struct.pack(">BxH", 0, len(rectangles)) + b"".join(rectangles)


def packed(data):
    stream = zlib.compressobj()
    compressed = stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
    return struct.pack(">I", len(compressed)) + compressed


def speak(page, *messages, pixel_format=TRUE_COLOUR_32):
    """What the page sends to, and shows of, a server that sends its handshake and these messages."""
    handshake = [b"RFB 003.008\n", b"\1\1", bytes(4), server_init(pixel_format)]
    arguments = json.dumps([list(each) for each in (*handshake, *messages)])
    sent, shown, ended = page.evaluate(SPEAK.replace("MESSAGES", arguments))
    assert shown[:2] == [["resize", 4, 2], ["start", "vm"]]
    assert ended == "The connection was closed.", ended
    return [bytes(each) for each in sent], shown[2:]


def colours(pixels):
    names = {value: name for name, value in CANVAS.items()}
    return "".join(names[pixel] for pixel in pixels)


def encoded(pixel_format, red, green, blue):
    """One pixel in a format, from parts of 0 or 1."""
    value = (
        (pixel_format.red_max * red << pixel_format.red_shift)
        | (pixel_format.green_max * green << pixel_format.green_shift)
        | (pixel_format.blue_max * blue << pixel_format.blue_shift)
    )
    return value.to_bytes(pixel_format.bits_per_pixel // 8, "big" if pixel_format.is_big_endian else "little")


FORMATS = {
    "32 bits": TRUE_COLOUR_32,
    "32 bits, big-endian, red highest": RGBX_BIG,
    "30 bits of colour": COLOURS_10_BIT,
    "16 bits": RGB565,
    "16 bits, big-endian": RGB565_BIG,
    "8 bits": RGB332,
}


@pytest.mark.parametrize("pixel_format", FORMATS.values(), ids=FORMATS)
def test_pixels_are_drawn_in_the_servers_own_format(page, pixel_format):
    pixels = [encoded(pixel_format, *parts) for parts in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1))]
    compressed = [compressed_pixel(pixel_format, pixel) for pixel in pixels]
    raw = rectangle(0, (0, 0, 4, 1), b"".join(pixels))
    zrle = rectangle(16, (0, 1, 4, 1), packed(b"\0" + b"".join(compressed)))
    sent, shown = speak(page, update(raw, zrle), pixel_format=pixel_format)
    assert [(each[:5], colours(each[5])) for each in shown] == [
        (["paint", 0, 0, 4, 1], "rgbw"),
        (["paint", 0, 1, 4, 1], "rgbw"),
    ]
    assert not [each for each in sent if each[:4] == bytes(4)], "so a server that ignores SetPixelFormat is drawn right"


def compressed_pixel(pixel_format, pixel):
    """A CPIXEL (RFC 6143, section 7.7.5)."""
    if pixel_format in (TRUE_COLOUR_32, RGBX_BIG):
        return pixel[:3]
    return pixel


def test_a_server_with_a_colour_map_is_asked_for_true_colours(page):
    raw = rectangle(0, (0, 0, 2, 1), RED + b"\0" + BLUE + b"\0")
    sent, shown = speak(page, update(raw), pixel_format=COLOUR_MAP)
    assert bytes(4) + OWN_FORMAT in sent
    assert colours(shown[0][5]) == "rb"


def test_rectangles_are_copied_the_size_changes_and_the_pointer_has_a_shape(page):
    cursor = encoded(TRUE_COLOUR_32, 1, 0, 0) * 4
    sent, shown = speak(
        page,
        update(
            rectangle(1, (1, 0, 2, 2), struct.pack(">HH", 0, 0)),
            rectangle(-239, (1, 0, 2, 2), cursor + b"\x80\x40"),
            rectangle(-223, (0, 0, 8, 6)),
        ),
    )
    assert shown[0] == ["copy", 0, 0, 1, 0, 2, 2]
    assert shown[1][:5] == ["setCursor", 1, 0, 2, 2]
    assert colours(shown[1][5]) == "r  r"
    assert shown[2] == ["resize", 8, 6]
    requests = [each for each in sent if each[0] == 3]
    assert requests[-1] == struct.pack(">BBHHHH", 3, 0, 0, 0, 8, 6), "all of the screen is asked for in its new size"


def test_keys_are_sent_with_their_place_once_the_server_takes_it(page):
    sent, _ = speak(page)
    assert sent[-1] == struct.pack(">BBxxI", 4, 1, 97)
    sent, shown = speak(page, update(rectangle(-258, (0, 0, 4, 2)), rectangle(-261, (0, 0, 4, 2), b"\4")))
    assert sent[-1] == struct.pack(">BBHII", 255, 0, 1, 97, 30)
    assert shown == [
        ["setKeyboard", {"hasExtendedKeys": True, "hasCapsLock": None}],
        ["setKeyboard", {"hasExtendedKeys": True, "hasCapsLock": True}],
    ]


def test_zrle_is_preferred_and_what_the_page_cannot_draw_is_not_offered(page):
    sent, _ = speak(page)
    offered = next(each for each in sent if each[0] == 2)
    assert struct.unpack(">7i", offered[4:]) == (16, 1, 0, -223, -258, -261, -239)


COPY = """(async () => {
  const { Screen } = await import("/console/screen.js");
  const canvas = document.createElement("canvas");
  const stage = document.body.appendChild(document.createElement("div")); // without a height: pixels as they are
  const screen = new Screen(canvas, stage);
  screen.resize(4, 1);
  screen.paint(0, 0, 4, 1, Uint32Array.from(PIXELS));
  screen.copy(0, 0, 1, 0, 3, 1);
  stage.remove();
  return [...new Uint32Array(canvas.getContext("2d").getImageData(0, 0, 4, 1).data.buffer)];
})()"""


def test_a_rectangle_is_copied_over_a_part_of_itself(page):
    pixels = [CANVAS[name] for name in "rgbw"]
    assert colours(page.evaluate(COPY.replace("PIXELS", json.dumps(pixels)))) == "rrgb"


AT_HOME = """(async () => {
  const { LocalHome } = await import("/console/local_home.js");
  const calls = [];
  const view = {};
  for (const name of ["describe", "offerLayouts", "showProgress", "showTyped"]) {
    view[name] = (...given) => calls.push([name, ...given]);
  }
  const RealWebSocket = window.WebSocket;
  let socket = null;
  window.WebSocket = class extends EventTarget {
    static OPEN = 1;
    readyState = 1;
    sent = [];
    constructor(address) {
      super();
      this.address = String(address);
      socket = this;
    }
    send(data) { this.sent.push(data); }
  };
  const home = new LocalHome(view);
  const ending = home.connect({ start() {}, resize() {} });
  while (socket === null) await new Promise((resolve) => { setTimeout(resolve, 5); });
  const stop = new AbortController();
  home.paste("ls", { layout: "de", signal: stop.signal });
  stop.abort();
  for (const message of MESSAGES) {
    socket.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
  const ended = await ending;
  window.WebSocket = RealWebSocket;
  return [socket.address, socket.sent.map(JSON.parse), calls, ended];
})()"""


def test_at_home_the_page_shows_what_the_process_tells_and_tells_what_is_to_be_typed(page, ecs):
    messages = [
        {
            "type": "hello",
            "instance_id": "i-1",
            "instance_name": None,
            "region_id": "cn-hangzhou",
            "layouts": ["us", "de"],
            "layout": "de",
            "command": "ecsvnc open i-1 --console-page local",
        },
        {"type": "state", "text": "Waiting"},
        {"type": "typed", "done": 1, "total": 2, "is_over": False, "what": None, "hint": None},
        {"type": "ended", "what": "It was cut.", "hint": "", "again_s": 1.0},
    ]
    address, sent, calls, ended = page.evaluate(AT_HOME.replace("MESSAGES", json.dumps(messages)))
    assert address == f"ws{ecs.origin.removeprefix('http')}/console/console"
    assert sent == [{"type": "paste", "text": "ls", "layout": "de"}, {"type": "cancel"}]
    assert calls[:3] == [
        ["describe", {"name": "", "id": "i-1", "region": "cn-hangzhou"}],
        ["offerLayouts", ["us", "de"], "de"],
        ["showProgress", "Waiting"],
    ]
    name, typed = calls[3]
    assert (name, typed["done"], typed["total"], typed["isOver"]) == ("showTyped", 1, 2, False)
    assert (ended["title"], ended["againS"], ended["reason"]) == ("It was cut.", 1.0, "ended")


LONG_RUN = b"\xff" * 16 + bytes([64 * 64 - 1 - 16 * 255])


@pytest.mark.parametrize(
    ("tile", "size", "pixels"),
    [
        (b"\0" + RED + GREEN, (2, 1), "rg"),
        (b"\1" + BLUE, (3, 2), "bbbbbb"),
        (b"\2" + RED + GREEN + b"\x50\xa0", (4, 2), "rgrggrgr"),
        (b"\3" + RED + GREEN + BLUE + b"\x18", (3, 1), "rgb"),
        (b"\5" + RED + GREEN + BLUE + RED + GREEN + b"\x12\x30", (3, 1), "gbr"),
        (b"\x80" + RED + b"\2" + GREEN + b"\0", (2, 2), "rrrg"),
        (b"\x80" + BLUE + LONG_RUN, (64, 64), "b" * 4096),
        (b"\x82" + RED + GREEN + b"\0\x81\1\0", (4, 1), "rggr"),
        (b"\1" + RED + b"\1" + GREEN, (65, 1), "r" * 64 + "g"),
    ],
    ids=["raw", "solid", "palette of 2", "of 3", "of 5", "runs", "a long run", "palette and runs", "two tiles"],
)
def test_the_page_decodes_every_kind_of_zrle_tile(page, tile, size, pixels):
    decoded = page.evaluate(
        "Promise.all([import('/console/zrle.js'), import('/console/pixel_format.js')]).then(([zrle, formats]) =>"
        " new zrle.ZrleDecoder(new formats.PixelFormat(formats.PixelFormat.OWN))"
        f".decode({byte_array(packed(tile)[4:])}, {size[0]}, {size[1]})).then(pixels => [...pixels])"
    )
    assert colours(decoded) == pixels


@pytest.mark.parametrize(
    ("event", "keysym"),
    [
        ({"key": "a", "location": 0}, 0x61),
        ({"key": "é", "location": 0}, 0xE9),
        ({"key": "€", "location": 0}, 0x010020AC),
        ({"key": "😀", "location": 0}, 0x0101F600),
        ({"key": "5", "location": 3}, 0xFFB5),
        ({"key": "Enter", "location": 3}, 0xFF8D),
        ({"key": "Shift", "location": 2}, 0xFFE2),
        ({"key": "AltGraph", "location": 2}, 0xFE03),
        ({"key": "F12", "location": 0}, 0xFFC9),
        ({"key": "CapsLock", "location": 0}, None),
        ({"key": "toString", "location": 0}, None),
    ],
)
def test_keys_have_their_keysyms(page, event, keysym):
    assert call_module(page, "keysyms.js", f"it.keysymOf({json.dumps(event)})") == keysym


def test_keys_have_their_scan_codes(page):
    from ecsvnc.keyboard.keys import NAMES

    codes = {
        "Enter": "enter", "Escape": "esc", "Tab": "tab", "Space": "space", "Backspace": "backspace", "Delete": "del",
        "Insert": "insert", "Home": "home", "End": "end", "PageUp": "pageup", "PageDown": "pagedown", "ArrowUp": "up",
        "ArrowDown": "down", "ArrowLeft": "left", "ArrowRight": "right", "ControlLeft": "ctrl", "AltLeft": "alt",
        "ControlRight": "rightctrl", "ShiftLeft": "shift", "ShiftRight": "rightshift", "AltRight": "altgr",
        "MetaLeft": "super", "ContextMenu": "menu", "CapsLock": "capslock", "NumLock": "numlock",
        "ScrollLock": "scrolllock", "PrintScreen": "sysrq", "Pause": "pause",
        **{f"F{number}": f"f{number}" for number in range(1, 13)},
    }  # fmt: skip
    found = call_module(page, "scancodes.js", f"{json.dumps(list(codes))}.map(it.scancodeOf)")
    assert found == [NAMES[name].scancode for name in codes.values()]
    assert call_module(page, "scancodes.js", "it.scancodeOf('Nothing')") == 0


def test_letters_digits_and_signs_have_the_scan_codes_of_a_us_keyboard(page):
    from support.us_keyboard import PRINTABLE, place_of

    from ecsvnc.keyboard.layout import Layout

    us = Layout("us")
    places = {character: place_of(character).code for character in PRINTABLE}
    found = call_module(page, "scancodes.js", f"{json.dumps(list(places.values()))}.map(it.scancodeOf)")
    assert dict(zip(places, found, strict=True)) == {
        character: us.strokes(character)[-1].key.scancode for character in PRINTABLE
    }
