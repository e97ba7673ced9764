"""What attach costs, and whether it keeps its limits: `python tests/benchmarks/attach.py`.

`ecsvnc attach` runs on a pseudo-terminal of 128x49 cells. A VNC server sends it what QEMU's did while a kernel's log
scrolled by on a console of 128x48, and then at a prompt whose cursor blinks (`tools/record_console.py`). pyte draws
what it writes: an update is shown when all of its text is on pyte's screen. The recording is replayed

- each update as soon as the client asks for it: how many frames there are in a second of CPU time, and how far it is
  behind a server that sends just the least number of frames;
- as it was recorded, while keys are typed: the time from an update to the last of its bytes on the terminal, how far it
  is behind, and the time from a key to its event; then how much of a core the blinking cursor takes.

Frames and the blinking cursor are measured in CPU time, all else by the clock: run nothing beside it. Exits with 1 if
one is beyond its limit.
"""

from __future__ import annotations

import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import pyte
from support.emulators import PyteTerminal
from support.played_vnc import PlayedVnc
from support.program import Program, wait_until
from support.qemu.gateway import NAME, GuestEcs
from support.recorded_rfb import load
from support.rfb_updates import server_init

from ecsvnc.rfb.server_messages import ServerMessages
from ecsvnc.runtime import Runtime
from ecsvnc.screen.reader import ScreenReader

RECORDING = Path(__file__).parents[1] / "vectors" / "dmesg-128x48.rfb.xz"
WIDTH, HEIGHT, COLUMNS, ROWS = 1024, 768, 128, 48

KEY = "a"
KEY_EVERY_S = 0.11
KEYS_AT_REST = 15

RESTS_AFTER_S = 0.6
"""Longer than a cursor is shown that has not blinked (`CURSOR_STAYS_S`)."""

MEDIAN_LIMIT_MS = 25
LEAST_FRAMES_A_SECOND = 20
BEHIND_LIMIT_S = 1
KEY_LIMIT_MS = 5
IDLE_LIMIT = 0.01
"""Of a core."""


class Update(NamedTuple):
    """What the server sends at once. `lines` is the text that the screen has then, None if it has not changed."""

    at_s: float
    data: bytes
    is_asked_for: bool
    lines: tuple[str, ...] | None


def recorded() -> tuple[list[Update], list[Update]]:
    """The recording: up to the last change of the text, and the cursor that blinks then."""
    messages, reader, last = ServerMessages(1), ScreenReader(), None
    messages.receive(server_init(WIDTH, HEIGHT))
    updates = []
    for at_s, data in load(RECORDING):
        before = messages.updates
        messages.receive(data)
        is_asked_for = messages.updates > before
        read = reader.read(messages.framebuffer) if is_asked_for else None
        lines = read.lines if read is not None and read.lines != last else None
        last = lines or last
        updates.append(Update(at_s, data, is_asked_for, lines))
    end = max(number for number, each in enumerate(updates) if each.lines) + 1
    return updates[:end], updates[end:]


class TimedTerminal(PyteTerminal):
    """One that notes when it was written what, and draws nothing: that takes longer than what is measured."""

    def __init__(self, *arguments: str, environ: dict[str, str]) -> None:
        self.pieces: list[tuple[float, bytes]] = []
        super().__init__(*arguments, environ=environ, columns=COLUMNS, rows=ROWS + 1)  # the status line is below

    def take(self, piece: bytes) -> None:
        self.pieces.append((time.monotonic(), piece))

    def shown_at_s(self, updates: list[Update]) -> list[float]:
        """When the text of each update was shown, its own or a later one's, by the clock."""
        screen = pyte.Screen(COLUMNS, ROWS + 1)
        stream = pyte.ByteStream(screen)
        wanted, times = [each.lines for each in updates if each.lines], []
        for at_s, piece in self.pieces:
            stream.feed(piece)
            shown = tuple(line.rstrip() for line in screen.display[:ROWS])
            if shown in wanted[len(times) :]:
                times += [at_s] * (wanted.index(shown, len(times)) + 1 - len(times))
        if len(times) < len(wanted):
            raise SystemExit("It does not show: " + "\n".join(wanted[len(times)]))
        return times

    @property
    def cpu_s(self) -> float:
        """The CPU time of what runs in it so far: by its CPU clock, which Linux numbers so (clock_getcpuclockid)."""
        return time.clock_gettime(~self.process.pid << 3 | 2)


class Replay:
    """A session of `ecsvnc attach`, and the server that it is connected to. Times are the monotonic clock's."""

    def __init__(self, vnc: PlayedVnc, terminal: TimedTerminal) -> None:
        self.terminal = terminal
        self.sent_at_s: list[float] = []
        """Of the updates that have a text."""
        self.typed_at_s: list[float] = []
        self._vnc = vnc
        self._answered = 0

    def play(
        self, updates: Iterable[Update], *, began_at_s: float, at_once: bool = False, key_every_s: float = math.inf
    ) -> None:
        """Send the updates when they are asked for, and `at_once` or when they are due. Type keys meanwhile."""
        key_at_s = began_at_s + key_every_s
        for update in updates:
            due_at_s = began_at_s if at_once else began_at_s + update.at_s
            while (now := time.monotonic()) < due_at_s or not self._may_send(update):
                self.terminal.update(max(0.0005, min(due_at_s, key_at_s) - now))
                if time.monotonic() >= key_at_s:
                    self.type_key()
                    key_at_s += key_every_s
            if update.lines:
                self.sent_at_s.append(time.monotonic())
            self._answered += update.is_asked_for
            self._vnc.send(update.data)

    def _may_send(self, update: Update) -> bool:
        return not update.is_asked_for or self._vnc.requests > self._answered

    def wait(self, seconds: float) -> None:
        """Read what is written for so long."""
        deadline = time.monotonic() + seconds
        while (left_s := deadline - time.monotonic()) > 0:
            self.terminal.update(left_s)

    def type_key(self) -> None:
        """Press a key on the terminal."""
        self.typed_at_s.append(time.monotonic())
        self.terminal.type(KEY)

    def key_ms(self) -> list[float]:
        """The times from each key since the last call to its event."""
        wait_until(lambda: len(self._vnc.keys) == len(self.typed_at_s))
        times = [(came - typed) * 1000 for typed, (came, _) in zip(self.typed_at_s, self._vnc.keys, strict=True)]
        self.typed_at_s.clear()
        self._vnc.keys.clear()
        return times


