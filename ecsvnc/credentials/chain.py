"""The chain: the first source that has credentials is used until the run ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

from ecsvnc.credentials.found import Absent, Found, check_not_expired
from ecsvnc.errors import CredentialsError, EcsvncError
from ecsvnc.openapi.access_key import AccessKey
from ecsvnc.runtime import Runtime

REFRESH_BEFORE_S = 300.0
"""Temporary credentials are renewed this long before they expire: longer than a request with its retries."""

RETRY_AFTER_S = 30.0
"""The time to the next attempt when renewing failed, or returned nothing newer."""


Find = Callable[[], Found | Absent]
"""Looks at one source.

Raises CredentialsError for credentials that cannot be used, ConfigurationError for a wrong file, variable or profile,
and NetworkError or ServiceError if a service that it needs fails.
"""


class CredentialChain:
    """Finds credentials once per run, and renews temporary ones before they expire. Thread-safe.

    `sources` returns name and function of each source, in order. Credentials are only renewed from the source that had
    them: a run never changes its identity.
    """

    def __init__(self, sources: Callable[[], Iterable[tuple[str, Find]]], runtime: Runtime) -> None:
        self._sources = sources
        self._runtime = runtime
        self._lock = threading.Lock()  # held while looking, so that parallel requests do it once
        self._current: tuple[Find, Found] | None = None
        self._next_try_s = 0.0
        self.place = ""
        """The name of the source that had the credentials; empty until they are found."""

    def access_key(self) -> AccessKey:
        """The key to sign with. Raises what `Find` raises, CredentialsError if no source has any."""
        return self.found().access_key

    def found(self) -> Found:
        """The credentials, with their source and expiry. Raises as `access_key`."""
        with self._lock:
            if self._current is None:
                self._current = self._look()
            elif self._should_renew(self._current[1]):
                self._current = self._renew(*self._current)
            return self._current[1]

    def _look(self) -> tuple[Find, Found]:
        absences: list[str] = []
        for name, find in self._sources():
            answer = find()
            if isinstance(answer, Found):
                check_not_expired(answer, self._runtime.now())
                self._runtime.reporter.info(f"Credentials from {answer.source}.")
                self.place = name
                return find, _labelled(answer)
            absences.append(f"{name} ({answer.reason})")
        raise CredentialsError(
            f"No credentials found. Looked in: {'; '.join(absences)}.",
            hint="Run `ecsvnc config login`, or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.",
        )

    def _should_renew(self, held: Found) -> bool:
        if held.expires_at is None or self._runtime.now() < held.expires_at - REFRESH_BEFORE_S:
            return False
        return self._runtime.monotonic() >= self._next_try_s

    def _renew(self, find: Find, held: Found) -> tuple[Find, Found]:
        self._next_try_s = self._runtime.monotonic() + RETRY_AFTER_S
        try:
            answer = find()
            if isinstance(answer, Absent):
                raise CredentialsError(
                    f"The credentials from {held.source} are no longer available: {answer.reason}.",
                    hint="Run the command again.",
                )
            check_not_expired(answer, self._runtime.now())
        except EcsvncError as error:
            if held.expires_at is not None and self._runtime.now() >= held.expires_at:
                raise
            self._runtime.reporter.warn(f"The credentials from {held.source} could not be renewed yet: {error.what}")
            return find, held
        self._runtime.reporter.info(f"Renewed the credentials from {answer.source}.")
        return find, _labelled(answer)


def _labelled(found: Found) -> Found:
    """The credentials with the source on the key too, so that an error of the service can name it."""
    return found._replace(access_key=replace(found.access_key, source=found.source))
