"""`ecsvnc proxy`: an instance's console on a loopback port, for any VNC viewer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.options import (
    console_options,
    instance_argument,
    keepalive,
    max_idle,
    option,
    output_option,
    port,
    vnc_password_file,
)

if TYPE_CHECKING:
    from ecsvnc.tickets.instance_tickets import InstanceTickets
    from ecsvnc.viewer.proxy_server import ProxyServer


@click.command(cls=Command)
@instance_argument()
@option("--bind", "host", default="127.0.0.1", metavar="ADDRESS", help="Address to listen on.")
@port
@option("--no-auth", is_flag=True, help="Do not ask viewers for a password.")
@option("--raw", is_flag=True, help="Relay bytes unchanged: no password, no keepalive.")
@option("--take-over", is_flag=True, help="A new viewer takes the place of the one that is connected.")
@keepalive
@max_idle
@output_option(["text", "json"], default="text")
@vnc_password_file
@console_options
@click.pass_obj
def command(
    app: App,
    instance: str | None,
    *,
    host: str,
    no_auth: bool,
    raw: bool,
    take_over: bool,
    max_idle_s: float,
    output: str,
) -> None:
    """Serve an instance's console on a loopback port, for any VNC viewer.

    Prints HOST:PORT and serves until Ctrl-C. Viewers connect one after another; each gets a fresh ticket. On Linux,
    other users of this machine cannot connect. If the console requires a VNC password and none is stored, it is asked
    for on the terminal when a viewer connects.

    Examples:
      # Serve it, and connect with a VNC viewer
      ecsvnc proxy web-1 --port 5901
      vncviewer 127.0.0.1::5901
      # Host, port and password for a script
      ecsvnc proxy web-1 -o json
    """
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.settings.table import PORT
    from ecsvnc.viewer.proxy_server import ProxyOptions, ProxyServer

    wanted = ProxyOptions(
        host=host,
        port=app.settings[PORT],
        asks_password=not no_auth,
        is_raw=raw,
        takes_over=take_over,
        max_idle_s=max_idle_s,
        vnc_password=app.given_vnc_password,
    )
    access = EcsAccess(app, os_matters=False)
    tickets = access.tickets_to_use_later(access.target(instance))
    server = ProxyServer(
        tickets,
        wanted,
        settings=app.settings,
        prompt=partial(_prompt_vnc_password, app, tickets) if app.can_ask else None,
        runtime=app.runtime,
    )
    server.start()
    try:
        _print_address(app, server, is_port_chosen=app.settings[PORT] != 0, as_json=output == "json")
        server.wait()
    finally:
        server.stop()


def _print_address(app: App, server: ProxyServer, *, is_port_chosen: bool, as_json: bool) -> None:
    if as_json:
        from ecsvnc.cli.json_lines import json_line

        click.echo(json_line({"host": server.host, "port": server.port, "password": server.password}))
        return
    from ecsvnc.browser.ssh_forward import is_ssh_session
    from ecsvnc.loopback.names import bracketed
    from ecsvnc.viewer.proxy_server import DEFAULT_HOST

    there = ""
    if is_ssh_session(app.runtime.environ) and server.address == DEFAULT_HOST:  # to which the ssh command leads
        from ecsvnc.browser.opening import explain_forward

        where = "This is an SSH session. On your own machine, run this first:"
        explain_forward(where, [server.port], is_port_chosen=is_port_chosen, runtime=app.runtime)
        there = " there"
    click.echo(f"{bracketed(server.host)}:{server.port}")
    app.terminal.notice(f"Serving the console of {server.tickets.label}.")
    if server.password is not None:
        app.terminal.notice(f"Password (this run only): {server.password}")
    address = f"{bracketed(server.host_here)}::{server.port}"
    app.terminal.notice(f"Connect a VNC viewer{there}, for example: vncviewer {address}   (press Ctrl-C to stop)")


def _prompt_vnc_password(app: App, tickets: InstanceTickets) -> str:
    """The instance's VNC password from a hidden prompt, which is repeated until it is valid."""
    from ecsvnc.cli.prompts import hidden_prompt
    from ecsvnc.errors import UsageError
    from ecsvnc.settings.vnc_password import check_vnc_password

    name = tickets.name or tickets.instance_id
    app.terminal.notice(
        f"The console of {name} requires its VNC password, and the viewer waits for it. To store it for later runs: "
        f"`ecsvnc config vnc-password {tickets.instance_id}`."
    )
    while True:
        try:
            return check_vnc_password(hidden_prompt(f"VNC password of {name}"), "The input")
        except UsageError as error:
            app.terminal.warn(f"{error.what} {error.hint}")
