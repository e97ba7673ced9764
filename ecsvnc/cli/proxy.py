"""`ecsvnc proxy`: an instance's console on a loopback port, for any VNC viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app_slot import current_app
from ecsvnc.cli.complete import complete_instance
from ecsvnc.cli.options import EcsOptions, console_options, keepalive, time_option, vnc_password_file

if TYPE_CHECKING:
    from ecsvnc.cli.app import App
    from ecsvnc.viewer.proxy_server import ProxyServer


@click.command()
@click.argument("instance", metavar="INSTANCE", shell_complete=complete_instance)
@click.option(
    "--bind", "host", default="127.0.0.1", metavar="ADDRESS", help="Address to listen on. [default: 127.0.0.1]"
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="PORT", help="Port. [default: a free one]")
@click.option("--no-auth", is_flag=True, help="Do not ask viewers for a password.")
@click.option("--raw", is_flag=True, help="Relay bytes unchanged: no password, no keepalive.")
@click.option("--take-over", is_flag=True, help="A new viewer takes the place of the one that is connected.")
@keepalive
@time_option(
    "--max-idle",
    default="4h",
    explanation="Keep the console open no longer than this without input. [default: 4h]",
)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="What to print. [default: text]")
@vnc_password_file
@console_options
def command(
    instance: str,
    *,
    host: str,
    port: int,
    no_auth: bool,
    raw: bool,
    take_over: bool,
    max_idle_s: float,
    output: str,
    vnc_password_file: str | None,
    options: EcsOptions,
) -> None:
    """Serve an instance's console on a loopback port, for any VNC viewer.

    Prints HOST:PORT and serves until Ctrl-C. Viewers connect one after another; each gets a fresh ticket. On Linux,
    other users of this machine cannot connect.
    """
    from ecsvnc.instances.targets import parse_target
    from ecsvnc.settings.vnc_password import read_vnc_password
    from ecsvnc.viewer.proxy_server import ProxyOptions, ProxyServer

    app = current_app()
    target = parse_target(instance)
    wanted = ProxyOptions(
        host=host,
        port=port,
        asks_password=not no_auth,
        is_raw=raw,
        takes_over=take_over,
        max_idle_s=max_idle_s,
        vnc_password=read_vnc_password(vnc_password_file, app.runtime),
    )
    session = app.session(options, os_matters=False)
    session.prepare()
    server = ProxyServer(
        session.instance_tickets(target),
        wanted,
        settings=session.settings,
        secret_stores=lambda: app.secret_stores(may_ask=not options.no_input),
        runtime=app.runtime,
    )
    server.start()
    try:
        _print_address(app, server, is_port_chosen=port != 0, as_json=output == "json")
        server.wait()
    finally:
        server.stop()


def _print_address(app: App, server: ProxyServer, *, is_port_chosen: bool, as_json: bool) -> None:
    if as_json:
        from ecsvnc.cli.json_lines import json_line

        click.echo(json_line({"host": server.host, "port": server.port, "password": server.password}))
        return
    from ecsvnc.browser.ssh_forward import is_ssh_session
    from ecsvnc.viewer.proxy_server import DEFAULT_HOST

    there = ""
    if is_ssh_session(app.runtime.environ) and server.address == DEFAULT_HOST:  # to which the ssh command leads
        from ecsvnc.browser.opening import explain_forward

        where = "This is an SSH session. On your own machine, run this first:"
        explain_forward(where, [server.port], is_port_chosen=is_port_chosen, runtime=app.runtime)
        there = " there"
    click.echo(f"{_bracketed(server.host)}:{server.port}")
    app.terminal.notice(f"Serving the console of {server.instance_label}.")
    if server.password is not None:
        app.terminal.notice(f"Password (this run only): {server.password}")
    address = f"{_bracketed(server.host_here)}::{server.port}"
    app.terminal.notice(f"Connect a VNC viewer{there}, for example: vncviewer {address}   (press Ctrl-C to stop)")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
