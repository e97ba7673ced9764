"""Every source, in every state: nothing there, complete, half, malformed, expired.

Complete ones are shown to the service, which says who they are. Those that are wrong in any way are an error that
names the source, and never make another source be used in its place. That static ones have expired only the service
can know: then its refusal is the error.
"""

import json

import pytest
from credential_world import CannedSender, expiration

from ecsvnc.credentials.found import Absent, Found
from ecsvnc.credentials.sources import SOURCES, finder
from ecsvnc.errors import ConfigurationError, CredentialsError

BROKEN = ("half", "malformed", "expired")


class Environment:
    module = "environment"
    names = "the environment"
    who = "assumed-role/given/session"

    def arrange(self, world, state):
        key = world.service.expired if state == "expired" else world.service.session
        values = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token,
        }
        if state == "half":
            del values["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
        if state == "malformed":
            values["ALIBABA_CLOUD_ACCESS_KEY_ID"] += "\n"
        world.environ.update(values)


class Oidc:
    module = "oidc"
    names = "OIDC"
    who = "assumed-role/console/pod"

    def arrange(self, world, state):
        token = world.service.expired_token if state == "expired" else world.service.token
        path = world.write("token", "two words" if state == "malformed" else token.text + "\n")
        world.environ.update(
            ALIBABA_CLOUD_ROLE_ARN="" if state == "half" else world.service.role.arn,
            ALIBABA_CLOUD_OIDC_PROVIDER_ARN=token.provider_arn,
            ALIBABA_CLOUD_OIDC_TOKEN_FILE=str(path),
            ALIBABA_CLOUD_ROLE_SESSION_NAME="pod",
        )


class OwnProfile:
    module = "own_profile"
    names = "profile 'default'"


class Keyring(OwnProfile):
    who = "user/demo"

    def arrange(self, world, state):
        user = world.service.user
        world.write_config(f"[profiles.default]\naccess_key_id = '{user.access_key_id}'\nkeyring_backend = 'memory'\n")
        if state != "half":
            secret = "two words" if state == "malformed" else user.access_key_secret
            world.secrets.discover().set(user.access_key_id, secret)
        if state == "expired":
            # An AccessKey has no end; that it was deleted is the nearest to it.
            world.secrets.discover().set(user.access_key_id, "of-another-key")


class CredentialProcess(OwnProfile):
    who = "assumed-role/given/session"

    def arrange(self, world, state):
        key = world.service.expired if state == "expired" else world.service.session
        printed = {
            "mode": "StsToken",
            "access_key_id": key.access_key_id,
            "access_key_secret": key.access_key_secret,
            "sts_token": key.security_token,
            "expiration": expiration(-60 if state == "expired" else 3600),
        }
        if state == "half":
            del printed["sts_token"]
        output = "[]" if state == "malformed" else json.dumps(printed)
        world.write_config(f"[profiles.default]\ncredential_process = {world.write_program(output)!r}\n")


class OwnRole(OwnProfile):
    who = "assumed-role/console/ecsvnc"

    def arrange(self, world, state):
        service = world.service
        key = service.expired if state == "expired" else service.session
        process = world.write_program(
            json.dumps(
                {
                    "mode": "StsToken",
                    "access_key_id": key.access_key_id,
                    "access_key_secret": key.access_key_secret,
                    "sts_token": key.security_token,
                }
            )
        )
        arn = "role/console" if state == "malformed" else service.role.arn
        source = "" if state == "half" else "source_profile = 'base'\n"
        world.write_config(
            f"[profiles.base]\ncredential_process = {process!r}\n[profiles.default]\nrole_arn = '{arn}'\n{source}"
        )


class Served:
    """Sources that ask a service of the machine; what it answers when it is wrong is canned."""

    who = "assumed-role/instance-role/i-metadata"

    def document(self, state):
        values = {
            "Code": "Success",
            "AccessKeyId": "STS.x",
            "AccessKeySecret": "s3cret",
            "SecurityToken": "t0ken",
            "Expiration": expiration(-60 if state == "expired" else 3600),
        }
        if state == "half":
            del values["AccessKeySecret"]
        return b"<html>" if state == "malformed" else json.dumps(values).encode()

    def can(self, world, state):
        if state in BROKEN:
            base = "http://100.100.100.200/latest"
            world.sender = CannedSender(
                {
                    f"{base}/api/token": (200, b"metadata-token"),
                    f"{base}/meta-data/ram/security-credentials/": (200, b"instance-role"),
                    f"{base}/meta-data/ram/security-credentials/instance-role": (200, self.document(state)),
                    "http://127.0.0.1:1/": (200, self.document(state)),
                    world.service.uri: (200, self.document("complete")),
                }
            )
        else:
            world.environ["ECSVNC_METADATA_ENDPOINT"] = world.service.ecs.origin


class Metadata(Served):
    module = "metadata"
    names = "the ECS instance's role"

    def arrange(self, world, state):
        self.can(world, state)
        world.environ["ALIBABA_CLOUD_ECS_METADATA"] = "instance-role"


class OwnEcsRamRole(Served, OwnProfile):
    def arrange(self, world, state):
        self.can(world, state)
        world.write_config("[profiles.default]\necs_ram_role = ''\n")


class CredentialsUri(Served):
    module = "credentials_uri"
    names = "the credentials URI"

    def arrange(self, world, state):
        if state in BROKEN:
            self.can(world, state)
        uri = "http://127.0.0.1:1/" if state in BROKEN else world.service.uri
        world.environ["ALIBABA_CLOUD_CREDENTIALS_URI"] = uri


class Aliyun:
    module = "aliyun_cli"
    names = "the aliyun CLI's profile 'it'"

    def key(self, world, state):
        return world.service.expired if state == "expired" else world.service.session

    def signer(self, world, state):
        key = self.key(world, state)
        return {
            "access_key_id": key.access_key_id,
            "access_key_secret": key.access_key_secret,
            "sts_token": key.security_token,
        }

    def arrange(self, world, state):
        world.write_aliyun({"name": "it", "mode": type(self).__name__, **self.values(world, state)})


class AK(Aliyun):
    who = "user/demo"

    def values(self, world, state):
        user = world.service.user
        secret = {"half": "", "malformed": "two words", "expired": "of-another-key"}.get(state, user.access_key_secret)
        return {"access_key_id": user.access_key_id, "access_key_secret": secret}


class StsToken(Aliyun):
    who = "assumed-role/given/session"

    def values(self, world, state):
        values = self.signer(world, state)
        if state == "half":
            values["sts_token"] = ""
        if state == "malformed":
            values["sts_token"] += "\n"
        return values


class RamRoleArn(Aliyun):
    who = "assumed-role/console/me"

    def values(self, world, state):
        arn = {"half": "", "malformed": "role"}.get(state, world.service.role.arn)
        return {**self.signer(world, state), "ram_role_arn": arn, "ram_session_name": "me"}


class ChainableRamRoleArn(RamRoleArn):
    who = "assumed-role/console/me"

    def arrange(self, world, state):
        values = {key: value for key, value in self.values(world, state).items() if key.startswith("ram_")}
        world.write_aliyun(
            {"name": "base", "mode": "StsToken", **self.signer(world, state)},
            {"name": "it", "mode": "ChainableRamRoleArn", "source_profile": "base", **values},
        )


class OIDC(Aliyun):
    who = "assumed-role/console/me"

    def values(self, world, state):
        token = world.service.expired_token if state == "expired" else world.service.token
        return {
            "oidc_provider_arn": "provider" if state == "malformed" else token.provider_arn,
            "oidc_token_file": "" if state == "half" else str(world.write("token", token.text)),
            "ram_role_arn": world.service.role.arn,
            "ram_session_name": "me",
        }


class External(Aliyun):
    who = "assumed-role/given/session"

    def values(self, world, state):
        end = -60 if state == "expired" else 3600
        printed = {"mode": "StsToken", **self.signer(world, state), "expiration": expiration(end)}
        if state == "half":
            del printed["access_key_secret"]
        return {"process_command": world.write_program("nothing" if state == "malformed" else json.dumps(printed))}


class EcsRamRole(Served, Aliyun):
    def values(self, world, state):
        self.can(world, state)
        return {"ram_role_name": "instance-role"}


class RamRoleArnWithRoleName(Served, Aliyun):
    who = "assumed-role/console/me"

    def values(self, world, state):
        self.can(world, state)
        if state == "expired":
            # What the metadata service gives is shown to STS, which refuses it.
            world.sender = None
            world.environ["ECSVNC_METADATA_ENDPOINT"] = world.service.ecs.origin
            return {"ram_role_name": "gone", "ram_role_arn": world.service.role.arn}
        return {"ram_role_name": "instance-role", "ram_role_arn": world.service.role.arn, "ram_session_name": "me"}


class CredentialsURI(Served, Aliyun):
    def values(self, world, state):
        self.can(world, state)
        return {"credentials_uri": "http://127.0.0.1:1/" if state in BROKEN else world.service.uri}


class CloudSSO(Aliyun):
    who = "assumed-role/given/session"

    def values(self, world, state):
        cached = self.signer(world, "complete")
        if state == "half":
            cached["access_key_secret"] = ""
        until = "soon" if state == "malformed" else -60 if state == "expired" else 3600
        return {
            **cached,
            "sts_expiration": until if isinstance(until, str) else int(world.now()) + until,
            "access_token": "sso-token",
            "cloud_sso_access_token_expire": int(world.now()) - 60,
            "cloud_sso_sign_in_url": "https://signin.example.com/start",
        }


class OAuth(CloudSSO):
    def values(self, world, state):
        values = super().values(world, state)
        return {**values, "oauth_access_token": "oauth-token", "oauth_access_token_expire": int(world.now()) - 60}


class Section:
    module = "credentials_file"
    names = "section [default] of"

    def arrange(self, world, state):
        lines = "\n".join(f"{key} = {value}" for key, value in self.values(world, state).items())
        world.write(".alibabacloud/credentials.ini", f"[default]\n{lines}\n")


class SectionAccessKey(Section):
    who = "user/demo"

    def values(self, world, state):
        return {"type": "access_key", **AK().values(world, state)}


class SectionRole(Section):
    who = "assumed-role/console/ecsvnc"

    def values(self, world, state):
        values = {"type": "ram_role_arn", **AK().values(world, "complete"), "role_arn": world.service.role.arn}
        if state == "half":
            del values["access_key_secret"]
        if state == "malformed":
            values["role_arn"] = "role"
        if state == "expired":
            values["access_key_secret"] = "of-another-key"
        return values


class SectionOidc(Section):
    who = "assumed-role/console/ecsvnc"

    def values(self, world, state):
        values = OIDC().values(world, state)
        return {
            "type": "oidc_role_arn",
            "role_arn": values["ram_role_arn"],
            "oidc_provider_arn": values["oidc_provider_arn"],
            "oidc_token_file_path": values["oidc_token_file"],
        }


class SectionEcsRole(Served, Section):
    def values(self, world, state):
        self.can(world, state)
        return {"type": "ecs_ram_role", "role_name": "instance-role"}


ROWS = [
    Environment,
    Oidc,
    Keyring,
    CredentialProcess,
    OwnRole,
    OwnEcsRamRole,
    AK,
    StsToken,
    RamRoleArn,
    ChainableRamRoleArn,
    EcsRamRole,
    RamRoleArnWithRoleName,
    OIDC,
    CredentialsURI,
    External,
    CloudSSO,
    OAuth,
    SectionAccessKey,
    SectionRole,
    SectionOidc,
    SectionEcsRole,
    Metadata,
    CredentialsUri,
]

every_source = pytest.mark.parametrize("row", [kind() for kind in ROWS], ids=[kind.__name__ for kind in ROWS])


@every_source
def test_absent_is_no_error_and_has_a_reason(row, world):
    answer = finder(row.module)(world.context())
    assert isinstance(answer, Absent)
    assert answer.reason


@every_source
def test_complete_is_found_with_its_source_and_is_who_it_should_be(row, world):
    row.arrange(world, "complete")
    answer = finder(row.module)(world.context())
    assert isinstance(answer, Found)
    assert row.names in answer.source
    assert world.caller(answer.access_key) == row.who
    # Only of a token that somebody wrote down without its end is it not known.
    is_known_to_end = answer.access_key.security_token and type(row) not in (Environment, StsToken)
    assert answer.expires_at is None if not is_known_to_end else answer.expires_at > world.now()


@every_source
@pytest.mark.parametrize("state", BROKEN)
def test_a_broken_source_is_an_error_that_names_it_and_no_other_is_used(row, world, state):
    world.environ["ALIBABA_CLOUD_CREDENTIALS_URI"] = world.service.uri
    row.arrange(world, state)
    with pytest.raises((CredentialsError, ConfigurationError)) as caught:
        # Looking finds what is known here; using it, what only the service knows.
        world.caller(world.chain().access_key())
    assert row.names in caught.value.what
    told = caught.value.what + caught.value.hint + "".join(world.heard.said)
    for key in (world.service.user, world.service.session, world.service.expired):
        assert not [secret for secret in (key.access_key_secret, key.security_token) if secret and secret in told]


@pytest.mark.parametrize("source", SOURCES, ids=[source.module for source in SOURCES])
def test_every_variable_that_holds_a_secret_is_declared_so(source, world):
    row = next(row for row in ROWS if row.module == source.module)()
    before = set(world.environ)
    row.arrange(world, "complete")
    secrets = {
        secret
        for key in (world.service.user, world.service.session)
        for secret in (key.access_key_secret, key.security_token, world.service.uri)
        if secret
    }
    set_by_row = set(world.environ) - before
    assert set_by_row <= {*source.variables, *source.secret_variables, "ECSVNC_METADATA_ENDPOINT"}
    assert {name for name in set_by_row if world.environ[name] in secrets} <= set(source.secret_variables)


def test_without_credentials_every_source_is_named(world):
    """The whole chain, with nothing anywhere: every source is named, with what would make it have something."""
    with pytest.raises(CredentialsError) as caught:
        world.chain().access_key()
    for words in (
        "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID is not set)",
        "OIDC (ALIBABA_CLOUD_OIDC_TOKEN_FILE is not set)",
        "ecsvnc's default profile (no AccessKey is stored)",
        "the aliyun CLI's profile (no ",
        "the credentials file (no ",
        "the ECS instance's role (not running on ECS)",
        "the credentials URI (ALIBABA_CLOUD_CREDENTIALS_URI is not set)",
    ):
        assert words in caught.value.what
