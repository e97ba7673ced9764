from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote, unquote

import pytest
from support.ecs.faults import Fault, not_ready

from ecsvnc.openapi.endpoints import endpoint_host
from ecsvnc.region_ids import REGION_IDS
from ecsvnc.simulator.accounts import Identity
from ecsvnc.simulator.refusals import refused

WITH_INSTANCE = ["DescribeInstanceVncUrl", "ModifyInstanceVncPasswd"]


@pytest.fixture
def web(ecs):
    return ecs.fleet.named("web-1")


@pytest.fixture
def ask(caller, web):
    """Call an action on web-1, with some parameters changed."""

    def ask(action, **changed):
        parameters = {"RegionId": "cn-hangzhou", "InstanceId": web.id, "VncPassword": "abc123", **changed}
        return caller.acs3(action, {name: value for name, value in parameters.items() if value is not None})

    return ask


class TestTheInstance:
    """What holds for every action on one instance."""

    @pytest.mark.parametrize("action", WITH_INSTANCE)
    @pytest.mark.parametrize("value", [None, ""])
    def test_its_region_is_mandatory(self, ask, action, value):
        reply = ask(action, RegionId=value)
        assert reply.outcome == (400, "MissingRegionId")
        assert reply.json["Message"] == "RegionId is mandatory for this action."

    @pytest.mark.parametrize("action", WITH_INSTANCE)
    def test_its_id_is_mandatory(self, ask, action):
        assert ask(action, InstanceId=None).outcome == (400, "MissingInstanceId")

    @pytest.mark.parametrize("action", WITH_INSTANCE)
    def test_its_region_must_exist(self, ask, action):
        assert ask(action, RegionId="cn-atlantis").outcome == (404, "InvalidRegionId.NotFound")

    @pytest.mark.parametrize("action", WITH_INSTANCE)
    def test_it_must_exist(self, ask, action):
        assert ask(action, InstanceId="i-bp100000000000000000").outcome == (404, "InvalidInstanceId.NotFound")

    @pytest.mark.parametrize(
        ("action", "outcome"),
        [
            ("DescribeInstanceVncUrl", (400, "InvalidRegionInstance")),
            ("ModifyInstanceVncPasswd", (404, "InvalidInstanceId.NotFound")),
        ],
    )
    def test_it_must_be_in_that_region(self, ask, action, outcome):
        """Only one of the pages has a code of its own for that."""
        assert ask(action, RegionId="cn-beijing").outcome == outcome

    @pytest.mark.parametrize("action", WITH_INSTANCE)
    def test_the_permission_is_checked_before_it_is_looked_up(self, caller, ecs, runtime, action):
        """Otherwise anyone could find out which instances there are."""
        nobody = Identity.with_new_key(runtime.random_bytes, allowed_actions=frozenset())
        ecs.accounts.add(nobody)
        call = replace(caller, access_key_id=nobody.access_key_id, secret=nobody.access_key_secret)
        parameters = {"RegionId": "cn-hangzhou", "InstanceId": "i-none", "VncPassword": "abc123"}
        reply = call.acs3(action, parameters)
        assert reply.outcome == (403, "Forbidden.RAM")
        detail = reply.json["AccessDeniedDetail"]
        assert detail["AuthAction"] == f"ecs:{action}"
        assert detail["AuthPrincipalType"] == "SubUser"
        assert detail["NoPermissionType"] == "ImplicitDeny"


class TestVncUrl:
    def test_it_is_the_whole_answer(self, ask):
        assert ask("DescribeInstanceVncUrl").json.keys() == {"RequestId", "VncUrl"}

    def test_its_token_is_encoded_twice_as_in_the_real_one(self, ask, ecs):
        value = ask("DescribeInstanceVncUrl").json["VncUrl"]
        once = unquote(value)
        assert once.startswith(f"ws://127.0.0.1:{ecs.port}/websockify/?s=")
        assert quote(once, safe="") == value
        token = unquote(once.partition("?s=")[2])
        assert re.fullmatch(r"[A-Za-z0-9+/]{64}", token)
        assert ecs.tickets.redeem(token) == ecs.fleet.named("web-1").id

    @pytest.mark.parametrize("status", ["Pending", "Starting", "Stopped"])
    def test_there_is_none_for_an_instance_that_is_not_running(self, ask, web, status):
        web.status = status
        assert ask("DescribeInstanceVncUrl").outcome == (403, "IncorrectInstanceStatus")

    def test_there_is_none_until_the_console_is_ready(self, ask, ecs):
        ecs.faults.add(Fault(not_ready(), action="DescribeInstanceVncUrl", times=2))
        outcomes = [ask("DescribeInstanceVncUrl").outcome for _ in range(3)]
        assert outcomes == [(403, "InstanceNotReady"), (403, "InstanceNotReady"), (200, "")]


