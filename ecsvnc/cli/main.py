"""The command tree, and the place where failures become exit codes.

Commands are imported when they run: `--help`, `--version` and completion load only click and the standard library.
"""

from __future__ import annotations

import importlib
import io
import os
import shlex
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from ecsvnc import __version__
from ecsvnc.cli.app import App
from ecsvnc.cli.lazy_group import LazyGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from click.shell_completion import CompletionItem

COMMANDS = {
    "open": "Open the web console of each instance in a browser.",
    "proxy": "Serve an instance's console on a loopback port, for any VNC viewer.",
    "attach": "Use an instance's console in this terminal: text as text, your keys as its keys.",
    "url": "Print the web console URL of each instance.",
    "screen": "Print what is on an instance's screen.",
    "log": "Print what an instance wrote to its serial console.",
    "type": "Type text on an instance's console.",
    "keys": "Press keys on an instance's console.",
    "run": "Play a script on an instance's console, in one session.",
    "list": "List instances: id, name, region, state, OS, address.",
    "reboot": "Reboot an instance, after asking.",
    "whoami": "Show which account and identity the credentials are, and where they come from.",
    "config": "Settings, profiles, credentials, checks.",
    "completion": "Print the completion script of a shell.",
    "help": "Show the help of a command.",
    "demo": "Run any command against an embedded ECS: no account needed.",
}
"""Each command lives in `ecsvnc.cli.NAME` as `command`. The texts are the first lines of their help."""


class RootGroup(LazyGroup):
    """All commands."""

    texts = COMMANDS

    def load(self, name: str) -> click.Command:
        """Import one command."""
        command: click.Command = importlib.import_module(f"ecsvnc.cli.{name}").command
        return command

    def hint_for_unknown(self, ctx: click.Context, name: str) -> str:
        """Also suggest a subcommand of `config`, and `open` for an instance without a command."""
        from ecsvnc.cli.config import SUBCOMMANDS

        if name in SUBCOMMANDS:
            return f"Did you mean `{ctx.command_path} config {name}`?"
        hint = super().hint_for_unknown(ctx, name)
        if "Did you mean" in hint or not name.isprintable():
            return hint
        return f"If it is an instance, run `{ctx.command_path} open {shlex.quote(name)}`. {hint}"


def _receive(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    """Accept an option before the command too."""
    if text is not None:
        from ecsvnc.cli import options

        receive = options.receive_region if param.name == "region" else options.receive_profile
        receive(ctx, param, text)
    return text


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from ecsvnc.cli import complete

    return (complete.complete_region if param.name == "region" else complete.complete_profile)(ctx, param, incomplete)


def _before_the_command(name: str, metavar: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    return click.option(
        name,
        metavar=metavar,
        callback=_receive,
        expose_value=False,
        shell_complete=_complete,
        help=f"For any command that has {name}.",
    )


@click.group(cls=RootGroup, context_settings={"help_option_names": ["-h", "--help"]})
@_before_the_command("--region", "REGION")
@_before_the_command("--profile", "NAME")
@click.version_option(__version__, "-V", "--version", prog_name="ecsvnc", message="%(prog)s %(version)s")
def root() -> None:
    """Open the screen and keyboard of an Alibaba Cloud ECS instance.

    INSTANCE is an instance id (i-…), an IPv4 address or an instance name. Without it, on a terminal, a list to choose
    from is shown. `ecsvnc help COMMAND` explains a command.

    Examples:
      # Try it: no account needed
      ecsvnc demo
      # Open the console of the instance named web-1
      ecsvnc open web-1
      # Test everything that a console needs
      ecsvnc config check
    """


def main() -> NoReturn:
    """Run the program, and exit."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _stand_in_for_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        # A name with characters that the locale's encoding lacks must not fail; stderr has this by default.
        sys.stdout.reconfigure(errors="backslashreplace")
    if "_ECSVNC_COMPLETE" in os.environ:
        from ecsvnc.cli.shell_answers import answer_shell

        _leave(answer_shell(root, os.environ))
    try:
        status = run(sys.argv[1:])
    except SystemExit as left:  # by a signal, after cleaning up
        status = left.code if isinstance(left.code, int) else 1
    _leave(status)


def _stand_in_for_closed_streams() -> None:
    """Replace standard streams that the caller closed, before a socket gets their descriptor.

    Writing to a replacement fails: a URL that is printed nowhere is not a success.
    """
    while (descriptor := os.open(os.devnull, os.O_RDONLY)) <= 2:  # stdin, stdout, stderr
        pass
    os.close(descriptor)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # lives as long as we do


def _leave(status: int) -> NoReturn:
    """End the process without finalising the interpreter, which would take as long as all our imports.

    Nothing is left to do there: commands close what they open, and threads that still run have no use.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = _broken_pipe()
    except OSError as error:
        from ecsvnc.cli.failures import report

        # A failure is reported once.
        app = App()
        app.arguments = sys.argv[1:]
        status = status or report(error, app.terminal) or 1
    os._exit(status)


def run(arguments: Sequence[str], *, app: App | None = None) -> int:
    """Run one command, and return its exit code. `ecsvnc demo` passes its own `app`."""
    app = app or App()
    app.arguments = arguments
    try:
        # Not `root.main`: even without standalone mode it handles a broken pipe, and exits with 1.
        with root.make_context("ecsvnc", list(arguments), obj=app) as context:
            root.invoke(context)
    except click.exceptions.Exit as left:  # by `ctx.exit(status)`, --help or --version
        return left.exit_code
    except BaseException as failure:
        if isinstance(failure, BrokenPipeError):
            from ecsvnc.cli.failures import is_from_stdout

            if is_from_stdout(failure):
                return _broken_pipe()
        status = _tell(failure, app)
        if status is None:
            raise
        return status
    finally:
        app.close()
    return 0


def _tell(failure: BaseException, app: App) -> int | None:
    from ecsvnc.cli.failures import report

    try:
        return report(failure, app.terminal)
    except OSError:  # stderr cannot be written, which does not change the status
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
        return report(failure, app.terminal)


def _broken_pipe() -> int:
    from ecsvnc.cli.exit_codes import BROKEN_PIPE

    # Python flushes stdout once more at exit, which would fail again and print a traceback.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE
