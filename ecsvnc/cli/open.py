"""`ecsvnc open`: the console in a browser, or in a VNC viewer.

The first line on a terminal is printed before anything heavy is imported: the user knows at once that it works.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app_slot import current_app
from ecsvnc.cli.complete import complete_instance
from ecsvnc.cli.options import EcsOptions, console_url_options, keepalive, time_option, vnc_password_file

if TYPE_CHECKING:
    from ecsvnc.browser.opening import Opening
    from ecsvnc.instances.targets import Target
    from ecsvnc.tickets.console import Console

_CONTRADICTIONS = {
    "--viewer": (
        ("--browser", "--no-browser", "--stay", "--handoff-timeout", "--direct", "--console-page", "--os"),
        "there is no browser",
    ),
    "--direct": (
        ("--no-browser", "--stay", "--port", "--handoff-timeout", "--vnc-password-file"),
        "it passes the console URL itself to a browser, and never a password. To print the URL, use `ecsvnc url`",
    ),
}
"""Options that cannot be combined with others, and why."""


@click.command()
@click.argument("instances", metavar="INSTANCE...", nargs=-1, required=True, shell_complete=complete_instance)
@click.option("--browser", metavar="COMMAND", help="Browser command, with %s for the address; 'none' disables it.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--stay", is_flag=True, help="Keep serving: each visit to the address gets a fresh ticket, until Ctrl-C.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the address. [default: a free one]")
@time_option(
    "--handoff-timeout",
    is_zero_allowed=False,
    explanation="How long to wait for the browser. [default: 60s; 10m if the address is printed]",
)
@click.option(
    "--direct",
    is_flag=True,
    help="Pass the ticket URL straight to the browser (visible in the process list).",
)
@click.option("--viewer", "in_viewer", is_flag=True, help="Open it in the first VNC viewer that is installed.")
@click.option(
    "--viewer-command",
    "viewer",
    metavar="NAME|COMMAND",
    help="Open it in this VNC viewer: a known name, or a command with {host} and {port} or {display}.",
)
@keepalive
@vnc_password_file
@console_url_options
def command(
    instances: tuple[str, ...],
    *,
    in_viewer: bool,
    no_browser: bool,
    stay: bool,
    port: int,
    handoff_timeout_s: float | None,
    direct: bool,
    vnc_password_file: str | None,
    options: EcsOptions,
) -> None:
    """Open the web console of each instance in a browser.

    The browser opens an address on this machine, which redirects it to the console with a fresh ticket. With --viewer,
    the console opens in a native VNC viewer instead.
    """
    given = {
        "--viewer": in_viewer or options.viewer is not None,
        "--direct": direct,
        "--browser": options.browser is not None,
        "--no-browser": no_browser,
        "--stay": stay,
        "--port": port != 0,
        "--handoff-timeout": handoff_timeout_s is not None,
        "--console-page": options.console_page is not None,
        "--os": options.os is not None,
        "--keepalive": options.keepalive is not None,
        "--vnc-password-file": vnc_password_file is not None,
    }
    _refuse_contradictions(given, count=len(instances))
    if given["--viewer"]:
        _open_in_viewer(instances[0], port, vnc_password_file, options)
        return
    _say_opening(instances)
    from ecsvnc.browser.choose_browser import choose_browser
    from ecsvnc.browser.opening import Opening, OpenOptions, open_directly, serve_until_interrupted
    from ecsvnc.cli.exit_on_signals import exit_on_signals
    from ecsvnc.cli.several import for_each
    from ecsvnc.cli.terminal import PrefixedReporter
    from ecsvnc.instances.targets import parse_target
    from ecsvnc.settings.vnc_password import read_vnc_password

    app = current_app()
    session = app.session(options._replace(browser="none") if no_browser else options)
    targets = [parse_target(text) for text in instances]
    open_options = OpenOptions(
        stay=stay,
        port=port,
        handoff_timeout_s=handoff_timeout_s,
        vnc_password=read_vnc_password(vnc_password_file, app.runtime),
        extra_ports=app.extra_ports,
    )
    choice = choose_browser(session.settings, app.runtime)
    openings: list[Opening] = []
    with exit_on_signals(), contextlib.ExitStack() as until_the_end:
        session.prepare()

        def show(target: Target, console: Console) -> Callable[[], None] | None:
            session.warn_if_unencrypted(console)
            runtime = app.runtime
            if len(targets) > 1:
                runtime = replace(runtime, reporter=PrefixedReporter(target.text, runtime.reporter))
            tickets = session.instance_tickets(console)
            if direct:
                open_directly(console.ticket, tickets, choice, settings=session.settings, runtime=runtime)
                return None
            opening = Opening(console.ticket, tickets, choice, open_options, settings=session.settings, runtime=runtime)
            openings.append(until_the_end.enter_context(opening))
            address = opening.start()
            if address is not None:
                click.echo(address)
            return lambda: wait(opening)

        def wait(opening: Opening) -> None:
            if app.terminal.is_interactive and opening is openings[0]:
                from ecsvnc.cli.progress import Progress

                until_the_end.enter_context(Progress([each.progress for each in openings], app.terminal))
            opening.wait()

        status = for_each(targets, session.open_console, show, terminal=app.terminal, name=lambda target: target.text)
        if stay:
            serve_until_interrupted(openings, app.runtime)
    click.get_current_context().exit(status)


def _open_in_viewer(instance: str, port: int, vnc_password_file: str | None, options: EcsOptions) -> None:
    _say_opening((instance,))
    from ecsvnc.cli.exit_on_signals import exit_on_signals
    from ecsvnc.instances.targets import parse_target
    from ecsvnc.settings.vnc_password import read_vnc_password
    from ecsvnc.viewer.launch_viewer import open_in_viewer
    from ecsvnc.viewer.proxy_server import ProxyOptions

    app = current_app()
    wanted = ProxyOptions(port=port, vnc_password=read_vnc_password(vnc_password_file, app.runtime))
    session = app.session(options, os_matters=False)
    with exit_on_signals():  # the viewer has to be ended, and the file with its password removed
        open_in_viewer(
            lambda: session.instance_tickets(parse_target(instance)),
            wanted,
            settings=session.settings,
            secret_stores=lambda: app.secret_stores(may_ask=not options.no_input),
            runtime=app.runtime,
        )


def _refuse_contradictions(given: dict[str, bool], *, count: int) -> None:
    for option, (others, reason) in _CONTRADICTIONS.items():
        contradicting = ", ".join(other for other in others if given[other])
        if given[option] and contradicting:
            raise click.UsageError(f"{option} cannot be combined with {contradicting}: {reason}.")
    for option in ("--viewer", "--port"):
        if given[option] and count > 1:
            raise click.UsageError(f"{option} takes one instance only.")
    if given["--keepalive"] and not given["--viewer"]:
        raise click.UsageError("--keepalive needs --viewer: a console page keeps its console open itself.")


def _say_opening(instances: tuple[str, ...]) -> None:
    if sys.stderr is not None and sys.stderr.isatty():
        names = ", ".join(name if name.isprintable() else ascii(name) for name in instances)
        click.echo(f"Opening the console of {names} ...", err=True)
