"""`ecsvnc attach`: an instance's console in this terminal."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.options import (
    console_options,
    instance_argument,
    keepalive,
    layout,
    max_idle,
    option,
    vnc_password_file,
)

RECONNECT_S = 3600.0
"""How long to try to reconnect a console that broke. The user can detach at any time."""


@click.command(cls=Command)
@instance_argument()
@option("--read-only", is_flag=True, help="Only show the screen: send no keys.")
@option("--record", metavar="FILE", type=click.Path(), help="Record what is shown to this new file (asciicast v3).")
@layout
@keepalive
@max_idle
@vnc_password_file
@console_options
@click.pass_obj
def command(
    app: App,
    instance: str | None,
    *,
    read_only: bool,
    record: str | None,
    max_idle_s: float,
) -> None:
    """Use an instance's console in this terminal: text as text, your keys as its keys.

    All keys go to the instance, Ctrl-C too. Ctrl-] opens a menu: d detaches; Ctrl-Alt-Del, Alt-F1 to Alt-F6, SysRq,
    type a file, save the screen, record; Ctrl-] again sends it. It reconnects when the console breaks, also while the
    instance reboots. A screen that is not text is shown as a rough picture. ECS serves one user of a console at a time:
    this may end another person's session.

    Examples:
      # Use the console of web-1
      ecsvnc attach web-1
      # Try it: no account needed
      ecsvnc demo attach web-1
      # Watch a boot without touching it, and record it
      ecsvnc attach web-1 --read-only --record boot.cast
    """
    _check_terminal(app)
    from ecsvnc.attach.colours import depth_of
    from ecsvnc.attach.own_terminal import OwnTerminal
    from ecsvnc.attach.recording import Recording
    from ecsvnc.attach.session import AttachOptions, AttachSession
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.cli.exit_on_signals import exit_on_signals
    from ecsvnc.console.client import ConsoleOptions
    from ecsvnc.keyboard.layout import load_layout
    from ecsvnc.settings.table import LAYOUT

    keyboard_layout = load_layout(app.settings[LAYOUT])
    vnc_password = app.given_vnc_password
    console_options = ConsoleOptions(vnc_password=vnc_password, max_idle_s=max_idle_s, reconnect_within_s=RECONNECT_S)
    with exit_on_signals(), contextlib.ExitStack() as until_the_end:
        recording = None
        if record is not None:  # before an instance is started for nothing
            recording = until_the_end.enter_context(
                contextlib.closing(Recording.start(Path(record), title="", runtime=app.runtime))
            )
        access = EcsAccess(app, os_matters=False, name_matters=True)
        tickets = access.tickets_to_use_now(access.target(instance))
        name = tickets.name or tickets.instance_id
        if recording is not None:
            recording.title = name
        options = AttachOptions(
            name=name,
            layout=keyboard_layout,
            depth=depth_of(app.runtime.environ),
            is_read_only=read_only,
            recording=recording,
        )
        console = until_the_end.enter_context(access.console(tickets, console_options))
        messages = until_the_end.enter_context(app.terminal.full_screen())
        terminal = until_the_end.enter_context(OwnTerminal(app.runtime))
        AttachSession(console, terminal, options, messages, app.runtime).run()
    app.terminal.notice(f"Detached from {tickets.label}.")


def _check_terminal(app: App) -> None:
    """Raise UsageError unless there is a terminal on stdin and stderr that can show a full screen."""
    from ecsvnc.errors import UsageError

    instead = "Run `ecsvnc screen` to print what is on the screen, or `ecsvnc run` for a script."
    if sys.platform == "win32":
        raise UsageError("attach needs a Unix terminal.", hint=instead)
    if not app.terminal.can_ask:
        raise UsageError("attach needs a terminal on stdin and stderr.", hint=instead)
    if app.runtime.environ.get("TERM") in (None, "", "dumb"):
        raise UsageError("This terminal cannot show a full screen (TERM is dumb, or not set).", hint=instead)
