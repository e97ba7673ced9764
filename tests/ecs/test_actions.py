"""What each action sends, and what it makes of the documented answers. The answers are those of the API reference."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.ecs.describe_instance_vnc_url import DescribeInstanceVncUrl
from ecsvnc.ecs.describe_instances import DescribeInstances, DescribeInstancesDryRun
from ecsvnc.ecs.describe_regions import DescribeRegions, Region
from ecsvnc.ecs.get_instance_console_output import GetInstanceConsoleOutput
from ecsvnc.ecs.get_instance_screenshot import GetInstanceScreenshot
from ecsvnc.ecs.instance import Instance
from ecsvnc.ecs.reboot_instance import RebootInstance
from ecsvnc.ecs.start_instance import StartInstance
from ecsvnc.errors import (
    InstanceNotFoundError,
    InstanceNotReadyError,
    PermissionDeniedError,
    ServiceError,
    StateError,
    UnexpectedAnswerError,
    WrongRegionError,
)
from ecsvnc.openapi.codes import Refusal

WEB = "i-bp1hzoinajzkh91h0000"


def answer(action):
    return json.loads((Path(__file__).parent / "answers" / f"{action}.json").read_text())


# DescribeInstanceVncUrl


def test_a_ticket_is_asked_for_by_region_and_instance():
    assert DescribeInstanceVncUrl("cn-hangzhou", WEB).request() == {"RegionId": "cn-hangzhou", "InstanceId": WEB}


def test_the_vnc_url_is_passed_on_as_the_service_wrote_it():
    body = answer("DescribeInstanceVncUrl")

    assert DescribeInstanceVncUrl("cn-hangzhou", WEB).parse(body) == body["VncUrl"]


@pytest.mark.parametrize("body", [{}, {"VncUrl": ""}, {"VncUrl": None}, {"VncUrl": ["wss"]}, {"vncurl": "wss%3A"}])
def test_an_answer_without_a_vnc_url_is_not_an_answer_of_the_api(body):
    with pytest.raises(UnexpectedAnswerError):
        DescribeInstanceVncUrl("cn-hangzhou", WEB).parse(body)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("InvalidInstanceId.NotFound", 404, InstanceNotFoundError),
        ("InvalidRegionInstance", 400, WrongRegionError),
        ("IncorrectInstanceStatus", 403, StateError),
        ("InstanceNotReady", 403, InstanceNotReadyError),
    ],
)
def test_ecs_s_own_codes_become_errors_by_code_and_not_by_status(code, status, kind):
    refusal = Refusal(code, "said", http_status=status, request_id="R-1")

    error = DescribeInstanceVncUrl("cn-hangzhou", WEB).error(refusal)

    assert type(error) is kind
    assert (error.code, error.request_id) == (code, "R-1")
    assert WEB in error.what
    assert error.hint


@pytest.mark.parametrize("code", ["Forbidden.RiskControl", "Throttling", "InternalError", ""])
def test_a_code_that_is_common_to_all_products_is_left_to_the_common_table(code):
    assert DescribeInstanceVncUrl("cn-hangzhou", WEB).error(Refusal(code)) is None


def test_only_not_ready_is_transient():
    assert DescribeInstanceVncUrl.transient_codes == {"InstanceNotReady"}


# DescribeInstances


def test_a_filter_that_is_not_set_is_not_sent():
    assert DescribeInstances("cn-hangzhou").request() == {"RegionId": "cn-hangzhou", "MaxResults": "100"}


def test_lists_are_json_arrays_in_one_parameter():
    request = DescribeInstances("cn-hangzhou", instance_ids=(WEB,), private_addresses=("10.0.0.1",)).request()

    assert json.loads(request["InstanceIds"]) == [WEB]
    assert json.loads(request["PrivateIpAddresses"]) == ["10.0.0.1"]


def test_a_status_and_tags_are_sent_and_the_value_of_a_tag_only_if_it_has_one():
    request = DescribeInstances("cn-hangzhou", status="Running", tags=(("env", "prod"), ("idle", ""))).request()

    assert request["Status"] == "Running"
    tags = {name: value for name, value in request.items() if name.startswith("Tag.")}
    assert tags == {"Tag.1.Key": "env", "Tag.1.Value": "prod", "Tag.2.Key": "idle"}


def test_no_more_tags_are_sent_than_the_action_takes():
    request = DescribeInstances("cn-hangzhou", tags=tuple((f"key-{n}", "") for n in range(30))).request()

    assert sum(name.startswith("Tag.") for name in request) == 20


def test_the_next_page_asks_the_same_with_the_token():
    action = DescribeInstances("cn-hangzhou", instance_name="web-*")
    page = action.parse(answer("DescribeInstances"))

    assert action.page_after(page).request() == {**action.request(), "NextToken": page.next_token}


def test_instances_are_read_with_all_their_addresses_and_locks():
    web, old = DescribeInstances("cn-hangzhou").parse(answer("DescribeInstances")).instances

    assert web == Instance(
        id=WEB,
        name="web-1",
        region_id="cn-hangzhou",
        status="Running",
        os_type="linux",
        zone_id="cn-hangzhou-g",
        os_name="CentOS  7.4 64 bit",
        instance_type="ecs.g6.large",
        vpc_id="vpc-bp1opxu1zkhn00gzv26cn",
        private_ips=("172.16.0.10", "172.16.0.11"),
        public_ips=("203.0.113.10",),
        eip="198.51.100.7",
        tags=(("env", "prod"), ("idle", "")),
        created_at="2017-12-10T04:04:00Z",
        expires_at="2017-12-10T04:04:00Z",
    )
    assert web.addresses == ("203.0.113.10", "198.51.100.7", "172.16.0.10", "172.16.0.11")
    assert web.is_windows is False
    assert old.is_windows is True
    assert old.locks == ("financial", "security")


def test_an_instance_of_the_classic_network_has_an_inner_address_and_no_vpc():
    _, old = DescribeInstances("cn-hangzhou").parse(answer("DescribeInstances")).instances

    assert (old.vpc_id, old.private_ips, old.public_ips, old.eip) == ("", ("10.170.0.5",), (), "")


def test_a_pay_as_you_go_instance_does_not_expire():
    _, old = DescribeInstances("cn-hangzhou").parse(answer("DescribeInstances")).instances

    assert old.expires_at == ""


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2017-12-10T04:04Z", "2017-12-10T04:04:00Z"),
        ("2017-12-10T04:04:05+08:00", "2017-12-09T20:04:05Z"),
        ("2017-12-10T04:04", "2017-12-10T04:04:00Z"),
        ("0001-01-01T00:00+14:00", ""),
        ("soon", ""),
        (1512878640, ""),
        (None, ""),
    ],
)
def test_a_time_is_utc_to_the_second_or_empty(text, time):
    item = {"InstanceId": WEB, "RegionId": "cn-hangzhou", "CreationTime": text}
    assert Instance.parse(item).created_at == time


def test_an_unknown_os_is_not_guessed():
    assert Instance.parse({"InstanceId": WEB, "RegionId": "cn-hangzhou"}).is_windows is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Instances": []},
        {"Instances": {"Instance": {}}},
        {"Instances": {"Instance": ["i-1"]}},
        {"Instances": {"Instance": [{"InstanceName": "no id"}]}},
        {"Instances": {"Instance": [{"InstanceId": WEB}]}},
        {"Instances": {"Instance": [{"InstanceId": "i-1; reboot", "RegionId": "cn-hangzhou"}]}},
        {"Instances": {"Instance": [{"InstanceId": WEB, "RegionId": "evil.example/"}]}},
        {"Instances": {"Instance": [{"InstanceId": WEB, "RegionId": "cn-hangzhou", "VpcAttributes": "none"}]}},
    ],
)
def test_what_is_no_list_of_instances_is_not_an_answer_of_the_api(body):
    with pytest.raises(UnexpectedAnswerError):
        DescribeInstances("cn-hangzhou").parse(body)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["Tag", "TagKey", "IpAddress", "LockReason", "VpcId"]), inner, max_size=2)
    ),
    max_leaves=5,
)
FIELDS = ("InstanceName", "OSType", "Tags", "OperationLocks", "VpcAttributes", "EipAddress", "ExpiredTime")


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_any_description_is_an_instance_or_refused(fields):
    with suppress(UnexpectedAnswerError):
        instance = Instance.parse({"InstanceId": WEB, "RegionId": "cn-hangzhou", **fields})
        assert all(
            isinstance(text, str) for text in (instance.name, instance.vpc_id, instance.eip, instance.expires_at)
        )
        assert all(isinstance(text, str) for tag in instance.tags for text in tag)
        assert all(isinstance(address, str) for address in instance.addresses)


def test_a_dry_run_that_went_well_is_an_error_of_its_own():
    action = DescribeInstancesDryRun("cn-hangzhou")

    assert action.request() == {"RegionId": "cn-hangzhou", "DryRun": "true"}
    assert isinstance(action.error(Refusal("DryRunOperation")), DescribeInstancesDryRun.passed)
    assert action.error(Refusal("Throttling.User")) is None


def test_a_denial_names_the_smallest_statement_that_would_allow_it():
    denied = Refusal("Forbidden.RAM", action="ecs:DescribeInstanceVncUrl")
    error = DescribeInstanceVncUrl("cn-hangzhou", WEB).error(denied)
    assert isinstance(error, PermissionDeniedError)
    assert (
        '{"Effect": "Allow", "Action": ["ecs:DescribeInstanceVncUrl"], '
        f'"Resource": ["acs:ecs:cn-hangzhou:*:instance/{WEB}"]}}' in error.hint
    )
    listing = DescribeInstancesDryRun("cn-hangzhou").error(Refusal("Forbidden.RAM", action="ecs:DescribeInstances"))
    assert '"Resource": ["acs:ecs:*:*:instance/*"]' in listing.hint


# DescribeRegions


def test_regions_are_read_with_their_endpoint_where_there_is_one():
    regions = DescribeRegions().parse(answer("DescribeRegions"))

    assert regions == (Region("cn-hangzhou", "ecs.cn-hangzhou.aliyuncs.com"), Region("xx-new-1", ""))


def test_a_region_that_is_invalid_is_left_out():
    told = [{"RegionId": "evil.example/"}, {"RegionId": "CN\n"}, {"RegionId": ""}, {"RegionId": "cn-hangzhou"}]
    assert DescribeRegions().parse({"Regions": {"Region": told}}) == (Region("cn-hangzhou", ""),)


@pytest.mark.parametrize("body", [{}, {"Regions": None}, {"Regions": {"Region": "cn-hangzhou"}}])
def test_what_is_no_list_of_regions_is_not_an_answer_of_the_api(body):
    with pytest.raises(UnexpectedAnswerError):
        DescribeRegions().parse(body)


# GetInstanceScreenshot, GetInstanceConsoleOutput


@pytest.mark.parametrize("action", [GetInstanceScreenshot, GetInstanceConsoleOutput])
def test_a_capture_is_asked_for_by_region_and_instance(action):
    assert action("cn-hangzhou", WEB).request() == {"RegionId": "cn-hangzhou", "InstanceId": WEB}


def test_a_screenshot_is_the_file_itself():
    assert GetInstanceScreenshot("cn-hangzhou", WEB).parse(answer("GetInstanceScreenshot")).startswith(b"\x89PNG\r\n")


def test_a_console_output_is_read_with_its_time_which_is_chinas():
    output = GetInstanceConsoleOutput("cn-hangzhou", WEB).parse(answer("GetInstanceConsoleOutput"))
    assert output.text.startswith("Welcome to CentOS \n\nChecking filesystems\n")
    assert output.updated_at == datetime(2018, 3, 22, 2, 4, 57, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "time"),
    [
        ("2018-03-22T10:04:57Z", datetime(2018, 3, 22, 10, 4, 57, tzinfo=UTC)),  # as an older page has it
        ("0001-01-01 00:00:00", None),
        ("soon", None),
        (None, None),
    ],
)
def test_a_time_that_is_not_one_is_not_known(told, time):
    body = {"ConsoleOutput": "aGk=", "LastUpdateTime": told}
    assert GetInstanceConsoleOutput("cn-hangzhou", WEB).parse(body) == ("hi", time)


def test_bytes_that_are_no_text_are_marked():
    assert GetInstanceConsoleOutput("cn-hangzhou", WEB).parse({"ConsoleOutput": "aP9p"}).text == "h\ufffdi"


@pytest.mark.parametrize(
    ("action", "field"), [(GetInstanceScreenshot, "Screenshot"), (GetInstanceConsoleOutput, "ConsoleOutput")]
)
@pytest.mark.parametrize("value", [None, 7, "not base64!", "aGk", "é"])
def test_an_answer_without_its_value_is_not_an_answer_of_the_api(action, field, value):
    with pytest.raises(UnexpectedAnswerError):
        action("cn-hangzhou", WEB).parse({} if value is None else {field: value})


@pytest.mark.parametrize(
    ("code", "status", "kind", "words"),
    [
        ("InvalidParameter", 404, InstanceNotFoundError, "No instance"),
        ("InvalidInstanceId.NotFound", 404, InstanceNotFoundError, "No instance"),
        ("IncorrectInstanceStatus", 405, StateError, "is not running"),
        ("NotSupported", 405, StateError, "Windows"),
        ("Forbidden.RAM", 403, PermissionDeniedError, "ecs:GetInstanceConsoleOutput"),
    ],
)
def test_a_capture_that_is_refused_says_why(code, status, kind, words):
    refusal = Refusal(code, http_status=status, request_id="R-1", action="ecs:GetInstanceConsoleOutput")
    error = GetInstanceConsoleOutput("cn-hangzhou", WEB).error(refusal)
    assert type(error) is kind
    assert words in error.what
    assert error.hint
    assert error.request_id == "R-1"


def test_throttling_is_left_to_the_common_table_which_waits():
    assert GetInstanceScreenshot("cn-hangzhou", WEB).error(Refusal("Throttling", http_status=429)) is None


# StartInstance, RebootInstance


def test_a_power_cut_is_sent_only_when_it_is_meant():
    assert StartInstance("cn-hangzhou", WEB).request() == {"RegionId": "cn-hangzhou", "InstanceId": WEB}
    assert RebootInstance("cn-hangzhou", WEB).request()["ForceStop"] == "false"
    assert RebootInstance("cn-hangzhou", WEB, force=True).request()["ForceStop"] == "true"
    assert StartInstance("cn-hangzhou", WEB).parse(answer("StartInstance")) is None
    assert RebootInstance("cn-hangzhou", WEB).parse(answer("RebootInstance")) is None


def test_only_a_reboot_must_not_be_repeated():
    assert not RebootInstance.is_repeatable
    assert StartInstance.is_repeatable


@pytest.mark.parametrize("action", [StartInstance, RebootInstance])
@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("IncorrectInstanceStatus", StateError, "in its present state"),
        ("InstanceLockedForSecurity", StateError, "locked"),
        ("InstanceExpired", StateError, "expired"),
        ("InstanceExpiredOrInArrears", StateError, "overdue"),
        ("InsufficientBalance", StateError, "balance"),
        ("DiskError", StateError, "disks"),
        ("InstanceNotReady", InstanceNotReadyError, "not ready"),
        ("OperationDenied.NoStock", ServiceError, "sold out"),
        ("Invalid.PrivatePoolOptions.NoStock", ServiceError, "sold out"),
        ("InvalidDedicatedHost.NotEnoughResource", ServiceError, "sold out"),
        ("LackResource", ServiceError, "sold out"),
        ("InvalidInstanceId.NotFound", InstanceNotFoundError, "No instance"),
        ("Forbidden.RAM", PermissionDeniedError, "may not call"),
    ],
)
def test_why_an_instance_cannot_be_started_is_reported(action, code, kind, words):
    error = action("cn-hangzhou", WEB).error(Refusal(code, "sold out", http_status=403, request_id="R-1"))
    assert type(error) is kind
    assert words in error.what
    assert error.hint
    assert (error.code, error.request_id) == (code, "R-1")
