"""`ecsvnc url`: console URLs for people and scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.options import console_url_options, instance_argument, output_option, vnc_password_file

if TYPE_CHECKING:
    from ecsvnc.instances.targets import Target
    from ecsvnc.tickets.console import Console


def _as_url(console: Console, url: str) -> str:
    return url


def _as_ws(console: Console, url: str) -> str:
    return console.ticket.vnc_url.value


def _as_json(console: Console, url: str) -> str:
    from ecsvnc.cli.json_lines import instance_values, iso_utc, json_line, request_id

    return json_line(
        {
            **instance_values(
                console.instance_id, name=console.name, region_id=console.region_id, os_type=console.os_type
            ),
            "url": url,
            "vnc_url": console.ticket.vnc_url.value,
            "issued_at": iso_utc(console.ticket.issued_at),
            "expires_at": iso_utc(console.ticket.expires_at),
            "request_id": request_id(console.ticket.request_id),
        }
    )


FORMATS: dict[str, Callable[[Console, str], str]] = {"url": _as_url, "json": _as_json, "ws": _as_ws}


@click.command(cls=Command)
@instance_argument("instances", several=True)
@output_option(FORMATS, default="url")
@vnc_password_file
@console_url_options
@click.pass_obj
def command(app: App, instances: tuple[str, ...], output: str) -> None:
    """Print the web console URL of each instance.

    One URL a line. Each is valid for 15 seconds, or until its first use.

    Examples:
      ecsvnc url web-1
      # Several instances, one JSON object a line
      ecsvnc url web-1 web-2 -o json
      # The console's WebSocket address
      ecsvnc url web-1 -o ws
    """
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.cli.several import for_each
    from ecsvnc.instances.lookup_errors import label_of
    from ecsvnc.settings.table import CONSOLE_PAGE
    from ecsvnc.settings.values import LOCAL_PAGE
    from ecsvnc.tickets.console_url import console_url

    if app.options.settings.get(CONSOLE_PAGE.key) == LOCAL_PAGE:
        raise click.UsageError("--console-page local works with `ecsvnc open` only: it is no page on the web.")
    access = EcsAccess(app, os_matters=output != "ws")
    targets = access.targets(instances)
    page = app.settings.web_console_page
    password = app.given_vnc_password
    issuer = access.issuer

    def deliver(_: Target, console: Console) -> None:
        if not console.ticket.is_fresh(app.runtime):
            console = console._replace(ticket=issuer.ticket(console.instance_id, console.region_id))
        access.warn_if_unencrypted(console)
        url = console_url(
            page,
            console.ticket.vnc_url,
            instance_id=console.instance_id,
            is_windows=console.is_windows,
            password=password,
        )
        with app.terminal.paused():
            click.echo(FORMATS[output](console, url))
        if app.terminal.is_interactive:
            until = datetime.fromtimestamp(console.ticket.expires_at).astimezone()
            name = label_of(console.instance_id, console.name or "", console.region_id)
            app.terminal.notice(f"The URL of {name} is valid until {until:%H:%M:%S}, or until it is opened.")

    status = for_each(targets, access.open_console, deliver, terminal=app.terminal, name=lambda target: target.text)
    click.get_current_context().exit(status)
