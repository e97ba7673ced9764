"""Where secrets are kept: the keyring of the operating system, and nowhere else.

Accounts under the service `ecsvnc`:

- an AccessKey id: its secret
- `vnc-password:INSTANCE_ID`: the instance's VNC password

Which keyring backend holds a secret is remembered in config.toml, and that one is loaded by its name: discovery imports
every backend there is and starts child processes, which costs more than the request that the secret signs. Discovery
happens at `ecsvnc config login` and `vnc-password` alone.
"""

from __future__ import annotations

from typing import Protocol

from ecsvnc.errors import CredentialsError

SERVICE = "ecsvnc"


class KeyringGoneError(CredentialsError):
    """The place that config.toml remembers cannot be loaded: uninstalled, of another machine, or without its service.

    Not one that is locked: that is there.
    """


def vnc_password_account(instance_id: str) -> str:
    """The account under which an instance's VNC password is kept."""
    return f"vnc-password:{instance_id}"


class SecretStore(Protocol):
    """One place that keeps secrets by account.

    All three raise CredentialsError when the place is locked, broken or gone.
    """

    @property
    def backend(self) -> str:
        """The name under which it is found again."""

    def get(self, account: str) -> str | None:
        """The secret, or None if there is none."""

    def set(self, account: str, secret: str) -> None:
        """Keep a secret, in place of an earlier one."""

    def delete(self, account: str) -> None:
        """Forget a secret; no error if there is none."""


class SecretStores(Protocol):
    """The places there are."""

    def discover(self) -> SecretStore:
        """The place for new secrets. Raises CredentialsError if the machine has none that is safe."""

    def named(self, backend: str) -> SecretStore:
        """The place that config.toml remembers. Raises KeyringGoneError if it cannot be loaded."""


class MemoryStore:
    """A place that ends with the process: the demo's and the tests'."""

    backend = "memory"

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    def get(self, account: str) -> str | None:
        """The secret, or None."""
        return self._secrets.get(account)

    def set(self, account: str, secret: str) -> None:
        """Keep a secret."""
        self._secrets[account] = secret

    def delete(self, account: str) -> None:
        """Forget a secret."""
        self._secrets.pop(account, None)


class MemoryStores:
    """The one place is memory."""

    def __init__(self) -> None:
        self._store = MemoryStore()

    def discover(self) -> MemoryStore:
        """The memory."""
        return self._store

    def named(self, backend: str) -> MemoryStore:
        """The memory, whatever the name."""
        return self._store
