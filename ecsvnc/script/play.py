"""Plays a script on an open console."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

from ecsvnc.capture.console_screen import ConsoleScreen
from ecsvnc.capture.shot import Shot
from ecsvnc.capture.until import TextNotSeenError, look_until
from ecsvnc.console.client import ConsoleClient
from ecsvnc.console.press_keys import press_keys
from ecsvnc.keyboard.layout import Layout, events_of_strokes
from ecsvnc.runtime import Runtime
from ecsvnc.screen.masking import masked
from ecsvnc.script.parse import Fail, Pause, Press, Screen, Secret, Step, Wait


class Player:
    """Plays the steps of a script on `console`. `secrets` are texts by the names that the script gives them.

    `show` is called with each screen that a step prints. Secrets are masked in every screen.
    """

    def __init__(
        self,
        console: ConsoleClient,
        layout: Layout,
        secrets: Mapping[str, str],
        show: Callable[[Shot], None],
        runtime: Runtime,
    ) -> None:
        self._console = console
        self._layout = layout
        self._secrets = secrets
        self._show = show
        self._runtime = runtime
        self._screen = ConsoleScreen(console, runtime)
        self._fails: list[re.Pattern[str]] = []

    def play(self, steps: Sequence[Step], *, name: str) -> None:
        """Play the steps. `name` is the script's name in messages.

        Raises TextNotSeenError, with the last screen, if a `wait` times out or a `fail` matches; and what the console
        raises.
        """
        self.look()
        for step in steps:
            try:
                if isinstance(step, Screen):
                    self._show(self._masked(self.look()))
                else:
                    with self._runtime.working(f"{name}, line {step.line}: {_doing(step)}"):
                        self._play(step)
            except TextNotSeenError as error:
                error.what = f"{name}, line {step.line}: {error.what}"
                if error.last is not None:
                    error.last = self._masked(error.last)
                if isinstance(step, Wait):
                    error.hint = "Check the pattern against the last screen, or allow more: wait REGEX within TIME."
                raise

    def _play(self, step: Wait | Fail | Press | Secret | Pause) -> None:
        match step:
            case Wait():
                look_until(self, self.look(), step.pattern, within_s=step.within_s, runtime=self._runtime)
            case Fail():
                self._fails.append(step.pattern)
                self.look()
            case Press():
                press_keys(self._console, step.events)
                self.look()
            case Secret():
                press_keys(self._console, list(events_of_strokes(self._layout.strokes(self._secrets[step.name]))))
                self.look()
            case Pause():
                ends_at_s = self._runtime.monotonic() + step.pause_s
                while (left_s := ends_at_s - self._runtime.monotonic()) > 0:
                    self.next(left_s)
            case _:
                assert_never(step)

    def look(self) -> Shot:
        """The screen, once it is up to date. Raises TextNotSeenError if a `fail` step matches it."""
        return self._checked(self._screen.look())

    def next(self, timeout_s: float) -> Shot | None:
        """The screen after its next change, within `timeout_s`. Raises as `look`."""
        shot = self._screen.next(timeout_s)
        return None if shot is None else self._checked(shot)

    def _checked(self, shot: Shot) -> Shot:
        for pattern in self._fails:
            if shot.shows(pattern):
                raise TextNotSeenError(
                    f"The screen shows {pattern.pattern!r}, which a `fail` step names.",
                    hint="Look at the last screen for the reason.",
                    last=shot,
                )
        return shot

    def _masked(self, shot: Shot) -> Shot:
        return shot if shot.text is None else shot._replace(text=masked(shot.text, self._secrets.values()))


def _doing(step: Wait | Fail | Press | Secret | Pause) -> str:
    """The progress text of a step, without what it types."""
    match step:
        case Wait():
            return f"waiting for {step.pattern.pattern!r}"
        case Fail():
            return "looking at the screen"
        case Press() | Secret():
            return "typing"
        case Pause():
            return "pausing"
        case _:
            assert_never(step)
