"""The composition root: what every command is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import click

from ecsvnc.cli.options import EcsOptions
from ecsvnc.cli.session import Session
from ecsvnc.cli.terminal import Terminal
from ecsvnc.runtime import Runtime
from ecsvnc.settings.resolve import Settings
from ecsvnc.settings.secret_store import SecretStores


class App:
    """One run of the program: the runtime, the terminal, and where secrets are kept.

    `secret_stores` None means the operating system's keyring. `extra_ports` are loopback ports that a browser needs
    besides the one that a command listens on: `ecsvnc demo` names its embedded ECS's.
    """

    def __init__(
        self,
        runtime: Runtime,
        terminal: Terminal,
        *,
        secret_stores: SecretStores | None = None,
        extra_ports: Sequence[int] = (),
    ) -> None:
        self.runtime = replace(runtime, reporter=terminal)
        self.terminal = terminal
        self.extra_ports = tuple(extra_ports)
        self._secret_stores = secret_stores

    @classmethod
    def of_this_process(cls) -> App:
        """The real thing."""
        runtime = Runtime.of_this_process()
        return cls(runtime, Terminal(runtime.environ))

    def session(
        self, options: EcsOptions, *, os_matters: bool = True, secret_stores: SecretStores | None = None
    ) -> Session:
        """A command's way to ECS. Without `os_matters` it is not asked which OS an instance runs.

        `secret_stores` stand in for this App's own.
        """
        self.terminal.verbose, self.terminal.debugging = options.verbose, options.debug
        return Session(
            options,
            self.settings(options.as_settings(), profile=options.profile),
            lambda: secret_stores or self.secret_stores(may_ask=not options.no_input),
            runtime=self.runtime,
            terminal=self.terminal,
            os_matters=os_matters,
        )

    def settings(self, options: Mapping[str, str | None] | None = None, *, profile: str | None = None) -> Settings:
        """The settings of a command; `options` are those given on the command line, by the settings' keys."""
        context = click.get_current_context(silent=True)
        command = {"command": context.command_path} if context else {}
        return Settings(self.runtime, options=options, profile=profile, **command)

    def secret_stores(self, *, may_ask: bool) -> SecretStores:
        """Where secrets are kept. `may_ask` False never waits for a locked keyring to be unlocked."""
        if self._secret_stores is None:
            from ecsvnc.settings.keyring_store import KeyringStores

            return KeyringStores(self.runtime, may_ask=may_ask)
        return self._secret_stores
