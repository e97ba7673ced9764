"""What a variable or another tool's profile says about regions never decides which machine opens."""

from __future__ import annotations

import json
import shutil

import pytest

REGION = "eu-central-1"  # where one of the two named dup is, and no other instance

SAYINGS = {
    "ECSVNC_REGION": lambda run: {"ECSVNC_REGION": REGION},
    "ALIBABA_CLOUD_REGION_ID": lambda run: {"ALIBABA_CLOUD_REGION_ID": REGION},
    "the profile": lambda run: run.write_config(f"[profiles.default]\nregion = '{REGION}'\n") or {},
    "the aliyun CLI's profile": lambda run: (
        run.write_aliyun(json.dumps({"current": "a", "profiles": [{"name": "a", "mode": "AK", "region_id": REGION}]}))
        or {}
    ),
}


@pytest.fixture(params=SAYINGS, ids=SAYINGS)
def says_a_region(request, in_process):
    """A run in which something other than --region names one."""
    shutil.rmtree(in_process.home / ".cache")  # so that names are searched
    environ = SAYINGS[request.param](in_process)
    return lambda *arguments: in_process(*arguments, **environ)


@pytest.mark.parametrize("command", [["url"], ["proxy"], ["open", "--no-browser"]], ids=lambda command: command[0])
def test_a_name_that_two_have_is_ambiguous_though_one_is_in_the_region(says_a_region, command):
    finished = says_a_region(*command, "dup")
    assert finished.status == 5
    assert "2 instances are named dup" in finished.stderr


def test_an_instance_elsewhere_is_found(says_a_region):
    assert "web-1" in json.loads(says_a_region("url", "web-1", "-o", "json").stdout).values()
    assert says_a_region("url", "203.0.113.10").status == 0
    assert says_a_region("url", "web-*").status == 0


def test_the_option_alone_decides(says_a_region):
    assert json.loads(says_a_region("url", "dup", "-o", "json", "--region", REGION).stdout)["region_id"] == REGION
