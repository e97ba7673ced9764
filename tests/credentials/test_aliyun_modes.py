"""What the matrix does not ask of the aliyun CLI's profiles: circles, guesses, variables; that they are only read."""

import json

import pytest
from credential_world import expiration

from ecsvnc.credentials import aliyun_cli
from ecsvnc.credentials.found import Absent
from ecsvnc.errors import ConfigurationError, CredentialsError

PAIR = {"access_key_id": "LTAI5tSomebody", "access_key_secret": "s3cret"}
ROLE = "acs:ram::1000000000000001:role/console"


def find(world):
    return aliyun_cli.find(world.context())


def chained(name, source, **more):
    return {"name": name, "mode": "ChainableRamRoleArn", "source_profile": source, "ram_role_arn": ROLE, **more}


@pytest.mark.parametrize(
    ("profiles", "circle"),
    [
        ([chained("it", "it")], "it → it"),
        ([chained("it", "b"), chained("b", "c"), chained("c", "it")], "it → b → c → it"),
        ([chained("it", "b"), chained("b", "c"), chained("c", "b")], "it → b → c → b"),
    ],
)
def test_a_circle_is_an_error_that_draws_it(world, profiles, circle):
    world.write_aliyun(*profiles)
    with pytest.raises(ConfigurationError) as caught:
        find(world)
    assert caught.value.what == f"The aliyun CLI's profiles refer to each other in a loop: {circle}."


def test_a_circle_through_a_command_is_one_too(world):
    command = world.write_program(json.dumps({"mode": "ChainableRamRoleArn", "source_profile": "it"}))
    world.write_aliyun({"name": "it", "mode": "External", "process_command": command, "ram_role_arn": ROLE})
    with pytest.raises(ConfigurationError, match="refer to each other in a loop: it → it"):
        find(world)


def test_a_chain_of_two_roles_ends_as_the_last_one(world):
    service = world.service
    signer = {
        "access_key_id": service.session.access_key_id,
        "access_key_secret": service.session.access_key_secret,
        "sts_token": service.session.security_token,
    }
    world.write_aliyun(
        chained("it", "b", ram_role_arn=service.second_role.arn, ram_session_name="last"),
        chained("b", "c", ram_role_arn=service.role.arn),
        {"name": "c", "mode": "StsToken", **signer},
    )
    assert world.caller(find(world).access_key) == "assumed-role/second/last"


def test_a_source_profile_that_is_not_there_is_named(world):
    world.write_aliyun(chained("it", "nobody"))
    with pytest.raises(ConfigurationError, match="source profile 'nobody' of the aliyun CLI's profile 'it'"):
        find(world)


def test_a_source_profile_without_any_is_an_incomplete_credential(world):
    world.write_aliyun(chained("it", "empty"), {"name": "empty", "mode": "AK"})
    with pytest.raises(CredentialsError, match=r"Incomplete credentials: the source profile of .*'it'"):
        find(world)


def test_an_external_id_and_the_length_of_a_session_reach_sts(world):
    service = world.service
    signer = {"access_key_id": service.user.access_key_id, "access_key_secret": service.user.access_key_secret}
    world.write_aliyun(
        {
            "name": "it",
            "mode": "RamRoleArn",
            **signer,
            "ram_role_arn": service.secretive_role.arn,
            "external_id": "s3same",
            "expired_seconds": 900,
        }
    )
    found = find(world)
    assert world.caller(found.access_key) == "assumed-role/secretive/ecsvnc"
    assert found.expires_at == pytest.approx(world.now() + 900, abs=5)


