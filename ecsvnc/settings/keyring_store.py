"""The operating system's keyring as a `SecretStore`, through the `keyring` library.

Its pitfalls: discovery takes longer than a request; a locked keyring waits for a dialog that may never be shown; a
backend raises whatever its platform's library raises; and where there is no keyring, `keyring` may choose one that
stores plain text in a file (keyrings.alt) or nothing at all. So every use runs on a background thread with a time
limit, and a plain-text backend is used only if PYTHON_KEYRING_BACKEND names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import wait
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from ecsvnc.background import in_background
from ecsvnc.errors import ConfigurationError, CredentialsError
from ecsvnc.runtime import Runtime
from ecsvnc.settings.secret_store import SERVICE, KeyringGoneError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

BACKEND_VARIABLE = "PYTHON_KEYRING_BACKEND"

UNLOCK_LIMIT_S = 30.0
"""For a locked keyring: enough to type a password into the desktop's dialog."""

ANSWER_LIMIT_S = 10.0
"""For an unlocked keyring, when the user may not be prompted."""

QUIET_S = 1.5
"""A longer wait is reported."""

UNSEEN_DIALOG_S = 1.0
"""A dialog that ended earlier was not shown."""

_ALTERNATIVES = (
    "Install a keyring (on Linux: gnome-keyring or KWallet, in a desktop session), "
    "or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET instead."
)


class KeyringTimeout:
    """The time limit of every use of a keyring; work that takes longer continues on its background thread."""

    def __init__(self, runtime: Runtime, *, may_ask: bool, limit_s: float, unseen_dialog_s: float) -> None:
        self.runtime = runtime
        self.may_ask = may_ask
        self.unseen_dialog_s = unseen_dialog_s
        self.limit_s = limit_s if may_ask else min(limit_s, ANSWER_LIMIT_S)

    def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Raises CredentialsError when the time is over."""
        future = in_background(work, name="keyring")
        quiet_s = min(QUIET_S, self.limit_s)
        done, _ = wait([future], timeout=quiet_s)
        if not done and self.may_ask:
            self.runtime.reporter.notice(
                f"Waiting for the keyring (at most {self.limit_s:.0f} s). It may be asking you to unlock it."
            )
        with self.runtime.working("Waiting for the keyring", done="The keyring answered"):
            done, _ = wait([future], timeout=self.limit_s - quiet_s)
        if not done:
            raise CredentialsError(
                f"The keyring is locked or does not answer: gave up after {self.limit_s:.0f} s.",
                hint=f"Unlock it in your desktop and try again. Or: {_ALTERNATIVES}",
            )
        return future.result()


class KeyringStores:
    """The keyrings of this machine. Without `may_ask`, a keyring that needs the user to unlock it is an error at once.

    `load` finds a backend by name, `every` finds all backends.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        may_ask: bool = True,
        limit_s: float = UNLOCK_LIMIT_S,
        unseen_dialog_s: float = UNSEEN_DIALOG_S,
        load: Callable[[str], KeyringBackend] | None = None,
        every: Callable[[], Iterable[KeyringBackend]] | None = None,
    ) -> None:
        self._runtime = runtime
        self._timeout = KeyringTimeout(runtime, may_ask=may_ask, limit_s=limit_s, unseen_dialog_s=unseen_dialog_s)
        self._load = load or _load_by_name
        self._every = every or _every_backend

    def discover(self) -> KeyringStore:
        """The keyring for new secrets: the one that PYTHON_KEYRING_BACKEND names, else the best that is safe.

        Raises CredentialsError if there is none, ConfigurationError for a wrong variable.
        """
        named = self._runtime.environ.get(BACKEND_VARIABLE)
        if named:
            return self._from_variable(named)
        best = self._timeout.run(lambda: max(filter(_is_safe, self._every()), key=_priority, default=None))
        if best is None:
            raise CredentialsError("This machine has no keyring that stores secrets safely.", hint=_ALTERNATIVES)
        return KeyringStore(best, self._timeout)

    def named(self, backend: str) -> KeyringStore:
        """The keyring that config.toml names, unless PYTHON_KEYRING_BACKEND overrides it.

        Raises KeyringGoneError if it cannot be loaded.
        """
        override = self._runtime.environ.get(BACKEND_VARIABLE)
        if override and override != backend:
            return self._from_variable(override)
        try:
            ring = self._timeout.run(lambda: self._load(backend))
        except CredentialsError:
            raise
        except Exception as error:  # noqa: BLE001  # a backend raises what its platform's library raises
            raise KeyringGoneError(
                f"The keyring that holds the secret cannot be used: {backend} ({type(error).__name__}).",
                hint=f"Check that its service is running. Or: {_ALTERNATIVES}",
            ) from None
        return KeyringStore(ring, self._timeout)

    def _from_variable(self, name: str) -> KeyringStore:
        try:
            ring = self._timeout.run(lambda: self._load(name))
        except CredentialsError:
            raise
        except Exception as error:  # noqa: BLE001  # as above, and ImportError for a wrong name
            raise ConfigurationError(
                f"{BACKEND_VARIABLE} names a keyring that cannot be used: {name} ({type(error).__name__}).",
                hint=f"Correct it, or unset {BACKEND_VARIABLE}.",
            ) from None
        if _keeps_nothing(ring):
            raise CredentialsError(
                f"{BACKEND_VARIABLE} turns the keyring off ({name}): it stores no secrets.",
                hint=f"Unset it. Or: {_ALTERNATIVES}",
            )
        if _is_plain_text(ring):
            self._runtime.reporter.warn(f"{BACKEND_VARIABLE} selects {name}, which stores secrets in a readable file.")
        return KeyringStore(ring, self._timeout)


