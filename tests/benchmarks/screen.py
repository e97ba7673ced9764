"""What reading a screen costs, and whether it keeps its limits: `python tests/benchmarks/screen.py`.

Prints the CPU time of reading screens that are drawn with the fonts of Debian's console-setup, the best of some
rounds, and the memory of the process. Exits with 1 if one is beyond its limit.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from support.rendered import console_font, screen_of

from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.screen.reader import ScreenReader

ROUNDS = 5
MEMORY_LIMIT_MIB = 60

TEXT = Path(__file__).read_text("utf-8").splitlines()

USUAL = (
    ("Lat15-VGA16", 720, 400, 1),
    ("Lat15-VGA8", 720, 400, 1),
    ("Lat15-Fixed16", 1024, 768, 0),
    ("Lat15-Fixed16", 1280, 800, 0),
    ("Lat15-Terminus32x16", 1920, 1080, 0),
    ("Uni2-TerminusBold28x14", 1024, 768, 0),
    ("Uni2-Terminus24x12", 1024, 768, 0),
    ("Uni2-Terminus12x6", 1024, 768, 0),
)
"""Font, width, height and the ninth column of screens whose grid is in a usual place."""

ANYWHERE = (("Lat15-Fixed16", 5, 11), ("Lat15-Terminus24x12", 7, 3), ("Lat15-Terminus32x16", 9, 21))
"""Font, and the offset of a grid that is nowhere usual."""


def page(columns: int, rows: int) -> list[str]:
    """So much text."""
    return [(TEXT[row % len(TEXT)] + " # " + TEXT[(row + 7) % len(TEXT)])[:columns] for row in range(rows)]


def drawn(name: str, width: int, height: int, *, gap: int = 0, x: int = 0, y: int = 0) -> Framebuffer:
    """A screen full of text."""
    font = console_font(name)
    lines = page((width - x) // (font.width + gap), (height - y) // font.height)
    return screen_of(font, lines, width, height, gap=gap, x=x, y=y)


def best_ms(
    action: Callable[[], object], *, rounds: int = ROUNDS, before: Callable[[], object] = lambda: None
) -> float:
    """The least CPU time of one call."""
    times = []
    for _ in range(rounds):
        before()
        start = time.process_time()
        action()
        times.append((time.process_time() - start) * 1000)
    return min(times)


def measure() -> list[tuple[str, float, float]]:
    """What was measured, in milliseconds, and its limit."""
    screen = drawn("Lat15-Fixed16", 1024, 768)
    row_bytes = screen.stride * 16
    reader = ScreenReader()
    blank = Framebuffer(1024, 768, 1)
    rows = iter(range(10_000))

    def change_a_row() -> None:
        row = next(rows)
        screen.pixels[:row_bytes] = screen.pixels[(row % 47 + 1) * row_bytes :][:row_bytes]

    measured = [
        ("a screen of 128x48 characters, the first", best_ms(lambda: ScreenReader().read(screen)), 35),
        ("another with the same letters", best_ms(lambda: reader.read(screen), before=lambda: reader.read(blank)), 12),
        ("one row that changed", best_ms(lambda: reader.read(screen), before=change_a_row, rounds=40), 0.3),
    ]
    for name, width, height, gap in USUAL:
        other = drawn(name, width, height, gap=gap)
        measured.append((f"the first, {width}x{height}, {name}", best_ms(lambda o=other: ScreenReader().read(o)), 100))
    for name, x, y in ANYWHERE:
        other = drawn(name, 1024, 768, x=x, y=y)
        took = best_ms(lambda o=other: ScreenReader().read(o), rounds=2)
        measured.append((f"the first, at {x},{y}, {name}", took, 1600))
    return measured


def main() -> int:
    """Print what was measured; 1 if a limit is not kept."""
    is_kept = True
    measured = [(what, took, limit, "ms") for what, took, limit in measure()]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for what, value, limit, unit in [*measured, ("memory of this process", memory, MEMORY_LIMIT_MIB, "MiB")]:
        is_kept = is_kept and value <= limit
        print(f"{what:50} {value:8.2f} {unit}, at most {limit} {'' if value <= limit else ' BEYOND ITS LIMIT'}")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