class TestVncPassword:
    def test_it_is_set_at_once(self, ask, web):
        assert ask("ModifyInstanceVncPasswd", VncPassword="Ecs123").status == 200
        assert web.vnc_password == "Ecs123"

    @pytest.mark.parametrize("password", ["short", "toolong", "abc 12", "abc12!", "äbc123"])
    def test_it_is_6_letters_and_digits(self, ask, web, password):
        reply = ask("ModifyInstanceVncPasswd", VncPassword=password)
        assert reply.outcome == (400, "IncorrectVncPassword.Malformed")
        assert web.vnc_password is None

    def test_it_is_mandatory(self, ask):
        assert ask("ModifyInstanceVncPasswd", VncPassword=None).outcome == (400, "MissingVncPassword")

    def test_it_is_not_remembered_with_the_call(self, ask, ecs):
        ask("ModifyInstanceVncPasswd", VncPassword="Ecs123")
        assert "VncPassword" not in ecs.calls[-1].parameters


class TestStatus:
    def test_all_of_a_region(self, caller, web):
        reply = caller.acs3("DescribeInstanceStatus", {"RegionId": "cn-hangzhou"})
        assert reply.json["InstanceStatuses"]["InstanceStatus"] == [{"InstanceId": web.id, "Status": "Running"}]

    def test_those_that_are_named_by_number(self, caller, ecs):
        dup = ecs.fleet.named("dup")
        parameters = {"RegionId": "cn-shenzhen", "InstanceId.1": "i-other", "InstanceId.2": dup.id}
        reply = caller.acs3("DescribeInstanceStatus", parameters)
        assert [each["InstanceId"] for each in reply.json["InstanceStatuses"]["InstanceStatus"]] == [dup.id]

    def test_those_of_a_number_after_a_gap_too(self, caller):
        reply = caller.acs3("DescribeInstanceStatus", {"RegionId": "cn-hangzhou", "InstanceId.2": "i-other"})
        assert reply.json["InstanceStatuses"]["InstanceStatus"] == []

    @pytest.mark.parametrize(("zone_id", "count"), [("cn-hangzhou-h", 1), ("cn-hangzhou-b", 0)])
    def test_those_of_a_zone(self, caller, zone_id, count):
        reply = caller.acs3("DescribeInstanceStatus", {"RegionId": "cn-hangzhou", "ZoneId": zone_id})
        assert reply.json["TotalCount"] == count

    def test_those_of_a_zone_abroad(self, caller):
        parameters = {"RegionId": "eu-central-1", "ZoneId": "eu-central-1a"}
        assert caller.acs3("DescribeInstanceStatus", parameters).json["TotalCount"] == 1

    def test_those_of_a_cluster_in_which_none_is(self, caller):
        parameters = {"RegionId": "cn-hangzhou", "ClusterId": "c-1"}
        assert caller.acs3("DescribeInstanceStatus", parameters).json["TotalCount"] == 0

    @pytest.mark.parametrize(
        ("parameters", "outcome"),
        [
            ({"InstanceId.1": "bogus"}, (403, "Abs.InvalidInstanceIds.MalFormed")),
            ({"InstanceId.1": ""}, (403, "Abs.InvalidInstanceIds.MalFormed")),
            ({"InstanceId.1": '["i-bp1"]'}, (403, "Abs.InvalidInstanceIds.MalFormed")),
            ({"InstanceId.1": "i-bp1", "InstanceId.2": "i-中"}, (403, "Abs.InvalidInstanceIds.MalFormed")),
            ({"InstanceId.0": "i-bp1"}, (403, "Abs.InvalidInstanceIds.MalFormed")),
            ({"InstanceId": "i-bp1"}, (403, "Abs.InvalidInstanceIds.MalFormed")),
            ({"InstanceId.101": "i-bp1"}, (403, "InvalidParameter.TooManyInstanceIds")),
            ({"ZoneId": "cn-hangzhou-zzz"}, (404, "InvalidZoneId.NotFound")),
            ({"ZoneId": "cn-hangzhou"}, (404, "InvalidZoneId.NotFound")),
            ({"ZoneId": "cn-hangzhouh"}, (404, "InvalidZoneId.NotFound")),
            ({f"InstanceId.{number}": "i-x" for number in range(1, 102)}, (403, "InvalidParameter.TooManyInstanceIds")),
            ({"PageSize": "51"}, (400, "InvalidPageSize")),
            ({"PageNumber": "0"}, (400, "InvalidPageNumber")),
            ({"ZoneId": "cn-beijing-h"}, (404, "InvalidZoneId.NotFound")),
        ],
    )
    def test_invalid_parameters_are_refused(self, caller, parameters, outcome):
        assert caller.acs3("DescribeInstanceStatus", {"RegionId": "cn-hangzhou", **parameters}).outcome == outcome


