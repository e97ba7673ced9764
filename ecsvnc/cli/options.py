"""The options that commands share, and the value they become."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ecsvnc.cli.complete import complete_profile, complete_region

if TYPE_CHECKING:
    from collections.abc import Callable


def time_option(
    name: str,
    *,
    explanation: str,
    default: str | None = None,
    is_zero_allowed: bool = True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option that is a time: the command gets it in seconds, under the option's name with `_s` behind it."""

    def seconds(ctx: click.Context, param: click.Parameter, text: str | None) -> float | None:
        from ecsvnc.durations import parse_time

        if text is None:
            return None
        try:
            time_s = parse_time(text)
        except ValueError as rule:
            raise click.BadParameter(f"it {rule}.", ctx, param) from None
        if time_s == 0 and not is_zero_allowed:
            raise click.BadParameter("it must be more than 0.", ctx, param)
        return time_s

    parameter = name.removeprefix("--").replace("-", "_") + "_s"
    return click.option(name, parameter, metavar="TIME", callback=seconds, default=default, help=explanation)


class EcsOptions(NamedTuple):  # not a dataclass: making one of these fields costs --help and completion 2 ms
    """What the user asked of the way to ECS; None where nothing was said. Times in seconds."""

    region: str | None = None
    profile: str | None = None
    endpoint: str | None = None
    timeout: str | None = None
    wait: bool = False
    wait_timeout_s: float = 300.0
    no_input: bool = False
    verbose: bool = False
    debug: bool = False
    console_page: str | None = None
    os: str | None = None
    browser: str | None = None
    viewer: str | None = None
    keepalive: str | None = None

    def as_settings(self) -> dict[str, str | None]:
        """The part of it that settings can say too, by the settings' keys."""
        from ecsvnc.settings.table import SETTINGS

        return {setting.key: getattr(self, setting.key) for setting in SETTINGS if setting.option}


_VERBOSITY = (
    click.option("-v", "--verbose", is_flag=True, help="Say on stderr what is being done."),
    click.option("--debug", is_flag=True, help="Say also each request, without its secrets."),
)

_WAY_TO_ECS = (
    click.option(
        "--region",
        metavar="REGION",
        help="Region id; the instance is looked for there only.",
        shell_complete=complete_region,
    ),
    click.option(
        "--profile",
        metavar="NAME",
        help="Profile of ecsvnc, or else of the aliyun CLI.",
        shell_complete=complete_profile,
    ),
    click.option("--endpoint", metavar="URL", help="API endpoint; may contain {region}."),
    click.option("--timeout", metavar="TIME", help="Time budget of one request with its retries. [default: 60]"),
    click.option("--no-input", is_flag=True, help="Never ask."),
    *_VERBOSITY,
)

_WAITING = (
    click.option("--wait", is_flag=True, help="Wait until the instance is running and its console is ready."),
    time_option("--wait-timeout", default="5m", explanation="How long --wait waits. [default: 5m]"),
)

_CONSOLE_URL = (
    click.option("--console-page", metavar="URL", help="Console page: a URL, or a known version (0.0.8, 0.0.7)."),
    click.option("--os", type=click.Choice(["windows", "linux"]), help="The instance's OS, instead of asking for it."),
)

keepalive = click.option(
    "--keepalive",
    metavar="TIME",
    help="Keep the console open after this long without input; 0 for never. [default: 20]",
)

vnc_password_file = click.option(
    "--vnc-password-file",
    type=click.Path(allow_dash=True),
    metavar="PATH",
    help="File with the VNC password (one line, 6 letters or digits); - is stdin.",
)


def _collected(options: tuple[Callable[..., Any], ...], command: Callable[..., Any]) -> Callable[..., Any]:
    names = set(EcsOptions._fields)

    @functools.wraps(command)
    def with_options(*arguments: Any, **values: Any) -> Any:
        shared = {name: values.pop(name) for name in list(values) if name in names}
        return command(*arguments, options=EcsOptions(**shared), **values)

    wrapped: Callable[..., Any] = with_options
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


def ecs_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a command that talks to ECS; it gets them as one `options: EcsOptions`."""
    return _collected(_WAY_TO_ECS, command)


def console_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Those of `ecs_options`, and --wait: of a command that takes a ticket."""
    return _collected((*_WAY_TO_ECS, *_WAITING), command)


def console_url_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Those of `console_options`, --console-page and --os: of a command that makes a console URL."""
    return _collected((*_WAY_TO_ECS, *_WAITING, *_CONSOLE_URL), command)
