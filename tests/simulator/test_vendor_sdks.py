"""The vendor's own SDKs, new and legacy, take the embedded ECS for the real one.

Neither was written with it in mind: what they sign, send and expect back is not ours to choose.
"""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import replace

import pytest
from support.ecs.extended import ExtendedEcs
from support.ecs.faults import Fault
from support.ecs.sts import new_session

from ecsvnc.simulator.accounts import Identity
from ecsvnc.simulator.refusals import refused

# What the SDKs do by themselves, on Pythons newer than they are.
pytestmark = pytest.mark.filterwarnings(r"ignore:datetime\.datetime\.utcnow\(\):DeprecationWarning")

VNC_URL = re.compile(r"ws%3A%2F%2F127\.0\.0\.1%3A\d+%2Fwebsockify%2F%3Fs%3D[A-Za-z0-9%]+")


@pytest.fixture
def ecs(runtime):
    """On the real clock: the SDKs know no other."""
    with ExtendedEcs(replace(runtime, now=time.time, monotonic=time.monotonic)) as running:
        yield running


@pytest.fixture
def web(ecs):
    return ecs.fleet.named("web-1")


class TestTheNewSdk:
    """alibabacloud-ecs20140526: ACS3-HMAC-SHA256; signs `accept` and `user-agent` as well."""

    @pytest.fixture
    def models(self):
        return pytest.importorskip("alibabacloud_ecs20140526.models", reason="the vendor's new SDK is not installed")

    @pytest.fixture(autouse=True)
    def end_connections(self, models):
        """The SDK keeps a connection pool for each endpoint that it ever talked to, and closes none."""
        from darabonba.core import DaraCore

        yield
        while DaraCore._sessions:
            DaraCore._sessions.popitem()[1].close()

    @pytest.fixture
    def client(self, ecs, models):
        return self.client_of(ecs, ecs.identity)

    def client_of(self, ecs, identity, secret=None):
        from alibabacloud_ecs20140526.client import Client
        from alibabacloud_tea_openapi.models import Config

        return Client(
            Config(
                access_key_id=identity.access_key_id,
                access_key_secret=secret or identity.access_key_secret,
                security_token=identity.security_token,
                endpoint=f"127.0.0.1:{ecs.port}",
                protocol="http",
            )
        )

    def refusal(self, call, request):
        from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

        with pytest.raises(AlibabaCloudException) as refused:
            call(request)
        return refused.value

    def test_gets_instances(self, client, models, web):
        body = client.describe_instances(models.DescribeInstancesRequest(region_id="cn-hangzhou")).body
        (instance,) = body.instances.instance
        assert (instance.instance_id, instance.instance_name) == (web.id, "web-1")
        assert instance.public_ip_address.ip_address == ["203.0.113.10"]
        assert instance.vpc_attributes.private_ip_address.ip_address == ["172.16.0.10"]
        assert instance.ostype == "linux"

    def test_gets_every_page(self, client, models, ecs, web):
        for number in range(25):
            ecs.fleet.add(replace(web, id=f"i-bp1{number:017}", name=f"extra-{number}"))
        names, token = [], None
        while token != "":
            request = models.DescribeInstancesRequest(region_id="cn-hangzhou", max_results=10, next_token=token)
            body = client.describe_instances(request).body
            names += [each.instance_name for each in body.instances.instance]
            token = body.next_token
        assert names == ["web-1", *(f"extra-{number}" for number in range(25))]

    def test_finds_a_name_with_everything_in_it(self, client, models, web):
        web.name = "web *~+/%中文 &="
        request = models.DescribeInstancesRequest(region_id="cn-hangzhou", instance_name=web.name)
        assert [each.instance_id for each in client.describe_instances(request).body.instances.instance] == [web.id]

    def test_gets_a_ticket(self, client, models, web):
        request = models.DescribeInstanceVncUrlRequest(region_id="cn-hangzhou", instance_id=web.id)
        assert VNC_URL.fullmatch(client.describe_instance_vnc_url(request).body.vnc_url)

    def test_gets_regions_and_states(self, client, models, web):
        regions = client.describe_regions(models.DescribeRegionsRequest(accept_language="en-US")).body.regions.region
        assert "China (Hangzhou)" in [each.local_name for each in regions]
        request = models.DescribeInstanceStatusRequest(region_id="cn-hangzhou", instance_id=[web.id])
        states = client.describe_instance_status(request).body.instance_statuses.instance_status
        assert [(each.instance_id, each.status) for each in states] == [(web.id, "Running")]

    @pytest.mark.parametrize(
        ("matching", "other"),
        [
            ({"instance_network_type": "vpc"}, {"instance_network_type": "classic"}),
            ({"io_optimized": True, "device_available": True}, {"io_optimized": False}),
            ({"private_ip_addresses": '["172.16.0.10"]'}, {"private_ip_addresses": '["172.16.0.11"]'}),
            ({"instance_charge_type": "PostPaid"}, {"lock_reason": "security"}),
            ({"additional_attributes": ["META_OPTIONS"]}, {"ipv_6address": ["2001:db8::1"]}),
        ],
    )
    def test_filters(self, client, models, matching, other):
        for parameters, count in ((matching, 1), (other, 0)):
            request = models.DescribeInstancesRequest(region_id="cn-hangzhou", **parameters)
            assert client.describe_instances(request).body.total_count == count

    def test_filters_by_pairs(self, client, models):
        tags = [models.DescribeInstancesRequestTag(key="env"), models.DescribeInstancesRequestTag("role", "web")]
        for since, count in (("2025-01-01T00:00Z", 1), ("2026-01-01T00:00Z", 0)):
            time_filter = models.DescribeInstancesRequestFilter("CreationStartTime", since)
            request = models.DescribeInstancesRequest(region_id="cn-hangzhou", tag=tags, filter=[time_filter])
            assert client.describe_instances(request).body.total_count == count

    def test_starts_an_instance(self, client, models, ecs):
        db = ecs.fleet.named("db-1")
        client.start_instance(models.StartInstanceRequest(instance_id=db.id))
        assert db.status == "Starting"
        refused = self.refusal(client.start_instance, models.StartInstanceRequest(instance_id=db.id, dry_run=True))
        assert refused.code == "DryRunOperation"

    def test_reboots_an_instance_and_not_one_that_is_rebooting(self, client, models, web):
        request = models.RebootInstanceRequest(instance_id=web.id, force_stop=True)
        client.reboot_instance(request)
        assert web.status == "Starting"
        assert self.refusal(client.reboot_instance, request).code == "IncorrectInstanceStatus"

    def test_gets_a_screenshot_and_the_next_one_is_throttled(self, client, models, web):
        request = models.GetInstanceScreenshotRequest(region_id="cn-hangzhou", instance_id=web.id, wake_up=True)
        body = client.get_instance_screenshot(request).body
        assert body.instance_id == web.id
        assert base64.b64decode(body.screenshot).startswith(b"\x89PNG\r\n")
        assert self.refusal(client.get_instance_screenshot, request).code == "Throttling"

    def test_gets_the_console_output_of_linux_alone(self, client, models, ecs, web):
        request = models.GetInstanceConsoleOutputRequest(region_id="cn-hangzhou", instance_id=web.id)
        body = client.get_instance_console_output(request).body
        assert "web-1 login:" in base64.b64decode(body.console_output).decode()
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", body.last_update_time)
        win = ecs.fleet.named("win-1")
        request = models.GetInstanceConsoleOutputRequest(region_id="cn-beijing", instance_id=win.id)
        assert self.refusal(client.get_instance_console_output, request).code == "NotSupported"

    @pytest.mark.parametrize(
        ("region_id", "instance", "outcome"),
        [
            ("cn-hangzhou", "i-bp100000000000000000", (404, "InvalidInstanceId.NotFound")),
            ("cn-atlantis", "web-1", (404, "InvalidRegionId.NotFound")),
            ("cn-beijing", "web-1", (400, "InvalidRegionInstance")),
            ("cn-shanghai", "db-1", (403, "IncorrectInstanceStatus")),
        ],
    )
    def test_gets_the_documented_errors(self, client, ecs, region_id, instance, outcome):
        from alibabacloud_ecs20140526.models import DescribeInstanceVncUrlRequest

        instance_id = instance if instance.startswith("i-") else ecs.fleet.named(instance).id
        request = DescribeInstanceVncUrlRequest(region_id=region_id, instance_id=instance_id)
        refused = self.refusal(client.describe_instance_vnc_url, request)
        assert (refused.status_code, refused.code) == outcome

    def test_reports_a_wrong_secret(self, ecs, models):
        client = self.client_of(ecs, ecs.identity, secret="wrong")
        refused = self.refusal(client.describe_regions, models.DescribeRegionsRequest())
        assert (refused.status_code, refused.code) == (400, "SignatureDoesNotMatch")

    def test_reports_a_missing_permission(self, ecs, models, web, runtime):
        nobody = Identity.with_new_key(runtime.random_bytes, allowed_actions=frozenset())
        ecs.accounts.add(nobody)
        request = models.DescribeInstanceVncUrlRequest(region_id="cn-hangzhou", instance_id=web.id)
        refused = self.refusal(self.client_of(ecs, nobody).describe_instance_vnc_url, request)
        assert refused.code == "Forbidden.RAM"
        assert refused.access_denied_detail["AuthAction"] == "ecs:DescribeInstanceVncUrl"

    def test_reads_the_retry_delay(self, client, models, ecs):
        ecs.faults.add(Fault(refused("Throttling.User", retry_after_ms=150)))
        error = self.refusal(client.describe_regions, models.DescribeRegionsRequest())
        assert error.code == "Throttling.User"
        assert error.retry_after == 150

    def test_works_with_temporary_credentials(self, ecs, models, runtime):
        role = new_session(runtime.random_bytes, expires_at=time.time() + 900)
        ecs.accounts.add(role)
        assert self.client_of(ecs, role).describe_regions(models.DescribeRegionsRequest()).status_code == 200


