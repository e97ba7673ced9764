"""How long the console page takes to draw a whole screen, and whether it keeps its limit: `python
tests/benchmarks/page.py`.

In a real Chromium, the page's own RFB client is given an update of 1280 by 800 pixels in which every pixel changes, and
draws it on the page's own canvas. The time is from the first byte to pixels that can be read from the canvas; the best
of some rounds. Exits with 1 if one is beyond its limit.
"""

from __future__ import annotations

import json
import random
import struct
import sys
import zlib
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from support.browser import Chromium
from support.ecs.extended import ExtendedEcs
from support.rendered import console_font, screen_of

from ecsvnc.rfb.pixel_format import TRUE_COLOUR_32
from ecsvnc.runtime import Runtime
from ecsvnc.screen.colours import RGB332_COLOURS

WIDTH, HEIGHT, TILE = 1280, 800, 64
LIMIT_MS = 60
ROUNDS = 5

DRAW = """(async () => {
  const [{ Rfb }, { Screen }] = await Promise.all([import("/console/rfb.js"), import("/console/screen.js")]);
  const canvas = document.getElementById("screen");
  const screen = new Screen(canvas, document.getElementById("stage"));
  const socket = new EventTarget();
  Object.assign(socket, { readyState: 1, send() {} });
  let left = 0;
  let drawn = null;
  const rfb = new Rfb(socket, {
    start() {},
    resize: (...size) => screen.resize(...size),
    copy() {},
    paint(...painting) {
      screen.paint(...painting);
      left -= 1;
      if (left === 0) drawn();
    },
  });
  rfb.run().catch(() => {});
  const bytes = (base64) => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
  const receive = (data) => socket.dispatchEvent(new MessageEvent("message", { data: data.buffer.slice(0) }));
  receive(bytes(HANDSHAKE));
  const updates = UPDATES.map(bytes);
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const update = updates[round % updates.length];
    const start = performance.now();
    left = 1;
    const done = new Promise((resolve) => { drawn = resolve; });
    receive(update);
    await done;
    canvas.getContext("2d").getImageData(0, 0, 1, 1);
    times.push(performance.now() - start);
  }
  return [Math.min(...times), canvas.width];
})()"""


def text_screens() -> list[bytes]:
    """Two screens full of text, in different colours, as pixels of blue, green, red and 0."""
    lines = (Path(__file__).read_text("utf-8") * 2).splitlines()
    font = console_font("Lat15-Fixed16")
    screen = screen_of(font, [line[:160] for line in lines[:50]], WIDTH, HEIGHT)
    colours = [colour.to_bytes(4, "little") for colour in RGB332_COLOURS]
    inverse = [bytes(255 - part for part in colour[:3]) + b"\0" for colour in colours]
    return [b"".join(table[pixel] for pixel in screen.pixels) for table in (colours, inverse)]


def noise() -> list[bytes]:
    """Two pictures in which no pixel is like its neighbour: the most that there can be to do."""
    numbers = random.Random(5)  # the same in each run
    return [numbers.randbytes(WIDTH * HEIGHT * 4) for _ in range(2)]


def raw(pixels: bytes) -> bytes:
    """An update with these pixels."""
    return struct.pack(">BxHHHHHi", 0, 1, 0, 0, WIDTH, HEIGHT, 0) + pixels


class Zrle:
    """Encodes updates for one connection, as tiles of plain pixels or of runs."""

    def __init__(self, *, runs: bool) -> None:
        self._stream = zlib.compressobj(1)
        self._runs = runs

    def update(self, pixels: bytes) -> bytes:
        """An update with these pixels."""
        tiles = []
        for y in range(0, HEIGHT, TILE):
            for x in range(0, WIDTH, TILE):
                width = 4 * min(TILE, WIDTH - x)
                starts = [4 * (row * WIDTH + x) for row in range(y, min(y + TILE, HEIGHT))]
                rows = [pixels[start : start + width] for start in starts]
                tiles.append(self._tile(b"".join(rows)))
        data = self._stream.compress(b"".join(tiles)) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        return struct.pack(">BxHHHHHiI", 0, 1, 0, 0, WIDTH, HEIGHT, 16, len(data)) + data

    def _tile(self, pixels: bytes) -> bytes:
        if not self._runs:
            compressed = bytearray(len(pixels) // 4 * 3)
            for part in range(3):
                compressed[part::3] = pixels[part::4]
            return b"\0" + compressed
        encoded = bytearray(b"\x80")
        for pixel, run in groupby(memoryview(pixels).cast("I")):
            length = sum(1 for _ in run) - 1
            encoded += pixel.to_bytes(4, "little")[:3] + b"\xff" * (length // 255) + bytes([length % 255])
        return bytes(encoded)


def measure() -> list[tuple[str, float]]:
    """What was measured, in milliseconds."""
    import base64

    init = struct.pack(">HH", WIDTH, HEIGHT) + TRUE_COLOUR_32.encode() + struct.pack(">I", 0)
    handshake = b"RFB 003.008\n\1\1" + bytes(4) + init
    texts, noises = text_screens(), noise()
    cases = {
        "a screen of text, raw": [raw(each) for each in texts],
        "a screen of text, ZRLE": Zrle(runs=False),
        "a screen of text, ZRLE as runs": Zrle(runs=True),
        "noise, raw": [raw(each) for each in noises],
        "noise, ZRLE": Zrle(runs=False),
    }
    results = []
    with ExtendedEcs(Runtime.of_this_process()) as ecs, Chromium(width=1280, height=800) as browser:
        for name, source in cases.items():
            pictures = noises if name.startswith("noise") else texts
            # One zlib stream runs through all updates of a connection, so that each can be sent once.
            updates = source if isinstance(source, list) else [source.update(pictures[n % 2]) for n in range(ROUNDS)]
            browser.navigate(ecs.console_page + "?instanceId=i-1")
            browser.wait_until("document.body && document.body.dataset.state === 'closed'")
            script = DRAW.replace("HANDSHAKE", json.dumps(base64.b64encode(handshake).decode()))
            script = script.replace("ROUNDS", str(ROUNDS))
            encoded = [base64.b64encode(each).decode() for each in updates]
            best, width = browser.evaluate(script.replace("UPDATES", json.dumps(encoded)))
            assert width == WIDTH, "the canvas has the screen's size"
            results.append((name, best))
    return results


def main() -> int:
    """Print what was measured; 1 if a limit is not kept."""
    failed = 0
    for name, best in measure():
        failed |= best > LIMIT_MS
        print(f"{name:32} {best:6.1f} ms of {LIMIT_MS}{'  TOO SLOW' if best > LIMIT_MS else ''}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
