"""`ecsvnc log`: what an instance wrote to its serial console."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.options import console_options, instance_argument, option, output_option

if TYPE_CHECKING:
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.ecs.get_instance_console_output import ConsoleOutput
    from ecsvnc.ecs.instance import Instance

POLL_S = 10.0
"""How often --follow asks: the interval that ECS documents for screenshots, whose error codes this action shares."""


def _as_text(text: str, output: ConsoleOutput, instance: Instance) -> str:
    from ecsvnc.cli.plain_text import plain_text

    return plain_text(text)


def _as_json(text: str, output: ConsoleOutput, instance: Instance) -> str:
    from ecsvnc.cli.json_lines import instance_values, iso_utc, json_line

    values: dict[str, Any] = {
        **instance_values(instance.id, name=instance.name, region_id=instance.region_id, os_type=instance.os_type),
        "text": text or None,
        "updated_at": None if output.updated_at is None else iso_utc(output.updated_at.timestamp()),
    }
    return f"{json_line(values)}\n"


FORMATS: dict[str, Callable[[str, ConsoleOutput, Instance], str]] = {"text": _as_text, "json": _as_json}


@click.command(cls=Command)
@instance_argument()
@option("-f", "--follow", is_flag=True, help="Go on printing what is new, until Ctrl-C.")
@output_option(FORMATS, default="text")
@console_options
@click.pass_obj
def command(app: App, instance: str | None, *, follow: bool, output: str) -> None:
    """Print what an instance wrote to its serial console.

    ECS keeps what was written since the last start. A Linux system writes there if its kernel's command line has
    console=ttyS0; a Windows instance has no such output. Escape sequences are left out.

    Examples:
      # What was written since the last start
      ecsvnc log web-1
      # And what is written from now on
      ecsvnc log web-1 --follow
    """
    from ecsvnc.cli.ecs_access import EcsAccess

    access = EcsAccess(app, os_matters=False)
    target = access.target(instance)
    with app.runtime.working(f"Reading the serial console of {target.text}"):
        found = access.running(target)
        printed = access.when_running(lambda left_s: _output_of(found, access, left_s))
    text = FORMATS[output](printed.text, printed, found)
    click.echo(text, nl=not (follow or text.endswith("\n") or not text))
    if not printed.text:
        app.terminal.notice(f"The serial console of {found.name or found.id} has no output yet.")
    while follow:
        app.runtime.sleep(POLL_S)
        printed = _print_news(app, access, found, printed, FORMATS[output])


def _output_of(instance: Instance, access: EcsAccess, budget_s: float | None = None) -> ConsoleOutput:
    """The current output. A StateError has the instance's state."""
    from ecsvnc.ecs.get_instance_console_output import GetInstanceConsoleOutput
    from ecsvnc.errors import StateError

    action = GetInstanceConsoleOutput(instance.region_id, instance.id)
    try:
        return access.client.call(action, region_id=instance.region_id, budget_s=budget_s).value
    except StateError as error:
        raise access.finder.with_state(error, instance, needed_by="reading its serial console") from error


def _print_news(
    app: App,
    access: EcsAccess,
    instance: Instance,
    printed: ConsoleOutput,
    form: Callable[[str, ConsoleOutput, Instance], str],
) -> ConsoleOutput:
    """Print what the output has that was not `printed`, and return it.

    While the instance reboots, and while the service or the network fails, there is nothing new.
    """
    from ecsvnc.cli.plain_text import new_part
    from ecsvnc.errors import ConnectError, ServiceError, StateError

    try:
        output = _output_of(instance, access)
    except (StateError, ConnectError, ServiceError) as error:
        app.terminal.info(f"No output now: {error.what}")
        return printed
    text = new_part(printed.text, output.text)
    is_another_boot = text == output.text or (not text and output.updated_at != printed.updated_at)
    if is_another_boot:
        text = output.text
        if form is _as_text and text and not printed.text.endswith(("\n", "\r")):
            click.echo()
    if text:
        click.echo(form(text, output, instance), nl=False)
    return output
