"""`ecsvnc completion`: the script that makes a shell complete ecsvnc's commands, options and instances."""

from __future__ import annotations

import click

from ecsvnc.cli.command import Command

FILES = {"bash": "ecsvnc.bash", "zsh": "_ecsvnc", "fish": "ecsvnc.fish"}
"""The scripts in `completion_scripts/`, under the names that each shell's completion folder requires.

The repository's `completions/` has copies for packagers. click's own scripts lose instance names with a colon in bash,
expand a `*` in a name, and print errors into the command line.
"""


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(list(FILES)))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    It completes commands, options, regions, profiles, and the names and ids of instances that ecsvnc has seen. It never
    uses the network.

    Examples:
      # bash: in ~/.bashrc
      eval "$(ecsvnc completion bash)"
      # zsh: into a folder of $fpath, before compinit
      ecsvnc completion zsh > ~/.zfunc/_ecsvnc
      # fish
      ecsvnc completion fish > ~/.config/fish/completions/ecsvnc.fish
    """
    click.echo(script(shell), nl=False)


def script(shell: str) -> str:
    """The script of a shell, ending with a newline."""
    from pathlib import Path

    return (Path(__file__).parent / "completion_scripts" / FILES[shell]).read_text("utf-8")
