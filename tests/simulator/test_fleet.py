from __future__ import annotations

import ipaddress
import re

import pytest

from ecsvnc.region_ids import REGION_IDS
from ecsvnc.simulator.fleet import Fleet, Instance, instance_id
from ecsvnc.simulator.regions import REGIONS


def test_the_regions_are_those_of_the_service():
    assert REGIONS.keys() == set(REGION_IDS)


def test_no_two_regions_share_the_code_in_their_ids():
    codes = [region.id_code for region in REGIONS.values() if region.id_code]
    assert len(codes) == len(set(codes)) == 33


def test_the_demo_has_what_its_documentation_says():
    facts = [(each.name, each.os_type, each.status, each.region_id) for each in Fleet.demo()]
    assert facts == [
        ("web-1", "linux", "Running", "cn-hangzhou"),
        ("win-1", "windows", "Running", "cn-beijing"),
        ("db-1", "linux", "Stopped", "cn-shanghai"),
        ("dup", "linux", "Running", "cn-shenzhen"),
        ("dup", "linux", "Running", "eu-central-1"),
    ]


@pytest.mark.parametrize("fleet", [Fleet.demo(), Fleet.generate(500)], ids=["demo", "generated"])
def test_ids_have_the_real_shape_and_name_their_region(fleet):
    for instance in fleet:
        assert re.fullmatch(r"i-[a-z0-9]{20}", instance.id)
        assert instance.id[2:5] == REGIONS[instance.region_id].id_code


def test_generated_instances_are_always_the_same_and_each_unlike_the_others():
    fleet = list(Fleet.generate(5000))
    assert fleet == list(Fleet.generate(5000))
    assert len({each.id for each in fleet}) == len({each.name for each in fleet}) == 5000
    assert len({each.private_ips for each in fleet}) == 5000
    public_ips = [ip for each in fleet for ip in each.public_ips]
    assert len(public_ips) == len(set(public_ips)) > 1000
    assert all(ipaddress.ip_address(ip) in ipaddress.ip_network("198.18.0.0/15") for ip in public_ips)


@pytest.mark.parametrize(("count", "regions"), [(0, 30), (1, 30), (5000, 30), (100, 3)])
def test_generated_instances_are_spread_over_so_many_regions(count, regions):
    fleet = Fleet.generate(count, regions=regions)
    assert len(fleet) == count
    assert len({each.region_id for each in fleet}) == min(count, regions)


def test_generated_fleets_have_both_systems_and_both_states_in_every_region():
    fleet = Fleet.generate(5000)
    for region_id in {each.region_id for each in fleet}:
        assert {each.os_type for each in fleet.in_region(region_id)} == {"linux", "windows"}
        assert {each.status for each in fleet.in_region(region_id)} == {"Running", "Stopped"}


def test_generated_fleets_have_every_kind_of_address_and_some_subscriptions():
    fleet = list(Fleet.generate(500))
    for kind in ("public_ips", "eip", "is_classic", "expires_at"):
        count = sum(bool(getattr(each, kind)) for each in fleet)
        assert 0 < count < len(fleet) / 2, kind


def test_an_id_is_unique():
    fleet = Fleet.demo()
    with pytest.raises(ValueError, match="already"):
        fleet.add(Instance(fleet.named("web-1").id, "other", "cn-hangzhou"))


def test_a_released_instance_is_gone():
    fleet = Fleet.demo()
    web = fleet.named("web-1")
    fleet.remove(web.id)
    assert fleet.get(web.id) is None
    assert fleet.in_region("cn-hangzhou") == []
    with pytest.raises(LookupError):
        fleet.named("web-1")


def test_the_vnc_password_is_not_shown():
    instance = Instance(instance_id("cn-hangzhou", seed="x"), "x", "cn-hangzhou", vnc_password="s3cret")
    assert "s3cret" not in repr(instance)
