"""The same files and variables, read by us and by the vendor's own library, in processes of its own.

Both go out through one proxy to a stand-in for STS, the metadata service and the sign-ins' hosts, and are told nothing
else: so they choose the same hosts, and ask the same, or get different keys. Its library heeds no endpoint setting of
ours and insists on TLS, hence the authority of our own. Our own metadata requests pass no proxy, and take loopback.

The files are made by hand after the schema of aliyun-cli's config/profile.go and of the SDKs' credentials file. Where
the library is wrong, or supports a mode not at all, the test says how.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from credential_world import expiration
from support.raw_peers import Authority
from support.stand_in_internet import StandInInternet

pytest.importorskip("alibabacloud_credentials", reason="the vendor's credentials library is not installed")

PROGRAM = Path(__file__).parents[1] / "support" / "vendor_credentials.py"
SIGNED_IN = {"AccessKeyId": "STS.signed-in", "AccessKeySecret": "sso-s3cret", "SecurityToken": "sso-t0ken"}
CACHED = {"access_key_id": "STS.cached", "access_key_secret": "cached-s3cret", "sts_token": "cached-t0ken"}

# As Debian's: the authorities are those of the machine.
CERTIFI = "import os\ndef where(): return os.environ['SSL_CERT_FILE']\ndef contents(): return open(where()).read()\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"), "an-authority-of-the-test")


@pytest.fixture
def internet(service, authority):
    key = {**SIGNED_IN, "Expiration": expiration(3600)}
    internet = StandInInternet(
        service.ecs,
        authority,
        {
            "https://signin.example.com/cloud-credentials": (200, {"CloudCredential": key}),
            "https://oauth.aliyun.com/v1/exchange": (200, key),
            "https://oauth.aliyun.com/v1/token": (
                200,
                {"access_token": "new-access-t0ken", "refresh_token": "new-refresh-t0ken", "expires_in": 3600},
            ),
        },
    )
    yield internet
    internet.stop()


@pytest.fixture(scope="module")
def library(authority, tmp_path_factory):
    """`library(kind, environ)`: what the vendor's library says, in a new process of this environment."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "certifi.py").write_text(CERTIFI)
    process = subprocess.Popen(
        [sys.executable, PROGRAM],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "SSL_CERT_FILE": str(authority.pem)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def library(kind, environ):
        assert environ["SSL_CERT_FILE"] == str(authority.pem), "which was read already"
        process.stdin.write(json.dumps([kind, {"PATH": os.environ["PATH"], **environ}]) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    with process:
        yield library
        process.stdin.close()


@pytest.fixture
def both(world, internet, library):
    return Both(world, internet, library)


class Both:
    """One home, looked at by either."""

    def __init__(self, world, internet, library):
        self.world = world
        self.internet = internet
        self._library = library
        world.environ.clear()
        world.environ.update(internet.environ)

    def ours(self):
        self.world.environ["ECSVNC_METADATA_ENDPOINT"] = self.world.service.ecs.origin
        key = self.world.chain().access_key()
        return [key.id, key.secret, key.security_token]

    def theirs(self, kind):
        """What the library says: a key's three parts, or the text of its error."""
        environ = {name: value for name, value in self.world.environ.items() if not name.startswith("ECSVNC_")}
        said = self._library(kind, {**environ, "HOME": str(self.world.home)})
        return said.get("key") or said["error"]

    def same(self, kind):
        """Both get one and the same key, and it is not nothing."""
        ours = self.ours()
        assert ours == self.theirs(kind)
        assert all(ours[:2])
        return ours

    def calls(self, action):
        return [asked for asked in self.internet.asked if asked.parameters["Action"] == action]


def pair(identity):
    return {"access_key_id": identity.access_key_id, "access_key_secret": identity.access_key_secret}


def profile(mode, **values):
    return {"name": "it", "mode": mode, "region_id": "cn-hangzhou", "output_format": "json", "language": "en", **values}


def ini(**values):
    return "[default]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())


def oauth(world, **values):
    now = int(world.now())
    return profile(
        "OAuth",
        oauth_site_type="CN",
        oauth_access_token="access-t0ken",
        oauth_access_token_expire=now + 3600,
        oauth_refresh_token="refresh-t0ken",
        **values,
    )


def cloud_sso(world, token_for_s=3600, **values):
    return profile(
        "CloudSSO",
        cloud_sso_sign_in_url="https://signin.example.com/start",
        cloud_sso_account_id="1000000000000001",
        cloud_sso_access_config="ac-1",
        access_token="access-t0ken",
        cloud_sso_access_token_expire=int(world.now()) + token_for_s,
        **values,
    )


class TestTheCliProfile:
    def test_ak(self, both):
        both.world.write_aliyun(profile("AK", **pair(both.world.service.user)))
        both.same("profile")

    def test_sts_token(self, both):
        session = both.world.service.session
        both.world.write_aliyun(profile("StsToken", **pair(session), sts_token=session.security_token))
        both.same("profile")

    @pytest.mark.parametrize("more", [{}, {"sts_region": "cn-beijing"}, {"expired_seconds": 900}])
    def test_ram_role_arn(self, both, more):
        service = both.world.service
        both.world.write_aliyun(
            profile(
                "RamRoleArn",
                **pair(service.user),
                ram_role_arn=service.secretive_role.arn,
                ram_session_name="me",
                external_id="s3same",
                **more,
            )
        )
        both.same("profile")
        ours, theirs = both.calls("AssumeRole")
        assert ours.host == theirs.host

    def role_profile(self, both, **more):
        service = both.world.service
        both.world.write_aliyun(
            profile("RamRoleArn", **pair(service.user), ram_role_arn=service.role.arn, ram_session_name="me", **more)
        )

    @pytest.mark.parametrize("who", ["profile", "variable"])
    def test_the_endpoint_of_sts_in_a_vpc(self, both, who):
        both.world.environ["ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"] = "true"
        if who == "variable":
            both.world.environ["ALIBABA_CLOUD_STS_REGION"] = "cn-beijing"
        self.role_profile(both, **({"sts_region": "cn-beijing"} if who == "profile" else {}))
        both.same("profile")
        assert [call.host for call in both.calls("AssumeRole")] == ["sts-vpc.cn-beijing.aliyuncs.com"] * 2

    def test_the_endpoint_of_sts_in_a_vpc_without_a_region_of_its_own(self, both):
        """The library goes to the central one, out of a VPC's reach; we to the one of the region that is looked in."""
        both.world.environ["ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"] = "true"
        self.role_profile(both)
        both.same("profile")
        ours, theirs = both.calls("AssumeRole")
        assert (ours.host, theirs.host) == ("sts-vpc.cn-hangzhou.aliyuncs.com", "sts.aliyuncs.com")

    def test_chainable_ram_role_arn(self, both):
        service = both.world.service
        chained = {"mode": "ChainableRamRoleArn", "ram_session_name": "me"}
        both.world.write_aliyun(
            {**profile("-"), **chained, "source_profile": "middle", "ram_role_arn": service.second_role.arn},
            {**profile("-"), **chained, "name": "middle", "source_profile": "base", "ram_role_arn": service.role.arn},
            {**profile("AK", **pair(service.user)), "name": "base"},
        )
        both.same("profile")
        assert len(both.calls("AssumeRole")) == 4

    @pytest.mark.parametrize("name", ["", "instance-role"])
    def test_ecs_ram_role(self, both, name):
        both.world.write_aliyun(profile("EcsRamRole", ram_role_name=name))
        both.same("profile")

    def test_external(self, both):
        command = both.world.write_program(json.dumps({"mode": "StsToken", **CACHED}))
        both.world.write_aliyun(profile("External", process_command=command))
        both.same("profile")

    def test_cloud_sso_exchanges_its_access_token(self, both):
        both.world.write_aliyun(cloud_sso(both.world))
        assert both.same("profile")[0] == "STS.signed-in"
        ours, theirs = both.internet.asked
        assert (ours.method, ours.host, ours.target, json.loads(ours.body)) == (
            theirs.method,
            theirs.host,
            theirs.target,
            json.loads(theirs.body),
        )
        assert ours.headers["authorization"] == theirs.headers["authorization"] == "Bearer access-t0ken"

    def test_oauth_uses_the_cached_key(self, both):
        both.world.write_aliyun(oauth(both.world, **CACHED, sts_expiration=int(both.world.now()) + 1800))
        assert both.same("profile")[0] == "STS.cached"
        assert both.internet.asked == []

    def test_oauth_exchanges_its_access_token(self, both):
        both.world.write_aliyun(oauth(both.world))
        assert both.same("profile")[0] == "STS.signed-in"
        ours, theirs = both.internet.asked
        assert (ours.method, ours.host, ours.target) == (theirs.method, theirs.host, theirs.target)
        assert ours.headers["authorization"] == theirs.headers["authorization"] == "Bearer access-t0ken"

    @pytest.mark.parametrize("variable", [None, "ALIBABA_CLOUD_PROFILE"])
    def test_which_profile_it_is(self, both, variable):
        other = {**profile("AK", access_key_id="LTAI5tOther", access_key_secret="other"), "name": "other"}
        both.world.write_aliyun(profile("AK", **pair(both.world.service.user)), other)
        if variable:
            both.world.environ[variable] = "other"
        assert (both.same("profile")[0] == "LTAI5tOther") is bool(variable)


class TestTheOtherPlaces:
    def test_the_environment(self, both):
        session = both.world.service.session
        both.world.environ.update(
            ALIBABA_CLOUD_ACCESS_KEY_ID=session.access_key_id,
            ALIBABA_CLOUD_ACCESS_KEY_SECRET=session.access_key_secret,
            ALIBABA_CLOUD_SECURITY_TOKEN=session.security_token,
        )
        both.same("environment")

    def test_oidc(self, both):
        service = both.world.service
        both.world.environ.update(
            ALIBABA_CLOUD_ROLE_ARN=service.role.arn,
            ALIBABA_CLOUD_OIDC_PROVIDER_ARN=service.token.provider_arn,
            ALIBABA_CLOUD_OIDC_TOKEN_FILE=str(both.world.write("token", service.token.text)),
            ALIBABA_CLOUD_ROLE_SESSION_NAME="pod",
        )
        both.same("default")

    def test_the_order_of_the_places(self, both):
        """Each has another key; what is first goes away, until the last one is left."""
        world = both.world
        world.environ.update(ALIBABA_CLOUD_ACCESS_KEY_ID="LTAI5tFirst", ALIBABA_CLOUD_ACCESS_KEY_SECRET="1")
        aliyun = world.write_aliyun(profile("AK", access_key_id="LTAI5tSecond", access_key_secret="2"))
        file = world.write(
            ".alibabacloud/credentials.ini", ini(type="access_key", access_key_id="LTAI5tThird", access_key_secret="3")
        )
        world.environ["ALIBABA_CLOUD_CREDENTIALS_URI"] = world.service.uri
        world.environ["ALIBABA_CLOUD_ECS_METADATA"] = "instance-role"
        assert both.same("default")[0] == "LTAI5tFirst"
        del world.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], world.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
        assert both.same("default")[0] == "LTAI5tSecond"
        aliyun.unlink()
        assert both.same("default")[0] == "LTAI5tThird"
        file.unlink()
        assert both.same("default")[0].startswith("STS.")
        assert any(asked.host == "100.100.100.200" for asked in both.internet.asked)

    def test_a_credentials_uri(self, both):
        both.world.environ["ALIBABA_CLOUD_CREDENTIALS_URI"] = both.world.service.uri
        both.world.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
        both.same("uri")


class TestTheCredentialsFile:
    def write(self, both, **values):
        both.world.write(".alibabacloud/credentials.ini", ini(**values))

    def test_access_key(self, both):
        self.write(both, type="access_key", **pair(both.world.service.user))
        both.same("file")

    def test_ram_role_arn(self, both):
        service = both.world.service
        self.write(both, type="ram_role_arn", **pair(service.user), role_arn=service.role.arn, role_session_name="me")
        both.same("file")

    def test_oidc_role_arn(self, both):
        service = both.world.service
        self.write(
            both,
            type="oidc_role_arn",
            role_arn=service.role.arn,
            oidc_provider_arn=service.token.provider_arn,
            oidc_token_file_path=str(both.world.write("token", service.token.text)),
            role_session_name="me",
        )
        both.same("file")

    def test_ecs_ram_role(self, both):
        self.write(both, type="ecs_ram_role", role_name="instance-role")
        both.same("file")


class TestWhereTheLibraryIsWrong:
    def test_it_ignores_the_token_of_the_key_that_assumes_a_role(self, both):
        """So STS refuses the key. The CLI sends it, and so do we."""
        session = both.world.service.session
        both.world.write_aliyun(
            profile(
                "RamRoleArn",
                **pair(session),
                sts_token=session.security_token,
                ram_role_arn=both.world.service.role.arn,
                ram_session_name="me",
            )
        )
        assert "MissingSecurityToken" in both.theirs("profile")
        assert both.ours()[0].startswith("STS.")

    def test_it_ignores_the_session_name_of_an_oidc_profile(self, both):
        """It looks for it under another key than the one that the CLI writes. All else of the request is the same."""
        service = both.world.service
        both.world.write_aliyun(
            profile(
                "OIDC",
                ram_role_arn=service.role.arn,
                ram_session_name="me",
                oidc_provider_arn=service.token.provider_arn,
                oidc_token_file=str(both.world.write("token", service.token.text)),
            )
        )
        assert both.ours() != both.theirs("profile")
        ours, theirs = both.calls("AssumeRoleWithOIDC")
        assert ours.parameters["RoleSessionName"] == "me"
        assert theirs.parameters["RoleSessionName"].startswith("credentials-python-")
        for name in ("RoleArn", "OIDCProviderArn", "OIDCToken"):
            assert ours.parameters[name] == theirs.parameters[name]
        assert ours.host == theirs.host

    def test_it_signs_a_policy_with_blanks_wrongly(self, both):
        """A blank is signed as `+`, and `~` as `%7E`: the service computes another signature."""
        service = both.world.service
        both.world.write_aliyun(
            profile(
                "RamRoleArn",
                **pair(service.user),
                ram_role_arn=service.role.arn,
                ram_session_name="me",
                policy='{"Version": "1", "Statement": []}',
            )
        )
        assert "SignatureDoesNotMatch" in both.theirs("profile")
        assert both.ours()[0].startswith("STS.")

    def test_it_ignores_the_cached_key_of_a_cloud_sso_sign_in(self, both):
        """And so is at an end when the access token is, though the CLI's key still lives."""
        until = int(both.world.now()) + 1800
        both.world.write_aliyun(cloud_sso(both.world, token_for_s=-1, **CACHED, sts_expiration=until))
        assert "access token is empty or expired" in both.theirs("profile")
        assert both.ours()[0] == "STS.cached"

    def test_it_writes_what_a_command_printed_into_the_clis_file(self, both):
        """In clear, though the point of a command is that the secret is nowhere in a file."""
        command = both.world.write_program(json.dumps({"mode": "StsToken", **CACHED}))
        path = both.world.write_aliyun(profile("External", process_command=command))
        before = path.read_bytes()
        ours = both.ours()
        assert path.read_bytes() == before
        assert both.theirs("profile") == ours
        assert json.loads(path.read_text())["profiles"][0]["access_key_secret"] == CACHED["access_key_secret"]

    def test_it_uses_up_the_clis_refresh_token_and_writes_its_file(self, both):
        """If the write fails, or the CLI renews at the same time, the sign-in is lost. We leave it to the CLI."""
        values = oauth(both.world)
        values["oauth_access_token_expire"] = int(both.world.now()) + 600
        path = both.world.write_aliyun(values)
        before = path.read_bytes()
        ours = both.ours()
        assert path.read_bytes() == before
        assert [asked.target for asked in both.internet.asked] == ["/v1/exchange"]
        assert both.theirs("profile") == ours
        assert [asked.target for asked in both.internet.asked][1:] == ["/v1/token", "/v1/exchange"]
        assert json.loads(path.read_text())["profiles"][0]["oauth_refresh_token"] == "new-refresh-t0ken"

    def test_a_circle_of_profiles_ends_it_by_recursion(self, both):
        both.world.write_aliyun(profile("ChainableRamRoleArn", source_profile="it", ram_role_arn="x"))
        assert "RecursionError" in both.theirs("profile")

    @pytest.mark.parametrize("mode", ["CredentialsURI", "RamRoleArnWithRoleName"])
    def test_it_does_not_know_every_mode_of_the_cli(self, both, mode):
        service = both.world.service
        both.world.write_aliyun(
            profile(
                mode,
                credentials_uri=service.uri,
                ram_role_name="instance-role",
                ram_role_arn=service.role.arn,
                ram_session_name="me",
            )
        )
        assert f"unsupported profile mode '{mode}'" in both.theirs("profile")
        assert both.ours()[0].startswith("STS.")

    def test_it_completes_half_a_profile_from_the_environment(self, both):
        """Which makes a pair of two identities' halves, that only the service can refuse."""
        both.world.write_aliyun(profile("AK", access_key_id="LTAI5tHalf", access_key_secret=""))
        both.world.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = "of-another"
        assert both.theirs("profile")[:2] == ["LTAI5tHalf", "of-another"]
        with pytest.raises(Exception, match="Incomplete credentials"):
            both.ours()

    @pytest.mark.parametrize(("secret", "theirs"), [("s3cret#1", "s3cret"), ("s3%cret", "InterpolationSyntaxError")])
    def test_it_changes_values_of_the_credentials_file(self, both, secret, theirs):
        """What follows a `#` is cut off, and a `%` is taken for the start of a reference."""
        both.world.write(
            ".alibabacloud/credentials.ini",
            ini(type="access_key", access_key_id="LTAI5tIt", access_key_secret=secret),
        )
        assert both.ours()[1] == secret
        said = both.theirs("file")
        assert theirs in said if isinstance(said, str) else theirs == said[1]
