"""The contract of a secret store, held by the real one and by the fake; and what the real one makes of bad keyrings."""

import threading

import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest
from keyring.testing.backend import BackendBasicTests

from ecsvnc.errors import ConfigurationError, CredentialsError
from ecsvnc.settings.keyring_store import KeyringStores
from ecsvnc.settings.secret_store import KeyringGoneError, MemoryStores, vnc_password_account


class Ring(keyring.backend.KeyringBackend):
    """A keyring in memory, as a backend."""

    priority = 3
    viable = False  # only named, never found by keyring's own discovery

    def __init__(self):
        super().__init__()
        self.secrets = {}

    def get_password(self, service, username):
        return self.secrets.get((service, username))

    def set_password(self, service, username, password):
        self.secrets[service, username] = password

    def delete_password(self, service, username):
        try:
            del self.secrets[service, username]
        except KeyError:
            raise keyring.errors.PasswordDeleteError from None


class WeakRing(Ring):
    priority = 0.5


class PlaintextRing(Ring):
    priority = 9


PlaintextRing.__module__ = "keyrings.alt.file"


class BrokenRing(Ring):
    before = ""

    def get_password(self, service, username):
        raise RuntimeError("the service said no\nand more")

    def set_password(self, service, username, password):
        raise RuntimeError(f"{self.before}cannot store {password}")


class LockedRing(Ring):
    def get_password(self, service, username):
        raise keyring.errors.KeyringLocked("dismissed")


class TestRing(BackendBasicTests):
    """The backend that these tests stand on keeps keyring's own contract."""

    def init_keyring(self):
        return Ring()


def stores_of(runtime, *rings, **options):
    by_name = {f"{type(ring).__module__}.{type(ring).__qualname__}": ring for ring in rings}
    return KeyringStores(runtime, load=by_name.__getitem__, every=lambda: rings, **options)


@pytest.fixture(params=["memory", "keyring"])
def stores(request, runtime_of):
    return MemoryStores() if request.param == "memory" else stores_of(runtime_of(), Ring())


def test_a_secret_is_found_under_the_remembered_name(stores):
    store = stores.discover()
    store.set("LTAI-1", "s3cret")
    assert stores.named(store.backend).get("LTAI-1") == "s3cret"
    assert store.get("LTAI-2") is None


def test_a_secret_can_be_replaced(stores):
    store = stores.discover()
    store.set("LTAI-1", "old")
    store.set("LTAI-1", "new")
    assert store.get("LTAI-1") == "new"


def test_deleting_a_secret_twice_is_no_error(stores):
    store = stores.discover()
    store.set("LTAI-1", "s3cret")
    store.delete("LTAI-1")
    store.delete("LTAI-1")
    assert store.get("LTAI-1") is None


def test_vnc_passwords_have_accounts_of_their_own():
    assert vnc_password_account("i-1") == "vnc-password:i-1"


def test_the_best_safe_keyring_is_discovered(runtime_of):
    rings = (WeakRing(), PlaintextRing(), keyring.backends.null.Keyring(), keyring.backends.fail.Keyring(), Ring())
    assert stores_of(runtime_of(), *rings).discover().backend.endswith(".Ring")


@pytest.mark.parametrize(
    "ring", [WeakRing, PlaintextRing, keyring.backends.fail.Keyring, keyring.backends.null.Keyring]
)
def test_without_a_safe_keyring_the_hint_names_both_alternatives(runtime_of, ring):
    with pytest.raises(CredentialsError, match="no keyring") as caught:
        stores_of(runtime_of(), ring()).discover()
    assert "Install a keyring" in caught.value.hint
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in caught.value.hint


def test_the_variable_chooses_the_keyring_with_a_warning_for_a_readable_file(runtime_of, heard):
    name = "keyrings.alt.file.PlaintextRing"
    assert stores_of(runtime_of(PYTHON_KEYRING_BACKEND=name), PlaintextRing(), Ring()).discover().backend == name
    assert "readable file" in heard.warnings[0]


@pytest.mark.parametrize("name", ["keyring.backends.fail.Keyring", "keyring.backends.null.Keyring"])
def test_the_variable_can_turn_keyrings_off(runtime_of, name):
    stores = KeyringStores(runtime_of(PYTHON_KEYRING_BACKEND=name))
    for use in (stores.discover, lambda: stores.named("keyring.backends.SecretService.Keyring")):
        with pytest.raises(CredentialsError, match="turns the keyring off"):
            use()


def test_a_variable_that_names_no_keyring_is_a_configuration_error(runtime_of):
    with pytest.raises(
        ConfigurationError, match=r"PYTHON_KEYRING_BACKEND names a keyring that cannot be used: no\.such"
    ):
        KeyringStores(runtime_of(PYTHON_KEYRING_BACKEND="no.such.Ring")).discover()


def test_a_remembered_keyring_that_is_gone_is_distinguished_from_one_that_is_locked(runtime_of):
    with pytest.raises(KeyringGoneError, match=r"cannot be used: no\.such\.Ring"):
        KeyringStores(runtime_of()).named("no.such.Ring")
    with pytest.raises(CredentialsError) as caught:
        stores_of(runtime_of(), LockedRing()).discover().get("LTAI-1")
    assert not isinstance(caught.value, KeyringGoneError)


def test_whatever_a_keyring_raises_is_a_credentials_error(runtime_of):
    with pytest.raises(CredentialsError, match=r"RuntimeError: the service said no$"):
        stores_of(runtime_of(), BrokenRing()).discover().get("LTAI-1")


@pytest.mark.parametrize("length", [0, 150, 165, 169, 300])
def test_a_keyring_that_repeats_the_secret_is_not_quoted_not_even_in_part(runtime_of, length):
    ring = BrokenRing()
    ring.before = "." * length
    with pytest.raises(CredentialsError) as caught:
        stores_of(runtime_of(), ring).discover().set("LTAI-1", "s3cret-s3cret-s3cret")
    assert "s3c" not in caught.value.what + caught.value.hint
    assert caught.value.__suppress_context__


def test_a_keyring_that_was_not_unlocked_is_reported(runtime_of):
    with pytest.raises(CredentialsError, match="locked, and was not unlocked"):
        stores_of(runtime_of(), LockedRing()).discover().get("LTAI-1")


@pytest.mark.parametrize("may_ask", [True, False])
def test_a_keyring_that_never_answers_is_given_up(runtime_of, may_ask, heard):
    never = threading.Event()

    class HangingRing(Ring):
        def get_password(self, service, username):
            never.wait(30)

    store = stores_of(runtime_of(), HangingRing(), may_ask=may_ask, limit_s=0.05).discover()
    with pytest.raises(CredentialsError, match="locked or does not answer"):
        store.get("LTAI-1")
    never.set()
    assert bool(heard.warnings) is may_ask
