"""Authenticates requests: checks AccessKey, date, signature, security token and nonce, in that order."""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime

from ecsvnc.simulator.accounts import Accounts, Identity
from ecsvnc.simulator.claims import read_claim
from ecsvnc.simulator.nonces import Nonces
from ecsvnc.simulator.refusals import refused
from ecsvnc.simulator.request import ApiRequest

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

DATE_WINDOW_S = 15 * 60.0
"""How far a request's date may be from the service's clock ("signature method V3", x-acs-date)."""


class Authentication:
    """Checks requests against the accounts, and remembers nonces. Safe for several threads."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._nonces = Nonces(window_s=DATE_WINDOW_S)

    def authenticate(self, request: ApiRequest, *, now: float) -> Identity:
        """Who signed the request. `now` is POSIX seconds. Raises ApiError for a missing or wrong signature.

        The nonce is stored last: only a client that has the secret can use one.
        """
        claim = read_claim(request)
        identity = self._accounts.by_access_key(claim.access_key_id)
        if identity is None:
            raise refused("InvalidAccessKeyId.NotFound")
        if not identity.is_active:
            raise refused("InvalidAccessKeyId.Inactive")
        if abs(_posix_seconds(claim.date) - now) > DATE_WINDOW_S:
            raise refused("InvalidTimeStamp.Expired")
        expected = claim.expected_signature(identity.access_key_secret)
        if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
            raise refused("SignatureDoesNotMatch", claim.string_to_sign)
        self._check_token(identity, claim.security_token, now)
        if not self._nonces.use(claim.access_key_id, claim.nonce, now=now):
            raise refused("SignatureNonceUsed")
        return identity

    def _check_token(self, identity: Identity, token: str | None, now: float) -> None:
        if not token:
            if identity.security_token is not None:
                raise refused("MissingSecurityToken")
            return
        if not self._accounts.was_issued(token):
            raise refused("InvalidSecurityToken.Malformed")
        if not hmac.compare_digest((identity.security_token or "").encode(), token.encode()):
            raise refused("InvalidSecurityToken.MismatchWithAccessKey")
        if identity.expires_at is not None and identity.expires_at <= now:
            raise refused("InvalidSecurityToken.Expired")


def _posix_seconds(date: str) -> float:
    if not _DATE.fullmatch(date):  # strptime also accepts lower case, single digits and digits of other scripts
        raise refused("InvalidTimeStamp.Format")
    try:
        return datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise refused("InvalidTimeStamp.Format") from None