def test_sts_is_called_at_the_endpoint_of_the_profile(world):
    service = world.service
    del world.environ["ECSVNC_STS_ENDPOINT"]
    signer = {"access_key_id": service.user.access_key_id, "access_key_secret": service.user.access_key_secret}
    profile = {"name": "it", "mode": "RamRoleArn", **signer, "ram_role_arn": service.role.arn}
    world.write_aliyun({**profile, "sts_endpoint": service.ecs.origin})
    assert world.caller(find(world).access_key) == "assumed-role/console/ecsvnc"
    world.write_aliyun({**profile, "sts_endpoint": "http://sts.example.com"})
    with pytest.raises(ConfigurationError):
        find(world)
    world.write_aliyun({**profile, "sts_region": "evil.example.com/"})
    with pytest.raises(ConfigurationError, match="STS region of the profile"):
        find(world)


@pytest.mark.parametrize(
    ("values", "mode"),
    [
        (PAIR, "AK"),
        ({**PAIR, "sts_token": "t0ken"}, "StsToken"),
        ({**PAIR, "ram_role_arn": "x"}, "RamRoleArn"),
        ({"ram_role_name": "no name!"}, "EcsRamRole"),
        ({"process_command": "'"}, "External"),
        ({"oidc_token_file": "/nowhere"}, "OIDC"),
        ({"cloud_sso_sign_in_url": "https://signin.example.com"}, "CloudSSO"),
        ({"ram_role_name": "no name!", "process_command": "'"}, "EcsRamRole"),
    ],
)
def test_a_profile_without_a_mode_gets_the_mode_that_the_cli_guesses(world, values, mode):
    world.write_aliyun({"name": "it", **values})
    try:
        told = find(world).source
    except (CredentialsError, ConfigurationError) as error:
        told = error.what
    assert f"the aliyun CLI's profile 'it' (mode {mode})" in told


@pytest.mark.parametrize(
    ("values", "mode"),
    [
        ({"mode": "RsaKeyPair", **PAIR}, "RsaKeyPair"),
        ({"mode": "BearerToken", **PAIR}, "BearerToken"),
        ({"mode": "Anonymous", **PAIR}, "Anonymous"),
        ({"mode": "", "private_key": "/key.pem", "key_pair_name": "it"}, "RsaKeyPair"),
        ({"private_key": "/key.pem", "ram_role_name": "it"}, "RsaKeyPair"),
        ({"key_pair_name": "it"}, "RsaKeyPair"),
        ({"bearer_token": "t0ken"}, "BearerToken"),
    ],
)
def test_a_mode_that_cannot_sign_for_ecs_is_an_error_and_not_a_miss_stated_or_guessed(world, values, mode):
    world.write_aliyun({"name": "it", **values})
    with pytest.raises(CredentialsError) as caught:
        find(world)
    assert f"'it' has the mode {mode}, which ecsvnc does not support" in caught.value.what


@pytest.mark.parametrize("mode", ["ak", "Tomorrows"])
def test_a_mode_that_is_invalid_is_a_bad_value_in_a_file(world, mode):
    path = world.write_aliyun({"name": "it", "mode": mode, **PAIR})
    with pytest.raises(ConfigurationError) as caught:
        find(world)
    assert f"'it' in {path} has the unknown mode {mode!r}" in caught.value.what


@pytest.mark.parametrize("variable", ["ALIBABACLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"])
def test_the_clis_variables_choose_before_current_does(world, variable):
    world.write_aliyun({"name": "it", "mode": "AK", **PAIR}, {"name": "other", "mode": "AK", **PAIR})
    world.environ[variable] = "other"
    assert find(world).source == "the aliyun CLI's profile 'other' (mode AK)"
    world.environ[variable] = "nobody"
    with pytest.raises(ConfigurationError, match=f"{variable} names it"):
        find(world)


@pytest.mark.parametrize("variable", ["ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_IGNORE_PROFILE"])
def test_the_file_can_be_turned_off_but_a_chosen_profile_is_meant(world, variable):
    world.write_aliyun({"name": "it", "mode": "AK", **PAIR})
    world.environ[variable] = "TRUE"
    assert find(world) == Absent(f"{variable} is true")
    world.profile = "it"
    assert world.chain().access_key().id == PAIR["access_key_id"]


