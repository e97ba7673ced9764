"""A secret in a keyring and its entry in config.toml: neither is left behind without the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ecsvnc.errors import CredentialsError
from ecsvnc.settings.secret_store import SERVICE, KeyringGoneError

if TYPE_CHECKING:
    from ecsvnc.runtime import Reporter
    from ecsvnc.settings.secret_store import SecretStore, SecretStores


@contextmanager
def kept(store: SecretStore, account: str, secret: str, reporter: Reporter) -> Iterator[None]:
    """Keep a secret while the block records where it is. If that fails, the keyring is left as it was before.

    Raises CredentialsError if the keyring does not keep it.
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
            reporter.warn(f"What was stored for {account} is still in the keyring ({store.backend}): {error.what}")
        raise


def forget(stores: SecretStores, backend: str, account: str) -> str:
    """Remove a secret. If its keyring is gone, this says so, in a sentence; an entry for it is of no use then.

    Raises CredentialsError if the keyring is locked or broken: it still holds the secret.
    """
    try:
        stores.named(backend).delete(account)
    except KeyringGoneError as error:
        return (
            f"{error.what} Should that keyring come back, remove the secret there (service {SERVICE}, "
            f"account {account})."
        )
    return ""
