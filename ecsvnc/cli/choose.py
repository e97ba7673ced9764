"""Lets the user choose an instance from a list: typing filters it, the arrow keys move the mark."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import BufferControl, FormattedTextControl, HSplit, Layout, VSplit, Window
from prompt_toolkit.output import create_output

from ecsvnc.background import start_thread
from ecsvnc.cli.candidates import Candidates, short_lines
from ecsvnc.cli.escape import escape_control
from ecsvnc.cli.word_wrap import cell_width, shortened
from ecsvnc.errors import EcsvncError

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from ecsvnc.ecs.instance import Instance

Refresh = Callable[[], tuple[Sequence["Instance"], str]]
"""Gets the instances again; the text is a remark about the answer, or empty."""

_PAGE = 10
_KEYS = ("type to filter, ↑↓ to move, Enter to choose, Esc to cancel", "Enter to choose, Esc to cancel")
"""What the keys do, and the same for a narrow screen."""
_MARK = "> "
"""Stands before the row that is chosen by Enter."""


def choose_instance(
    instances: Sequence[Instance],
    *,
    refresh: Refresh | None = None,
    input: Input | None = None,  # noqa: A002  # prompt_toolkit's name
    output: Output | None = None,
) -> Instance:
    """Let the user choose one of the instances on a full screen of the terminal. Ctrl-C and Esc are Ctrl-C.

    `refresh` gets them again while the list is shown; an error of the tree that it raises is shown below the list.
    Without `input` and `output`: stdin and stderr. Raises KeyboardInterrupt.
    """
    return _Chooser(Candidates(instances), refresh, input, output or create_output(stdout=sys.stderr)).run()


class _Chooser:
    """The screen: what was typed, the table, and a line on what can be done."""

    def __init__(
        self,
        candidates: Candidates,
        refresh: Refresh | None,
        input: Input | None,  # noqa: A002  # as above
        output: Output,
    ) -> None:
        self._candidates = candidates
        self._refresh = refresh
        self._note = "Asking every region …" if refresh is not None else ""
        typed = Buffer(multiline=False, on_text_changed=self._filter)
        question = "Instance: "
        body = HSplit(
            [
                VSplit(
                    [
                        Window(FormattedTextControl(question), width=len(question), height=1),
                        Window(BufferControl(typed), height=1),
                    ]
                ),
                Window(FormattedTextControl(self._table)),
                Window(FormattedTextControl(self._status), height=1, style="reverse"),
            ]
        )
        self._application: Application[Instance] = Application(
            Layout(body), key_bindings=self._keys(), full_screen=True, input=input, output=output
        )
        self._first = 0
        self._laid_out: tuple[object, int, list[str]] = (None, 0, [])

    def run(self) -> Instance:
        """Show it, and return what was chosen."""
        return self._application.run(pre_run=self._begin_fetch, handle_sigint=False)

    def _begin_fetch(self) -> None:
        if self._refresh is not None:
            start_thread(self._fetch, name="ecsvnc-choose")

    def _fetch(self) -> None:
        """Get the instances again, on a thread, and pass them to the thread that draws."""
        assert self._refresh is not None  # noqa: S101  # or there would be no such thread
        instances: Sequence[Instance] | None = None
        try:
            instances, note = self._refresh()
        except EcsvncError as error:
            note = error.what

        def update() -> None:
            if instances is not None:
                self._candidates.replace(instances)
            self._note = escape_control(note)
            self._application.invalidate()

        loop = self._application.loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the list is closed
                loop.call_soon_threadsafe(update)

    def _filter(self, typed: Buffer) -> None:
        self._candidates.filter(typed.text)

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        for key, by in (("up", -1), ("c-p", -1), ("down", 1), ("c-n", 1), ("pageup", -_PAGE), ("pagedown", _PAGE)):

            def move(event: KeyPressEvent, by: int = by) -> None:
                self._candidates.move(by)

            keys.add(key)(move)

        @keys.add("enter")
        def _(event: KeyPressEvent) -> None:
            if self._candidates.chosen is not None:
                event.app.exit(result=self._candidates.chosen)

        @keys.add("c-c")
        @keys.add("escape", eager=True)
        def _(event: KeyPressEvent) -> None:
            event.app.exit(exception=KeyboardInterrupt)

        return keys

    def _table(self) -> StyleAndTextTuples:
        """The titles, and as many rows as the screen has room for, the marked one among them."""
        rows = self._candidates.rows
        size = self._application.output.get_size()
        if self._laid_out[0] is not rows or self._laid_out[1] != size.columns:
            # As wide as all of them need, so that nothing jumps when one scrolls.
            self._laid_out = rows, size.columns, short_lines(rows, width=size.columns - len(_MARK))
        titles, *below = self._laid_out[2]
        room = max(1, size.rows - 3)
        at = self._candidates.at
        self._first = max(0, min(max(self._first, at - room + 1), at, max(0, len(below) - room)))
        shown = enumerate(below[self._first : self._first + room], self._first)
        return [
            ("bold", f"{' ' * len(_MARK)}{titles}"),
            *(_drawn(line, is_marked=index == at) for index, line in shown),
        ]

    def _status(self) -> str:
        """How many, what the API says, and as much of the keys' meaning as the screen has room for."""
        columns = self._application.output.get_size().columns
        begun = [f"{len(self._candidates.rows)} of {self._candidates.count}", *([self._note] if self._note else [])]
        lines = ["  ".join([*begun, keys]) for keys in _KEYS] + ["  ".join(begun)]
        return next((line for line in lines if cell_width(line) <= columns), shortened(lines[-1], columns))


def _drawn(line: str, *, is_marked: bool) -> tuple[str, str]:
    return ("reverse", f"\n{_MARK}{line}") if is_marked else ("", f"\n{' ' * len(_MARK)}{line}")
