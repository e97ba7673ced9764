"""What passes by itself is ridden out and told, by the installed command as a process."""

from __future__ import annotations

import dataclasses
import time

import pytest
from support.ecs.extended import ExtendedEcs
from support.ecs.faults import Fault, not_ready
from support.program import Program

from ecsvnc.runtime import Runtime
from ecsvnc.simulator.refusals import refused

TICKET = "DescribeInstanceVncUrl"


def asked_for_tickets(ecs):
    return [call for call in ecs.calls if call.action == TICKET]


def test_a_console_that_is_not_ready_yet_is_waited_for(program, ecs):
    web = ecs.fleet.named("web-1")
    ecs.faults.add(Fault(not_ready(), action=TICKET, times=3))
    run = program.start("url", web.id, "--os", "linux")
    assert run.status() == 0
    assert len(run.out.splitlines()) == 1
    assert len(asked_for_tickets(ecs)) == 4


def test_wait_outlives_the_start_of_an_instance_and_says_what_it_waits_for(program, ecs):
    database = ecs.fleet.named("db-1")
    run = program.start("url", "db-1", "--wait")
    run.wait_for(" is stopped; waiting up to 5 minutes for it to run.")
    ecs.faults.add(Fault(not_ready(), action=TICKET))
    database.status = "Running"
    assert run.status() == 0
    assert f"instanceId={database.id}" in run.out


def test_a_throttled_call_is_made_again_when_the_service_says(program, ecs):
    ecs.faults.add(Fault(refused("Throttling.User", retry_after_ms=1500), action=TICKET))
    began = time.monotonic()
    run = program.start("url", ecs.fleet.named("web-1").id, "--os", "linux")
    assert run.status() == 0
    assert time.monotonic() - began > 1.5
    assert len(asked_for_tickets(ecs)) == 2


@pytest.mark.parametrize(("offset_s", "words"), [(-3 * 3600, "ahead"), (3 * 3600, "behind")])
def test_a_clock_that_is_off_is_corrected_once_and_reported(tmp_path, offset_s, words):
    elsewhere = dataclasses.replace(Runtime.of_this_process(), now=lambda: time.time() + offset_s)
    with ExtendedEcs(elsewhere) as ecs:
        program = Program(ecs.exports(), tmp_path)
        run = program.start("url", ecs.fleet.named("web-1").id, ecs.fleet.named("win-1").id, "--os", "linux")
        assert run.status() == 0
        program.end_all()
    assert len(run.out.splitlines()) == 2
    (said,) = run.err.splitlines()
    assert said.startswith(f"This machine's clock is 3 hours {words}; this run uses the service's.")


def test_an_answer_that_never_comes_ends_with_the_budget(program, ecs):
    ecs.faults.add(Fault(action=TICKET, delay_s=30, times=None))
    began = time.monotonic()
    run = program.start("url", ecs.fleet.named("web-1").id, "--os", "linux", "--timeout", "2")
    assert run.status() == 8
    assert time.monotonic() - began < 20
    assert run.out == ""


def test_from_within_a_vpc_the_vpc_endpoint_is_asked(program):
    del program.environ["ECSVNC_ENDPOINT"]
    run = program.start(
        *("url", "i-bp1234567890abcdefgh", "--os", "linux", "--region", "cn-hangzhou", "--debug", "--timeout", "2"),
        ECSVNC_NETWORK="vpc",
        # Nothing leaves this machine: the proxy is a port where nobody listens.
        HTTPS_PROXY="http://127.0.0.1:9",
    )
    assert run.status() == 8
    assert "ecs-vpc.cn-hangzhou.aliyuncs.com" in run.err
    assert "ecs.cn-hangzhou.aliyuncs.com" not in run.err
