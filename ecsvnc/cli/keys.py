"""`ecsvnc keys`: press keys on an instance's console."""

from __future__ import annotations

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.complete import complete_key
from ecsvnc.cli.options import console_options, instance_argument, layout, vnc_password_file


@click.command(cls=Command)
@instance_argument()
@click.argument("keys", metavar="KEY...", nargs=-1, shell_complete=complete_key)
@layout
@vnc_password_file
@console_options
@click.pass_obj
def command(app: App, instance: str | None, keys: tuple[str, ...]) -> None:
    """Press keys on an instance's console.

    KEY is a name such as enter, esc, f2 or pageup, a single character, or several joined by `-` that are pressed
    together: ctrl-alt-del, alt-f2, ctrl-c. ECS serves one user of a console at a time: this may end another person's
    session.

    Examples:
      # Change to the second text console
      ecsvnc keys web-1 ctrl-alt-f2
      # Ask the kernel to sync, remount read-only and reboot
      ecsvnc keys web-1 alt-sysrq-s alt-sysrq-u alt-sysrq-b
    """
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.cli.press_on import press_on
    from ecsvnc.cli.prompts import prompted
    from ecsvnc.errors import UsageError
    from ecsvnc.keyboard.layout import events_of_chord, load_layout
    from ecsvnc.settings.table import LAYOUT

    access = EcsAccess(app, os_matters=False, name_matters=True)
    target = access.target(instance)
    if not keys:
        missing = UsageError("No key is named.", hint="Name keys after INSTANCE, for example ctrl-alt-del.")
        keys = tuple(prompted(app, f"Keys to press on {target.text}", missing=missing).split())
        if not keys:
            raise missing
    layout = load_layout(app.settings[LAYOUT])
    press_on(
        app,
        access,
        target,
        [event for key in keys for event in events_of_chord(layout.chord(key))],
        vnc_password=app.given_vnc_password,
        doing=f"Pressing {', '.join(keys)}",
        done=f"Pressed {', '.join(keys)}",
    )
