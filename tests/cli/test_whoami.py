"""`ecsvnc whoami` through the command tree, against an embedded ECS in this process."""

import json
import re
import secrets
import time

from support.ecs.faults import Fault
from support.ecs.sts import Role, new_session

from ecsvnc.simulator.refusals import ApiError

FIELDS = [
    "account_id",
    "identity_arn",
    "identity_type",
    "credentials_source",
    "access_key_id",
    "credentials_expire_at",
    "profile",
    "region_id",
]


def values(done):
    assert (done.status, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert list(found) == FIELDS
    return found


def printing_profile(folder, identity, expiration):
    """config.toml with a profile whose command prints a temporary key."""
    printed = {
        "mode": "StsToken",
        "access_key_id": identity.access_key_id,
        "access_key_secret": identity.access_key_secret,
        "sts_token": identity.security_token,
        "expiration": expiration,
    }
    (folder / "key.json").write_text(json.dumps(printed))
    return f'[profiles.vault]\ncredential_process = "cat {folder}/key.json"\nregion = "cn-beijing"\n'


def test_a_key_in_the_environment_is_of_no_profile_and_does_not_expire(in_process, ecs):
    key_id = ecs.identity.access_key_id
    assert values(in_process("whoami", "--output", "json")) == {
        "account_id": "1000000000000001",
        "identity_arn": "acs:ram::1000000000000001:user/demo",
        "identity_type": "RAMUser",
        "credentials_source": "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)",
        "access_key_id": f"{key_id[:4]}…{key_id[-4:]}",
        "credentials_expire_at": None,
        "profile": None,
        "region_id": None,
    }
    assert [call.action for call in ecs.calls] == ["GetCallerIdentity"]


def test_text_has_the_same_fields_one_below_the_other_and_no_secret(in_process, ecs):
    done = in_process("whoami", "--region", "cn-hangzhou", "--debug")
    lines = [re.fullmatch(r"(\w+: +)(\S.*)", line) for line in done.stdout.splitlines()]
    assert [line[1].rstrip(": ") for line in lines] == FIELDS
    assert len({len(line[1]) for line in lines}) == 1
    said = {line[1].rstrip(": "): line[2] for line in lines}
    assert (said["credentials_expire_at"], said["profile"], said["region_id"]) == ("never", "none", "cn-hangzhou")
    assert ecs.identity.access_key_secret not in done.stdout + done.stderr
    assert ecs.identity.access_key_id not in done.stdout + done.stderr


def test_a_profile_is_named_with_its_region_and_the_time_when_its_key_expires(in_process, ecs):
    end = int(time.time()) + 3600
    role = new_session(secrets.token_bytes, expires_at=end)
    ecs.accounts.add(role)
    until = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(end))
    in_process.write_config(printing_profile(in_process.home, role, f"{until}Z"))
    done = in_process("whoami", "--profile", "vault", "-o", "json")
    found = values(done)
    assert found["identity_type"] == "AssumedRoleUser"
    assert found["identity_arn"] == f"acs:ram::1000000000000001:assumed-role/{role.name}"
    assert found["credentials_source"] == "ecsvnc's profile 'vault' (credential_process)"
    assert (found["profile"], found["region_id"]) == ("vault", "cn-beijing")
    assert found["credentials_expire_at"] == f"{until}.000Z"
    assert role.security_token not in done.stdout


def test_a_temporary_key_in_the_environment_has_an_unknown_expiry(in_process, ecs):
    role = new_session(secrets.token_bytes, expires_at=time.time() + 3600)
    ecs.accounts.add(role)
    done = in_process(
        "whoami",
        ALIBABA_CLOUD_ACCESS_KEY_ID=role.access_key_id,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET=role.access_key_secret,
        ALIBABA_CLOUD_SECURITY_TOKEN=role.security_token,
    )
    assert re.search(r"^credentials_expire_at: +unknown$", done.stdout, re.MULTILINE)


def test_a_profile_of_the_aliyun_cli_is_named_too(in_process, ecs):
    profile = {
        "name": "theirs",
        "mode": "AK",
        "access_key_id": ecs.identity.access_key_id,
        "access_key_secret": ecs.identity.access_key_secret,
        "region_id": "cn-shanghai",
    }
    in_process.write_aliyun(json.dumps({"current": "theirs", "profiles": [profile]}))
    no_key = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}
    found = values(in_process("whoami", "-o", "json", **no_key))
    assert (found["profile"], found["region_id"]) == ("theirs", "cn-shanghai")
    in_process.write_aliyun(json.dumps({"current": "other", "profiles": [profile, {"name": "other", "mode": "AK"}]}))
    assert in_process("whoami", **no_key).status == 4
    in_process("config", "use", "theirs")
    assert values(in_process("whoami", "-o", "json", **no_key))["profile"] == "theirs"


def test_an_assumed_role_is_of_the_profile_that_names_it(in_process, ecs):
    arn = ecs.sts.add_role(Role("operator")).arn
    ring = in_process.stores.discover()
    ring.set(ecs.identity.access_key_id, ecs.identity.access_key_secret)
    in_process.write_config(
        f'[profiles.work]\naccess_key_id = "{ecs.identity.access_key_id}"\nkeyring_backend = "memory"\n'
        f'[profiles.operator]\nsource_profile = "work"\nrole_arn = "{arn}"\n'
    )
    found = values(in_process("whoami", "--profile", "operator", "-o", "json"))
    assert found["identity_arn"] == "acs:ram::1000000000000001:assumed-role/operator/ecsvnc"
    assert found["profile"] == "operator"


def test_a_wrong_secret_and_a_missing_key_are_errors_of_the_credentials(in_process):
    done = in_process("whoami", ALIBABA_CLOUD_ACCESS_KEY_SECRET="wr0ng-secret-000000000001")
    assert (done.status, done.stdout) == (4, "")
    assert "The secret does not match the AccessKey id." in done.stderr
    assert "wr0ng" not in done.stderr
    done = in_process("whoami", ALIBABA_CLOUD_ACCESS_KEY_ID="", ALIBABA_CLOUD_ACCESS_KEY_SECRET="")
    assert (done.status, done.stdout) == (4, "")
    assert "`ecsvnc config login`" in done.stderr


def test_a_name_from_the_service_cannot_steer_the_terminal(in_process, ecs):
    ecs.accounts.add(type(ecs.identity)(ecs.identity.access_key_id, ecs.identity.access_key_secret, name="d\x1b[2Jemo"))
    assert "user/d\\x1b[2Jemo" in in_process("whoami").stdout
    assert "\x1b" not in in_process("whoami", "-o", "json").stdout


def test_a_refusal_of_the_service_is_reported_with_its_request_id(in_process, ecs):
    ecs.faults.add(Fault(ApiError(403, "Forbidden.RiskControl", "Blocked."), action="GetCallerIdentity"))
    done = in_process("whoami")
    assert (done.status, done.stdout) == (4, "")
    assert re.search(r"^Request ID: [0-9A-F-]{36}$", done.stderr, re.MULTILINE)


def test_the_account_is_in_later_messages_since_a_key_never_changes_it(in_process):
    assert "of this AccessKey's account." in in_process("url", "nope").stderr
    in_process("whoami")
    assert "No instance named nope in any region of account 1000000000000001." in in_process("url", "nope").stderr
