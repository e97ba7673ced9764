"""Source: an address that serves temporary keys, as a sidecar does."""

from __future__ import annotations

from urllib.parse import urlsplit

from ecsvnc.credentials.assume_role import naming
from ecsvnc.credentials.found import Absent, Found
from ecsvnc.credentials.served import fetch
from ecsvnc.credentials.temporary import parse_served_key
from ecsvnc.credentials.tools import Tools
from ecsvnc.errors import ConfigurationError, CredentialsError
from ecsvnc.http.proxies import METADATA_HOST
from ecsvnc.loopback.names import is_loopback

URI_VARIABLE = "ALIBABA_CLOUD_CREDENTIALS_URI"

_TIMEOUT_S = 10.0


class CredentialsUriSource:
    """ALIBABA_CLOUD_CREDENTIALS_URI."""

    name = "the credentials URI"

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def find(self) -> Found | Absent:
        """Look. Raises CredentialsError if the answer is not complete, NetworkError if there is none."""
        uri = self._tools.runtime.environ.get(URI_VARIABLE, "")
        if not uri:
            return Absent(f"{URI_VARIABLE} is not set")
        return served_credentials(self._tools, uri, f"{self.name} ({URI_VARIABLE})")


def served_credentials(tools: Tools, uri: str, source: str) -> Found:
    """The temporary key that an address serves. Raises as `CredentialsUriSource.find`.

    Plain http is for loopback and the metadata service's address: everywhere else a secret would cross a network.
    """
    _check(uri, source)
    with naming(source):
        answer = fetch(tools.transport(), uri, timeout_s=_TIMEOUT_S)
        if answer.status != 200:
            # The address is not shown: it may hold a token of its own.
            raise CredentialsError(
                f"it answered with HTTP status {answer.status}.", hint="Is what serves it up and in order?"
            )
    return parse_served_key(answer.body, source).found(source)


def _check(uri: str, source: str) -> None:
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host = ""
    is_near = is_loopback(host) or host == METADATA_HOST
    if (
        not host
        or not uri.isprintable()
        or "@" in parts.netloc
        or not (parts.scheme == "https" or (parts.scheme == "http" and is_near))
    ):
        raise ConfigurationError(
            f"The address of {source} cannot be used: it must be https://, or http:// on loopback, without a password.",
            hint="Correct it where it is set.",
        )
