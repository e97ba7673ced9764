"""`ecsvnc screen`: what is on an instance's screen, as text, JSON or a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.json_lines import instance_values
from ecsvnc.cli.options import console_options, instance_argument, option, output_option, time_option, vnc_password_file
from ecsvnc.cli.screen_output import FORMATS, check_place, show_last, write

if TYPE_CHECKING:
    import re

    from ecsvnc.capture.shot import Shot
    from ecsvnc.capture.until import Screen
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.console.client import ConsoleOptions
    from ecsvnc.errors import EcsvncError
    from ecsvnc.instances.targets import Target

    Known = dict[str, Any]
    """What is known of the instance, by the names of JSON."""

DEFAULT_WITHIN_S = 300.0
RECONNECT_S = 30.0
"""How long to try to reconnect a console that broke, without --within."""


class Wait(NamedTuple):
    """What --until waits for, and how long."""

    pattern: re.Pattern[str]
    within_s: float


def _pattern(text: str) -> re.Pattern[str]:
    from ecsvnc.screen.pattern import line_pattern

    try:
        return line_pattern(text)
    except ValueError as error:
        raise ValueError(f"must be a regular expression: {error}") from None


@click.command(cls=Command)
@instance_argument()
@output_option(FORMATS, default="text")
@option("--file", metavar="PATH", type=click.Path(), help="Write to this file instead of stdout, which is -.")
@option("--until", metavar="REGEX", parse=_pattern, help="Wait until a line of the screen matches, then print it.")
@time_option("--within", help=f"How long --until waits. [default: {DEFAULT_WITHIN_S / 60:g}m]")
@option("--snapshot", is_flag=True, help="Read a screenshot of ECS instead, which ends no session. One in 10 s.")
@vnc_password_file
@console_options
@click.pass_obj
def command(
    app: App,
    instance: str | None,
    *,
    output: str,
    file: str | None,
    until: re.Pattern[str] | None,
    within_s: float | None,
    snapshot: bool,
) -> None:
    """Print what is on an instance's screen.

    Opens the console for a moment and reads its text exactly; a character that is not known is printed as U+FFFD. ECS
    serves one user of a console at a time: this may end another person's session. --snapshot does not. With --until,
    the session is kept open, and reconnects when it breaks.

    Examples:
      # What is on the screen now
      ecsvnc screen web-1
      # A picture of it
      ecsvnc screen web-1 --output png --file web-1.png
      # Wait for the login prompt, ten minutes at most
      ecsvnc screen web-1 --until 'login: *$' --within 10m
      # Look without ending anybody's session
      ecsvnc screen web-1 --snapshot
    """
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.console.client import ConsoleOptions
    from ecsvnc.errors import UsageError
    from ecsvnc.settings.values import DEFAULT_MAX_IDLE_S

    if within_s is not None and until is None:
        raise UsageError("--within says how long --until waits, and there is no --until.", hint="Add --until REGEX.")
    file = None if file == "-" else file
    check_place(file, output)
    wait = None if until is None else Wait(until, DEFAULT_WITHIN_S if within_s is None else within_s)
    reads_text = output != "png" or wait is not None
    access = EcsAccess(app, os_matters=output == "json")
    target = access.target(instance)
    name = target.text
    longest_s = RECONNECT_S if wait is None else max(wait.within_s, RECONNECT_S)
    options = ConsoleOptions(
        bytes_per_pixel=4 if output == "png" else 1,
        vnc_password=app.given_vnc_password,
        max_idle_s=max(longest_s, DEFAULT_MAX_IDLE_S),
        reconnect_within_s=longest_s,
    )
    what = f"Reading the screen of {name}" if until is None else f"Waiting for {until.pattern!r} on {name}"
    with app.runtime.working(what):
        if snapshot:
            shot, known = _screenshot(app, access, target, wait, reads_text=reads_text)
        else:
            shot, known = _console(app, access, target, options, wait, reads_text=reads_text)
    if not shot.is_text and output in ("text", "ansi"):
        raise _no_text(shot, name)
    write(FORMATS[output](shot, known), file)
    if shot.text is not None and shot.text.unknown and output in ("text", "ansi"):
        app.terminal.notice(f"Characters that could not be read: {shot.text.unknown}. Each is printed as U+FFFD.")
    if file is not None:
        app.terminal.notice(f"Wrote the screen of {known['instance_name'] or known['instance_id']} to {file}.")
    elif shot.is_blank and output != "png":
        app.terminal.notice(
            f"The screen is blank. It may be asleep: press a key with `ecsvnc keys {name} shift`, then try again."
        )


def _console(
    app: App, access: EcsAccess, target: Target, options: ConsoleOptions, wait: Wait | None, *, reads_text: bool
) -> tuple[Shot, Known]:
    from ecsvnc.capture.console_screen import ConsoleScreen

    tickets = access.tickets_to_use_now(target)
    with access.console(tickets, options) as console:
        screen = ConsoleScreen(console, app.runtime, reads_text=reads_text)
        shot = _waited_for(app, screen, screen.look(), wait)
    return shot, instance_values(
        tickets.instance_id, name=tickets.name, region_id=tickets.region_id, os_type=tickets.os_type
    )


def _screenshot(
    app: App, access: EcsAccess, target: Target, wait: Wait | None, *, reads_text: bool
) -> tuple[Shot, Known]:
    from ecsvnc.capture.screenshots import ScreenshotScreen

    instance = access.running(target)
    screen = ScreenshotScreen(
        access.client, access.finder, instance, access.screenshots, reads_text=reads_text, runtime=app.runtime
    )
    first = access.when_running(lambda left_s: screen.look(budget_s=left_s))
    shot = _waited_for(app, screen, first, wait)
    return shot, instance_values(
        instance.id, name=instance.name, region_id=instance.region_id, os_type=instance.os_type
    )


def _waited_for(app: App, screen: Screen, first: Shot, wait: Wait | None) -> Shot:
    """The first screen, or the one that shows the pattern; the last one is on stderr if none does."""
    if wait is None:
        return first
    from ecsvnc.capture.until import TextNotSeenError, look_until

    try:
        return look_until(screen, first, wait.pattern, within_s=wait.within_s, runtime=app.runtime)
    except TextNotSeenError as error:
        if error.last is not None:
            show_last(app.terminal, error.last)
        raise


def _no_text(shot: Shot, instance: str) -> EcsvncError:
    """The error for text output of a screen without text; JSON has null instead."""
    from ecsvnc.errors import StateError

    return StateError(
        f"The screen of {instance} shows a picture of {shot.framebuffer.width} x {shot.framebuffer.height} pixels, "
        "and no text that can be read.",
        hint=f"Run `ecsvnc screen {instance} --output png --file screen.png`, or `ecsvnc open {instance}`.",
    )
