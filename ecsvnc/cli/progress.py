"""What is being waited for, on the last lines of a terminal, redrawn as it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from ecsvnc.cli.terminal import plain

_REDRAWS_A_SECOND = 8


class Progress:
    """One line for each thing that is waited for, from construction to `stop`; asked for anew at each redraw.

    What is said on stderr meanwhile appears above the lines. Nothing stays of them in the end.
    """

    def __init__(self, lines: Sequence[Callable[[], str]]) -> None:
        self._lines = lines
        self._spinner = Spinner("dots")
        self._live = Live(
            get_renderable=self._render,
            console=Console(stderr=True, markup=False, emoji=False, highlight=False),
            refresh_per_second=_REDRAWS_A_SECOND,
            transient=True,
            redirect_stdout=False,
        )
        self._live.start()

    def stop(self) -> None:
        """Take the lines away."""
        self._live.stop()

    def _render(self) -> Spinner:
        self._spinner.update(text=Text("\n".join(plain(line()) for line in self._lines)))
        return self._spinner
