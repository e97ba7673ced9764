"""`ecsvnc completion`: the script that makes a shell complete ecsvnc's commands, options and instances."""

from __future__ import annotations

import click

FILES = {"bash": "ecsvnc.bash", "zsh": "_ecsvnc", "fish": "ecsvnc.fish"}
"""The scripts in `completion_scripts/`, under the names that each shell's completion folder requires.

The repository's `completions/` has copies for packagers. click's own scripts lose instance names with a colon in bash,
expand a `*` in a name, and print errors into the command line.
"""


@click.command()
@click.argument("shell", type=click.Choice(list(FILES)))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash: eval "$(ecsvnc completion bash)" in ~/.bashrc
    zsh:  ecsvnc completion zsh > a folder of $fpath, as _ecsvnc
    fish: ecsvnc completion fish > ~/.config/fish/completions/ecsvnc.fish
    """  # noqa: D301  # click's mark for "do not wrap" is the character itself
    click.echo(script(shell), nl=False)


def script(shell: str) -> str:
    """The script of a shell, ending with a newline."""
    from pathlib import Path

    return (Path(__file__).parent / "completion_scripts" / FILES[shell]).read_text("utf-8")
