"""One run of the program, which every command is given: click's `obj`.

Each part is made when it is first used, so that --help, --version and completion load none of them.
"""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecsvnc.cli.terminal import Terminal
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.resolve import Settings
    from ecsvnc.settings.secret_store import SecretStores


class SharedOptions:
    """The values of the options that commands share (see `ecsvnc.cli.options`), before or after the command.

    `settings` are the checked values of those that are settings, by key. Times in seconds.
    """

    profile: str | None = None
    no_input: bool = False
    wait: bool = False
    start: bool = False
    yes: bool = False
    wait_timeout_s: float = 0.0
    os: Literal["windows", "linux"] | None = None
    vnc_password_file: str | None = None

    def __init__(self) -> None:
        self.settings: dict[str, object] = {}


class App:
    """The runtime, the terminal, the options and the settings.

    Without `runtime` and `terminal` it is of this process; without `secret_stores`, secrets are in the operating
    system's keyring. `extra_ports` are loopback ports that a browser needs besides the one that a command listens on:
    `ecsvnc demo` names its embedded ECS's.
    """

    def __init__(
        self,
        runtime: Runtime | None = None,
        terminal: Terminal | None = None,
        *,
        secret_stores: SecretStores | None = None,
        extra_ports: Sequence[int] = (),
    ) -> None:
        self.options = SharedOptions()
        self.arguments: Sequence[str] = ()
        """The command line, which `run` puts here: whether errors are JSON has to be known before click reads it."""
        self.extra_ports = tuple(extra_ports)
        self._runtime = runtime
        self._terminal = terminal
        self._secret_stores = secret_stores

    @cached_property
    def terminal(self) -> Terminal:
        """Where messages go."""
        from ecsvnc.cli.json_lines import wants_json
        from ecsvnc.cli.terminal import Terminal

        terminal = self._terminal or Terminal(os.environ)
        # Not from click, which fails for an invalid argument.
        terminal.errors_as_json = wants_json(self.arguments)
        return terminal

    def close(self) -> None:
        """Erase what is drawn on the terminal, at the end of the run."""
        if "terminal" in self.__dict__:  # it was used
            self.terminal.close()

    @cached_property
    def runtime(self) -> Runtime:
        """The runtime, which reports to the terminal."""
        from dataclasses import replace

        runtime = self._runtime
        if runtime is None:
            from ecsvnc.credentials.sources import SECRET_VARIABLES
            from ecsvnc.runtime import Runtime

            runtime = Runtime.of_this_process()
            # Browsers and viewers inherit the process's environment, and keep it for as long as they run. The runtime
            # has a copy for the one child process that may need these: a command that prints credentials.
            for name in SECRET_VARIABLES:
                os.environ.pop(name, None)
        return replace(runtime, reporter=self.terminal, working=self.terminal.working)

    @cached_property
    def given_vnc_password(self) -> str | None:
        """The VNC password in --vnc-password-file; None without the option. Raises UsageError."""
        if self.options.vnc_password_file is None:
            return None
        from ecsvnc.settings.vnc_password import read_vnc_password

        return read_vnc_password(self.options.vnc_password_file, self.runtime)

    @property
    def can_ask(self) -> bool:
        """Whether the user can be asked: on a terminal, unless --no-input was given."""
        return not self.options.no_input and self.terminal.can_ask

    @property
    def can_choose(self) -> bool:
        """Whether the user can choose from a list. A script on a terminal waits for the output."""
        shows_list = self.can_ask and not self.terminal.is_dumb
        return shows_list and sys.stdout is not None and sys.stdout.isatty()

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run."""
        from ecsvnc.settings.resolve import Settings

        return Settings(
            self.runtime,
            options=self.options.settings,
            profile=self.options.profile,
            may_ask=not self.options.no_input,
            secret_stores=self._secret_stores,
        )
