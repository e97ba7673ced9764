"""Stores secrets in the keyring of the operating system, and nowhere else.

Accounts under the service `ecsvnc`:

- an AccessKey id: its secret
- `vnc-password:INSTANCE_ID`: the instance's VNC password

config.toml has the name of the keyring backend of each secret, which is loaded by that name: discovery imports every
backend and starts child processes, which takes longer than a request. Discovery happens only at `ecsvnc config login`
and `vnc-password`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from ecsvnc.errors import CredentialsError

if TYPE_CHECKING:
    from ecsvnc.runtime import Reporter

SERVICE = "ecsvnc"


class KeyringGoneError(CredentialsError):
    """The keyring named in config.toml cannot be loaded: uninstalled, of another machine, or without its service.

    Not raised for a locked keyring.
    """


def vnc_password_account(instance_id: str) -> str:
    """The account of an instance's VNC password."""
    return f"vnc-password:{instance_id}"


class SecretStore(Protocol):
    """One keyring: secrets by account.

    All three methods raise CredentialsError when the keyring is locked, broken or gone.
    """

    @property
    def backend(self) -> str:
        """The name by which `SecretStores.named` finds it."""

    def get(self, account: str) -> str | None:
        """The secret, or None if there is none."""

    def set(self, account: str, secret: str) -> None:
        """Store a secret, in place of an earlier one."""

    def delete(self, account: str) -> None:
        """Delete a secret; no error if there is none."""


class SecretStores(Protocol):
    """The keyrings of this machine."""

    def discover(self) -> SecretStore:
        """The keyring for new secrets. Raises CredentialsError if the machine has none that is safe."""

    def named(self, backend: str) -> SecretStore:
        """The keyring that config.toml names. Raises KeyringGoneError if it cannot be loaded."""


def masked_key_id(access_key_id: str) -> str:
    """An AccessKey id, shortened so that its owner recognises it: it is private, though not a secret."""
    return f"{access_key_id[:4]}…{access_key_id[-4:]}" if len(access_key_id) >= 12 else "…"


@contextmanager
def stored_secret(store: SecretStore, account: str, secret: str, reporter: Reporter) -> Iterator[None]:
    """Store a secret while the block records where it is. If the block raises, the keyring is restored.

    Raises CredentialsError if the keyring refuses.
    """
    before = store.get(account)
    store.set(account, secret)
    try:
        yield
    except BaseException:
        try:
            if before is None:
                store.delete(account)
            else:
                store.set(account, before)
        except CredentialsError as error:
            reporter.warn(f"The new secret of {account} is still in the keyring ({store.backend}). {error.what}")
        raise


def delete_secret(stores: SecretStores, backend: str, account: str) -> str:
    """Delete a secret. Returns "", or a remark if its keyring is gone, so that the entry can be removed.

    Raises CredentialsError if the keyring is locked or broken: it still has the secret.
    """
    try:
        stores.named(backend).delete(account)
    except KeyringGoneError as error:
        return (
            f"{error.what} If that keyring becomes available again, delete the secret there (service {SERVICE}, "
            f"account {account})."
        )
    return ""


class MemoryStore:
    """Secrets in memory: for the demo and for tests."""

    backend = "memory"

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    def get(self, account: str) -> str | None:
        """The secret, or None."""
        return self._secrets.get(account)

    def set(self, account: str, secret: str) -> None:
        """Store a secret."""
        self._secrets[account] = secret

    def delete(self, account: str) -> None:
        """Delete a secret."""
        self._secrets.pop(account, None)


class MemoryStores:
    """Memory is the only store."""

    def __init__(self) -> None:
        self._store = MemoryStore()

    def discover(self) -> MemoryStore:
        """The memory."""
        return self._store

    def named(self, backend: str) -> MemoryStore:
        """The memory, whatever the name."""
        return self._store
