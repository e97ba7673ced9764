"""Writes what follows from the help texts: `python tools/make_docs.py` makes docs/commands.md and man/ecsvnc.1.

A test says when they are out of date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from ecsvnc import __version__
from ecsvnc.cli.command import OWN_OPTIONS, WHAT_INSTANCE_IS, Command
from ecsvnc.cli.exit_codes import MEANINGS
from ecsvnc.cli.lazy_group import LazyGroup
from ecsvnc.cli.main import root
from ecsvnc.cli.word_wrap import wrapped
from ecsvnc.credentials.sources import SOURCES
from ecsvnc.settings.folders import CACHE_VARIABLE, CONFIG_VARIABLE
from ecsvnc.settings.table import PROFILE_VARIABLE, SETTINGS

ROOT = Path(__file__).parents[1]

_HEAD = """\
# Commands

This page is what `--help` prints, made by `python tools/make_docs.py`. `ecsvnc help COMMAND` shows it in a terminal,
and `man ecsvnc` where the manual is installed.

{what_instance_is} Options that many commands share are explained at
the end, in [Shared options](#shared-options). Times are seconds, or a number with `ms`, `s`, `m` or `h`:
`90`, `1.5h`, `.5m`. Exit codes are in [scripting.md](scripting.md#exit-codes), JSON fields in [json.md](json.md).
"""


class Page(NamedTuple):
    """One command: `usage` is its line without "Usage: ", `shared` are the names of options that others have too."""

    name: str
    usage: str
    paragraphs: Sequence[str]
    own: Sequence[tuple[str, str]]
    shared: Sequence[str]
    lists: Mapping[str, Sequence[tuple[str, str]]]
    examples: Sequence[str]


def commands(group: LazyGroup, context: click.Context) -> Iterator[tuple[Command, click.Context]]:
    """Every command below a group, in the order of --help."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, Command):
            inner = click.Context(command, info_name=name, parent=context)
            yield command, inner
            if isinstance(command, LazyGroup):
                yield from commands(command, inner)


def page(command: Command, context: click.Context) -> Page:
    """What --help tells of a command."""
    groups = command.option_groups(context)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    paragraphs = [" ".join(paragraph.split()) for paragraph in (command.help or "").split("\n\n")]
    shared = [records for title, records in groups.items() if title != OWN_OPTIONS]
    return Page(
        name=context.command_path,
        usage=usage,
        paragraphs=paragraphs,
        own=[record for record in groups.get(OWN_OPTIONS, []) if not _is_for_all(record)],
        shared=[_long_name(record) for records in shared for record in records if not _is_for_all(record)],
        lists=command.lists,
        examples=command.examples,
    )


def _is_for_all(record: tuple[str, str]) -> bool:
    return record[0] == "-h, --help"


def _long_name(record: tuple[str, str]) -> str:
    return str(re.findall(r"--[a-z-]+", record[0])[0])


def shared_options(all_commands: Sequence[tuple[Command, click.Context]]) -> dict[str, dict[str, str]]:
    """The options of each group but the commands' own, as they are written and what they do."""
    groups: dict[str, dict[str, str]] = {}
    for command, context in all_commands:
        for title, records in command.option_groups(context).items():
            if title != OWN_OPTIONS:
                groups.setdefault(title, {}).update(records)
    return groups


def markdown(pages: Sequence[Page], shared: dict[str, dict[str, str]]) -> str:
    """docs/commands.md."""
    parts = [_HEAD.format(what_instance_is=WHAT_INSTANCE_IS)]
    for each in pages:
        parts += [f"## {each.name}\n", *(f"{_folded(paragraph)}\n" for paragraph in each.paragraphs)]
        parts.append(f"```text\n{each.usage}\n```\n")
        parts += _table(each.own, "option")
        for title, records in each.lists.items():
            parts += _table(records, title)
        if each.shared:
            parts.append(_folded(f"Shared options: {', '.join(f'`{name}`' for name in each.shared)}.") + "\n")
        parts.append("```sh\n" + "\n".join(each.examples) + "\n```\n")
    parts.append("## Shared options\n")
    for title, options in shared.items():
        parts += [f"### {title}\n", *_table(list(options.items()), "option")]
    return "\n".join(parts)


def _table(records: Sequence[tuple[str, str]], title: str) -> list[str]:
    if not records:
        return []
    rows = [
        " | ".join((f"`{term}`", text))
        for term, text in ((cell.replace("|", "\\|") for cell in record) for record in records)
    ]
    return [f"| {title} | meaning |\n|---|---|\n" + "".join(f"| {row} |\n" for row in rows)]


def _folded(text: str) -> str:
    return wrapped(text, width=120)


def man_page(pages: Sequence[Page], shared: dict[str, dict[str, str]]) -> str:
    """man/ecsvnc.1, in the macros of man(7)."""
    released = re.search(
        rf"^## {re.escape(__version__)} - (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    date = released[1] if released else ""
    ecsvnc, *others = pages
    what, *more = ecsvnc.paragraphs
    lines = [
        '.\\" Made by tools/make_docs.py from the help texts.',
        f'.TH ECSVNC 1 "{date}" "ecsvnc {__version__}" "User Commands"',
        ".nh",  # no hyphens but the text's own: options and commands are copied
        ".ad l",
        ".SH NAME",
        f"ecsvnc \\- {_roff(what[0].lower() + what[1:].rstrip('.'))}",
        ".SH SYNOPSIS",
        ".B ecsvnc",
        _roff("[OPTIONS] COMMAND [ARGS]..."),
        ".SH DESCRIPTION",
        *_paragraphs(more),
        ".SH OPTIONS",
        *_terms(ecsvnc.own),
        ".SH COMMANDS",
    ]
    for each in others:
        lines += [f'.SS "{_roff(each.usage)}"', *_paragraphs(each.paragraphs), *_terms(each.own)]
        if each.shared:
            lines += _paragraphs([f"Shared options: {', '.join(each.shared)}."])
        for title, records in each.lists.items():
            lines += [*_paragraphs([f"{title}:"]), ".RS 4", *_terms(records), ".RE"]
        lines += _examples(each.examples)
    lines.append(".SH SHARED OPTIONS")
    for title, options in shared.items():
        lines += [f'.SS "{title}"', *_terms(list(options.items()))]
    lines += [".SH EXIT STATUS", *_terms([(str(code), text) for code, text in MEANINGS.items()])]
    lines += [".SH ENVIRONMENT", *_terms(_variables())]
    lines += [
        ".SH FILES",
        *_terms([("config.toml", "Settings and profiles. `ecsvnc config path` prints where it is.")]),
    ]
    # A heading is a paragraph's beginning already.
    text = re.sub(r"^(\.S[HS] .*\n)\.PP\n", r"\1", "\n".join(lines), flags=re.MULTILINE)
    return text + "\n"


def _variables() -> list[tuple[str, str]]:
    settings = [(setting.variable, setting.help) for setting in SETTINGS]
    credentials = {
        variable: f"Credentials: {source.name}."
        for source in reversed(SOURCES)
        for variable in (*source.variables, *source.secret_variables)
    }
    own = [
        (PROFILE_VARIABLE, "Profile to use."),
        (CONFIG_VARIABLE, "Folder of config.toml."),
        (CACHE_VARIABLE, "Folder of the cache."),
        ("NO_COLOR", "Print without colours."),
        ("HTTPS_PROXY, NO_PROXY", "Proxies. Loopback is never proxied."),
        ("REQUESTS_CA_BUNDLE, SSL_CERT_FILE", "Private certificate authorities."),
    ]
    return [*settings, *own, *sorted(credentials.items())]


def _paragraphs(paragraphs: Sequence[str]) -> list[str]:
    return [line for paragraph in paragraphs for line in (".PP", _lines(paragraph))]


def _terms(records: Sequence[tuple[str, str]]) -> list[str]:
    return [line for term, text in records for line in (".TP", f".B {_roff(term)}", _lines(text))]


def _examples(lines: Sequence[str]) -> list[str]:
    return [".PP", "Examples:", ".PP", ".RS 4", ".nf", *map(_roff, lines), ".fi", ".RE"] if lines else []


def _lines(text: str) -> str:
    """Text on lines that are short in the file; roff joins them."""
    return "\n".join(map(_guarded, wrapped(_roff(text), width=78).splitlines()))


def _guarded(line: str) -> str:
    """A line that roff does not take for a request."""
    return f"\\&{line}" if line.startswith((".", "'")) else line


def _roff(text: str) -> str:
    """Text as roff reads it; a command in backquotes is bold."""
    text = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    text = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in text)
    return re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text)


def main() -> None:
    """Write both."""
    for path, text in made().items():
        (ROOT / path).write_text(text, "utf-8")


def made() -> dict[str, str]:
    """The files' texts, by their paths in the repository."""
    assert isinstance(root, LazyGroup)  # noqa: S101  # click's decorator does not tell its type
    context = click.Context(root, info_name="ecsvnc", **root.context_settings)
    all_commands = [(root, context), *commands(root, context)]
    pages = [page(command, context) for command, context in all_commands]
    shared = shared_options(all_commands)
    return {"docs/commands.md": markdown(pages, shared), "man/ecsvnc.1": man_page(pages, shared)}


if __name__ == "__main__":
    main()
