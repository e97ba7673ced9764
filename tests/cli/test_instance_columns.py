import pytest

from ecsvnc.cli.instance_columns import address, in_order
from ecsvnc.ecs.instance import Instance


def instance(name="", **fields):
    return Instance("i-1", name, "cn-hangzhou", fields.pop("status", ""), "linux", **fields)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"private_ips": ("10.0.0.1",), "public_ips": ("203.0.113.1",), "eip": "203.0.113.2"}, "203.0.113.1"),
        ({"private_ips": ("10.0.0.1",), "eip": "203.0.113.2"}, "203.0.113.2"),
        ({"private_ips": ("10.0.0.1", "10.0.0.2")}, "10.0.0.1"),
        ({}, ""),
    ],
)
def test_the_address_is_a_public_one_if_there_is_one(fields, shown):
    assert address(instance(**fields)) == shown


def names(instances):
    return [each.name for each in instances]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["name"], ["db", "Web-2", "web-9", "web-10", ""]),
        (["-name"], ["web-10", "web-9", "Web-2", "db", ""]),
        ([], ["web-10", "", "Web-2", "db", "web-9"]),
    ],
)
def test_digits_sort_as_numbers_and_those_without_a_value_come_last(order, expected):
    assert names(in_order([instance(name) for name in ("web-10", "", "Web-2", "db", "web-9")], order)) == expected


def test_the_first_column_decides_and_equals_keep_their_order():
    running = [instance(name, status="Running") for name in ("b", "a")]
    stopped = [instance(name, status="Stopped") for name in ("d", "c")]
    every = [stopped[0], running[0], stopped[1], running[1]]
    assert names(in_order(every, ["status", "name"])) == ["a", "b", "c", "d"]
    assert names(in_order(every, ["-status", "name"])) == ["c", "d", "a", "b"]
    assert names(in_order(every, ["status"])) == ["b", "a", "d", "c"]


def test_addresses_sort_by_their_numbers():
    addresses = ("10.0.0.10", "9.0.0.1", "10.0.0.9")
    ordered = in_order([instance(private_ips=(each,)) for each in addresses], ["address"])
    assert [address(each) for each in ordered] == ["9.0.0.1", "10.0.0.9", "10.0.0.10"]
