import pytest

from ecsvnc.ecs.instance import Instance
from ecsvnc.errors import (
    InstanceNotFoundError,
    InstanceNotReadyError,
    RegionNotFoundError,
    StateError,
    ThrottledError,
    WrongRegionError,
)
from ecsvnc.instances import lookup_errors
from ecsvnc.instances.targets import parse_target

WEB = Instance("i-bp1hzoinajzkh91h0000", "web-1", "cn-hangzhou", "Stopped", "linux")


def test_a_miss_in_the_asked_region_points_to_the_region_of_the_id():
    error = WrongRegionError("It is elsewhere.", hint="h", request_id="R", code="C")

    told = lookup_errors.not_in_region(error, WEB.id, "cn-beijing")

    assert type(told) is WrongRegionError
    assert "--region cn-hangzhou" in told.hint
    assert (told.request_id, told.code) == ("R", "C")


@pytest.mark.parametrize(("instance_id", "region"), [(WEB.id, "cn-hangzhou"), ("i-zzz00000000000000000", "cn-beijing")])
def test_an_id_that_points_nowhere_else_adds_nothing(instance_id, region):
    error = InstanceNotFoundError("Not there.", hint="h")

    assert lookup_errors.not_in_region(error, instance_id, region).hint == "h"


def test_a_region_that_does_not_exist_is_named():
    told = lookup_errors.not_in_region(RegionNotFoundError("No such region.", hint="h"), WEB.id, "cn-nowhere")

    assert told.what == "Unknown region cn-nowhere."
    assert "cn-hangzhou" in told.hint


def test_not_found_is_sure_only_if_every_region_answered():
    told = lookup_errors.not_found(parse_target("web-1"), {})
    assert isinstance(told, InstanceNotFoundError)
    assert told.what == "No instance named web-1 in any region of this AccessKey's account."

    told = lookup_errors.not_found(parse_target("web-1"), {"eu-west-1": ThrottledError("Too many.", request_id="R")})

    assert isinstance(told, ThrottledError)
    assert "web-1" in told.what
    assert "eu-west-1" in told.what
    assert told.request_id == "R"


def test_the_account_is_named_where_it_is_known():
    told = lookup_errors.not_found(parse_target(WEB.id), {}, region="cn-beijing", account_id="1234")
    assert told.what == f"No instance {WEB.id} in region cn-beijing of account 1234."
    failures = {"eu-west-1": ThrottledError("Too many."), "us-west-1": ThrottledError("Too many.")}
    told = lookup_errors.not_found(parse_target("web-1"), failures, account_id="1234")
    assert told.what == (
        "No instance named web-1 in the regions of account 1234 that answered; eu-west-1 and 1 other regions could not "
        "be asked: Too many."
    )
    told = lookup_errors.not_found(parse_target("web-1"), failures, account_id="1234", is_any_asked=False)
    assert told.what.startswith("Cannot tell whether account 1234 has an instance named web-1; ")


def test_thousands_of_candidates_are_not_all_listed():
    told = lookup_errors.ambiguous(parse_target("*"), [WEB] * 1000)

    assert "1000 instances match *: " in told.what
    assert "No instance matching x* in " in lookup_errors.not_found(parse_target("x*"), {}).what
    assert "and 980 more" in told.what
    assert told.what.count(WEB.id) == 20


def test_the_state_is_named_when_it_is_known_and_the_kind_of_error_stays():
    told = lookup_errors.with_state(InstanceNotReadyError("Not ready.", hint="Wait.", code="InstanceNotReady"), WEB)

    assert type(told) is InstanceNotReadyError
    assert told.what.startswith("Instance web-1 (i-bp1hzoinajzkh91h0000) is Stopped")
    assert told.state == "web-1 (i-bp1hzoinajzkh91h0000) is stopped"
    assert told.hint == "Wait."
    assert lookup_errors.with_state(StateError("x"), None).what == "x"
    assert "--wait" in lookup_errors.with_state(StateError("x", hint="Start it."), WEB._replace(status="Starting")).hint


def test_a_running_instance_is_not_reported_as_stopped():
    error = InstanceNotReadyError("The console is not ready yet.", hint="Wait.")

    assert lookup_errors.with_state(error, WEB._replace(status="Running")) is error
    locked = lookup_errors.with_state(error, WEB._replace(status="Running", locks=("security",)))
    assert "locked (security)" in locked.what
