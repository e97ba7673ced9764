import json
import shutil
from dataclasses import replace

from support.seen import remember


def test_the_policy_for_an_id_is_json_about_that_instance_alone(cli):
    done = cli("demo", "config", "policy", "i-bp1hzoinajzkh91h0000")

    assert done.status == 0
    statements = json.loads(done.stdout)["Statement"]
    assert statements[0]["Resource"] == ["acs:ecs:cn-hangzhou:*:instance/i-bp1hzoinajzkh91h0000"]


def test_without_an_instance_the_policy_is_for_all(cli):
    done = cli("demo", "config", "policy")

    assert json.loads(done.stdout)["Statement"][0]["Resource"] == ["acs:ecs:*:*:instance/*"]


def test_what_only_some_commands_need_is_added_on_request(in_process):
    policy = json.loads(in_process("config", "policy", "--for", "screen,log, start,reboot").stdout)
    assert policy["Statement"][0]["Action"] == [
        "ecs:DescribeInstanceVncUrl",
        "ecs:DescribeInstances",
        "ecs:GetInstanceScreenshot",
        "ecs:GetInstanceConsoleOutput",
        "ecs:StartInstance",
        "ecs:RebootInstance",
    ]


def test_a_purpose_that_there_is_not_is_refused_with_those_that_there_are(in_process):
    finished = in_process("config", "policy", "--for", "screen,typing")
    assert (finished.status, finished.stdout) == (2, "")
    assert "screen, log, start, reboot" in finished.stderr
    assert "'typing'" in finished.stderr


def test_the_policy_permits_what_the_commands_do(in_process, ecs):
    policy = json.loads(in_process("config", "policy", "--for", "screen,log,reboot").stdout)
    shutil.rmtree(in_process.home / ".cache")  # so that names are searched
    permitted = {action for statement in policy["Statement"] for action in statement["Action"]}
    ecs.accounts.add(replace(ecs.identity, allowed_actions=frozenset(permitted)))
    for arguments in (["screen", "web-1"], ["screen", "web-1", "--snapshot"], ["log", "web-1"], ["url", "web-1"]):
        assert in_process(*arguments).status == 0
    assert in_process("reboot", "web-1", "--yes").status == 0
    assert in_process("url", "db-1", "--start", "--yes").status == 4


def test_a_region_that_neither_id_nor_cache_tells_stays_open(cli):
    done = cli("config", "policy", "i-zzzhzoinajzkh91h0000", "AY121018033933eae8689")

    assert (done.status, done.stderr) == (0, "")
    assert json.loads(done.stdout)["Statement"][0]["Resource"] == [
        "acs:ecs:*:*:instance/i-zzzhzoinajzkh91h0000",
        "acs:ecs:*:*:instance/AY121018033933eae8689",
    ]


def test_the_region_of_an_id_is_the_options_and_else_where_it_was_seen_last(cli):
    seen = "i-bp1hzoinajzkh91h0000"
    remember(cli.home, {seen: ("cn-beijing", "")})

    def resource(*arguments):
        return json.loads(cli("config", "policy", seen, *arguments).stdout)["Statement"][0]["Resource"]

    assert resource() == [f"acs:ecs:cn-beijing:*:instance/{seen}"]
    assert resource("--region", "cn-shanghai") == [f"acs:ecs:cn-shanghai:*:instance/{seen}"]


def test_a_name_is_looked_up(cli):
    done = cli("demo", "config", "policy", "web-1", "win-1")

    resources = json.loads(done.stdout)["Statement"][0]["Resource"]
    assert [resource.rpartition("/")[0] for resource in resources] == [
        "acs:ecs:cn-hangzhou:*:instance",
        "acs:ecs:cn-beijing:*:instance",
    ]


def test_a_name_that_is_invalid_leaves_stdout_empty(cli):
    done = cli("demo", "config", "policy", "web-1", "nope")

    assert (done.status, done.stdout) == (5, "")
