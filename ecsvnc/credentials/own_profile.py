"""Source: a profile in ecsvnc's config.toml. Its AccessKey's secret is in the keyring."""

from __future__ import annotations

from ecsvnc.credentials.found import Absent, Found, checked_access_key, masked
from ecsvnc.credentials.tools import Tools
from ecsvnc.errors import CredentialsError
from ecsvnc.settings.config_file import Profile


class OwnProfileSource:
    """`[profiles.NAME]` in config.toml."""

    def __init__(self, tools: Tools, name: str) -> None:
        self._tools = tools
        self._profile_name = name
        self.name = f"ecsvnc's profile {name!r}"

    def find(self) -> Found | Absent:
        """Look. Raises CredentialsError if the keyring is locked, or no longer holds the secret."""
        config = self._tools.settings.config
        profile = config.profiles.get(self._profile_name)
        if profile is None:
            return Absent(f"{config.path} has no such profile" if config.profiles else "no `ecsvnc config login` yet")
        if not profile.credentials:
            return Absent(f"it names no credentials in {config.path}")
        return self._stored(profile)

    def _stored(self, profile: Profile) -> Found:
        key_id = profile.credentials.get("access_key_id", "")
        backend = profile.credentials.get("keyring_backend", "")
        log_in_again = f"Log in again: ecsvnc config login {key_id} --profile {profile.name}".replace("  ", " ")
        if not key_id or not backend:
            missing = "access_key_id" if not key_id else "keyring_backend"
            raise CredentialsError(f"Half a credential: {self.name} has no `{missing}`.", hint=log_in_again)
        secret = self._tools.secrets.named(backend).get(key_id)
        if secret is None:
            raise CredentialsError(
                f"Half a credential: the keyring ({backend}) has no secret for AccessKey {masked(key_id)} "
                f"of {self.name}.",
                hint=log_in_again,
            )
        key = checked_access_key(key_id=key_id, secret=secret, source=self.name, hint=log_in_again)
        return Found(key, f"{self.name}, secret in the keyring")
