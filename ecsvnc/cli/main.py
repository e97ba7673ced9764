"""The way in: the command tree, and the one place where failures become exit codes.

Commands are imported when they run: `--help`, `--version` and completion load click and the standard library alone.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from ecsvnc import __version__
from ecsvnc.cli.app_slot import AppSlot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem

    from ecsvnc.cli.app import App

COMMANDS = {
    "url": "Print the web console URL of each instance.",
    "open": "Open the web console of each instance in a browser.",
    "proxy": "Serve an instance's console on a loopback port, for any VNC viewer.",
    "list": "List instances: id, name, region, state, OS.",
    "config": "Settings, profiles, credentials, checks.",
    "completion": "Print the completion script of a shell.",
    "demo": "Run any command against an embedded ECS: no account needed.",
}
"""Each command lives in `ecsvnc.cli.NAME` as `command`. The texts are the first lines of their help."""


class LazyGroup(click.Group):
    """A group that knows its commands' names and texts, and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"ecsvnc.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101  # the convention of COMMANDS
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands in --help from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name from the table alone."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ecsvnc", message="%(prog)s %(version)s")
def root() -> None:
    """Open the screen and keyboard of an Alibaba Cloud ECS instance.

    INSTANCE is an instance id (i-…), an IPv4 address or an instance name.

    Try it without an account: ecsvnc demo
    """


def main() -> NoReturn:
    """Run the program, and exit."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _stand_in_for_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        # A name in letters that the locale's encoding lacks is no reason to fail. stderr is that way from the start.
        sys.stdout.reconfigure(errors="backslashreplace")
    if "_ECSVNC_COMPLETE" in os.environ:
        from ecsvnc.cli.shell_answers import answer_shell

        _leave(answer_shell(root, os.environ))
    try:
        status = run(sys.argv[1:])
    except SystemExit as left:  # told to end; what there was to tidy up is tidied up
        status = left.code if isinstance(left.code, int) else 1
    _leave(status)


def _stand_in_for_closed_streams() -> None:
    """Take the places of standard streams that the caller closed, before a socket gets one and is mistaken for it.

    What stands in cannot be written to: a URL that nobody could see is a failure, not a success.
    """
    while (descriptor := os.open(os.devnull, os.O_RDONLY)) <= 2:  # stdin, stdout, stderr
        pass
    os.close(descriptor)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # lives as long as we do


def _leave(status: int) -> NoReturn:
    """End the process without taking the interpreter apart, which would cost as much again as all our own imports.

    Nothing is left to be done there: commands close what they opened, and threads that still run are of no use.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = _broken_pipe()
    except OSError as error:
        from ecsvnc.cli.failures import report

        # A failure that was told already is told once.
        status = status or report(error, AppSlot(None).terminal) or 1
    os._exit(status)


def run(arguments: Sequence[str], *, app: App | None = None) -> int:
    """Run one command, and return its exit code. `ecsvnc demo` hands in its own `app`."""
    slot = AppSlot(app)
    try:
        # Not `root.main`: even outside its standalone mode it takes a broken pipe for its own, and exits with 1.
        with root.make_context("ecsvnc", list(arguments), obj=slot) as context:
            root.invoke(context)
    except click.exceptions.Exit as left:  # by `ctx.exit(status)`, --help or --version
        return left.exit_code
    except BaseException as failure:
        if isinstance(failure, BrokenPipeError):
            from ecsvnc.cli.failures import is_from_stdout

            if is_from_stdout(failure):
                return _broken_pipe()
        status = _tell(failure, slot)
        if status is None:
            raise
        return status
    return 0


def _tell(failure: BaseException, slot: AppSlot) -> int | None:
    from ecsvnc.cli.failures import report

    try:
        return report(failure, slot.terminal)
    except OSError:  # stderr takes nothing, not even what click says itself: that does not change the status
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
        return report(failure, slot.terminal)


def _broken_pipe() -> int:
    from ecsvnc.cli.exit_codes import BROKEN_PIPE

    # Python flushes stdout once more at exit, which would fail again and print a traceback.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE
