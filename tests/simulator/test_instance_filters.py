"""What DescribeInstances lets one choose by: each filter lets the right ones through, or is refused."""

from __future__ import annotations

import json

import pytest

from ecsvnc.simulator.fleet import Instance, instance_id
from ecsvnc.simulator.instance_document import instance_document

REGION = {"RegionId": "cn-hangzhou"}


@pytest.fixture
def names(caller):
    """The names that some filters let through, in web-1's region or another."""

    def names(**parameters):
        reply = caller.acs3("DescribeInstances", {**REGION, **parameters})
        assert reply.status == 200, reply.body
        return [each["InstanceName"] for each in reply.json["Instances"]["Instance"]]

    return names


def test_ids_are_a_json_array(names, ecs):
    web = ecs.fleet.named("web-1")
    assert names(InstanceIds=json.dumps([web.id, "i-other"])) == ["web-1"]
    assert names(InstanceIds="[]") == [], "an empty array is a filter that nothing passes"


def test_an_id_of_another_region_is_not_found(names, ecs):
    assert names(InstanceIds=json.dumps([ecs.fleet.named("win-1").id])) == []


@pytest.mark.parametrize("text", ["i-bp1", '"i-bp1"', "[1]", "{}", "", "[" * 5000, json.dumps(["i-x"] * 101), "null"])
def test_ids_of_another_form_are_refused(caller, text):
    reply = caller.acs3("DescribeInstances", {**REGION, "InstanceIds": text})
    assert reply.outcome == (400, "InvalidInstanceIds.Malformed")


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("web-1", True),
        ("web", False),
        ("web-*", True),
        ("*-1", True),
        ("*", True),
        ("WEB-1", False),
        ("web-?", False),
        ("web-[1]", False),
        ("w*b*1", True),
    ],
)
def test_only_a_star_in_the_name_is_a_wildcard(names, pattern, matches):
    assert names(InstanceName=pattern) == (["web-1"] if matches else [])


def test_other_wildcards_than_the_star_are_literal(names, ecs):
    ecs.fleet.named("web-1").name = "a[1]?"
    assert names(InstanceName="a[1]?") == ["a[1]?"]


def test_addresses_are_distinguished(caller, names):
    assert names(PrivateIpAddresses='["172.16.0.10"]') == ["web-1"]
    assert names(PublicIpAddresses='["203.0.113.10"]') == ["web-1"]
    assert names(EipAddresses='["203.0.113.10"]') == []
    beijing = {"RegionId": "cn-beijing"}
    assert names(**beijing, EipAddresses='["203.0.113.20"]') == ["win-1"]
    assert names(**beijing, PublicIpAddresses='["203.0.113.20"]') == []


def test_state(names):
    assert names(Status="Running") == ["web-1"]
    assert names(Status="Stopped") == []


def test_an_unknown_state_is_refused(caller):
    reply = caller.acs3("DescribeInstances", {**REGION, "Status": "Sleeping"})
    assert reply.outcome == (404, "InvalidStatus.NotFound")


def test_tags(names):
    assert names(**{"Tag.1.Key": "role", "Tag.1.Value": "web"}) == ["web-1"]
    assert names(**{"Tag.1.Key": "role"}) == ["web-1"]
    assert names(**{"Tag.1.Key": "env", "Tag.2.Key": "role", "Tag.2.Value": "db"}) == []


def test_filters_add_up(names):
    assert names(InstanceName="web-*", Status="Stopped") == []


def test_vpc_and_zone(names, ecs):
    web = ecs.fleet.named("web-1")
    assert names(VpcId=web.vpc_id, ZoneId=web.zone_id, InstanceNetworkType="vpc") == ["web-1"]
    assert names(VpcId="vpc-other") == []


def test_parameters_that_ask_for_more_detail_change_nothing(names):
    assert names(**{"AdditionalAttributes.1": "META_OPTIONS"}) == ["web-1"]


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("InstanceNetworkType", "vpc", "classic"),
        ("InstanceChargeType", "PostPaid", "PrePaid"),
        ("InternetChargeType", "PayByTraffic", "PayByBandwidth"),
        ("InstanceType", "ecs.g7.large", "ecs.g7.xlarge"),
        ("InstanceTypeFamily", "ecs.g7", "ecs.g8"),
        ("IoOptimized", "true", "false"),
        ("DeviceAvailable", "true", "false"),
        ("HttpEndpoint", "enabled", "disabled"),
        ("HttpTokens", "optional", "required"),
        ("ZoneId", "cn-hangzhou-h", "cn-hangzhou-b"),
    ],
)
def test_a_property_that_all_instances_share_can_be_a_filter(names, name, right, wrong):
    assert names(**{name: right}) == ["web-1"]
    assert names(**{name: wrong}) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KeyPairName", "key"),
        ("ResourceGroupId", "rg-1"),
        ("RdmaIpAddresses", "10.10.10.102"),
        ("InnerIpAddresses", '["10.1.1.1"]'),
        ("Ipv6Address.1", "2001:db8::1"),
        ("SecurityGroupId", "sg-other"),
        ("VSwitchId", "vsw-other"),
        ("ImageId", "m-other"),
    ],
)
def test_a_filter_that_no_instance_matches_gives_no_instance(names, name, value):
    assert names(**{name: value}) == []


def test_an_instance_of_the_classic_network_has_an_inner_address_and_no_vpc(names, caller, ecs):
    ecs.fleet.named("web-1").is_classic = True
    assert names(InstanceNetworkType="classic") == names(InnerIpAddresses='["172.16.0.10"]') == ["web-1"]
    assert names(PrivateIpAddresses='["172.16.0.10"]') == []
    [document] = caller.acs3("DescribeInstances", REGION).json["Instances"]["Instance"]
    assert document["InnerIpAddress"] == {"IpAddress": ["172.16.0.10"]}
    assert document["VpcAttributes"]["VpcId"] == ""
    assert document["VpcAttributes"]["PrivateIpAddress"] == {"IpAddress": []}
    assert document["NetworkInterfaces"] == {"NetworkInterface": []}


def test_no_more_than_a_thousand_instances_are_found_by_a_tag(caller, ecs):
    for number in range(1001):
        instance = Instance(
            instance_id("cn-hangzhou", seed=f"tagged-{number}"), "tagged", "cn-hangzhou", tags={"a": ""}
        )
        ecs.fleet.add(instance)
    asked = {**REGION, "PageSize": "10"}
    assert caller.acs3("DescribeInstances", {**asked, "Tag.1.Key": "a"}).json["TotalCount"] == 1000
    assert caller.acs3("DescribeInstances", asked).json["TotalCount"] == 1002


def test_an_instance_is_found_by_its_described_fields(names, ecs):
    document = instance_document(ecs.fleet.named("web-1"))
    assert names(ImageId=document["ImageId"]) == ["web-1"]
    assert names(VSwitchId=document["VpcAttributes"]["VSwitchId"]) == ["web-1"]
    assert names(SecurityGroupId=document["SecurityGroupIds"]["SecurityGroupId"][0]) == ["web-1"]


@pytest.mark.parametrize(("lock", "asked"), [("security", "security"), ("recycling", "Recycling")])
def test_locked_instances_are_found_by_the_reason(names, ecs, lock, asked):
    assert names(LockReason=asked) == []
    ecs.fleet.named("web-1").lock_reasons = ("financial", lock)
    assert names(LockReason=asked) == ["web-1"]
    assert names(LockReason="refunded") == []


@pytest.mark.parametrize(
    ("parameters", "outcome"),
    [
        ({"LockReason": "zzz"}, (404, "InvalidLockReason.NotFound")),
        ({"InstanceNetworkType": "bogus"}, (404, "InvalidNetworkType.NotFound")),
        ({"InstanceNetworkType": "VPC"}, (404, "InvalidNetworkType.NotFound")),
        ({"InstanceChargeType": "Foo"}, (404, "InvalidInstanceChargeType.NotFound")),
        ({"InternetChargeType": "Foo"}, (404, "InvalidInternetChargeType.ValueNotSupported")),
        ({"HpcClusterId": "hpc-1"}, (400, "InvalidHpcClusterId.NotFound")),
        ({"IoOptimized": "optimized"}, (400, "InvalidIoOptimized")),
        ({"HttpTokens": "always"}, (400, "InvalidHttpTokens")),
        ({"HttpEndpoint": "on"}, (400, "InvalidHttpEndpoint")),
        ({"EipAddresses": "203.0.113.10"}, (400, "InvalidEipAddresses")),
    ],
)
def test_unknown_values_are_refused(caller, parameters, outcome):
    assert caller.acs3("DescribeInstances", {**REGION, **parameters}).outcome == outcome


