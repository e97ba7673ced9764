from __future__ import annotations

import pytest
from support.ecs.instance_actions import is_zone

from ecsvnc.openapi.endpoints import endpoint_host
from ecsvnc.region_ids import REGION_IDS
from ecsvnc.simulator.regions import REGIONS, serves, zone_id


def test_the_regions_are_those_that_the_client_knows():
    assert REGIONS.keys() == set(REGION_IDS)


@pytest.mark.parametrize("region_id", REGION_IDS)
def test_a_regions_own_endpoint_serves_it(region_id):
    assert serves(endpoint_host("ecs", region_id), region_id)
    assert serves(endpoint_host("ecs", region_id, "vpc"), region_id)
    assert serves(f"ecs.{region_id}.aliyuncs.com:443", region_id)


@pytest.mark.parametrize(
    "host",
    ["ecs.cn-hangzhou.aliyuncs.com", "ecs-cn-hangzhou.aliyuncs.com:80", "ECS.eu-west-1.aliyuncs.com",
     "ecs-vpc.cn-shanghai.aliyuncs.com"],
)  # fmt: skip
def test_the_endpoint_of_another_region_does_not_serve_it(host):
    assert not serves(host, "cn-beijing")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost", "ecs.aliyuncs.com", "ecs.cn-atlantis.aliyuncs.com", ""]
)
def test_any_other_name_serves_every_region(host):
    assert all(serves(host, region_id) for region_id in REGIONS)


def test_a_call_to_another_regions_endpoint_is_refused(caller):
    host = {"host": "ecs.cn-beijing.aliyuncs.com"}
    reply = caller.acs3("DescribeInstances", {"RegionId": "cn-hangzhou"}, headers=host)
    assert reply.outcome == (404, "InvalidOperation.NotSupportedEndpoint")
    assert reply.json["HostId"] == "ecs.cn-beijing.aliyuncs.com"
    assert caller.acs3("DescribeInstances", {"RegionId": "cn-beijing"}, headers=host).status == 200
    assert caller.acs3("DescribeRegions", headers=host).status == 200, "any endpoint tells the regions"


@pytest.mark.parametrize(("region_id", "zone"), [("cn-hangzhou", "cn-hangzhou-k"), ("us-east-1", "us-east-1a")])
def test_a_zone_is_a_letter_in_its_region(region_id, zone):
    assert zone_id(region_id, zone[-1]) == zone
    assert is_zone(region_id, zone)
    assert not is_zone("cn-beijing", zone)


@pytest.mark.parametrize("zone", ["", "cn-hangzhou", "cn-hangzhou-", "cn-hangzhouk", "cn-hangzhou-K", "cn-hangzhou-1"])
def test_only_a_letter_in_the_region_is_a_zone(zone):
    assert not is_zone("cn-hangzhou", zone)
