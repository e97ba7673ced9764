"""What attach costs, and whether it keeps its limits: `python tests/benchmarks/attach.py`.

Prints, on a screen of 128x48 cells, drawn with a font of Debian's console-setup:

- the CPU time from an update of the screen to what is written to the terminal: a kernel's log that scrolls by, and
  screens that have nothing in common; with the frames a second that this leaves room for on one core;
- how much of a core a cursor takes that blinks five times a second.

Receiving is not in it: `relay.py` measures that. Exits with 1 if one is beyond its limit.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from support.rendered import console_font, draw_cell, grid_of, screen_of, underlined

from ecsvnc.attach.canvas import Canvas
from ecsvnc.attach.colours import Depth, sgr_of
from ecsvnc.attach.follow_screen import ScreenFollower
from ecsvnc.attach.frame import Frame
from ecsvnc.rfb.framebuffer import Framebuffer

WIDTH, HEIGHT, COLUMNS, ROWS = 1024, 768, 128, 48
FONT = "Lat15-Fixed16"

FRAMES = 80
BLINKS_A_SECOND = 5

MEDIAN_LIMIT_MS = 25
LEAST_FRAMES_A_SECOND = 20
IDLE_LIMIT = 0.01
"""Of a core."""

_LINES = Path(__file__).read_text("utf-8").splitlines()
_LOG = [
    f"[{number / 7:12.6f}] {_LINES[number % len(_LINES)].strip()} # {_LINES[number * 7 % len(_LINES)].strip()}"[
        :COLUMNS
    ]
    for number in range(FRAMES * ROWS)
]


def shown_ms(framebuffers: Iterable[Framebuffer]) -> tuple[list[float], int]:
    """The CPU time of each frame but the first, for which the grid is searched; and the characters written for all."""
    follower, canvas = ScreenFollower(), Canvas(COLUMNS, ROWS, sgr_of(Depth.SIXTEEN))
    times, written = [], 0
    for number, framebuffer in enumerate(framebuffers):
        began = time.process_time()
        follower.look(framebuffer, float(number))
        assert follower.text is not None, "the screen has text"
        written += len(canvas.draw(Frame(follower.text.cells, follower.text.cursor)))
        times.append((time.process_time() - began) * 1000)
    return times[1:], written


def screen(first_line: int) -> Framebuffer:
    """A screen that shows the log from this line on."""
    return screen_of(console_font(FONT), _LOG[first_line : first_line + ROWS], WIDTH, HEIGHT)


def blinking() -> Iterable[Framebuffer]:
    """One screen whose cursor is on and off in turns."""
    font = console_font(FONT)
    lines = [*_LOG[: ROWS - 1], "web-1 login:"]
    off, on = screen_of(font, lines, WIDTH, HEIGHT), screen_of(font, lines, WIDTH, HEIGHT)
    draw_cell(on, grid_of(font, WIDTH, HEIGHT), (13, ROWS - 1), underlined(0, font, 2))
    for number in range(FRAMES):
        yield (on, off)[number % 2]


def main() -> int:
    """Measure, print, and return the exit status."""
    is_within = True
    for name, step in (("a log that scrolls by 5 rows", 5), ("another screen each time", ROWS)):
        times, written = shown_ms(screen(number * step) for number in range(min(FRAMES, len(_LOG) // step - 1)))
        median, a_second = statistics.median(times), 1000 / statistics.mean(times)
        is_within = is_within and median <= MEDIAN_LIMIT_MS and a_second >= LEAST_FRAMES_A_SECOND
        print(
            f"{name}: median {median:.1f} ms (limit {MEDIAN_LIMIT_MS}), most {max(times):.1f} ms, {a_second:.0f} "
            f"frames a second (limit {LEAST_FRAMES_A_SECOND}), {written // (len(times) + 1)} characters a frame"
        )
    times, _ = shown_ms(blinking())
    share = statistics.mean(times) / 1000 * BLINKS_A_SECOND
    print(f"a blinking cursor: {share:.2%} of a core (limit {IDLE_LIMIT:.0%})")
    return 0 if is_within and share <= IDLE_LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
