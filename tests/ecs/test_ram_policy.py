"""No action is missing in the policy that `ecsvnc config policy` prints, in the embedded ECS, or in the tests."""

import importlib
import pkgutil
from pathlib import Path

import pytest

from ecsvnc import ecs
from ecsvnc.ecs.action import EcsAction
from ecsvnc.ecs.ram_policy import FURTHER_ACTIONS, smallest_policy
from ecsvnc.runtime import Runtime
from ecsvnc.simulator.embedded import EmbeddedEcs


def every_action():
    for module in pkgutil.iter_modules(ecs.__path__, "ecsvnc.ecs."):
        importlib.import_module(module.name)
    # By name: a dataclass with slots is made twice, and the first one stays until the garbage collector runs.
    by_name = {action.__name__: action for action in EcsAction.__subclasses__()}
    return [by_name[name] for name in sorted(by_name)]


def test_the_actions_are_found():
    assert {"DescribeInstanceVncUrl", "DescribeInstances", "DescribeRegions"} <= {a.name for a in every_action()}


@pytest.mark.parametrize("action", every_action(), ids=lambda action: action.__name__)
def test_the_policy_permits_every_action_on_its_resource(action):
    on_instances, on_everything = smallest_policy(purposes=FURTHER_ACTIONS)["Statement"]
    assert action.ram_action() in (on_instances if action.is_on_instances else on_everything)["Action"]


@pytest.mark.parametrize("action", every_action(), ids=lambda action: action.__name__)
def test_the_embedded_ecs_answers_every_action(action):
    with EmbeddedEcs(Runtime.of_this_process()) as embedded:
        assert (action.version, action.name) in embedded.gateway.actions


@pytest.mark.parametrize("action", every_action(), ids=lambda action: action.__name__)
def test_the_documented_answer_of_every_action_is_tested(action):
    file = Path(__file__).parent / "answers" / f"{action.name}.json"
    assert file.is_file()
    assert f'"{action.name}"' in (Path(__file__).parent / "test_actions.py").read_text("utf-8")


def test_what_only_some_commands_need_is_permitted_only_on_request():
    plain = smallest_policy()["Statement"][0]["Action"]
    assert plain == ["ecs:DescribeInstanceVncUrl", "ecs:DescribeInstances"]
    more = smallest_policy(purposes=["reboot", "log", "reboot"])["Statement"][0]["Action"]
    assert more == [*plain, "ecs:RebootInstance", "ecs:GetInstanceConsoleOutput"]


def test_the_policy_for_named_instances_lists_each_once():
    statement = smallest_policy(["acs:a", "acs:b", "acs:a"])["Statement"][0]
    assert statement["Resource"] == ["acs:a", "acs:b"]
