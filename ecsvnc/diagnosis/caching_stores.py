"""Keyrings that are read once for each secret, so that a locked one does not delay several checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsvnc.errors import CredentialsError

if TYPE_CHECKING:
    from ecsvnc.settings.secret_store import SecretStore, SecretStores


class CachingSecretStores:
    """`SecretStores` whose keyrings cache their answers."""

    def __init__(self, stores: SecretStores) -> None:
        self._stores = stores
        self._named: dict[str, _CachingStore] = {}

    def discover(self) -> SecretStore:
        """The keyring for new secrets."""
        return self._stores.discover()

    def named(self, backend: str) -> SecretStore:
        """The keyring of that name; it is loaded when it is first asked for a secret."""
        return self._named.setdefault(backend, _CachingStore(self._stores, backend))


class _CachingStore:
    def __init__(self, stores: SecretStores, backend: str) -> None:
        self._stores = stores
        self.backend = backend
        self._answers: dict[str, str | CredentialsError | None] = {}

    def get(self, account: str) -> str | None:
        if account not in self._answers:
            try:
                self._answers[account] = self._stores.named(self.backend).get(account)
            except CredentialsError as error:
                self._answers[account] = error
        answer = self._answers[account]
        if isinstance(answer, CredentialsError):
            raise answer
        return answer

    def set(self, account: str, secret: str) -> None:
        self._stores.named(self.backend).set(account, secret)

    def delete(self, account: str) -> None:
        self._stores.named(self.backend).delete(account)
