"""The metadata service: asked only on an ECS instance or when told to, by token, and never through a proxy."""

import json

import pytest
from credential_world import CannedSender, expiration

from ecsvnc.credentials import metadata
from ecsvnc.credentials.found import Absent, Found
from ecsvnc.credentials.metadata import is_ecs_instance
from ecsvnc.errors import ConfigurationError, ConnectError, CredentialsError, NetworkError, UnexpectedAnswerError
from ecsvnc.http.proxies import find_proxy

BASE = "http://100.100.100.200/latest"
TOKEN, ROLES = f"{BASE}/api/token", f"{BASE}/meta-data/ram/security-credentials/"
KEY = {
    "Code": "Success",
    "AccessKeyId": "STS.x",
    "AccessKeySecret": "s3cret",
    "SecurityToken": "t0ken",
    "Expiration": expiration(3600),
}


class Service(CannedSender):
    """The service of an instance with a role; what is given replaces an answer, an error is raised."""

    def __init__(self, **instead):
        answers = {
            "token": (200, b"metadata-t0ken"),
            "roles": (200, b"console"),
            "key": (200, json.dumps(KEY).encode()),
        }
        answers |= instead
        super().__init__({TOKEN: answers["token"], ROLES: answers["roles"], f"{ROLES}console": answers["key"]})

    def send(self, request, **bounds):
        answer = self.answers[request.url]
        if isinstance(answer, Exception):
            self.requests.append(request)
            raise answer
        return super().send(request, **bounds)


@pytest.fixture
def find(world, tmp_path):
    """A look on a machine whose firmware names a vendor."""

    def make(vendor="Alibaba Cloud\n"):
        path = tmp_path / "sys_vendor"
        path.write_text(vendor)
        return metadata.find(world.context(), dmi_vendor=path)

    return make


def test_on_an_ecs_instance_it_is_asked_for_the_role_that_it_has(world, find):
    world.sender = Service()
    found = find()
    assert isinstance(found, Found)
    assert found.access_key.id == "STS.x"
    put, roles, key = world.sender.requests
    assert (put.method, put.url) == ("PUT", TOKEN)
    assert put.headers["X-aliyun-ecs-metadata-token-ttl-seconds"] == "21600"
    assert [roles.method, key.method] == ["GET", "GET"]
    for request in (roles, key):
        assert request.headers["X-aliyun-ecs-metadata-token"] == "metadata-t0ken"


@pytest.mark.parametrize("vendor", ["QEMU\n", "Amazon EC2\n", "Not Alibaba Cloud\n", ""])
def test_outside_ecs_the_metadata_service_is_not_called(world, find, vendor):
    world.sender = Service()
    assert find(vendor) == Absent("not running on ECS")
    assert world.sender.requests == []


def test_a_machine_without_dmi_data_is_not_an_ecs_instance(tmp_path):
    assert not is_ecs_instance(tmp_path / "nothing")


def test_naming_the_role_is_asking_for_it_anywhere(world, find):
    world.sender = Service()
    world.environ["ALIBABA_CLOUD_ECS_METADATA"] = "console"
    assert find("QEMU").access_key.id == "STS.x"
    assert [request.url for request in world.sender.requests] == [TOKEN, f"{ROLES}console"]


def test_the_vendors_variable_turns_it_off(world, find):
    world.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
    assert find() == Absent("ALIBABA_CLOUD_ECS_METADATA_DISABLED is true")


@pytest.mark.parametrize(
    "instead",
    [
        {"token": ConnectError("100.100.100.200 refused the connection.")},
        {"token": (403, b"")},
        {"token": (404, b"")},
        {"roles": (404, b"")},
    ],
    ids=["no service", "turned off", "too old", "no role"],
)
def test_an_instance_without_any_is_a_miss_unless_it_was_asked_for(world, find, instead):
    world.sender = Service(**instead)
    answer = find()
    assert isinstance(answer, Absent)
    assert answer.reason
    if "token" in instead:
        world.environ["ALIBABA_CLOUD_ECS_METADATA"] = "console"
        with pytest.raises((CredentialsError, NetworkError), match="the ECS instance's role"):
            find()


@pytest.mark.parametrize(
    ("instead", "kind"),
    [
        ({"token": (500, b"")}, CredentialsError),
        ({"token": (200, b"two words")}, CredentialsError),
        ({"roles": ConnectError("gone")}, NetworkError),
        ({"roles": (500, b"")}, CredentialsError),
        ({"roles": (200, b"<html>")}, CredentialsError),
        ({"key": (404, b"")}, CredentialsError),
        ({"key": UnexpectedAnswerError("too large")}, NetworkError),
        ({"key": (200, b'{"Code": "Failed"}')}, CredentialsError),
    ],
)
def test_a_failing_source_is_an_error_and_no_other_is_used(world, find, instead, kind):
    world.sender = Service(**instead)
    with pytest.raises(kind, match=r"ECS instance's role|metadata service"):
        find()


def test_no_proxy_ever_sees_it(world):
    """The proxy is not there: who would ask it fails. Loopback stands in for the service's own address."""
    environ = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:1")
    assert find_proxy(TOKEN, environ) is None
    world.environ.update(environ, ECSVNC_METADATA_ENDPOINT=world.service.ecs.origin)
    assert world.caller(metadata.find(world.context()).access_key) == "assumed-role/instance-role/i-metadata"


@pytest.mark.parametrize(
    "endpoint", ["http://100.100.100.200", "https://127.0.0.1", "http://127.0.0.1/x", "nothing", "http://["]
)
def test_a_stand_in_is_on_loopback_only(world, endpoint):
    world.environ["ECSVNC_METADATA_ENDPOINT"] = endpoint
    with pytest.raises(ConfigurationError, match="ECSVNC_METADATA_ENDPOINT must be"):
        metadata.find(world.context())


def test_a_role_name_cannot_lead_elsewhere(world):
    world.sender = Service()
    world.environ["ALIBABA_CLOUD_ECS_METADATA"] = "../../../user-data"
    with pytest.raises(ConfigurationError, match="role name"):
        metadata.find(world.context())
