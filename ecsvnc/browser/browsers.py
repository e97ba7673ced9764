"""Which browser is to be opened, and how: decided here, done in `launch`. Pure.

A browser is opened by an *opener*: the user's own command, or the platform's. A new platform opener is one line in a
table below. Text browsers (w3m, lynx, links, ...) are in none: they cannot show a console, and they take the terminal.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

NONE = "none"
"""Instead of a browser's command: no browser, print the address."""

_SSH_VARIABLES = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")
_DISPLAY_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY")

ENVIRONMENT = ("ECSVNC_BROWSER", "BROWSER", "PATH", *_SSH_VARIABLES, *_DISPLAY_VARIABLES)
"""The variables that the choice of a browser, and the advice on how to reach this machine, depend on."""

_WINDOWS_TOKEN = re.compile(r'(?:"[^"]*"|[^\s"])+')
_PLACEHOLDER = re.compile(r"%[s%]")

_SAFE_IN_ADDRESS = "%:/?#[]@!$&()*+,;=~"
"""What of a URL is passed on as it is. Not a quote, and nothing outside ASCII: to PowerShell, ' and its typographic
brothers all end a string; in a URL they may as well be encoded."""

GRAPHICAL_BROWSERS = (
    "x-www-browser", "firefox", "firefox-esr", "google-chrome", "google-chrome-stable", "chromium",
    "chromium-browser", "microsoft-edge", "brave-browser", "vivaldi", "opera", "epiphany", "falkon", "konqueror",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opener:
    """One way to open a browser.

    `program` is what has to be found for it, `arguments` the whole command line with `%s` where the address goes; no
    arguments at all: Windows' `os.startfile`. `status_says_nothing`: its exit status tells nothing, so that only a
    browser that comes is a success. `elsewhere` is where the program may be although PATH does not name its folder.
    """

    program: str
    arguments: tuple[str, ...] = ()
    status_says_nothing: bool = False
    elsewhere: str = ""

    @property
    def uses_startfile(self) -> bool:
        """Whether the operating system is asked, by `os.startfile`, instead of starting a program."""
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
class Surroundings:
    """What the choice depends on: `sys.platform`, the environment, `uname -r`, and which programs there are.

    `find` gives a program's path, or None; it takes a name or a path.
    """

    platform: str
    environ: Mapping[str, str]
    kernel_release: str
    find: Callable[[str], str | None]

    @property
    def is_wsl(self) -> bool:
        """Whether this is Linux inside Windows: the browser then is a Windows program."""
        return self.platform == "linux" and "microsoft" in self.kernel_release.lower()

    @property
    def is_ssh(self) -> bool:
        """Whether the user sits at another machine."""
        return any(self.environ.get(name) for name in _SSH_VARIABLES)

    @property
    def has_display(self) -> bool:
        """Whether there is a screen that a browser could show itself on."""
        if self.platform in ("win32", "cygwin", "darwin"):
            return True
        return any(self.environ.get(name) for name in _DISPLAY_VARIABLES)


@dataclass(frozen=True, slots=True)
class Choice:
    """The openers to try, in order; none: the address is printed, for the reason given."""

    openers: tuple[Opener, ...] = ()
    reason: str = ""


# xdg-open falls back on text browsers, unless BROWSER says otherwise; the user's default browser goes before both.
_XDG_OPEN = Opener("xdg-open", ("env", f"BROWSER={':'.join(GRAPHICAL_BROWSERS)}", "xdg-open", "%s"))

UNIX_OPENERS = (_XDG_OPEN, *(Opener(name, (name, "%s")) for name in GRAPHICAL_BROWSERS))
MACOS_OPENERS = (Opener("open", ("open", "%s")),)
WINDOWS_OPENERS = (Opener("the default browser"),)
WSL_OPENERS = (
    Opener("wslview", ("wslview", "%s")),
    # Always exits with 1.
    Opener("explorer.exe", ("explorer.exe", "%s"), status_says_nothing=True, elsewhere="/mnt/c/Windows/explorer.exe"),
    Opener(
        "powershell.exe",
        ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", "Start-Process '%s'"),
        elsewhere="/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe",
    ),
)


def choose(command: str | None, around: Surroundings, *, overrides_detection: bool) -> Choice:
    """Decide how to open a browser.

    `command` is the user's, from whichever place said one (it may be a list, or `none`), or None.
    `overrides_detection` says that it came from a place that counts for this one run or shell: then an SSH session, or
    a machine without a display, is no reason to print the address instead. Raises ValueError for a command that
    cannot be one.
    """
    if command is not None and _entries(command, around.platform)[:1] == [NONE]:
        return Choice(reason="no browser was wanted")
    if command is None or not overrides_detection:
        if around.is_ssh:
            return Choice(reason="this is an SSH session")
        if not around.has_display and not (around.is_wsl and _found(WSL_OPENERS, around)):
            return Choice(reason="there is no display")
    if command is not None:
        return Choice(tuple(_openers(command, around)))
    openers = tuple(_found(_platform_openers(around), around))
    return Choice(openers, reason="" if openers else "no browser was found")


def _platform_openers(around: Surroundings) -> Sequence[Opener]:
    if around.platform == "win32":
        return WINDOWS_OPENERS
    if around.platform == "darwin":
        return MACOS_OPENERS
    if around.is_wsl:
        return (*WSL_OPENERS, *(UNIX_OPENERS if around.has_display else ()))
    return UNIX_OPENERS


def _found(openers: Sequence[Opener], around: Surroundings) -> list[Opener]:
    """Those of the table that this machine has; a program that is off PATH is named by its path."""
    found = []
    for opener in openers:
        if opener.uses_startfile or around.find(opener.program):
            found.append(opener)
        elif opener.elsewhere and around.find(opener.elsewhere):
            found.append(replace(opener, arguments=(opener.elsewhere, *opener.arguments[1:])))
    return found


def _openers(command: str, around: Surroundings) -> Iterator[Opener]:
    """The user's own openers. `none` among them ends the list."""
    for entry in _entries(command, around.platform):
        if entry == NONE:
            return
        if around.find(entry):  # a path with blanks in it, such as those of Windows programs in WSL
            yield Opener(entry, (entry.replace("%", "%%"), "%s"))
            continue
        arguments = _tokens(entry, around.platform)
        if arguments[-1:] == ["&"]:  # the BROWSER convention for "do not wait": we never do
            arguments.pop()
        if arguments:
            # Whoever says "explorer.exe" means the one whose status says nothing.
            is_explorer = re.split(r"[\\/]", arguments[0].lower())[-1] in ("explorer.exe", "explorer")
            yield Opener(arguments[0], tuple(arguments), status_says_nothing=is_explorer)


def _entries(command: str, platform: str) -> list[str]:
    """The commands of a list. The separator is the one of PATH: `;` on Windows, where paths hold colons, else `:`.

    Inside quotes, and on Unix after a backslash, it separates nothing.
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
        raise ValueError(f"has a {quote} without its partner")
    entries = [entry.strip() for entry in entries if entry.strip()]
    if not entries:
        raise ValueError("names no command")
    return entries


def _tokens(entry: str, platform: str) -> list[str]:
    """The words of one command, quotes resolved. On Windows a backslash is a path's, and escapes nothing."""
    if platform == "win32":
        return [token.replace('"', "") for token in _WINDOWS_TOKEN.findall(entry)]
    try:
        return shlex.split(entry)
    except ValueError:
        raise ValueError("ends in the middle of something quoted") from None
