from __future__ import annotations

from dataclasses import replace

import pytest

from ecsvnc.simulator.accounts import Identity
from ecsvnc.simulator.fleet import Fleet, Instance, instance_id

REGION = {"RegionId": "cn-hangzhou"}


@pytest.fixture
def crowd(ecs):
    """Fill web-1's region to so many instances."""

    def crowd(count):
        for instance in list(ecs.fleet.in_region("cn-hangzhou")):
            ecs.fleet.remove(instance.id)
        for number in range(count):
            an_id = instance_id("cn-hangzhou", seed=str(number))
            ecs.fleet.add(Instance(an_id, f"crowd-{number:04}", "cn-hangzhou"))
        return [instance.id for instance in ecs.fleet.in_region("cn-hangzhou")]

    return crowd


def ids(reply):
    assert reply.status == 200, reply.body
    return [each["InstanceId"] for each in reply.json["Instances"]["Instance"]]


class TestPages:
    @pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 99, 100, 101, 200, 1000])
    def test_pages_by_token_hold_every_instance_once(self, caller, crowd, count):
        expected = crowd(count)
        found, pages, token = [], 0, ""
        while pages == 0 or token:
            reply = caller.acs3("DescribeInstances", {**REGION, "MaxResults": "100", "NextToken": token})
            found += ids(reply)
            pages += 1
            token = reply.json["NextToken"]
        assert found == expected
        assert pages == max(1, -(-count // 100)), "there is no empty page at the end"

    @pytest.mark.parametrize("count", [0, 1, 10, 11, 101])
    def test_pages_by_number_hold_every_instance_once(self, caller, crowd, count):
        expected = crowd(count)
        replies = [caller.acs3("DescribeInstances", {**REGION, "PageNumber": str(number)}) for number in range(1, 13)]
        assert [each for reply in replies for each in ids(reply)] == expected
        assert {reply.json["TotalCount"] for reply in replies} == {count}
        assert {reply.json["NextToken"] for reply in replies} == {""}

    @pytest.mark.parametrize(("asked", "given"), [("1", 10), ("9", 10), ("10", 10), ("11", 11), ("100", 100)])
    def test_fewer_than_ten_results_become_ten(self, caller, crowd, asked, given):
        crowd(150)
        assert len(ids(caller.acs3("DescribeInstances", {**REGION, "MaxResults": asked}))) == given

    def test_the_default_page_has_ten(self, caller, crowd):
        crowd(30)
        assert len(ids(caller.acs3("DescribeInstances", REGION))) == 10

    def test_with_tokens_the_total_is_0(self, caller, crowd):
        crowd(30)
        assert caller.acs3("DescribeInstances", {**REGION, "MaxResults": "10"}).json["TotalCount"] == 0

    def test_a_token_is_valid_for_the_same_filters_only(self, caller, crowd):
        crowd(30)
        token = caller.acs3("DescribeInstances", {**REGION, "MaxResults": "10"}).json["NextToken"]
        reply = caller.acs3("DescribeInstances", {**REGION, "InstanceName": "crowd-*", "NextToken": token})
        assert reply.outcome == (400, "InvalidNextToken")

    def test_a_token_is_valid_under_either_signature_scheme(self, caller, crowd):
        expected = crowd(15)
        token = caller.acs3("DescribeInstances", {**REGION, "MaxResults": "10"}).json["NextToken"]
        assert ids(caller.rpc("DescribeInstances", {**REGION, "NextToken": token})) == expected[10:]

    @pytest.mark.parametrize("more", ["!", " ", "=", "AAAA"])
    def test_a_changed_token_is_refused(self, caller, crowd, more):
        crowd(30)
        token = caller.acs3("DescribeInstances", {**REGION, "MaxResults": "10"}).json["NextToken"]
        reply = caller.acs3("DescribeInstances", {**REGION, "NextToken": token + more})
        assert reply.outcome == (400, "InvalidNextToken")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("NextToken", "made up"),
            ("NextToken", "AAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            ("NextToken", "ä"),
            ("MaxResults", "0"),
            ("MaxResults", "101"),
            ("MaxResults", "ten"),
            ("MaxResults", "٣"),
            ("PageSize", "101"),
            ("PageNumber", "-1"),
        ],
    )
    def test_invalid_parameters_are_refused(self, caller, name, value):
        assert caller.acs3("DescribeInstances", {**REGION, name: value}).outcome == (400, f"Invalid{name}")


class TestPermission:
    @pytest.fixture
    def nobody(self, caller, ecs, runtime):
        nobody = Identity.with_new_key(runtime.random_bytes, allowed_actions=frozenset({"ecs:DescribeInstanceVncUrl"}))
        ecs.accounts.add(nobody)
        return replace(caller, access_key_id=nobody.access_key_id, secret=nobody.access_key_secret)

    def test_without_the_permission_the_list_is_empty(self, nobody):
        reply = nobody.acs3("DescribeInstances", REGION)
        assert reply.status == 200
        assert reply.json["Instances"] == {"Instance": []}
        assert reply.json["TotalCount"] == 0

    def test_a_dry_run_reports_the_permission(self, nobody, caller):
        assert nobody.acs3("DescribeInstances", {**REGION, "DryRun": "true"}).outcome == (403, "Forbidden.RAM")
        assert caller.acs3("DescribeInstances", {**REGION, "DryRun": "true"}).outcome == (400, "DryRunOperation")
        assert caller.acs3("DescribeInstances", {**REGION, "DryRun": "false"}).status == 200
        assert caller.acs3("DescribeInstances", {**REGION, "DryRun": "maybe"}).outcome == (400, "InvalidDryRun")


def test_the_region_is_mandatory_and_must_exist(caller):
    assert caller.acs3("DescribeInstances").outcome == (400, "MissingRegionId")
    outcome = caller.acs3("DescribeInstances", {"RegionId": "cn-hangzhou-h"}).outcome
    assert outcome == (404, "InvalidRegionId.NotFound")


def test_a_windows_instance_with_an_eip_is_described_with_the_documented_fields(caller):
    instance = caller.acs3("DescribeInstances", {"RegionId": "cn-beijing"}).json["Instances"]["Instance"][0]
    assert instance["OSType"] == "windows"
    assert instance["OSNameEn"].startswith("Windows Server")
    assert instance["Status"] == "Running"
    assert instance["EipAddress"]["IpAddress"] == "203.0.113.20"
    assert instance["PublicIpAddress"] == {"IpAddress": []}
    assert instance["VpcAttributes"]["PrivateIpAddress"] == {"IpAddress": ["172.17.0.20"]}
    assert instance["OperationLocks"] == {"LockReason": []}


def test_a_locked_instance_has_its_lock_reasons(caller, ecs):
    ecs.fleet.named("db-1").lock_reasons = ("financial",)
    instance = caller.acs3("DescribeInstances", {"RegionId": "cn-shanghai"}).json["Instances"]["Instance"][0]
    assert instance["OperationLocks"] == {"LockReason": [{"LockReason": "financial"}]}
    assert instance["StoppedMode"] == "StopCharging"


def test_a_generated_fleet_is_found_page_by_page(caller, ecs):
    for instance in Fleet.generate(60, regions=3):
        ecs.fleet.add(instance)
    region_id = next(iter(Fleet.generate(1))).region_id
    expected = [instance.id for instance in ecs.fleet.in_region(region_id)]
    assert ids(caller.acs3("DescribeInstances", {"RegionId": region_id, "MaxResults": "100"})) == expected
    assert len(expected) == 20
