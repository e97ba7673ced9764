"""The order of the sources, and what choosing a profile means."""

import pytest
from test_matrix import AK, CredentialsUri, Environment, Keyring, Metadata, Oidc, SectionAccessKey

from ecsvnc.errors import ConfigurationError, CredentialsError

IN_ORDER = [Environment, Oidc, Keyring, AK, SectionAccessKey, Metadata, CredentialsUri]


@pytest.mark.parametrize("first", range(len(IN_ORDER)), ids=[kind.__name__ for kind in IN_ORDER])
def test_a_source_wins_over_all_that_come_after_it(world, first):
    for kind in reversed(IN_ORDER[first:]):
        kind().arrange(world, "complete")
    assert IN_ORDER[first].names in world.chain().found().source


@pytest.mark.parametrize("first", range(len(IN_ORDER)), ids=[kind.__name__ for kind in IN_ORDER])
def test_half_a_credential_is_an_error_though_all_that_come_after_it_are_complete(world, first):
    for kind in reversed(IN_ORDER[first + 1 :]):
        kind().arrange(world, "complete")
    sender = world.sender
    IN_ORDER[first]().arrange(world, "half")
    if sender is not None and world.sender is not sender:
        world.sender.answers = {**sender.answers, **world.sender.answers}
    with pytest.raises(CredentialsError) as caught:
        world.chain().access_key()
    assert IN_ORDER[first].names in caught.value.what


@pytest.mark.parametrize("how", ["option", "variable"])
def test_a_chosen_profile_wins_over_the_environment(world, how):
    Environment().arrange(world, "complete")
    user = world.service.user
    world.write_config(f"[profiles.work]\naccess_key_id = '{user.access_key_id}'\nkeyring_backend = 'memory'\n")
    world.secrets.discover().set(user.access_key_id, user.access_key_secret)
    if how == "option":
        world.profile = "work"
    else:
        world.environ["ECSVNC_PROFILE"] = "work"
    found = world.chain().found()
    assert found.source == "ecsvnc's profile 'work', secret in the keyring"
    assert found.access_key.id == user.access_key_id


def test_a_chosen_profile_without_credentials_is_an_error_and_no_other_source_is_asked(world):
    Environment().arrange(world, "complete")
    world.write_config("[profiles.work]\nregion = 'cn-hangzhou'\n")
    world.profile = "work"
    with pytest.raises(CredentialsError, match="Looked in: profile 'work' "):
        world.chain().access_key()


def test_a_chosen_profile_may_be_the_aliyun_clis_and_not_its_current_one(world):
    user = world.service.user
    pair = {"access_key_id": user.access_key_id, "access_key_secret": user.access_key_secret}
    world.write_aliyun({"name": "it", "mode": "AK", "access_key_id": "other"}, {"name": "work", "mode": "AK", **pair})
    world.profile = "work"
    assert world.chain().found().source == "the aliyun CLI's profile 'work' (mode AK)"


def test_our_own_profile_wins_over_the_aliyun_clis_of_the_same_name_unless_it_only_holds_settings(world):
    world.profile = "it"
    AK().arrange(world, "complete")
    world.write_config("[profiles.it]\nregion = 'cn-beijing'\n")
    assert world.chain().found().source == "the aliyun CLI's profile 'it' (mode AK)"
    world.write_config("[profiles.it]\naccess_key_id = 'LTAI5tOurs'\nkeyring_backend = 'memory'\n")
    world.secrets.discover().set("LTAI5tOurs", "s3cret")
    assert world.chain().access_key().id == "LTAI5tOurs"


def test_a_profile_that_nobody_has_is_a_configuration_error(world):
    Environment().arrange(world, "complete")
    world.profile = "nobody"
    with pytest.raises(ConfigurationError, match="Unknown profile 'nobody' \\(from --profile\\)"):
        world.chain().access_key()
