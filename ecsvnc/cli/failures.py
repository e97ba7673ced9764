"""Reports a failed run: the lines on stderr, and the exit code."""

from __future__ import annotations

import errno
import re
import traceback
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.exit_codes import exit_code
from ecsvnc.errors import BugError, EcsvncError, InterruptError, ResourceError, UsageError

if TYPE_CHECKING:
    from ecsvnc.cli.terminal import Terminal

_ONLY_NAMED = getattr(click.exceptions, "NoArgsIsHelpError", ())
"""A group of commands, named alone (click 8.2 and newer; the older ones print its help themselves)."""

_UNWRITABLE = {
    errno.EBADF: "Leave stdout open: what was asked for goes there.",
    errno.ENOSPC: "Free some space and try again.",
    errno.EDQUOT: "Free some of your quota of space and try again.",
    errno.EFBIG: "Write to a place that takes larger files.",
}
"""What to do, by why no more can be written."""


def report(failure: BaseException, terminal: Terminal) -> int | None:
    """Report a failure on stderr and return its exit code; None for `SystemExit` and its like, which are not caught."""
    if isinstance(failure, click.UsageError) and isinstance(failure, _ONLY_NAMED):
        failure.show()  # the group's help
        return exit_code(UsageError(""))
    error = _as_error(failure, terminal)
    if error is None:
        return None
    is_interrupt = isinstance(error, InterruptError)
    if not is_interrupt or terminal.errors_as_json:
        terminal.error(error, instance=_instance_of(failure))
    else:
        terminal.interrupted()
    if terminal.debugging and not is_interrupt:
        _show_traceback(failure, terminal)
    return exit_code(error)


def _as_error(failure: BaseException, terminal: Terminal) -> EcsvncError | None:
    if isinstance(failure, KeyboardInterrupt | click.Abort) or _hides_interrupt(failure):
        return InterruptError("Interrupted.")
    if isinstance(failure, click.ClickException):
        return _from_click(failure)
    if (
        isinstance(failure, OSError)
        and failure.errno in _UNWRITABLE
        and (failure.errno != errno.EBADF or is_from_stdout(failure))
    ):
        return ResourceError(f"Nothing more can be written: {failure.strerror}.", hint=_UNWRITABLE[failure.errno])
    if isinstance(failure, EcsvncError):
        return failure
    if isinstance(failure, Exception):
        return _from_bug(failure, terminal)
    return None


def _hides_interrupt(failure: BaseException) -> bool:
    """Whether Ctrl-C came where Python raises another error in its place, while a module is loaded.

    It does so where a module in C loads another, as `_ssl` does, and before 3.12 where a class is made with attributes
    that have a `__set_name__`, as an Enum is.
    """
    is_of_capsule = isinstance(failure, ImportError) and str(failure).startswith("PyCapsule_Import could not import")
    return is_of_capsule or (isinstance(failure, RuntimeError) and isinstance(failure.__cause__, KeyboardInterrupt))


def _instance_of(failure: BaseException) -> str | None:
    """The INSTANCE that a command was given, if it was exactly one, and the command got to run."""
    context = None if isinstance(failure, click.ClickException) else _context_of(failure)
    parameters = context.params if context else {}
    instances = parameters.get("instances") or (parameters.get("instance"),)
    return instances[0] if len(instances) == 1 and isinstance(instances[0], str) else None


def is_from_stdout(failure: OSError) -> bool:
    """Whether writing to stdout failed, and not a socket or another file.

    Data is written by `click.echo` and flushed once more at the end: the innermost function is one of these.
    """
    frames = [frame for frame, _ in traceback.walk_tb(failure.__traceback__)]
    return bool(frames) and frames[-1].f_globals.get("__name__") in ("click.utils", "ecsvnc.cli.main")


def _from_click(failure: click.ClickException) -> UsageError:
    context = (failure.ctx if isinstance(failure, click.UsageError) else None) or _context_of(failure)
    command = context.command_path if context else "ecsvnc COMMAND"
    what, advice = _in_plain_words(failure, takes_arguments=_takes_arguments(context))
    return UsageError(what, hint=f"{advice} See `{command} --help`.".strip())


def _in_plain_words(failure: click.ClickException, *, takes_arguments: bool) -> tuple[str, str]:
    """What happened, and what to do, for what click itself finds wrong; else its message, with nothing to do."""
    message = " ".join(failure.format_message().split())  # some messages are lists, a line each
    match failure:
        case click.NoSuchOption(option_name=name, possibilities=possibilities):
            # A text to type, or a number below 0.
            other = "If it is not an option, write -- before it." if takes_arguments and name[1:2] != "-" else ""
            return f"Unknown option {name}.", f"Did you mean {possibilities[0]}?" if possibilities else other
        case click.BadOptionUsage(option_name=name):
            return f"{name} {'takes no value' if 'does not take' in message else 'needs a value'}.", ""
        case click.MissingParameter(param=click.Parameter() as param):
            name = _name_of(param)
            advice = "Name an instance; `ecsvnc list` shows yours." if name == "INSTANCE" else ""
            return f"{name} is missing{_choices_of(param, before=': ')}.", advice
        case click.BadParameter(param=click.Parameter() as param) if isinstance(param.type, click.Choice):
            given = failure.message.partition(" is not one of ")[0]
            return f"{_name_of(param)} must be {_choices_of(param)}, not {given}.", ""
    if (extra := _UNEXPECTED.fullmatch(message)) is not None:
        return f"Unexpected argument: {extra[1]}", "Put quotes around a text that has spaces."
    return message, ""


_UNEXPECTED = re.compile(r"Got unexpected extra arguments? \((.*)\)")


def _takes_arguments(context: click.Context | None) -> bool:
    return context is not None and any(isinstance(one, click.Argument) for one in context.command.params)


def _name_of(param: click.Parameter) -> str:
    """How --help writes an option or argument."""
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return (param.metavar or param.name or "").strip("[].").upper()


def _choices_of(param: click.Parameter, *, before: str = "") -> str:
    """The values that it may have, as a list in a sentence; empty if they are not a few words."""
    if not isinstance(param.type, click.Choice):
        return ""
    *others, last = map(str, param.type.choices)
    return f"{before}{', '.join(others)} or {last}"


def _context_of(failure: BaseException) -> click.Context | None:
    """Where click was. Its parser does not say, if an option lacks its value: the functions that called it know."""
    callers = (frame.f_locals.get("ctx") for frame, _ in traceback.walk_tb(failure.__traceback__))
    return next((context for context in reversed(list(callers)) if isinstance(context, click.Context)), None)


def _from_bug(failure: Exception, terminal: Terminal) -> BugError:
    # Only the kind of the failure: its text may contain a ticket.
    place = traceback.extract_tb(failure.__traceback__)[-1]
    what = f"This is a bug in ecsvnc: {type(failure).__name__} at {place.name}, line {place.lineno}."
    return BugError(what, hint="" if terminal.debugging else "Run it again with --debug, and report what it prints.")


def _show_traceback(failure: BaseException, terminal: Terminal) -> None:
    # Only places, without the failure's text, which may be secret.
    for place in traceback.extract_tb(failure.__traceback__):
        terminal.debug(f"  {place.filename}:{place.lineno} in {place.name}: {place.line}")