@contextmanager
def attached() -> Iterator[Replay]:
    """Attach to the server, and detach."""
    with (
        tempfile.TemporaryDirectory() as folder,
        PlayedVnc(Path(folder), WIDTH, HEIGHT) as vnc,
        GuestEcs(Runtime.of_this_process(), vnc) as ecs,
    ):
        environ = Program(ecs.exports(), Path(folder)).environ
        del environ["PYTHONWARNINGS"]  # so it is not forked from a process that has loaded more
        with TimedTerminal("attach", NAME, environ=environ) as terminal:
            while not vnc.requests:
                terminal.update(0.01)
            yield Replay(vnc, terminal)
            terminal.type("\x1dd")
            assert terminal.status() == 0


def behind_s(shown_at_s: list[float], due_at_s: Iterable[float]) -> float:
    """How much later than it was due an update was shown, at most."""
    return max(shown - due for shown, due in zip(shown_at_s, due_at_s, strict=True))


def replayed_at_once(updates: list[Update]) -> bool:
    """Replay each update when it is asked for, and print how that went; whether it kept its limits."""
    with attached() as replay:
        cpu_before_s = replay.terminal.cpu_s
        replay.play(updates, began_at_s=time.monotonic(), at_once=True)
        replay.wait(RESTS_AFTER_S)
        cpu_s = replay.terminal.cpu_s - cpu_before_s
    sent_at_s, shown_at_s = replay.sent_at_s, replay.terminal.shown_at_s(updates)
    count = len(shown_at_s)
    a_second, of_clock = count / cpu_s, (count - 1) / (shown_at_s[-1] - shown_at_s[0])
    behind = behind_s(shown_at_s, [sent_at_s[0] + number / LEAST_FRAMES_A_SECOND for number in range(count)])
    least = LEAST_FRAMES_A_SECOND
    print(
        f"replayed at once: {a_second:.0f} frames in a second of CPU time (limit {least}), {of_clock:.0f} in one "
        f"of the clock; {behind:.2f} s behind {least} a second (limit {BEHIND_LIMIT_S})"
    )
    return a_second >= LEAST_FRAMES_A_SECOND and behind <= BEHIND_LIMIT_S


def replayed_as_recorded(updates: list[Update], blinks: list[Update]) -> bool:
    """Replay at the recording's pace while keys are typed, and print how that went; whether it kept its limits."""
    with attached() as replay:
        began_at_s = time.monotonic()
        replay.play(updates, began_at_s=began_at_s, key_every_s=KEY_EVERY_S)
        busy_ms = replay.key_ms()
        replay.wait(RESTS_AFTER_S)
        cpu_before_s, rests_at_s = replay.terminal.cpu_s, time.monotonic()
        replay.play(blinks, began_at_s=rests_at_s - blinks[0].at_s)
        share = (replay.terminal.cpu_s - cpu_before_s) / (time.monotonic() - rests_at_s)
        for _ in range(KEYS_AT_REST):
            replay.type_key()
            replay.wait(KEY_EVERY_S / 2)
        rest_ms = replay.key_ms()
    shown_at_s = replay.terminal.shown_at_s(updates)
    times = [(shown - sent) * 1000 for shown, sent in zip(shown_at_s, replay.sent_at_s, strict=True)]
    behind = behind_s(shown_at_s, [began_at_s + each.at_s for each in updates if each.lines])
    median, key, busy_key = (statistics.median(each) for each in (times, rest_ms, busy_ms))
    print(
        f"replayed as recorded: {len(times)} updates, from one to the terminal's bytes {median:.1f} ms at the median "
        f"(limit {MEDIAN_LIMIT_MS}), {max(times):.1f} ms at most; {behind:.2f} s behind (limit {BEHIND_LIMIT_S})"
    )
    print(
        f"from a key to its event: {key:.1f} ms at the median (limit {KEY_LIMIT_MS}), {max(rest_ms):.1f} ms at most; "
        f"while the log scrolls, {busy_key:.1f} ms (the same limit), {max(busy_ms):.1f} ms at most"
    )
    print(f"a blinking cursor: {share:.2%} of a core (limit {IDLE_LIMIT:.0%})")
    is_quick = median <= MEDIAN_LIMIT_MS and behind <= BEHIND_LIMIT_S
    return is_quick and max(key, busy_key) <= KEY_LIMIT_MS and share <= IDLE_LIMIT


def main() -> int:
    """Measure, print, and return the exit status."""
    updates, blinks = recorded()
    kept = [replayed_at_once(updates), replayed_as_recorded(updates, blinks)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
