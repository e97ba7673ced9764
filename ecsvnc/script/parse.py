"""The lines of a script as steps.

    # log in
    wait login: within 2m
    type root
    keys enter
    fail "Login incorrect"
    wait Password:
    secret ROOT_PASSWORD
    keys enter
    wait [#$] $
    screen

One step a line. The rest of the line is its argument; quotes of either kind keep blanks at its ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ecsvnc.durations import parse_time
from ecsvnc.errors import UsageError
from ecsvnc.keyboard.keys import KeyEvent
from ecsvnc.keyboard.layout import Layout, events_of_chord, events_of_strokes
from ecsvnc.screen.pattern import line_pattern

DEFAULT_WITHIN_S = 300.0

_LINE_END = re.compile(r"\r\n|\r|\n")
_QUOTED = re.compile(r"""(["'])(?P<text>.*)\1""")
_WITHIN = re.compile(r"(?P<pattern>.*\S)\s+within\s+(?P<time>\S+)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until the screen shows the pattern, at most `within_s` seconds."""

    line: int
    pattern: re.Pattern[str]
    within_s: float


@dataclass(frozen=True, slots=True)
class Fail:
    """From here on, a screen that shows the pattern ends the script."""

    line: int
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Press:
    """Send key events."""

    line: int
    events: tuple[KeyEvent, ...]


@dataclass(frozen=True, slots=True)
class Secret:
    """Type the secret of this name."""

    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Screen:
    """Print the screen."""

    line: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for `pause_s` seconds."""

    line: int
    pause_s: float


Step = Wait | Fail | Press | Secret | Screen | Pause


def parse_script(text: str, *, name: str, layout: Layout) -> list[Step]:
    """The steps of a script. `name` is its name in messages.

    Raises UsageError for the first line that is not a step, with its number.
    """
    steps = []
    for number, line in enumerate(_LINE_END.split(text), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        try:
            steps.append(_step(number, words, layout))
        except (ValueError, UsageError) as error:
            what, hint = (error.what, error.hint) if isinstance(error, UsageError) else (f"{error}.", "")
            raise UsageError(
                f"{name}, line {number}: {what}",
                hint=hint or "Correct the script. `--dry-run` checks it without opening the console.",
            ) from None
    return steps


def secret_names(steps: Sequence[Step]) -> list[str]:
    """The names of the secrets that the steps type, each once, in order."""
    return list(dict.fromkeys(step.name for step in steps if isinstance(step, Secret)))


def _step(line: int, words: str, layout: Layout) -> Step:
    verb, *rest = words.split(maxsplit=1)
    if verb not in _STEPS:
        raise ValueError(f"unknown step '{verb}'; steps are {', '.join(_STEPS)}")
    return _STEPS[verb](line, "".join(rest), layout)


def _wait(line: int, argument: str, layout: Layout) -> Wait:
    within_s = DEFAULT_WITHIN_S
    if not _QUOTED.fullmatch(argument) and (limited := _WITHIN.fullmatch(argument)):
        argument = limited["pattern"]
        try:
            within_s = parse_time(limited["time"])
        except ValueError as rule:
            raise ValueError(f"'within {limited['time']}' {rule}; put a pattern with 'within' into quotes") from None
    return Wait(line, _pattern(argument), within_s)


def _fail(line: int, argument: str, layout: Layout) -> Fail:
    return Fail(line, _pattern(argument))


def _type(line: int, argument: str, layout: Layout) -> Press:
    text = _unquoted(argument)
    if not text:
        raise ValueError("type needs a text; `keys enter` presses Enter")
    return Press(line, tuple(events_of_strokes(layout.strokes(text))))


def _secret(line: int, argument: str, layout: Layout) -> Secret:
    if not _NAME.fullmatch(argument):
        raise ValueError("secret needs the name of an environment variable: letters, digits and _")
    return Secret(line, argument)


def _keys(line: int, argument: str, layout: Layout) -> Press:
    chords = argument.split()
    if not chords:
        raise ValueError("keys needs at least one key, for example `keys enter`")
    return Press(line, tuple(event for chord in chords for event in events_of_chord(layout.chord(chord))))


def _screen(line: int, argument: str, layout: Layout) -> Screen:
    if argument:
        raise ValueError("screen takes no argument")
    return Screen(line)


def _pause(line: int, argument: str, layout: Layout) -> Pause:
    try:
        return Pause(line, parse_time(argument))
    except ValueError as rule:
        raise ValueError(f"the time of pause {rule}") from None


_STEPS: dict[str, Callable[[int, str, Layout], Step]] = {
    "wait": _wait,
    "fail": _fail,
    "type": _type,
    "secret": _secret,
    "keys": _keys,
    "screen": _screen,
    "pause": _pause,
}


def _unquoted(argument: str) -> str:
    quoted = _QUOTED.fullmatch(argument)
    return quoted["text"] if quoted and quoted[1] not in quoted["text"] else argument


def _pattern(argument: str) -> re.Pattern[str]:
    """A regular expression that is searched for in the screen's lines; ^ and $ are the beginning and end of a line."""
    text = _unquoted(argument)
    if not text:
        raise ValueError("a regular expression is missing")
    try:
        return line_pattern(text)
    except ValueError as error:
        raise ValueError(f"{text[:80]!r} is not a regular expression: {error}") from None