class TestTheLegacySdk:
    """aliyun-python-sdk-core and -ecs: the RPC scheme over plain HTTP, with an empty SignatureType."""

    @pytest.fixture
    def sdk(self):
        return pytest.importorskip("aliyunsdkecs.request.v20140526", reason="the vendor's legacy SDK is not installed")

    @pytest.fixture
    def client(self, ecs, sdk):
        return self.client_of(ecs.identity)

    def client_of(self, identity, secret=None):
        from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
        from aliyunsdkcore.client import AcsClient

        secret = secret or identity.access_key_secret
        if identity.security_token:
            credential = StsTokenCredential(identity.access_key_id, secret, identity.security_token)
        else:
            credential = AccessKeyCredential(identity.access_key_id, secret)
        # One attempt: by itself it would repeat what failed.
        return AcsClient(region_id="cn-hangzhou", credential=credential, auto_retry=False)

    def request(self, ecs, action, **parameters):
        import importlib

        module = importlib.import_module(f"aliyunsdkecs.request.v20140526.{action}Request")
        request = getattr(module, f"{action}Request")()
        request.set_endpoint(f"127.0.0.1:{ecs.port}")
        for name, value in parameters.items():
            getattr(request, f"set_{name}")(value)
        return request

    def refusal(self, client, request):
        from aliyunsdkcore.acs_exception.exceptions import ServerException

        with pytest.raises(ServerException) as refused:
            client.do_action_with_exception(request)
        return refused.value

    def test_gets_instances(self, client, ecs, web):
        answer = json.loads(client.do_action_with_exception(self.request(ecs, "DescribeInstances")))
        assert [each["InstanceId"] for each in answer["Instances"]["Instance"]] == [web.id]
        assert ecs.calls[-1].scheme == "HMAC-SHA1"

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_gets_a_ticket(self, client, ecs, web, method):
        request = self.request(ecs, "DescribeInstanceVncUrl", InstanceId=web.id, method=method)
        answer = json.loads(client.do_action_with_exception(request))
        assert VNC_URL.fullmatch(answer["VncUrl"])

    def test_finds_a_name_with_everything_in_it(self, client, ecs, web):
        web.name = "web *~+/%中文 &="
        request = self.request(ecs, "DescribeInstances", InstanceName=web.name)
        answer = json.loads(client.do_action_with_exception(request))
        assert [each["InstanceId"] for each in answer["Instances"]["Instance"]] == [web.id]

    @pytest.mark.parametrize(
        ("instance", "status", "code"),
        [
            ("i-bp100000000000000000", 404, "InvalidInstanceId.NotFound"),
            ("win-1", 400, "InvalidRegionInstance"),
        ],
    )
    def test_gets_the_documented_errors(self, client, ecs, instance, status, code):
        instance_id = instance if instance.startswith("i-") else ecs.fleet.named(instance).id
        request = self.request(ecs, "DescribeInstanceVncUrl", InstanceId=instance_id)
        refused = self.refusal(client, request)
        assert (refused.get_http_status(), refused.get_error_code()) == (status, code)
        assert refused.get_request_id()

    @pytest.mark.parametrize(
        ("parameters", "count"), [({}, 1), ({"IoOptimized": True}, 1), ({"LockReason": "security"}, 0)]
    )
    def test_filters(self, client, ecs, parameters, count):
        request = self.request(
            ecs, "DescribeInstances", **parameters, Tags=[{"Key": "env"}, {"Key": "role", "Value": "web"}]
        )
        assert json.loads(client.do_action_with_exception(request))["TotalCount"] == count

    def test_gets_states(self, client, ecs, web):
        request = self.request(ecs, "DescribeInstanceStatus", InstanceIds=[web.id, "i-other"])
        answer = json.loads(client.do_action_with_exception(request))
        assert answer["InstanceStatuses"]["InstanceStatus"] == [{"InstanceId": web.id, "Status": "Running"}]

    def test_starts_an_instance(self, client, ecs):
        db = ecs.fleet.named("db-1")
        client.set_region_id("cn-shanghai")
        client.do_action_with_exception(self.request(ecs, "StartInstance", InstanceId=db.id))
        assert db.status == "Starting"

    def test_reboots_an_instance_and_gets_what_it_shows_and_wrote(self, client, ecs, web):
        ids = {"InstanceId": web.id}
        shot = json.loads(client.do_action_with_exception(self.request(ecs, "GetInstanceScreenshot", **ids)))
        assert base64.b64decode(shot["Screenshot"]).startswith(b"\x89PNG")
        log = json.loads(client.do_action_with_exception(self.request(ecs, "GetInstanceConsoleOutput", **ids)))
        assert b"web-1 login:" in base64.b64decode(log["ConsoleOutput"])
        client.do_action_with_exception(self.request(ecs, "RebootInstance", **ids))
        assert web.status == "Starting"

    def test_sees_that_its_secret_is_wrong(self, ecs, sdk):
        """It compares the string to sign in the message with its own, and only then says so."""
        refused = self.refusal(self.client_of(ecs.identity, secret="wrong"), self.request(ecs, "DescribeRegions"))
        assert refused.get_error_code() == "InvalidAccessKeySecret"

    def test_works_with_temporary_credentials(self, ecs, sdk, runtime):
        role = new_session(runtime.random_bytes, expires_at=time.time() + 900)
        ecs.accounts.add(role)
        answer = self.client_of(role).do_action_with_exception(self.request(ecs, "DescribeRegions"))
        assert len(json.loads(answer)["Regions"]["Region"]) == 40