class TestRegions:
    def test_they_are_all_there_with_their_endpoint(self, caller):
        regions = caller.acs3("DescribeRegions").json["Regions"]["Region"]
        assert {each["RegionId"]: each["RegionEndpoint"] for each in regions} == {
            region_id: endpoint_host("ecs", region_id) for region_id in REGION_IDS
        }

    @pytest.mark.parametrize(("language", "name"), [("", "中国香港"), ("en-US", "China (Hong Kong)")])
    def test_their_names_are_chinese_unless_asked_for(self, caller, language, name):
        regions = caller.acs3("DescribeRegions", {"AcceptLanguage": language}).json["Regions"]["Region"]
        assert name in {each["LocalName"] for each in regions}

    def test_an_unknown_language_is_refused(self, caller):
        reply = caller.acs3("DescribeRegions", {"AcceptLanguage": "tlh"})
        assert reply.outcome == (404, "InvalidAcceptLanguage.NotFound")

    @pytest.mark.parametrize(
        "parameters",
        [
            {"InstanceChargeType": "PrePaid"},
            {"InstanceChargeType": "SpotAsPriceGo", "ResourceType": "instance"},
            {"InstanceChargeType": "", "ResourceType": "", "AcceptLanguage": "ko"},
            {"ResourceType": "scu"},
            {"ResourceType": "Instance"},
        ],
    )
    def test_every_region_has_every_kind_of_resource(self, caller, parameters):
        assert len(caller.acs3("DescribeRegions", parameters).json["Regions"]["Region"]) == len(REGION_IDS)

    @pytest.mark.parametrize(
        ("parameters", "outcome"),
        [
            ({"InstanceChargeType": "Foo"}, (403, "Invalid.InstanceChargeType")),
            ({"InstanceChargeType": "postpaid"}, (403, "Invalid.InstanceChargeType")),
            ({"ResourceType": "Foo"}, (404, "InvalidResourceType.NotFound")),
        ],
    )
    def test_unknown_charge_and_resource_types_are_refused(self, caller, parameters, outcome):
        assert caller.acs3("DescribeRegions", parameters).outcome == outcome

    def test_they_need_no_permission(self, caller, ecs):
        ecs.accounts.add(replace(ecs.identity, allowed_actions=frozenset()))
        assert caller.acs3("DescribeRegions").status == 200


class TestFaults:
    def test_a_fault_applies_as_often_as_planned(self, ask, ecs):
        ecs.faults.add(Fault(refused("Throttling.User", retry_after_ms=150), action="DescribeInstanceVncUrl", times=2))
        first = ask("DescribeInstanceVncUrl")
        assert first.outcome == (400, "Throttling.User")
        assert first.headers["x-acs-retry-after"] == "150"
        assert ask("DescribeInstanceVncUrl").code == "Throttling.User"
        assert ask("DescribeInstanceVncUrl").status == 200

    def test_a_fault_applies_only_to_its_action_and_region(self, ask, caller, ecs):
        ecs.faults.add(Fault(refused("InternalError"), action="DescribeInstances", region_id="cn-beijing", times=None))
        assert ask("DescribeInstanceVncUrl").status == 200
        assert caller.acs3("DescribeInstances", {"RegionId": "cn-hangzhou"}).status == 200
        assert caller.acs3("DescribeInstances", {"RegionId": "cn-beijing"}).outcome == (500, "InternalError")
        ecs.faults.clear()
        assert caller.acs3("DescribeInstances", {"RegionId": "cn-beijing"}).status == 200

    def test_a_fault_may_only_delay(self, ask, ecs, scene):
        ecs.faults.add(Fault(delay_s=20))
        before = scene.at_s
        assert ask("DescribeInstanceVncUrl").status == 200
        assert scene.at_s == before + 20

    def test_a_request_that_is_refused_anyway_does_not_use_a_fault(self, ask, caller, ecs):
        ecs.faults.add(Fault(refused("InternalError")))
        assert replace(caller, secret="wrong").acs3("DescribeRegions").code == "SignatureDoesNotMatch"
        assert ask("DescribeInstanceVncUrl").code == "InternalError"
