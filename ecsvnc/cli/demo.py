"""`ecsvnc demo`: any command against an embedded ECS on loopback, without account, network or configuration."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.complete import OWN_INSTANCES
from ecsvnc.cli.exit_on_signals import TERMINATED, exit_on_signals
from ecsvnc.cli.main import RootGroup, run
from ecsvnc.cli.options import option
from ecsvnc.durations import in_words, parse_time
from ecsvnc.errors import UsageError
from ecsvnc.settings.values import port as port_number

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ecsvnc.simulator.embedded import EmbeddedEcs

_DEFAULT_COMMAND = ("open", "web-1")
_OPENS_CONSOLES = frozenset({"open", "proxy"})
_CHECK_EVERY_S = 1.0
"""A signal that comes just before a sleep begins is only handled after it."""
_GRACE_S = 10.0
_MAX_FLEET = 100_000
_MAX_LATENCY_S = 60.0


class DemoGroup(RootGroup):
    """The command tree again, for completion. A command is run by `run`, with another App."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the demo's own options. The command and everything after it become `arguments`."""
        ctx.meta[OWN_INSTANCES] = _instances
        rest = click.Command.parse_args(self, ctx, args)
        ctx.params["arguments"] = tuple(rest)
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Call the demo, not the command that it is to run."""
        return click.Command.invoke(self, ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """None: they are those of the root, so listing them would never end."""
        return []

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Nothing: `ecsvnc --help` lists the commands."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the demo's options and the commands that it can run."""
        return [item for item in super().shell_complete(ctx, incomplete) if item.value != "demo"]


def latency(text: str) -> float:
    """The value of --latency in seconds: a time, or milliseconds if it has no unit. Raises ValueError: "must be …"."""
    latency_s = parse_time(text if text[-1:].isalpha() else f"{text}ms")
    if latency_s > _MAX_LATENCY_S:
        raise ValueError(f"must be at most {in_words(_MAX_LATENCY_S)}")
    return latency_s


def _parse_fleet(text: str) -> int:
    if not re.fullmatch("[0-9]{1,6}", text) or int(text) > _MAX_FLEET:
        raise ValueError(f"must be a whole number from 0 to {_MAX_FLEET}")
    return int(text)


def _instances(beginning: str) -> Iterator[tuple[str, str]]:
    from ecsvnc.simulator.fleet import Fleet

    for instance in Fleet.demo():
        if instance.name.startswith(beginning):
            yield instance.name, f"{instance.id} {instance.region_id}"
        if instance.id.startswith(beginning):
            yield instance.id, f"{instance.name} {instance.region_id}"


@click.group(cls=DemoGroup, invoke_without_command=True, subcommand_metavar="[COMMAND ...]")
@click.option("--serve", is_flag=True, help="Only run the embedded ECS, and print the variables to use it with.")
@option("--port", parse=port_number, metavar="PORT", help="Port of the embedded ECS. [default: a free one]")
@option("--fleet", parse=_parse_fleet, metavar="N", help="Add N instances, in 30 regions.")
@option(
    "--latency",
    "latency_s",
    parse=latency,
    default="0",
    metavar="MS",
    help="Add MS of latency to each API request: milliseconds, or a time with its unit (1.5s).",
)
@click.pass_obj
def command(
    app: App, arguments: tuple[str, ...], *, serve: bool, port: int | None, fleet: int | None, latency_s: float
) -> None:
    """Run any command against an embedded ECS: no account needed.

    Without COMMAND it opens the console of web-1. Its other instances are win-1 (Windows), db-1 (stopped), and two
    named dup.

    Examples:
      # Open the console of web-1 in the browser
      ecsvnc demo
      ecsvnc demo list
      # 1000 more instances, and answers that take 100 ms
      ecsvnc demo --fleet 1000 --latency 100 list
      # Use it from other programs
      ecsvnc demo --serve
    """
    if arguments[:1] == ("demo",):
        raise UsageError("demo cannot run demo.", hint="Run `ecsvnc demo open web-1`.")
    if serve and arguments:
        raise UsageError("--serve takes no command.", hint="Run the command in another terminal, or omit --serve.")
    from ecsvnc.cli.throwaway import PROGRAM
    from ecsvnc.simulator.embedded import EmbeddedEcs
    from ecsvnc.simulator.fleet import Fleet

    instances = Fleet([*Fleet.demo(), *Fleet.generate(fleet or 0)])
    runtime = app.runtime if serve else replace(app.runtime, program=PROGRAM)  # its page names commands
    ecs = EmbeddedEcs(runtime, fleet=instances, port=port or 0, latency_s=latency_s)
    with exit_on_signals(status=0 if serve else TERMINATED), ecs:
        if serve:
            _serve(app, ecs)
        click.get_current_context().exit(_run(app, ecs, arguments or _DEFAULT_COMMAND))


def export_lines(exports: Mapping[str, str]) -> str:
    """The variables as a POSIX shell reads them, one `export NAME='VALUE'` a line."""
    quoted = {name: value.replace("'", "'\\''") for name, value in exports.items()}
    return "\n".join(f"export {name}='{value}'" for name, value in quoted.items())


def _serve(app: App, ecs: EmbeddedEcs) -> NoReturn:
    click.echo(export_lines(ecs.exports()))
    sys.stdout.flush()
    app.terminal.notice(f"The embedded ECS is running on {ecs.origin}. Press Ctrl-C to stop it.")
    while True:
        app.runtime.sleep(_CHECK_EVERY_S)


def _run(app: App, ecs: EmbeddedEcs, arguments: tuple[str, ...]) -> int:
    """Run one command through the command tree, and return its exit status once its consoles are closed."""
    from ecsvnc.cli.throwaway import throwaway_app

    with throwaway_app(app.runtime, ecs.exports(), extra_ports=[ecs.port]) as demo_app:
        demo_app.options = app.options  # those before `demo`
        status = run(arguments, app=demo_app)
        took_tickets = ecs.tickets.last_dead_at_s is not None
        if arguments[0] == "url" and took_tickets:
            app.terminal.notice(
                "The embedded ECS has stopped, so this URL no longer works. To open a console, run `ecsvnc demo`."
            )
        if arguments[0] in _OPENS_CONSOLES and status == 0 and not ecs.are_consoles_closed(grace_s=_GRACE_S):
            app.terminal.notice(
                f"The embedded ECS stops {_GRACE_S:.0f} s after its last console is closed, or on Ctrl-C."
            )
            ecs.wait_until_consoles_closed(grace_s=_GRACE_S)
    return status
