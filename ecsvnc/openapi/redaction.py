"""Removes secrets from texts of a service, which may repeat signatures and tickets. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

CUT = "[redacted]"

_SIGNATURE = re.compile(r"""(signature["']?\s*(?:[=:]|%3D)\s*["']?)[0-9A-Za-z%+/=]{16,}""", re.IGNORECASE)
"""Any signature, in a header or a query: `ACS3-HMAC-SHA256 …,Signature=`, `&Signature=`."""

CONSOLE_ADDRESS = re.compile(r"wss?(?::|%(?:25)*3A)(?:\\?/|%(?:25)*2F){2}\S*", re.IGNORECASE)
"""The address of a console, with its ticket: as it is, in JSON, or percent-encoded any number of times."""


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the secrets, plain or percent-encoded, and without what looks like a signature or a ticket."""
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}
    folded = text.casefold()
    if any(form.casefold() in folded for form in forms):  # compiling the pattern takes a millisecond
        # The longest first: one may be a part of another.
        known = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
        text = re.sub(known, CUT, text, flags=re.IGNORECASE)
    return _SIGNATURE.sub(rf"\g<1>{CUT}", CONSOLE_ADDRESS.sub(CUT, text))
