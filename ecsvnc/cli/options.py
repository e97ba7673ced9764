"""The options that commands share, made from the table of settings where they are settings.

Their values are in `app.options`, and are not arguments of the command's function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.complete import complete_instance, complete_layout, complete_profile, complete_region
from ecsvnc.settings import table
from ecsvnc.settings.values import ALL_REGIONS, DEFAULT_MAX_IDLE_S, more_than_0

if TYPE_CHECKING:
    from ecsvnc.settings.table import Setting

Decorator = Callable[[Any], Any]
Receive = Callable[[click.Context, click.Parameter, Any], Any]
Keep = Callable[[App, Any], None]


FINDING = "Finding the instance"
CREDENTIALS = "Credentials and endpoint"
DIAGNOSIS = "Diagnosis and scripts"
"""The titles of groups of options. What a command is for has none, and comes first."""


class GroupedOption(click.Option):
    """An option that --help lists under the title `group`; without one, among the command's own."""

    def __init__(self, *arguments: Any, group: str = "", **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.group = group


def receiver(parse: Callable[[str], Any] | None, keep: Keep | None) -> Receive:
    """A click callback that parses an option's text, and stores a given value."""

    def receive(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        if value is not None and parse is not None:
            try:
                value = parse(value)
            except ValueError as rule:
                raise click.UsageError(f"{max(param.opts, key=len)} {rule}.", ctx) from None
        app = ctx.find_object(App)
        if keep is not None and app is not None and value is not None and value is not False:
            keep(app, value)
        return value

    return receive


def option(
    *names: str,
    help: str,  # noqa: A002  # click's name
    parse: Callable[[str], Any] | None = None,
    keep: Keep | None = None,
    default: str | None = None,
    **attributes: Any,
) -> Decorator:
    """An option of one or several commands, whose help shows its default.

    `parse` returns the value of a text, or raises ValueError: "must be …". With `keep`, a given value is passed to it,
    and is not an argument of the command.
    """
    if default is not None:
        help = f"{help} [default: {default}]"  # noqa: A001  # as above
        attributes["default"] = default
    return click.option(
        *names,
        cls=GroupedOption,
        help=help,
        callback=receiver(parse, keep),
        expose_value=keep is None,
        **attributes,
    )


def setting_option(
    setting: Setting[Any], *, parse: Callable[[str], Any] | None = None, keep: Keep | None = None, **attributes: Any
) -> Decorator:
    """The option of a setting. Its value is in `app.settings`."""
    assert setting.option is not None  # noqa: S101  # only settings with an option are used here

    def keep_setting(app: App, value: object) -> None:
        app.options.settings[setting.key] = value

    name, metavar, text = setting.option
    default = f" [default: {setting.default}]" if setting.default is not None else ""
    return option(
        name,
        setting.key,
        metavar=metavar,
        help=f"{text or setting.help}{default}",
        parse=parse or setting.parse,
        keep=keep or keep_setting,
        **attributes,
    )


def time_option(name: str, *, is_zero_allowed: bool = True, **attributes: Any) -> Decorator:
    """An option that is a time: the command gets it in seconds, under the option's name and `_s`."""

    def parse(text: str) -> float:
        from ecsvnc.durations import parse_time

        return parse_time(text) if is_zero_allowed else more_than_0(parse_time(text))

    return option(name, name.removeprefix("--").replace("-", "_") + "_s", metavar="TIME", parse=parse, **attributes)


def output_option(formats: Iterable[str], *, default: str | None = None, **attributes: Any) -> Decorator:
    """-o, --output: which of `formats` a command prints."""
    text = {"help": "What to print.", **attributes}
    return option("-o", "--output", type=click.Choice(list(formats)), default=default, **text)


def given_options(ctx: click.Context) -> set[str]:
    """The long names of the options that were given after the command."""
    from click.core import ParameterSource

    return {
        max(parameter.opts, key=len)
        for parameter in ctx.command.params
        if ctx.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    }


def _kept_as(name: str) -> Keep:
    return lambda app, value: setattr(app.options, name, value)


def _keep_region(app: App, region: str) -> None:
    # `all` after the command overrules a region before it.
    if region == ALL_REGIONS:
        app.options.settings.pop(table.REGION.key, None)
    else:
        app.options.settings[table.REGION.key] = region


def _parse_region(text: str) -> str | None:
    return text if text == ALL_REGIONS else table.REGION.parse(text)


receive_region = receiver(_parse_region, _keep_region)
receive_profile = receiver(None, _kept_as("profile"))
"""For those before the command, where a group takes them without loading this module (see `ecsvnc.cli.main`)."""

region = setting_option(
    table.REGION, parse=_parse_region, keep=_keep_region, group=FINDING, shell_complete=complete_region
)
profile = option(
    "--profile",
    metavar="NAME",
    keep=_kept_as("profile"),
    group=CREDENTIALS,
    help="ecsvnc or aliyun CLI profile to use.",
    shell_complete=complete_profile,
)
no_input = option("--no-input", is_flag=True, keep=_kept_as("no_input"), group=DIAGNOSIS, help="Never prompt.")
keepalive = setting_option(table.KEEPALIVE)
max_idle = time_option(
    "--max-idle",
    default=f"{DEFAULT_MAX_IDLE_S / 3600:g}h",
    help="Keep the console open no longer than this without input.",
)
port = setting_option(table.PORT)
layout = setting_option(table.LAYOUT, shell_complete=complete_layout)
vnc_password_file = option(
    "--vnc-password-file",
    type=click.Path(allow_dash=True),
    metavar="PATH",
    keep=_kept_as("vnc_password_file"),
    help="File with the VNC password (one line, 6 letters or digits); - is stdin.",
)


def _be_verbose(app: App, _: bool) -> None:  # noqa: FBT001  # the flag, which is given or not
    app.terminal.verbose = True


def _debug(app: App, _: bool) -> None:  # noqa: FBT001  # as above
    app.terminal.debugging = True


def _check_can_choose(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    app = ctx.find_object(App)
    if not value and value != "" and app is not None and not app.can_choose:
        raise click.MissingParameter(ctx=ctx, param=param)
    return value


def instance_argument(name: str = "instance", *, several: bool = False) -> Decorator:
    """INSTANCE, which can be omitted on a terminal: `EcsAccess.target` lets the user choose one then."""
    return click.argument(
        name,
        metavar="INSTANCE..." if several else "INSTANCE",
        nargs=-1 if several else 1,
        required=False,
        callback=_check_can_choose,
        shell_complete=complete_instance,
    )


_WAY_TO_ECS = (
    region,
    profile,
    setting_option(table.ENDPOINT, group=CREDENTIALS),
    setting_option(table.TIMEOUT, group=CREDENTIALS),
    no_input,
    option("-v", "--verbose", is_flag=True, keep=_be_verbose, group=DIAGNOSIS, help="Log progress to stderr."),
    option("--debug", is_flag=True, keep=_debug, group=DIAGNOSIS, help="Also log each request (secrets removed)."),
)

_WAITING = (
    option(
        "--wait",
        is_flag=True,
        keep=_kept_as("wait"),
        group=FINDING,
        help="Wait until the instance is running and its console is ready.",
    ),
    time_option(
        "--wait-timeout",
        default="5m",
        keep=_kept_as("wait_timeout_s"),
        group=FINDING,
        help="How long --wait and --start wait.",
    ),
    option(
        "--start",
        is_flag=True,
        keep=_kept_as("start"),
        group=FINDING,
        help="Start the instance if it is stopped, after asking, then wait as --wait does.",
    ),
    option("-y", "--yes", is_flag=True, keep=_kept_as("yes"), group=FINDING, help="Answer yes instead of asking."),
)

_CONSOLE_URL = (
    setting_option(table.CONSOLE_PAGE),
    option(
        "--os",
        type=click.Choice(["windows", "linux"]),
        keep=_kept_as("os"),
        group=FINDING,
        help="The instance's OS, instead of looking it up.",
    ),
)


def _with(options: Sequence[Decorator], command: Any) -> Any:
    for each in reversed(options):
        command = each(command)
    return command


def ecs_options(command: Any) -> Any:
    """Options of a command that talks to ECS."""
    return _with(_WAY_TO_ECS, command)


def console_options(command: Any) -> Any:
    """Those of `ecs_options`, --wait and --start: of a command that needs a running instance."""
    return _with((*_WAY_TO_ECS, *_WAITING), command)


def console_url_options(command: Any) -> Any:
    """Those of `console_options`, --console-page and --os: of a command that makes a console URL."""
    return _with((*_WAY_TO_ECS, *_WAITING, *_CONSOLE_URL), command)
