"""Where a command finds its `App`: made only when a command runs, so that --help and --version never load it."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecsvnc.cli.app import App
    from ecsvnc.cli.terminal import Terminal

P = ParamSpec("P")
R = TypeVar("R")


class AppSlot:
    """The click context's `obj`: the App of this run. `arguments` are the command line."""

    def __init__(self, app: App | None, arguments: Sequence[str] = ()) -> None:
        self._app = app
        self._arguments = arguments
        if app is not None:
            self._choose_form_of_errors(app.terminal)

    @property
    def app(self) -> App:
        """The App; made from this process's environment if none was handed in."""
        if self._app is None:
            from ecsvnc.cli.app import App
            from ecsvnc.credentials.sources import SECRET_VARIABLES

            self._app = App.of_this_process()
            # Browsers and viewers inherit the process's environment, and keep it for as long as they run. The App has a
            # copy for the one child process that may need these: a command that prints credentials.
            for name in SECRET_VARIABLES:
                os.environ.pop(name, None)
            self._choose_form_of_errors(self._app.terminal)
        return self._app

    @property
    def terminal(self) -> Terminal:
        """The App's terminal, or a plain one when the run failed before there was an App."""
        if self._app is not None:
            return self._app.terminal
        from ecsvnc.cli.terminal import Terminal

        terminal = Terminal(os.environ)
        self._choose_form_of_errors(terminal)
        return terminal

    def _choose_form_of_errors(self, terminal: Terminal) -> None:
        from ecsvnc.cli.json_lines import wants_json

        # Not click's answer: an argument that it refuses is a failure too.
        terminal.errors_as_json = wants_json(self._arguments)


def current_app() -> App:
    """The App of this run, made now if it was not yet."""
    slot = click.get_current_context().find_object(AppSlot)
    assert slot is not None  # noqa: S101  # `run` always sets it
    return slot.app


def pass_app(command: Callable[Concatenate[App, P], R]) -> Callable[P, R]:
    """Give a command the App as its first argument."""

    @functools.wraps(command)
    def with_app(*arguments: Any, **options: Any) -> R:
        return command(current_app(), *arguments, **options)

    return with_app
