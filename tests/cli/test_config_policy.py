import json


def test_the_policy_for_an_id_is_json_about_that_instance_alone(cli):
    done = cli("demo", "config", "policy", "i-bp1hzoinajzkh91h0000")

    assert done.status == 0
    statements = json.loads(done.stdout)["Statement"]
    assert statements[0]["Resource"] == ["acs:ecs:cn-hangzhou:*:instance/i-bp1hzoinajzkh91h0000"]


def test_without_an_instance_the_policy_is_for_all(cli):
    done = cli("demo", "config", "policy")

    assert json.loads(done.stdout)["Statement"][0]["Resource"] == ["acs:ecs:*:*:instance/*"]
