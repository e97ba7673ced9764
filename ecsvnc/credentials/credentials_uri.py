"""Source: an address that serves temporary keys, as a sidecar does."""

from __future__ import annotations

from urllib.parse import urlsplit

from ecsvnc.credentials.assume_role import naming
from ecsvnc.credentials.context import SourceContext
from ecsvnc.credentials.found import Absent, Found
from ecsvnc.credentials.temporary import parse_served_key
from ecsvnc.errors import ConfigurationError, CredentialsError
from ecsvnc.http.proxies import METADATA_HOST
from ecsvnc.loopback.names import is_loopback

URI_VARIABLE = "ALIBABA_CLOUD_CREDENTIALS_URI"

_TIMEOUT_S = 10.0


def find(context: SourceContext) -> Found | Absent:
    """The key that ALIBABA_CLOUD_CREDENTIALS_URI serves.

    Raises CredentialsError if the answer is not complete, NetworkError without an answer.
    """
    uri = context.runtime.environ.get(URI_VARIABLE, "")
    if not uri:
        return Absent(f"{URI_VARIABLE} is not set")
    return served_credentials(context, uri, f"the credentials URI ({URI_VARIABLE})")


def served_credentials(context: SourceContext, uri: str, source: str) -> Found:
    """The temporary key that an address serves. Raises as `find`.

    Plain http is allowed for loopback and the metadata service's address: elsewhere the secret would cross a network
    unencrypted.
    """
    _check(uri, source)
    with naming(source, uri, urlsplit(uri).path.strip("/"), urlsplit(uri).query):
        answer = context.fetch(uri, timeout_s=_TIMEOUT_S)
        if answer.status != 200:
            # The address is not shown: it may contain a token.
            raise CredentialsError(
                f"it answered with HTTP status {answer.status}.", hint="Check that the service at this address runs."
            )
    return parse_served_key(answer.body, source)


def _check(uri: str, source: str) -> None:
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host = ""
    is_local = is_loopback(host) or host == METADATA_HOST
    if (
        not host
        or not uri.isprintable()
        or "@" in parts.netloc
        or not (parts.scheme == "https" or (parts.scheme == "http" and is_local))
    ):
        raise ConfigurationError(
            f"The address of {source} cannot be used: it must be https://, or http:// on loopback, without a password.",
            hint="Correct it where it is set.",
        )
