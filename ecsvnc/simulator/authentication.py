"""Whether a request is from whom it says: AccessKey, date, signature, security token, nonce, in that order."""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime

from ecsvnc.simulator import refusals
from ecsvnc.simulator.accounts import Accounts, Identity
from ecsvnc.simulator.claims import Claim
from ecsvnc.simulator.nonces import Nonces, NoncesFullError

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

DATE_WINDOW_S = 15 * 60.0
"""How far a request's date may be from the service's clock ("signature method V3", x-acs-date)."""


class Authentication:
    """Checks claims against the accounts, and remembers nonces. Safe to use from several threads."""

    def __init__(self, accounts: Accounts, *, nonces: Nonces | None = None) -> None:
        self._accounts = accounts
        self._nonces = nonces or Nonces(window_s=DATE_WINDOW_S)

    def authenticate(self, claim: Claim, *, now: float) -> Identity:
        """Whose claim it is. `now` is POSIX seconds. Raises ApiError if it does not hold.

        The nonce is noted last: only who has the secret can use one up.
        """
        identity = self._accounts.by_access_key(claim.access_key_id)
        if identity is None:
            raise refusals.unknown_access_key()
        if not identity.is_active:
            raise refusals.inactive_access_key()
        if abs(_posix_seconds(claim.date) - now) > DATE_WINDOW_S:
            raise refusals.timestamp_expired()
        expected = claim.expected_signature(identity.access_key_secret)
        if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
            raise refusals.signature_does_not_match(claim.string_to_sign)
        self._check_token(identity, claim.security_token, now)
        try:
            is_new = self._nonces.use(claim.access_key_id, claim.nonce, now=now)
        except NoncesFullError:
            raise refusals.throttled() from None
        if not is_new:
            raise refusals.nonce_used()
        return identity

    def _check_token(self, identity: Identity, token: str | None, now: float) -> None:
        if not token:
            if identity.security_token is not None:
                raise refusals.missing_security_token()
            return
        if not self._accounts.was_issued(token):
            raise refusals.security_token_malformed()
        if not hmac.compare_digest((identity.security_token or "").encode(), token.encode()):
            raise refusals.security_token_mismatch()
        if identity.expires_at is not None and identity.expires_at <= now:
            raise refusals.security_token_expired()


def _posix_seconds(date: str) -> float:
    if not _DATE.fullmatch(date):  # strptime also takes small letters, single digits and those of other scripts
        raise refusals.timestamp_format()
    try:
        return datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise refusals.timestamp_format() from None