def test_an_empty_filter_is_ignored(names):
    assert names(Status="", LockReason="", InstanceNetworkType="", InstanceName="", IoOptimized="") == ["web-1"]


@pytest.mark.parametrize(
    ("key", "limit", "matches"),
    [
        ("CreationStartTime", "2025-03-14T09:26Z", True),
        ("CreationStartTime", "2025-03-14T09:27Z", False),
        ("CreationEndTime", "2025-03-14T09:26Z", True),
        ("CreationEndTime", "2025-03-14T09:25Z", False),
        ("ExpiredStartTime", "2099-12-31T15:59Z", True),
        ("ExpiredStartTime", "2100-01-01T00:00Z", False),
        ("ExpiredEndTime", "2100-01-01T00:00Z", True),
        ("ExpiredEndTime", "2026-01-01T00:00Z", False),
    ],
)
@pytest.mark.parametrize("number", [1, 4])
def test_times_are_limits(names, number, key, limit, matches):
    parameters = {f"Filter.{number}.Key": key, f"Filter.{number}.Value": limit}
    assert names(**parameters) == (["web-1"] if matches else [])


def test_two_times_are_a_range(names):
    start = {"Filter.1.Key": "CreationStartTime", "Filter.1.Value": "2025-01-01T00:00Z"}
    assert names(**start, **{"Filter.2.Key": "CreationEndTime", "Filter.2.Value": "2025-12-31T00:00Z"}) == ["web-1"]
    assert names(**start, **{"Filter.2.Key": "CreationEndTime", "Filter.2.Value": "2025-02-01T00:00Z"}) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"Filter.1.Key": "zzz"},
        {"Filter.1.Key": "zzz", "Filter.1.Value": "2025-01-01T00:00Z"},
        {"Filter.1.Key": "CreationStartTime"},
        {"Filter.1.Value": "2025-01-01T00:00Z"},
        {"Filter.1.Key": "CreationStartTime", "Filter.1.Value": "2025-01-01T00:00:00Z"},
        {"Filter.1.Key": "CreationStartTime", "Filter.1.Value": "2025-01-01t00:00z"},
        {"Filter.1.Key": "CreationStartTime", "Filter.1.Value": ""},
        {"Filter.1.Key": "CreationStartTime", "Filter.2.Value": "2025-01-01T00:00Z"},
    ],
)
def test_a_filter_without_a_known_key_and_a_time_is_refused(caller, parameters):
    reply = caller.acs3("DescribeInstances", {**REGION, **parameters})
    assert reply.outcome == (404, "InvalidFilterKey.NotFound")


def test_tags_are_filters_whatever_their_numbers(names):
    assert names(**{"Tag.2.Key": "role", "Tag.2.Value": "db"}) == []
    assert names(**{"Tag.20.Key": "role", "Tag.20.Value": "web", "Tag.3.Key": "env"}) == ["web-1"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Tag.1.Value": "web"}, "InvalidTag.Mismatch"),
        ({"Tag.1.Key": "", "Tag.1.Value": "web"}, "InvalidTag.Mismatch"),
        ({"Tag.1.Key": "role", "Tag.2.Value": "web"}, "InvalidTag.Mismatch"),
        ({"Tag.21.Key": "role"}, "InvalidTagCount"),
        ({"Tag.0.Key": "role"}, "InvalidTagCount"),
    ],
)
def test_an_invalid_tag_is_refused(caller, parameters, code):
    assert caller.acs3("DescribeInstances", {**REGION, **parameters}).outcome == (400, code)