def test_a_command_is_read_over_the_profile_and_its_key_is_known_to_end(world):
    end = expiration(1800)
    command = world.write_program(json.dumps({"mode": "StsToken", **PAIR, "sts_token": "t0ken", "expiration": end}))
    world.write_aliyun({"name": "it", "mode": "External", "process_command": command})
    found = find(world)
    assert (found.access_key.id, found.access_key.security_token) == (PAIR["access_key_id"], "t0ken")
    assert found.source == "the aliyun CLI's profile 'it' (mode External)"
    assert found.expires_at == pytest.approx(world.now() + 1800, abs=5)


@pytest.mark.parametrize(
    ("printed", "what"),
    [
        ({**PAIR}, "did not print the mode"),
        ({"mode": "External", **PAIR}, "did not print the mode"),
        ({"mode": "Tomorrows", **PAIR}, "did not print the mode"),
        ({"mode": 1, **PAIR}, "is not a string"),
        ({"mode": "AK"}, "printed no AccessKey"),
        ({"mode": "StsToken", **PAIR}, "has no `sts_token`"),
        ({"mode": "AK", **PAIR, "expiration": "soon"}, "`expiration` .* is malformed"),
        ({"mode": "AK", **PAIR, "expiration": 1795521184}, "`expiration` .* is malformed"),
        ({"mode": "AK", "access_key_id": ["x"], "access_key_secret": "y"}, "is not a string"),
    ],
)
def test_what_a_command_prints_has_to_be_whole(world, printed, what):
    command = world.write_program(json.dumps(printed))
    world.write_aliyun({"name": "it", "mode": "External", "process_command": command})
    with pytest.raises(CredentialsError, match=what):
        find(world)


@pytest.mark.parametrize(
    "printed",
    [
        {"mode": "AK", "access_key_id": "LTAI5tSomebody"},
        {"mode": "StsToken", **PAIR},
        {"mode": "RamRoleArn", **PAIR},
        {"mode": "CloudSSO", **PAIR},
    ],
)
def test_the_advice_for_half_of_a_printed_key_would_not_overwrite_the_profile(world, printed):
    command = world.write_program(json.dumps(printed))
    world.write_aliyun({"name": "it", "mode": "External", "process_command": command})
    with pytest.raises(CredentialsError, match="Incomplete credentials") as caught:
        find(world)
    assert "aliyun configure" not in caught.value.hint
    assert caught.value.hint.startswith("Run the command by hand")


def test_files_of_other_tools_are_not_written(world):
    """Every mode that the vendor's own tools write back for; the whole home is compared, with times."""
    token = {"mode": "StsToken", **PAIR, "sts_token": "t0ken", "expiration": expiration(3600)}
    cached = {**PAIR, "sts_token": "t0ken", "sts_expiration": int(world.now()) + 3600}
    external = world.write_program(json.dumps(token))
    world.write_aliyun(
        {"name": "external", "mode": "External", "process_command": external},
        {"name": "sso", "mode": "CloudSSO", "access_token": "a", **cached},
        {"name": "oauth", "mode": "OAuth", "oauth_refresh_token": "r", **cached},
        current="external",
    )
    world.write(".alibabacloud/credentials", "[default]\ntype = access_key\naccess_key_id = a\naccess_key_secret = b\n")

    def state():
        return {
            path: (path.stat().st_mtime_ns, path.stat().st_mode, path.read_bytes() if path.is_file() else None)
            for path in world.home.rglob("*")
        }

    before = state()
    for name in ("external", "sso", "oauth"):
        world.environ["ALIBABACLOUD_PROFILE"] = name
        assert world.chain().access_key().id == PAIR["access_key_id"]
    assert state() == before


def test_a_file_that_cannot_be_read_is_an_error(world):
    (world.home / ".aliyun" / "config.json").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="it is not a regular file"):
        find(world)
