"""`ecsvnc type`: type text on an instance's console."""

from __future__ import annotations

import sys

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.options import console_options, instance_argument, layout, option, vnc_password_file
from ecsvnc.cli.prompts import MAX_TEXT_BYTES, STDIN, prompted, text_of_stdin


@click.command(cls=Command)
@instance_argument()
@click.argument("text", metavar="[TEXT]", required=False)
@option("--enter", is_flag=True, help="Press Enter at the end.")
@option("--secret", is_flag=True, help="Read the text at a hidden prompt.")
@layout
@vnc_password_file
@console_options
@click.pass_obj
def command(app: App, instance: str | None, text: str | None, *, enter: bool, secret: bool) -> None:
    """Type text on an instance's console.

    Types TEXT, or what is on stdin; a line end is Enter. Keys are pressed as --layout has them, at the pace of a
    console's keyboard: about 20 characters a second. Other users of this machine can read TEXT in the list of
    processes; type a password with --secret. ECS serves one user of a console at a time: this may end another person's
    session.

    Examples:
      # Type a command, and press Enter
      ecsvnc type web-1 "systemctl restart ssh" --enter
      # Type on a German keyboard
      ecsvnc type web-1 --layout de "loadkeys us" --enter
      # Type a password that is shown nowhere
      ecsvnc type web-1 --secret --enter
    """
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.cli.press_on import press_on
    from ecsvnc.errors import UsageError
    from ecsvnc.keyboard.keys import ENTER
    from ecsvnc.keyboard.layout import Stroke, events_of_strokes, load_layout
    from ecsvnc.settings.table import LAYOUT

    access = EcsAccess(app, os_matters=False, name_matters=True)
    target = access.target(instance)
    typed = _text(app, text, target.text, is_secret=secret, is_stdin_taken=app.options.vnc_password_file == STDIN)
    strokes = load_layout(app.settings[LAYOUT]).strokes(typed, secret="the text" if secret else "")
    if enter:
        strokes.append(Stroke(ENTER))
    if not strokes:
        raise UsageError("The text is empty.", hint="Give a text, or --enter.")
    characters = f"{len(typed)} character{'' if len(typed) == 1 else 's'}" if typed else ""
    characters = " and ".join(filter(None, [characters, "Enter" if enter else ""]))
    press_on(
        app,
        access,
        target,
        list(events_of_strokes(strokes)),
        vnc_password=app.given_vnc_password,
        doing=f"Typing {characters}",
        done=f"Typed {characters}",
    )


def _text(app: App, text: str | None, instance: str, *, is_secret: bool, is_stdin_taken: bool) -> str:
    """What to type: TEXT, a secret, or stdin; on a terminal it is asked for.

    Raises UsageError if there is none, or more than one.
    """
    from ecsvnc.errors import UsageError

    instead = "Give the text as an argument, on stdin, or with --secret at a prompt."
    if text is not None:
        if is_secret:
            raise UsageError(
                "--secret reads the text at a prompt, and there is a TEXT too.",
                hint="Leave TEXT out: other users of this machine could read it.",
            )
        return text
    if is_secret and app.can_ask:
        from ecsvnc.cli.prompts import hidden_prompt

        return hidden_prompt(f"Text to type on {instance}")
    if is_stdin_taken:
        raise UsageError("--vnc-password-file reads stdin, and so does the text.", hint=instead)
    if sys.stdin is not None and sys.stdin.isatty():
        missing = UsageError("There is nothing to type.", hint=instead)
        return prompted(app, f"Text to type on {instance}", missing=missing)
    typed = text_of_stdin(expected="the text", hint=instead, most_bytes=MAX_TEXT_BYTES)
    return typed.removesuffix("\n").removesuffix("\r") if is_secret else typed
