"""`ecsvnc open`: the console in a browser, or in a VNC viewer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.options import (
    console_url_options,
    given_options,
    instance_argument,
    keepalive,
    max_idle,
    option,
    port,
    setting_option,
    time_option,
    vnc_password_file,
)
from ecsvnc.settings.table import BROWSER, CONSOLE_PAGE, PORT, VIEWER
from ecsvnc.settings.values import LOCAL_PAGE

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


def _no_browser(app: App, _: bool) -> None:  # noqa: FBT001  # the flag, which is given or not
    from ecsvnc.browser.browsers import NONE

    app.options.settings[BROWSER.key] = NONE


@click.command(cls=Command)
@instance_argument("instances", several=True)
@setting_option(BROWSER)
@option("--no-browser", is_flag=True, keep=_no_browser, help="Print the address instead of opening a browser.")
@option("--stay", is_flag=True, help="Keep serving: each visit to the address gets a fresh ticket, until Ctrl-C.")
@port
@time_option(
    "--handoff-timeout",
    is_zero_allowed=False,
    help="How long to wait for the browser. [default: 60s; 10m if the address is printed]",
)
@option("--direct", is_flag=True, help="Pass the ticket URL straight to the browser (visible in the process list).")
@option("--viewer", "in_viewer", is_flag=True, help="Open it in the first VNC viewer that is installed.")
@setting_option(VIEWER)
@keepalive
@max_idle
@vnc_password_file
@console_url_options
@click.pass_obj
def command(
    app: App,
    instances: tuple[str, ...],
    *,
    in_viewer: bool,
    stay: bool,
    handoff_timeout_s: float | None,
    direct: bool,
    max_idle_s: float,
) -> None:
    """Open the web console of each instance in a browser.

    The browser opens an address on this machine, which redirects it to the console with a fresh ticket. With
    --console-page local, ecsvnc serves the page itself, and keeps tickets and passwords out of the browser. With
    --viewer, the console opens in a native VNC viewer instead.

    Examples:
      # In the browser
      ecsvnc open web-1
      # Wait until the instance runs and its console is ready
      ecsvnc open web-1 --wait
      # On ecsvnc's own page, until you close it
      ecsvnc open web-1 --console-page local
      # In a VNC viewer
      ecsvnc open web-1 --viewer
      # Print the address, to open it elsewhere
      ecsvnc open web-1 --no-browser
    """
    given = given_options(click.get_current_context())
    _refuse_contradictions(app, given, count=len(instances))
    if in_viewer or "--viewer-command" in given:
        _open_in_viewer(app, instances, max_idle_s)
        return
    from ecsvnc.browser.choose_browser import choose_browser
    from ecsvnc.browser.opening import Opening, OpenOptions, open_directly, serve_until_over
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.cli.exit_on_signals import exit_on_signals
    from ecsvnc.cli.several import for_each
    from ecsvnc.cli.terminal import PrefixedReporter, linked

    access = EcsAccess(app)
    targets = access.targets(instances)
    open_options = OpenOptions(
        stay=stay,
        port=app.settings[PORT],
        handoff_timeout_s=handoff_timeout_s,
        vnc_password=app.given_vnc_password,
        extra_ports=app.extra_ports,
        max_idle_s=max_idle_s,
    )
    choice = choose_browser(app.settings, app.runtime)
    openings: list[Opening] = []
    with exit_on_signals(), contextlib.ExitStack() as until_the_end:
        _ = access.issuer  # so that bad settings and missing credentials are reported once

        def show(target: Target, console: Console) -> Callable[[], None] | None:
            access.warn_if_unencrypted(console)
            runtime = app.runtime
            if len(targets) > 1:
                runtime = replace(runtime, reporter=PrefixedReporter(target.text, runtime.reporter))
            tickets = access.tickets_of(console)
            if direct:
                open_directly(tickets, choice, settings=app.settings, runtime=runtime)
                return None
            options = open_options
            if options.port:  # consecutive ports for several instances
                options = replace(options, port=options.port + len(openings))
            opening = Opening(
                tickets,
                choice,
                options,
                settings=app.settings,
                runtime=runtime,
            )
            openings.append(until_the_end.enter_context(opening))
            address = opening.start()
            if address is not None:
                with app.terminal.paused():
                    click.echo(linked(address, app.runtime.environ))
            return opening.wait

        status = for_each(targets, access.open_console, show, terminal=app.terminal, name=lambda target: target.text)
        serve_until_over(openings, app.runtime)
    click.get_current_context().exit(status)


def _open_in_viewer(app: App, instances: tuple[str, ...], max_idle_s: float) -> None:
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.cli.exit_on_signals import exit_on_signals
    from ecsvnc.viewer.launch_viewer import open_in_viewer
    from ecsvnc.viewer.proxy_server import ProxyOptions

    access = EcsAccess(app, os_matters=False)
    target = access.targets(instances)[0]
    wanted = ProxyOptions(
        port=app.settings[PORT],
        max_idle_s=max_idle_s,
        vnc_password=app.given_vnc_password,
    )
    with exit_on_signals():  # ends the viewer, and removes the file with its password
        open_in_viewer(lambda: access.tickets_to_use_later(target), wanted, settings=app.settings, runtime=app.runtime)


def _refuse_contradictions(app: App, given: set[str], *, count: int) -> None:
    if "--viewer-command" in given:
        given = {*given, "--viewer"}  # which it implies
    for one, (others, reason) in _CONTRADICTIONS.items():
        contradicting = ", ".join(other for other in others if other in given)
        if one in given and contradicting:
            raise click.UsageError(f"{one} cannot be combined with {contradicting}: {reason}.")
    for one in ("--viewer", "--port"):
        if one in given and count > 1:
            raise click.UsageError(f"{one} takes one instance only.")
    if "--direct" in given and app.options.settings.get(CONSOLE_PAGE.key) == LOCAL_PAGE:
        raise click.UsageError("--direct cannot be combined with --console-page local: it is no page on the web.")
    for one in ("--keepalive", "--max-idle"):
        if one in given and "--viewer" not in given and not _shows_local_page(app, given):
            raise click.UsageError(
                f"{one} needs --viewer or --console-page local: another console page keeps its console open itself."
            )


def _shows_local_page(app: App, given: set[str]) -> bool:
    return "--direct" not in given and app.settings[CONSOLE_PAGE] == LOCAL_PAGE
