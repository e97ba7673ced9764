"""What a profile in config.toml can name besides an AccessKey."""

import json

import pytest
from credential_world import expiration

from ecsvnc.credentials import own_profile
from ecsvnc.errors import ConfigurationError, CredentialsError


def find(world, name="default"):
    world.profile = name
    return own_profile.find(world.context())


@pytest.fixture
def logged_in(world):
    """The text of a profile whose AccessKey is in the keyring."""
    user = world.service.user
    world.secrets.discover().set(user.access_key_id, user.access_key_secret)
    return f"access_key_id = '{user.access_key_id}'\nkeyring_backend = 'memory'\n"


def test_a_role_of_the_profiles_own_access_key(world, logged_in):
    role = world.service.secretive_role
    world.write_config(
        f"[profiles.default]\n{logged_in}role_arn = '{role.arn}'\nrole_session_name = 'me'\nexternal_id = 's3same'\n"
    )
    found = find(world)
    assert world.caller(found.access_key) == "assumed-role/secretive/me"
    assert found.source == f"ecsvnc's profile 'default', as {role.arn}"
    assert found.expires_at > world.now()


def test_a_role_of_another_profile_and_a_role_of_that_one(world, logged_in):
    service = world.service
    world.write_config(
        f"[profiles.base]\n{logged_in}"
        f"[profiles.first]\nrole_arn = '{service.role.arn}'\nsource_profile = 'base'\n"
        f"[profiles.default]\nrole_arn = '{service.second_role.arn}'\nsource_profile = 'first'\n"
    )
    assert world.caller(find(world).access_key) == "assumed-role/second/ecsvnc"


def test_a_role_of_an_aliyun_cli_profile(world):
    user = world.service.user
    pair = {"access_key_id": user.access_key_id, "access_key_secret": user.access_key_secret}
    world.write_aliyun({"name": "theirs", "mode": "AK", **pair})
    world.write_config(f"[profiles.default]\nrole_arn = '{world.service.role.arn}'\nsource_profile = 'theirs'\n")
    assert world.caller(find(world).access_key) == "assumed-role/console/ecsvnc"


def test_a_circle_is_drawn(world):
    arn = world.service.role.arn
    world.write_config(
        f"[profiles.default]\nrole_arn = '{arn}'\nsource_profile = 'b'\n"
        f"[profiles.b]\nrole_arn = '{arn}'\nsource_profile = 'default'\n"
    )
    with pytest.raises(ConfigurationError, match="refer to each other in a loop: default → b → default"):
        find(world)


def test_a_source_profile_that_is_not_there(world):
    world.write_config(f"[profiles.default]\nrole_arn = '{world.service.role.arn}'\nsource_profile = 'nobody'\n")
    with pytest.raises(ConfigurationError, match="source profile 'nobody' of ecsvnc's profile 'default' is neither in"):
        find(world)


def test_a_source_profile_that_has_settings_only(world):
    arn = world.service.role.arn
    world.write_config(
        f"[profiles.default]\nrole_arn = '{arn}'\nsource_profile = 'b'\n[profiles.b]\nregion = 'cn-beijing'\n"
    )
    with pytest.raises(ConfigurationError, match=r"source profile 'b' of .* has no credentials in .*, and is not in"):
        find(world)


def test_a_command_may_print_the_expiry_of_its_key(world):
    key = {"mode": "StsToken", "access_key_id": "STS.x", "access_key_secret": "s", "sts_token": "t"}
    command = world.write_program(json.dumps({**key, "expiration": expiration(1800)}))
    world.write_config(f"[profiles.default]\ncredential_process = {command!r}\n")
    assert find(world).expires_at == pytest.approx(world.now() + 1800, abs=5)
    command = world.write_program(json.dumps({**key, "expiration": "in a while"}))
    with pytest.raises(CredentialsError, match=r"`expiration` .* is malformed"):
        find(world)


@pytest.mark.parametrize(
    "others", ["credential_process = 'x'", "ecs_ram_role = ''", "source_profile = 'x'\nrole_arn = 'x'"]
)
def test_two_sources_in_one_profile_are_an_error(world, logged_in, others):
    world.write_config(f"[profiles.default]\n{logged_in}{others}\n")
    with pytest.raises(ConfigurationError, match="names more than one source of credentials"):
        find(world)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("source_profile = 'x'", "no `role_arn`"),
        ("role_arn = 'x'", "no credentials to assume it with"),
        ("access_key_id = 'x'", "no `keyring_backend`"),
        ("keyring_backend = 'memory'", "no `access_key_id`"),
    ],
)
def test_the_error_for_an_incomplete_profile_names_what_is_missing(world, text, missing):
    world.write_config(f"[profiles.default]\n{text}\n")
    with pytest.raises(CredentialsError, match=missing):
        find(world)


def test_a_secret_missing_from_the_keyring_is_reported_with_a_masked_id(world):
    world.write_config("[profiles.default]\naccess_key_id = 'LTAI5tSomebodyElse'\nkeyring_backend = 'memory'\n")
    with pytest.raises(CredentialsError) as caught:
        find(world)
    assert "no secret for AccessKey LTAI…Else in the keyring (memory)" in caught.value.what
    assert caught.value.hint == "Log in again: `ecsvnc config login --profile default`."
