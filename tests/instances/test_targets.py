import pytest

from ecsvnc.errors import UsageError
from ecsvnc.instances.targets import Address, InstanceId, Name, looks_like_id, parse_target


@pytest.mark.parametrize(
    "text",
    [
        "i-bp1hzoinajzkh91h0000",
        "i-2ze00000000000000000",
        "AY121018033933eae8689",
        "i-AY121018033933eae8689",
    ],
)
def test_an_id_of_today_and_the_legacy_forms_are_ids(text):
    assert parse_target(text) == InstanceId(text)


@pytest.mark.parametrize("text", ["10.0.0.1", "203.0.113.255", "0.0.0.0"])
def test_dotted_decimal_is_an_address(text):
    assert parse_target(text) == Address(text)


@pytest.mark.parametrize(
    "text",
    [
        "web-1",
        "数据库",
        "i-bp1hzoinajzkh91h000",  # 19
        "i-bp1hzoinajzkh91h00000",  # 21
        "I-BP1HZOINAJZKH91H0000",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.01",
        "10.0.0.1.",
        "1.2.3.4.5",
        "AY",
        "name with spaces",
    ],
)
def test_what_is_neither_is_a_name(text):
    assert parse_target(text) == Name(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Empty instance name."),
        ("  ", "Empty instance name."),
        ("a" * 129, f"Not an instance name: '{'a' * 40}'… is longer than 128 characters."),
        ("a\nb", r"Not an instance name: 'a\nb' contains control characters."),
        ("\x1b[31m", r"Not an instance name: '\x1b[31m' contains control characters."),
        ("a\x00", r"Not an instance name: 'a\x00' contains control characters."),
    ],
)
def test_what_no_instance_can_be_called_is_a_usage_error(text, said):
    with pytest.raises(UsageError) as caught:
        parse_target(text)
    assert caught.value.what == said


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("web-1", "web-1", True),
        ("web-1", "web-10", False),
        ("web-1", "WEB-1", False),
        ("web-*", "web-", True),
        ("*-1", "web-1", True),
        ("w*b*1", "web-1", True),
        ("w.b-1", "web-1", False),
        ("*", "any\nthing", True),
    ],
)
def test_a_name_matches_exactly_but_for_stars(pattern, name, matches):
    assert Name(pattern).matches(name) is matches


def test_a_mistyped_id_is_distinguished_from_a_name():
    assert looks_like_id("i-bp1hzoinajzkh91h000")
    assert not looks_like_id("web-1")
    assert not looks_like_id("i-am-a-name")


@pytest.mark.parametrize(
    ("text", "is_private"),
    [
        ("10.255.0.1", True),
        ("172.16.0.1", True),
        ("172.31.255.255", True),
        ("172.32.0.1", False),
        ("192.168.9.9", True),
        ("192.169.0.1", False),
        ("203.0.113.1", False),
    ],
)
def test_private_ranges_are_those_of_rfc_1918(text, is_private):
    assert Address(text).is_private is is_private
