"""`ecsvnc run`: play a script on an instance's console."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.options import console_options, instance_argument, layout, option, output_option, vnc_password_file
from ecsvnc.cli.prompts import MAX_TEXT_BYTES, STDIN, prompted, text_of_stdin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecsvnc.capture.shot import Shot
    from ecsvnc.keyboard.layout import Layout
    from ecsvnc.script.parse import Step


@click.command(cls=Command)
@instance_argument()
@click.argument("file", metavar="[FILE]", type=click.Path(allow_dash=True), default=STDIN)
@option("-n", "--dry-run", is_flag=True, help="Check the script without opening the console.")
@output_option(["text", "ansi", "json"], default="text")
@layout
@vnc_password_file
@console_options
@click.pass_obj
def command(app: App, instance: str | None, file: str, *, dry_run: bool, output: str) -> None:
    """Play a script on an instance's console, in one session.

    FILE (default: stdin) has one step a line: `wait REGEX [within TIME]`, `fail REGEX` (from here on, this text on the
    screen ends the script), `type TEXT`, `secret NAME` (types an environment variable, or what is entered at a hidden
    prompt), `keys KEY...`, `screen` (prints the screen), `pause TIME`, `# comment`. It stops at the first step that
    fails and shows the screen on stderr. ECS serves one user of a console at a time: this may end another person's
    session.

    Examples:
      # Log in and read a log
      ecsvnc run web-1 read-log.ecsvnc
      # Check a script
      ecsvnc run web-1 read-log.ecsvnc --dry-run
    """
    from ecsvnc.capture.until import TextNotSeenError
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.cli.json_lines import instance_values
    from ecsvnc.cli.screen_output import FORMATS, show_last, write
    from ecsvnc.console.client import ConsoleOptions
    from ecsvnc.keyboard.layout import load_layout
    from ecsvnc.script.parse import parse_script
    from ecsvnc.script.play import Player
    from ecsvnc.settings.table import LAYOUT

    access = EcsAccess(app, os_matters=output == "json", name_matters=True)
    target = access.target(instance)
    layout = load_layout(app.settings[LAYOUT])
    name, text = _script(app, file, is_stdin_taken=app.options.vnc_password_file == STDIN)
    steps = parse_script(text, name=name, layout=layout)
    secrets = _secrets(app, steps, layout, is_asked_for=not dry_run)
    if dry_run:
        app.terminal.notice(f"{name} has {len(steps)} step{'' if len(steps) == 1 else 's'}, and no mistakes.")
        return
    vnc_password = app.given_vnc_password
    tickets = access.tickets_to_use_now(target)

    def show(shot: Shot) -> None:
        known = instance_values(
            tickets.instance_id, name=tickets.name, region_id=tickets.region_id, os_type=tickets.os_type
        )
        write(FORMATS[output](shot, known), None)

    with access.console(tickets, ConsoleOptions(vnc_password=vnc_password)) as console:
        try:
            Player(console, layout, secrets, show, app.runtime).play(steps, name=name)
        except TextNotSeenError as error:
            if error.last is not None:
                show_last(app.terminal, error.last)
            raise
    app.terminal.notice(f"Played {name} on {tickets.label}.")


def _script(app: App, file: str, *, is_stdin_taken: bool) -> tuple[str, str]:
    """The script's name in messages, and its text. Raises UsageError if it cannot be read."""
    from ecsvnc.errors import UsageError
    from ecsvnc.files.read_file import read_file

    instead = "Name a file that contains the script, or give the script on stdin."
    if file != STDIN:
        try:
            content, _ = read_file(Path(file), MAX_TEXT_BYTES, app.runtime)
            return file, content.decode("utf-8-sig")
        except OSError as error:
            raise UsageError(f"Cannot read {file}: {error.strerror}.", hint=instead) from None
        except UnicodeDecodeError:
            raise UsageError(f"{file} is not text in UTF-8.", hint=instead) from None
    if is_stdin_taken:
        raise UsageError("--vnc-password-file reads stdin, and so does the script.", hint=instead)
    if sys.stdin is not None and sys.stdin.isatty():
        missing = UsageError("There is no script.", hint=instead)
        file = prompted(app, "File with the script", missing=missing)
        if not file:
            raise missing
        return _script(app, file, is_stdin_taken=False)
    return "stdin", text_of_stdin(expected="the script", hint=instead, most_bytes=MAX_TEXT_BYTES)


def _secrets(app: App, steps: Sequence[Step], layout: Layout, *, is_asked_for: bool) -> dict[str, str]:
    """The texts of the script's secrets: of variables, and else from hidden prompts if they are asked for.

    Raises UsageError, before anything is opened, if one is missing or cannot be typed.
    """
    from ecsvnc.errors import UsageError
    from ecsvnc.script.parse import secret_names

    secrets = {}
    for name in secret_names(steps):
        secret = os.environ.get(name)  # not the runtime's: in the demo that is another one
        if secret is None and is_asked_for:
            if not app.can_ask:
                raise UsageError(
                    f"The script types the secret {name}, and there is no such environment variable.",
                    hint=f"Set {name}, or run the command on a terminal, where it prompts for it.",
                )
            from ecsvnc.cli.prompts import hidden_prompt

            secret = hidden_prompt(f"Secret {name}")
        if secret is not None:
            secrets[name] = secret
            layout.strokes(secret, secret=f"the secret {name}")
    return secrets
