"""The answer to a shell whose user pressed Tab.

The scripts of `ecsvnc completion` run the program with `_ECSVNC_COMPLETE` naming the shell. It prints the kind of
completion (`words`, `files` or `folders`), and then the words, one a line, in the form that the script expects.
On any error it prints nothing: a message would appear in the user's command line.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping

import click
from click.shell_completion import CompletionItem, ShellComplete

from ecsvnc.cli.shell_words import bash_insertion, split_typed

SHELL = "_ECSVNC_COMPLETE"
"""Which shell asks."""

_LINE = "_ECSVNC_LINE"  # bash: the command line up to the cursor
_WORD_BREAKS = "_ECSVNC_WORD_BREAKS"  # bash: COMP_WORDBREAKS
_WORDS = "_ECSVNC_WORDS"  # zsh, fish: one word a line, without the program's name; the last is being typed

_KINDS = {"file": "files", "dir": "folders"}


def answer_shell(root: click.Command, environ: Mapping[str, str]) -> int:
    """Print the completions for the shell, and return the exit code."""
    gc.disable()  # garbage collection would take a tenth of this short run
    try:
        answer = _SHELLS[environ[SHELL]]
        text = answer(root, environ)
        if text:
            click.echo(text.encode(), nl=False)  # bytes: UTF-8 in the C locale too
    except (Exception, KeyboardInterrupt):  # noqa: BLE001  # see the docstring above
        return 1
    return 0


def _answer_bash(root: click.Command, environ: Mapping[str, str]) -> str:
    typed = split_typed(environ[_LINE])
    kind, items = _complete(root, typed.words[1:])
    return _lines(kind, (bash_insertion(item.value, typed, environ.get(_WORD_BREAKS, "")) for item in items))


def _answer_zsh(root: click.Command, environ: Mapping[str, str]) -> str:
    kind, items = _complete(root, environ[_WORDS].split("\n"))
    return _lines(kind, map(_zsh_description, items))


def _zsh_description(item: CompletionItem[str]) -> str:
    # The format of `_describe`: VALUE:DESCRIPTION, a colon in the value escaped by a backslash.
    value = item.value.replace("\\", "\\\\").replace(":", "\\:")
    return f"{value}:{item.help}" if item.help else value


def _answer_fish(root: click.Command, environ: Mapping[str, str]) -> str:
    *before, current = environ[_WORDS].split("\n")
    # fish unquotes all words but the one being typed.
    kind, items = _complete(root, [*before, split_typed(current).words[-1]])
    return _lines(kind, (f"{item.value}\t{item.help}" if item.help else item.value for item in items))


_SHELLS: dict[str, Callable[[click.Command, Mapping[str, str]], str]] = {
    "bash": _answer_bash,
    "zsh": _answer_zsh,
    "fish": _answer_fish,
}


def _complete(root: click.Command, words: list[str]) -> tuple[str, list[CompletionItem[str]]]:
    """The completions of the last word: a kind, and whole words."""
    *before, current = words
    option = current[: current.index("=") + 1] if current.startswith("--") and "=" in current else ""
    found = ShellComplete(root, {}, "ecsvnc", SHELL).get_completions(before, current)
    for item in found:
        if item.type in _KINDS:
            return _KINDS[item.type], []
    # click completes the value alone; the shells expect the whole word.
    return "words", [CompletionItem(option + item.value, help=_one_line(item.help)) for item in found]


def _one_line(text: str | None) -> str:
    # The shell would print control characters unchanged, and one lone surrogate would make the whole answer fail.
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split())) if text else ""


def _lines(kind: str, lines: Iterable[str]) -> str:
    return "\n".join([kind, *lines]) + "\n"
