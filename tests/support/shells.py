"""Real shells with a real line editor, on a pseudo-terminal: what Tab makes of a line.

Each shell gets one more key, Ctrl-X Ctrl-D, which writes the line being edited to a file: nothing has to be guessed
from what was drawn on the screen.
"""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "completions"

_DUMP = b"\x18\x04"
_DEADLINE_S = 30.0

_SET_UP = {
    # A prompt that marks the moment when the shell listens, the completion script, and the key that tells the line.
    "bash": """
        PS1='ready> '
        bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; bind 'set completion-query-items 0'
        bind 'set page-completions off'
        bind -x '"\\C-x\\C-d": printf %s "$READLINE_LINE" >"$DUMP.new"; mv "$DUMP.new" "$DUMP"'
        bind '"\\C-x*": insert-completions'
        source "$SCRIPT"
    """,
    "zsh": """
        PS1='ready> '
        setopt no_beep; unsetopt zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste
        autoload -Uz compinit && compinit -u -d "$HOME/.zcompdump"
        dump-line() { print -rn -- "$BUFFER" >"$DUMP.new"; mv "$DUMP.new" "$DUMP" }
        zle -N dump-line; bindkey '^X^D' dump-line
        zstyle ':completion:all:*' completer _all_matches _complete
        zstyle ':completion:all:*' insert true
        zle -C all complete-word _generic; bindkey '^X*' all
        source "$SCRIPT"
    """,
    "fish": """
        function fish_prompt; echo -n 'ready> '; end
        function fish_greeting; end
        function dump-line; commandline | string collect >"$DUMP.new"; mv "$DUMP.new" "$DUMP"; end
        bind \\cx\\cd dump-line
        source "$SCRIPT"
    """,
}

_COMMANDS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}

TAB = "\t"
ALL = "\x18*"
"""bash and zsh: put every completion into the line."""


class Shell:
    """One interactive shell that has read the completion script."""

    def __init__(self, name: str, *, environ: dict[str, str], folder: Path) -> None:
        self._dump = folder / "line"
        set_up = folder / f"set-up.{name}"
        set_up.write_text(_SET_UP[name])
        script = SCRIPTS / {"bash": "ecsvnc.bash", "zsh": "_ecsvnc", "fish": "ecsvnc.fish"}[name]
        self._terminal, inner = pty.openpty()
        self._process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *_COMMANDS[name]],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            cwd=folder,
            env={**environ, "TERM": "xterm", "DUMP": str(self._dump), "SCRIPT": str(script), "LC_ALL": "C.UTF-8"},
        )
        os.close(inner)
        self._screen = b""
        self.type(f" source {set_up}\r")
        self._await(lambda: self._screen.count(b"ready> ") >= 1, "the prompt")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._terminal, keys.encode())

    def line(self, keys: str) -> str:
        """Press keys on an empty line, and tell what the line is then."""
        self._dump.unlink(missing_ok=True)
        self.type(keys)
        os.write(self._terminal, _DUMP)
        self._await(self._dump.exists, f"the line after {keys!r}")
        line = self._dump.read_text()
        self.type("\x15")  # Ctrl-U: an empty line again
        return line

    @property
    def screen(self) -> str:
        """Everything that was ever written to the terminal."""
        return self._screen.decode(errors="replace")

    def close(self) -> None:
        """Hang up."""
        self._process.kill()
        os.close(self._terminal)
        self._process.wait()

    def _await(self, ready, what: str) -> None:
        ends = time.monotonic() + _DEADLINE_S
        while not ready():
            if time.monotonic() > ends:
                raise AssertionError(f"{what} did not come; on the screen: {self.screen!r}")
            if select.select([self._terminal], [], [], 0.05)[0]:
                self._screen += os.read(self._terminal, 65536)


def fish_completions(line: str, *, environ: dict[str, str], folder: Path) -> list[str]:
    """The words that fish offers for a line."""
    script = SCRIPTS / "ecsvnc.fish"
    result = subprocess.run(
        ["fish", "--no-config", "-c", 'source $argv[1]; complete -C "$argv[2]"', str(script), line],
        capture_output=True,
        text=True,
        env={**environ, "LC_ALL": "C.UTF-8"},
        cwd=folder,
        check=True,
        timeout=_DEADLINE_S,
    )
    assert result.stderr == ""
    return [offered.partition("\t")[0] for offered in result.stdout.splitlines()]
