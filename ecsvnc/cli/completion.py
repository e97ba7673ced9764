"""`ecsvnc completion`: the script that makes a shell complete ecsvnc's commands, options and instances."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")

FILES = {"bash": "ecsvnc.bash", "zsh": "_ecsvnc", "fish": "ecsvnc.fish"}
"""The same scripts in the repository's `completions/`, under the names that each shell's completion folder wants."""


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    r"""Print the completion script of a shell.

    \b
    bash: eval "$(ecsvnc completion bash)" in ~/.bashrc
    zsh:  ecsvnc completion zsh > a folder of $fpath, as _ecsvnc
    fish: ecsvnc completion fish > ~/.config/fish/completions/ecsvnc.fish
    """
    click.echo(script(shell), nl=False)


def script(shell: str) -> str:
    """The script of a shell, ending with a newline."""
    from click.shell_completion import ShellComplete, get_completion_class  # noqa: PLC0415  # only here

    from ecsvnc.cli.main import root  # noqa: PLC0415  # main imports this module

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101  # click has these three
    # ShellComplete's own `source`, not the subclass's: bash's starts a bash to look at its version.
    text = ShellComplete.source(kind(root, {}, "ecsvnc", "_ECSVNC_COMPLETE"))
    return text.strip("\n") + "\n"
