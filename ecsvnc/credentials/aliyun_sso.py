"""The aliyun CLI's sign-ins, CloudSSO and OAuth: the temporary key that it cached, or a new one for its access token.

The access token itself is never renewed: that would use the refresh token, and end the CLI's own sign-in. When it has
expired, the hint is to sign in again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ecsvnc.credentials.assume_role import naming
from ecsvnc.credentials.context import SourceContext
from ecsvnc.credentials.found import Found, checked_access_key
from ecsvnc.credentials.temporary import parse_temporary_key
from ecsvnc.errors import ConfigurationError, CredentialsError, UnexpectedAnswerError
from ecsvnc.http.messages import HttpRequest
from ecsvnc.loopback.names import is_loopback
from ecsvnc.openapi.answers import parse_json_object
from ecsvnc.settings.aliyun_profile import AliyunProfile, read_aliyun_config
from ecsvnc.settings.table import TIMEOUT

OAUTH_SITES = {"CN": "https://oauth.aliyun.com", "INTL": "https://oauth.alibabacloud.com"}

_SPARE_S = 60.0
"""A cached key that expires sooner is not used."""

_TIMEOUT_S = 20.0
_MAX_BODY_BYTES = 256 * 1024


def cloud_sso(context: SourceContext, profile: AliyunProfile, source: str, *, hint: str) -> Found:
    """A key of a CloudSSO sign-in; `hint` says how to sign in again.

    Raises CredentialsError if the sign-in has expired, NetworkError if the service cannot be reached.
    """
    sign_in = _SignIn(context, _read_again(context, profile), source, hint)
    if (cached := sign_in.cached_key()) is not None:
        return cached
    token = sign_in.access_token("access_token", "cloud_sso_access_token_expire")
    body = {
        "AccountId": sign_in.required("cloud_sso_account_id"),
        "AccessConfigurationId": sign_in.required("cloud_sso_access_config"),
    }
    answer = sign_in.post(f"{_origin(sign_in)}/cloud-credentials", token, json.dumps(body).encode())
    return sign_in.new_key(answer.get("CloudCredential"))


def oauth(context: SourceContext, profile: AliyunProfile, source: str, *, hint: str) -> Found:
    """A key of an OAuth sign-in. Raises as `cloud_sso`."""
    sign_in = _SignIn(context, _read_again(context, profile), source, hint)
    if (cached := sign_in.cached_key()) is not None:
        return cached
    token = sign_in.access_token("oauth_access_token", "oauth_access_token_expire")
    site = sign_in.profile.text("oauth_site_type").upper() or "CN"
    if site not in OAUTH_SITES:
        raise ConfigurationError(f"`oauth_site_type` of {source} must be CN or INTL.", hint=sign_in.hint)
    return sign_in.new_key(sign_in.post(f"{OAUTH_SITES[site]}/v1/exchange", token, b"{}"))


def _read_again(context: SourceContext, profile: AliyunProfile) -> AliyunProfile:
    """The profile, read again: the CLI may have renewed its key since, or the user may have signed in."""
    if profile is not context.settings.aliyun.profiles.get(profile.name):
        return profile  # an External profile's command printed it
    return read_aliyun_config(context.runtime).profiles.get(profile.name, profile)


@dataclass(frozen=True, slots=True)
class _SignIn:
    context: SourceContext
    profile: AliyunProfile
    source: str
    hint: str

    def required(self, key: str) -> str:
        value = self.profile.text(key)
        if not value:
            raise CredentialsError(f"Incomplete credentials: {self.source} has no `{key}`.", hint=self.hint)
        return value

    def cached_key(self) -> Found | None:
        """The key that the CLI cached, or None if it has expired or is missing."""
        expires_at = self.profile.number("sts_expiration")
        if expires_at <= self.context.runtime.now() + _SPARE_S:
            return None
        key = checked_access_key(
            key_id=self.profile.text("access_key_id"),
            secret=self.profile.text("access_key_secret"),
            token=self.profile.text("sts_token"),
            needs_token=True,
            source=self.source,
            hint=self.hint,
        )
        return Found(key, self.source, expires_at)

    def access_token(self, key: str, expiry_key: str) -> str:
        token = self.required(key)
        if self.profile.number(expiry_key) <= self.context.runtime.now():
            raise CredentialsError(f"The sign-in of {self.source} has expired.", hint=self.hint)
        if not re.fullmatch(r"[!-~]+", token):
            raise CredentialsError(f"`{key}` of {self.source} is malformed.", hint=self.hint)
        return token

    def post(self, url: str, token: str, body: bytes) -> Mapping[str, Any]:
        """Exchange the access token. Raises CredentialsError if it is refused."""
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "accept": "application/json",
        }
        with naming(self.source, token):
            answer = self.context.transport().send(
                HttpRequest("POST", url, headers, body),
                total_timeout_s=min(_TIMEOUT_S, self.context.settings[TIMEOUT]),
                max_body_bytes=_MAX_BODY_BYTES,
            )
            if answer.status in (400, 401, 403):
                raise CredentialsError(
                    f"the sign-in is no longer accepted (HTTP status {answer.status}).",
                    hint=self.hint,
                )
            try:
                values = parse_json_object(answer.body)
            except ValueError:
                values = None
            if answer.status != 200 or values is None:
                raise UnexpectedAnswerError(
                    f"{urlsplit(url).hostname} answered with HTTP status {answer.status} instead of a key.",
                    hint=f"Try again later. {self.hint}",
                )
        return values

    def new_key(self, values: object) -> Found:
        key = parse_temporary_key(values, self.source)
        if key is None:
            raise CredentialsError(
                f"Incomplete credentials: the answer for {self.source} is not complete.",
                hint=self.hint,
            )
        return key


def _origin(sign_in: _SignIn) -> str:
    """Scheme and host of the sign-in page, which also has CloudSSO's API."""
    try:
        parts = urlsplit(sign_in.required("cloud_sso_sign_in_url"))
        host = parts.hostname or ""
        is_usable = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    except ValueError:
        host, is_usable = "", False
    if not host or not is_usable or "@" in parts.netloc:
        raise ConfigurationError(
            f"`cloud_sso_sign_in_url` of {sign_in.source} must be an https:// URL.",
            hint=sign_in.hint,
        )
    return f"{parts.scheme}://{parts.netloc}"
