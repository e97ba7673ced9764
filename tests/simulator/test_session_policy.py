from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.ecs.session_policy import SessionPolicy
from support.ecs.sts import STS_VERSION, Role

from ecsvnc.ecs.ram_policy import smallest_policy

ANY = "acs:ecs:cn-hangzhou:1:instance/*"
ONE = "acs:ecs:cn-hangzhou:1:instance/i-1"


def statement(effect="Allow", action="ecs:*", resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def policy(*statements):
    return json.dumps({"Version": "1", "Statement": list(statements)})


@pytest.mark.parametrize(
    ("statements", "allows"),
    [
        ([], False),
        ([statement()], True),
        ([statement(action=["oss:*", "ecs:Describe*"])], True),
        ([statement(action="ECS:describeinstances")], True),
        ([statement(action="ecs:DescribeInstance")], False),
        ([statement(action="oss:*")], False),
        ([statement(effect="Deny")], False),
        ([statement(), statement(effect="Deny", action="ecs:DescribeInstances")], False),
        ([statement(), statement(effect="Deny", action="ecs:StartInstance")], True),
        ([statement(resource="acs:ecs:*:*:instance/*")], True),
        ([statement(resource=["acs:ecs:cn-hangzhou:*:instance/i-1"])], True),
        ([statement(resource="acs:ecs:cn-beijing:*:instance/*")], False),
        ([statement(resource="acs:ecs:*:*:instance/i-2")], False),
        ([statement(Condition={"Bool": {"acs:MFAPresent": "true"}})], False),
        ([statement(), statement(effect="Deny", Condition={})], False),
        ([{"Effect": "Allow", "NotAction": "ecs:StartInstance", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": "ecs:Describe*", "Resource": "*"}], False),
    ],
)
def test_it_allows_what_a_statement_allows_and_none_denies(statements, allows):
    assert SessionPolicy.parse(policy(*statements)).allows("ecs:DescribeInstances", ONE) is allows


def test_one_instance_is_not_all():
    narrow = SessionPolicy.parse(policy(statement(resource=ONE)))
    assert narrow.allows("ecs:DescribeInstances", ONE)
    assert not narrow.allows("ecs:DescribeInstances", ANY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "[" * 5000,
        '{"Version": "2", "Statement": []}',
        '{"Version": "1", "Statements": []}',
        '{"Version": "1", "Statement": {}}',
        policy("Allow"),
        policy(statement(effect="allow")),
        policy(statement(action=[])),
        policy(statement(action=1)),
        policy(statement(resource=[1])),
        policy({"Effect": "Allow", "Action": "*"}),
        policy({"Effect": "Allow", "Resource": "*"}),
        policy(statement(NotAction="*")),
        policy(statement(Principal="*")),
    ],
)
def test_an_invalid_policy_document_is_refused(text):
    with pytest.raises(ValueError):
        SessionPolicy.parse(text)


class TestTheSession:
    @pytest.fixture
    def assume(self, caller, ecs):
        role = ecs.sts.add_role(Role("reader"))

        def assume(**parameters):
            return caller.acs3(
                "AssumeRole",
                {"RoleArn": role.arn, "RoleSessionName": "me", **parameters},
                headers={"x-acs-version": STS_VERSION},
            )

        return assume

    @pytest.fixture
    def session(self, assume, caller):
        """Who calls with a session's key."""

        def session(text):
            key = assume(Policy=text).json["Credentials"]
            return replace(
                caller, access_key_id=key["AccessKeyId"], secret=key["AccessKeySecret"], token=key["SecurityToken"]
            )

        return session

    @pytest.fixture
    def console(self, ecs):
        """The parameters of an action on an instance."""

        def console(name):
            instance = ecs.fleet.named(name)
            return {"RegionId": instance.region_id, "InstanceId": instance.id}

        return console

    def test_it_may_do_what_its_policy_allows_and_no_more(self, session, console):
        call = session(policy(statement(action="ecs:DescribeInstanceVncUrl")))
        assert call.acs3("DescribeInstanceVncUrl", console("web-1")).status == 200
        refused = call.acs3("DescribeInstanceStatus", {"RegionId": "cn-hangzhou"})
        assert refused.outcome == (403, "Forbidden.RAM")
        assert call.acs3("DescribeInstances", {"RegionId": "cn-hangzhou"}).json["TotalCount"] == 0

    def test_it_may_not_do_more_than_its_role(self, session, ecs, console):
        ecs.sts.add_role(Role("reader", allowed_actions=frozenset({"ecs:DescribeInstances"})))
        call = session(policy(statement(action="*")))
        assert call.acs3("DescribeInstanceVncUrl", console("web-1")).outcome == (403, "Forbidden.RAM")

    def test_the_policy_that_ecsvnc_prints_is_enough_for_its_instance_alone(self, session, ecs, console):
        web = ecs.fleet.named("web-1")
        ecs.fleet.add(replace(web, id="i-bp100000000000000000", name="other"))
        call = session(json.dumps(smallest_policy([f"acs:ecs:*:*:instance/{web.id}"])))
        assert call.acs3("DescribeInstanceVncUrl", console("web-1")).status == 200
        assert call.acs3("DescribeInstanceVncUrl", console("other")).outcome == (403, "Forbidden.RAM")
        found = call.acs3("DescribeInstances", {"RegionId": "cn-hangzhou"}).json["Instances"]["Instance"]
        assert [each["InstanceName"] for each in found] == ["web-1"]

    def test_permission_is_checked_in_the_instances_own_region(self, session, console):
        call = session(policy(statement(resource="acs:ecs:cn-shanghai:*:instance/*")))
        assert call.acs3("StartInstance", {"InstanceId": console("db-1")["InstanceId"]}).status == 200

    def test_a_parameter_of_another_action_does_not_widen_it(self, session, console):
        call = session(policy(statement(resource="acs:ram::1:role/mine")))
        parameters = {**console("web-1"), "RoleArn": "acs:ram::1:role/mine"}
        assert call.acs3("DescribeInstanceVncUrl", parameters).outcome == (403, "Forbidden.RAM")

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "InvalidParameter.PolicyGrammar"),
            ('{"Version": "1", "Statements": []}', "InvalidParameter.PolicyGrammar"),
            (policy(*[statement()] * 40), "InvalidParameter.PolicySize"),
        ],
    )
    def test_an_invalid_policy_is_refused(self, assume, text, code):
        assert assume(Policy=text).outcome == (400, code)
