"""Which browser to open, and how. Pure: `launch` opens it.

A browser is opened by an *opener*: the user's own command, or the platform's. A new platform opener is one line in a
table below. No table has a text browser (w3m, lynx, links, ...): it cannot show a console, and takes the terminal.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from ecsvnc.browser.ssh_forward import SSH_VARIABLES, is_ssh_session

NONE = "none"
"""The value of `browser` that disables it: the address is printed."""

_DISPLAY_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY")

ENVIRONMENT = ("ECSVNC_BROWSER", "BROWSER", "PATH", *SSH_VARIABLES, *_DISPLAY_VARIABLES)
"""The variables that the choice of a browser, and the advice on how to reach this machine, depend on."""

_WINDOWS_TOKEN = re.compile(r'(?:"[^"]*"|[^\s"])+')
_PLACEHOLDER = re.compile(r"%[s%]")

_SAFE_IN_ADDRESS = "%:/?#[]@!$&()*+,;=~"
"""The characters of a URL that are passed on as they are. Not a quote, and nothing outside ASCII: PowerShell ends a
string at ' and at its typographic variants. In a URL they can be encoded."""

GRAPHICAL_BROWSERS = (
    "x-www-browser", "firefox", "firefox-esr", "google-chrome", "google-chrome-stable", "chromium",
    "chromium-browser", "microsoft-edge", "brave-browser", "vivaldi", "opera", "epiphany", "falkon", "konqueror",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opener:
    """One way to open a browser.

    `program` is what has to be found for it, `arguments` the whole command line with `%s` where the address goes; no
    arguments at all: Windows' `os.startfile`. `status_is_meaningless`: its exit status does not tell whether it failed,
    so only a browser that connects is a success. `elsewhere` is the program's path outside PATH.
    """

    program: str
    arguments: tuple[str, ...] = ()
    status_is_meaningless: bool = False
    elsewhere: str = ""

    @property
    def uses_startfile(self) -> bool:
        """Whether it is opened by `os.startfile` instead of a program."""
        return not self.arguments

    def command_line(self, address: str) -> list[str]:
        """The arguments with the address in its place, at the end if it has none; `%%` is a percent sign."""
        address = quote(address, safe=_SAFE_IN_ADDRESS)
        arguments = self.arguments
        if not any("%s" in _PLACEHOLDER.findall(argument) for argument in arguments):
            arguments = (*arguments, "%s")
        return [
            _PLACEHOLDER.sub(lambda found: address if found.group() == "%s" else "%", argument)
            for argument in arguments
        ]


@dataclass(frozen=True, slots=True)
class Platform:
    """What the choice depends on: `sys.platform` (`name`), the environment, `uname -r`, and installed programs.

    `find` returns the path of a program, by its name or path, or None.
    """

    name: str
    environ: Mapping[str, str]
    kernel_release: str
    find: Callable[[str], str | None]

    @property
    def is_wsl(self) -> bool:
        """Whether this is Linux inside Windows, where the browser is a Windows program."""
        return self.name == "linux" and "microsoft" in self.kernel_release.lower()

    @property
    def is_ssh(self) -> bool:
        """Whether the user is at another machine."""
        return is_ssh_session(self.environ)

    @property
    def has_display(self) -> bool:
        """Whether there is a display for a browser."""
        if self.name in ("win32", "cygwin", "darwin"):
            return True
        return any(self.environ.get(name) for name in _DISPLAY_VARIABLES)


@dataclass(frozen=True, slots=True)
class Choice:
    """The openers to try, in order. Without any, the address is printed; `reason` is a sentence that says why."""

    openers: tuple[Opener, ...] = ()
    reason: str = ""
    is_ssh: bool = False


# xdg-open prefers the user's default browser, then those in BROWSER, and without BROWSER falls back on text browsers.
_XDG_OPEN = Opener("xdg-open", ("env", f"BROWSER={':'.join(GRAPHICAL_BROWSERS)}", "xdg-open", "%s"))

UNIX_OPENERS = (_XDG_OPEN, *(Opener(name, (name, "%s")) for name in GRAPHICAL_BROWSERS))
MACOS_OPENERS = (Opener("open", ("open", "%s")),)
WINDOWS_OPENERS = (Opener("the default browser"),)
WSL_OPENERS = (
    Opener("wslview", ("wslview", "%s")),
    # Always exits with 1.
    Opener("explorer.exe", ("explorer.exe", "%s"), status_is_meaningless=True, elsewhere="/mnt/c/Windows/explorer.exe"),
    Opener(
        "powershell.exe",
        ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", "Start-Process '%s'"),
        elsewhere="/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe",
    ),
)


def choice_for(command: str | None, platform: Platform, *, origin: str, overrides_detection: bool) -> Choice:
    """Decide how to open a browser.

    `command` is the user's (it may be a list, or `none`), or None; `origin` names where it was set, in case it is
    `none`. With `overrides_detection` it was set for this run or shell: then a browser is also opened in an SSH
    session, and without a display. Raises ValueError for a value that is not a command.
    """
    if command is not None and _entries(command, platform.name)[:1] == [NONE]:
        return Choice(reason=f"Not opening a browser ({origin}).")
    if command is None or not overrides_detection:
        if platform.is_ssh:
            return Choice(reason="This is an SSH session.", is_ssh=True)
        if not platform.has_display and not (platform.is_wsl and _found(WSL_OPENERS, platform)):
            return Choice(reason="No display found.")
    if command is not None:
        return Choice(tuple(_openers(command, platform)))
    openers = tuple(_found(_platform_openers(platform), platform))
    return Choice(openers, reason="" if openers else "No browser found.")


def _platform_openers(platform: Platform) -> Sequence[Opener]:
    if platform.name == "win32":
        return WINDOWS_OPENERS
    if platform.name == "darwin":
        return MACOS_OPENERS
    if platform.is_wsl:
        return (*WSL_OPENERS, *(UNIX_OPENERS if platform.has_display else ()))
    return UNIX_OPENERS


def _found(openers: Sequence[Opener], platform: Platform) -> list[Opener]:
    """The openers of the table that this machine has; a program outside PATH is named by its path."""
    found = []
    for opener in openers:
        if opener.uses_startfile or platform.find(opener.program):
            found.append(opener)
        elif opener.elsewhere and platform.find(opener.elsewhere):
            found.append(replace(opener, arguments=(opener.elsewhere, *opener.arguments[1:])))
    return found


def _openers(command: str, platform: Platform) -> Iterator[Opener]:
    """The user's own openers. `none` among them ends the list."""
    for entry in _entries(command, platform.name):
        if entry == NONE:
            return
        if platform.find(entry):  # a path with blanks in it, such as those of Windows programs in WSL
            yield Opener(entry, (entry.replace("%", "%%"), "%s"))
            continue
        arguments = _tokens(entry, platform.name)
        if arguments[-1:] == ["&"]:  # in BROWSER: "do not wait", which is the case here anyway
            arguments.pop()
        if arguments:
            # Its exit status is meaningless for the user's own command too.
            is_explorer = re.split(r"[\\/]", arguments[0].lower())[-1] in ("explorer.exe", "explorer")
            yield Opener(arguments[0], tuple(arguments), status_is_meaningless=is_explorer)


def _entries(command: str, platform: str) -> list[str]:
    """The commands of a list. The separator is that of PATH: `;` on Windows, where paths contain colons, else `:`.

    It does not separate inside quotes, nor, on Unix, after a backslash.
    """
    is_windows = platform == "win32"
    separator, quotes, escape = (";", '"', "") if is_windows else (":", "\"'", "\\")
    entries = [""]
    quote = ""
    is_escaped = False
    for character in command:
        if character == separator and not quote and not is_escaped:
            entries.append("")
            continue
        entries[-1] += character
        if is_escaped:
            is_escaped = False
        elif character == escape and quote != "'":
            is_escaped = True
        elif character in quotes and quote in ("", character):
            quote = "" if quote else character
    if quote:
        raise ValueError(f"has an unbalanced quote ({quote})")
    entries = [entry.strip() for entry in entries if entry.strip()]
    if not entries:
        raise ValueError("names no command")
    return entries


def _tokens(entry: str, platform: str) -> list[str]:
    """The words of one command, without quotes. On Windows a backslash separates folders, and escapes nothing."""
    if platform == "win32":
        return [token.replace('"', "") for token in _WINDOWS_TOKEN.findall(entry)]
    try:
        return shlex.split(entry)
    except ValueError:
        raise ValueError("has an unbalanced quote or ends with a backslash") from None
