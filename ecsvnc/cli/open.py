"""`ecsvnc open`: the console on the screen.

The first word on a terminal comes before anything heavy is imported: whoever waits knows at once that it works.
"""

from __future__ import annotations

import sys

import click

from ecsvnc.cli.app_slot import current_app
from ecsvnc.cli.complete import complete_instance
from ecsvnc.cli.options import EcsOptions, Seconds, console_url_options, keepalive, vnc_password_file


@click.command()
@click.argument("instances", metavar="INSTANCE...", nargs=-1, required=True, shell_complete=complete_instance)
@click.option("--browser", metavar="COMMAND", help="Browser command, with %s where the address goes; none for none.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--stay", is_flag=True, help="Keep serving: each visit to the address gets a fresh ticket, until Ctrl-C.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the address. [default: a free one]")
@click.option(
    "--handoff-timeout",
    "handoff_timeout_s",
    type=Seconds(min=0, min_open=True),
    metavar="SECONDS",
    help="How long to wait for the browser. [default: 60; 600 when the address was only printed]",
)
@click.option("--direct", is_flag=True, help="Give the console URL itself to the browser. Other users can read it.")
@click.option("--viewer", "in_viewer", is_flag=True, help="Open it in the first VNC viewer that is installed.")
@click.option(
    "--viewer-command",
    "viewer",
    metavar="NAME|COMMAND",
    help="Open it in this VNC viewer: a known name, or a command with {host} and {port}.",
)
@keepalive
@vnc_password_file
@console_url_options
def command(
    instances: tuple[str, ...],
    *,
    in_viewer: bool,
    browser: str | None,
    no_browser: bool,
    stay: bool,
    port: int,
    handoff_timeout_s: float | None,
    direct: bool,
    vnc_password_file: str | None,
    options: EcsOptions,
) -> None:
    """Open the web console of each instance in a browser.

    The browser is sent to an address on this machine, which leads it to the console with a fresh ticket the moment it
    arrives. With --viewer, the console opens in a native VNC viewer instead.
    """
    if in_viewer or options.viewer is not None:
        _check_viewer(
            {
                "--browser": browser is not None,
                "--no-browser": no_browser,
                "--stay": stay,
                "--handoff-timeout": handoff_timeout_s is not None,
                "--direct": direct,
                "--console-page": options.console_page is not None,
                "--os": options.os is not None,
            },
            count=len(instances),
        )
        _open_in_viewer(instances[0], port, vnc_password_file, options)
        return
    if options.keepalive is not None:
        raise click.UsageError("--keepalive goes with --viewer only: a console page keeps itself open.")
    _check(
        {
            "--no-browser": no_browser,
            "--stay": stay,
            "--port": port != 0,
            "--handoff-timeout": handoff_timeout_s is not None,
            "--vnc-password-file": vnc_password_file is not None,
        },
        is_direct=direct,
        count=len(instances),
    )
    _announce(instances)
    from ecsvnc.cli.leaving import leaving_on_signals
    from ecsvnc.cli.opening import Opening, OpenOptions
    from ecsvnc.cli.several import for_each
    from ecsvnc.settings.vnc_password import read_vnc_password

    app = current_app()
    session = app.session(options)
    targets = [session.target(text) for text in instances]
    wishes = OpenOptions(
        browser="none" if no_browser else browser,
        stay=stay,
        port=port,
        handoff_timeout_s=handoff_timeout_s,
        direct=direct,
        vnc_password=read_vnc_password(vnc_password_file, app.runtime),
    )
    are_several = len(targets) > 1
    with leaving_on_signals(), Opening(app, session, wishes) as opening:  # openers that brought no browser are ended
        session.prepare()
        status = for_each(
            targets,
            lambda target: (session.take(target), target.text if are_several else ""),
            lambda taken: opening.deliver(*taken),
            terminal=app.terminal,
            name=lambda target: target.text,
        )
        if stay:
            opening.serve_until_interrupted()
    click.get_current_context().exit(status)


def _open_in_viewer(instance: str, port: int, vnc_password_file: str | None, options: EcsOptions) -> None:
    _announce((instance,))
    from ecsvnc.cli.proxying import ProxyOptions, open_in_viewer
    from ecsvnc.settings.vnc_password import read_vnc_password

    app = current_app()
    password = read_vnc_password(vnc_password_file, app.runtime)
    session = app.session(options, os_matters=False)
    open_in_viewer(app, session, options, instance, ProxyOptions(port=port, vnc_password=password))


def _check_viewer(given: dict[str, bool], *, count: int) -> None:
    """Refuse what does not go with a viewer."""
    if count > 1:
        raise click.UsageError("--viewer takes one instance only.")
    contradictions = [name for name, is_given in given.items() if is_given]
    if contradictions:
        raise click.UsageError(f"--viewer cannot go with {', '.join(contradictions)}: there is no browser.")


def _check(given: dict[str, bool], *, is_direct: bool, count: int) -> None:
    """Refuse options that contradict each other."""
    if given["--port"] and count > 1:
        raise click.UsageError("--port takes one instance only: each instance has a port of its own.")
    contradictions = [name for name, is_given in given.items() if is_given and is_direct]
    if contradictions:
        raise click.UsageError(
            f"--direct cannot go with {', '.join(contradictions)}: it gives the console URL itself to a browser, "
            "and never a password. To have the URL printed, use `ecsvnc url`."
        )


def _announce(instances: tuple[str, ...]) -> None:
    if sys.stderr is not None and sys.stderr.isatty():
        names = ", ".join(name if name.isprintable() else ascii(name) for name in instances)
        click.echo(f"Opening the console of {names} ...", err=True)
