from types import SimpleNamespace

import pytest

from ecsvnc.settings.secret_store import MemoryStores, vnc_password_account
from ecsvnc.settings.vnc_password import stored_vnc_password

ID = "i-bp1hzoinajzkh91h2q4d"


@pytest.fixture
def settings(settings_of, tmp_path):
    def make(text, stores):
        folder = tmp_path / "config"
        folder.mkdir()
        (folder / "config.toml").write_text(text)
        return settings_of(secret_stores=stores, ECSVNC_CONFIG_DIR=str(folder))

    return make


def test_a_stored_password_is_found_where_the_config_says(settings):
    stores = MemoryStores()
    stores.discover().set(vnc_password_account(ID), "Ecs123")
    assert stored_vnc_password(ID, settings(f'[vnc_passwords]\n{ID} = "memory"\n', stores)) == "Ecs123"


def test_without_one_no_keyring_is_loaded(settings):
    def unexpected(backend):
        raise AssertionError("the keyring was loaded")

    stores = SimpleNamespace(named=unexpected)
    assert stored_vnc_password(ID, settings('[vnc_passwords]\ni-other = "memory"\n', stores)) is None


def test_one_that_is_gone_from_the_keyring_is_none(settings):
    assert stored_vnc_password(ID, settings(f'[vnc_passwords]\n{ID} = "memory"\n', MemoryStores())) is None
