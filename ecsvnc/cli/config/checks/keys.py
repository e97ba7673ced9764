"""The keyring, and the credentials."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ecsvnc.cli.config.checks.lines import Line, note, ok
from ecsvnc.credentials.found import Found, masked
from ecsvnc.errors import CredentialsError
from ecsvnc.openapi.clock import duration_in_words

if TYPE_CHECKING:
    from ecsvnc.settings.resolve import Settings
    from ecsvnc.settings.secret_store import SecretStore, SecretStores


class OneLook:
    """Secret stores that are asked once for each secret: a locked one is not waited for by each check anew."""

    def __init__(self, stores: SecretStores) -> None:
        self._stores = stores
        self._seen: dict[str, _StoreOfOneLook] = {}

    def discover(self) -> SecretStore:
        """As the stores say."""
        return self._stores.discover()

    def named(self, backend: str) -> SecretStore:
        """The store of that name, opened when it is first asked for a secret."""
        return self._seen.setdefault(backend, _StoreOfOneLook(self._stores, backend))


class _StoreOfOneLook:
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


def keyring_line(settings: Settings, stores: SecretStores) -> Line:
    """Whether the profile's secret can be read; if none is in a keyring, which keyring there is.

    Raises CredentialsError if it cannot, ConfigurationError for a file or variable that is wrong.
    """
    profile = settings.profile
    key_id, backend = profile.credentials.get("access_key_id"), profile.credentials.get("keyring_backend")
    if key_id and backend:
        if stores.named(backend).get(key_id) is None:
            raise CredentialsError(
                f"{backend} holds no secret of {masked(key_id)}.",
                hint=f"Log in again: ecsvnc config login --profile {profile.name}",
            )
        return ok("keyring", f"{backend} holds the secret of {masked(key_id)}.")
    unused = f"Profile {profile.name} has no secret in a keyring."
    try:
        found = stores.discover()
    except CredentialsError as error:  # in nobody's way, as long as the credentials come from elsewhere
        return note("keyring", f"{unused} {error.what}", error.hint)
    return ok("keyring", f"{unused} `ecsvnc config login` would use {found.backend}.")


def credentials_line(found: Found, now: float) -> Line:
    """Whose key it is, where it comes from, and when it ends. `now` is POSIX seconds."""
    if found.expires_at is not None:
        until = datetime.fromtimestamp(found.expires_at, UTC)
        end = f"until {until:%Y-%m-%d %H:%M:%S} UTC (in {duration_in_words(found.expires_at - now)})"
    elif found.access_key.security_token:
        end = "temporary, it is not known until when"
    else:
        end = "without an end"
    return ok("credentials", f"{masked(found.access_key.id)} from {found.source}, {end}.")