class KeyringStore:
    """One keyring."""

    def __init__(self, ring: KeyringBackend, timeout: KeyringTimeout) -> None:
        self._ring = ring
        self._timeout = timeout

    @property
    def backend(self) -> str:
        """The name by which `keyring.core.load_keyring` finds it again."""
        return f"{type(self._ring).__module__}.{type(self._ring).__qualname__}"

    def get(self, account: str) -> str | None:
        """The secret, or None. Raises CredentialsError."""
        return self._use(lambda: self._ring.get_password(SERVICE, account))

    def set(self, account: str, secret: str) -> None:
        """Store a secret. Raises CredentialsError."""
        self._use(lambda: self._ring.set_password(SERVICE, account, secret), secret=secret)

    def delete(self, account: str) -> None:
        """Delete a secret. Raises CredentialsError."""

        def delete() -> None:
            # Backends raise different errors for a missing entry, so it is read first.
            if self._ring.get_password(SERVICE, account) is not None:
                self._ring.delete_password(SERVICE, account)

        self._use(delete)

    def _use(self, work: Callable[[], T], *, secret: str = "") -> T:
        try:
            return self._timeout.run(lambda: self._unlocked(work))
        except CredentialsError:
            raise
        except Exception as error:  # noqa: BLE001  # a backend raises what its platform's library raises
            raise _failure(error, self.backend, secret) from None

    def _unlocked(self, work: Callable[[], T]) -> T:
        """Do the work; the user is prompted to unlock the keyring if needed. Runs in the background."""
        if _can_tell(self._ring):
            self._unlock()
        return work()

    def _unlock(self) -> None:
        """Unlock the Secret Service, as the backend itself would, but for a bus that it then leaves open."""
        import secretstorage  # Linux only, and already loaded by the backend

        runtime = self._timeout.runtime
        with closing(secretstorage.dbus_init()) as bus:
            try:
                collection = secretstorage.Collection(bus)
            except secretstorage.ItemNotFoundException:  # no keyring yet: making one prompts for its password
                collection = None
            if collection is not None and not collection.is_locked():
                return
            if not self._timeout.may_ask:
                raise CredentialsError(
                    "The keyring is locked.", hint=f"Unlock it, or omit --no-input. Or: {_ALTERNATIVES}"
                )
            if collection is None:
                return
            started_s = runtime.monotonic()
            if collection.unlock() and runtime.monotonic() - started_s > self._timeout.unseen_dialog_s:
                raise _not_unlocked()
            # Its dialog could not be shown, as in an SSH session, but it can be unlocked elsewhere.
            while collection.is_locked():
                if runtime.monotonic() - started_s > self._timeout.limit_s:
                    raise _not_unlocked()
                runtime.sleep(0.3)


def _not_unlocked() -> CredentialsError:
    return CredentialsError(
        "The keyring is locked, and was not unlocked.", hint=f"Try again and unlock it. Or: {_ALTERNATIVES}"
    )


def _failure(error: Exception, backend: str, secret: str) -> CredentialsError:
    if _says_locked(error):
        return _not_unlocked()
    reason = f"{type(error).__name__}: {error}".splitlines()[0][:200] if str(error) else type(error).__name__
    if secret and secret in str(error):  # `reason` may be cut off in the middle of it
        reason = type(error).__name__
    return CredentialsError(f"The keyring failed: {backend} reported {reason}", hint=_ALTERNATIVES)


def _says_locked(error: Exception) -> bool:
    from keyring.errors import KeyringLocked  # already loaded by the backend

    return isinstance(error, KeyringLocked)


def _can_tell(ring: KeyringBackend) -> bool:
    """Whether it reports that it is locked without prompting the user: only the Secret Service does."""
    return type(ring).__module__ == "keyring.backends.SecretService"


def _keeps_nothing(ring: KeyringBackend) -> bool:
    """Whether it is one of keyring's placeholders for "no keyring"."""
    return type(ring).__module__ in ("keyring.backends.fail", "keyring.backends.null")


def _is_plain_text(ring: KeyringBackend) -> bool:
    """Whether a file that it writes can be read back without a password.

    keyrings.alt's file and registry backends are; `keyrings.alt.file.EncryptedKeyring` asks for a password on the
    terminal each time, and is not used either.
    """
    return type(ring).__module__.startswith(("keyrings.alt.", "keyring.backends.file"))


def _is_safe(ring: KeyringBackend) -> bool:
    is_chain = type(ring).__module__ == "keyring.backends.chainer"  # it combines the others
    return not (is_chain or _keeps_nothing(ring) or _is_plain_text(ring)) and _priority(ring) >= 1


def _priority(ring: KeyringBackend) -> float:
    """How well it suits this machine; 1 or more is "recommended" (keyring.backend)."""
    return float(ring.priority)


def _load_by_name(name: str) -> KeyringBackend:
    from keyring.core import load_keyring  # loads every backend's library

    return load_keyring(name)


def _every_backend() -> Iterable[KeyringBackend]:
    from keyring.backend import get_all_keyring  # as above

    return get_all_keyring()
