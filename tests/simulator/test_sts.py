"""STS of the embedded ECS judges calls that ecsvnc's own client would never send."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.ecs.sts import STS_VERSION, Role

from ecsvnc.simulator.accounts import Identity


@pytest.fixture
def role(ecs):
    return ecs.sts.add_role(Role("reader", longest_s=7200, external_id="secret"))


@pytest.fixture
def assume(caller, role):
    def assume(by=caller, **parameters):
        asked = {"RoleArn": role.arn, "RoleSessionName": "me", "ExternalId": "secret", **parameters}
        return by.acs3("AssumeRole", asked, headers={"x-acs-version": STS_VERSION})

    return assume


@pytest.mark.parametrize(
    ("parameters", "outcome"),
    [
        ({"RoleArn": ""}, (400, "MissingRoleArn")),
        ({"RoleArn": "reader"}, (400, "InvalidParameter.RoleArn")),
        ({"RoleArn": "acs:ram::1:role/none"}, (404, "EntityNotExist.Role")),
        ({"RoleSessionName": ""}, (400, "MissingRoleSessionName")),
        ({"RoleSessionName": "a"}, (400, "InvalidParameter.RoleSessionName")),
        ({"RoleSessionName": "a b"}, (400, "InvalidParameter.RoleSessionName")),
        ({"RoleSessionName": "a" * 65}, (400, "InvalidParameter.RoleSessionName")),
        ({"DurationSeconds": "899"}, (400, "InvalidParameter.DurationSeconds")),
        ({"DurationSeconds": "7201"}, (400, "InvalidParameter.DurationSeconds")),
        ({"DurationSeconds": "long"}, (400, "InvalidParameter.DurationSeconds")),
        ({"ExternalId": "a"}, (400, "InvalidParameter.ExternalId")),
        ({"ExternalId": "another"}, (403, "NoPermission")),
    ],
)
def test_invalid_parameters_are_refused(assume, parameters, outcome):
    assert assume(**parameters).outcome == outcome


def test_a_key_lasts_as_long_as_requested(assume, scene):
    assert assume(DurationSeconds="7200").json["Credentials"]["Expiration"] == "2027-01-15T10:00:00Z"
    assert assume().json["Credentials"]["Expiration"] == "2027-01-15T09:00:00Z"


def test_a_missing_permission_to_assume_a_role_has_stss_own_code(assume, caller, ecs, runtime):
    nobody = Identity.with_new_key(runtime.random_bytes, allowed_actions=frozenset({"ecs:DescribeInstances"}))
    ecs.accounts.add(nobody)
    reply = assume(by=replace(caller, access_key_id=nobody.access_key_id, secret=nobody.access_key_secret))
    assert reply.outcome == (403, "NoPermission")
    assert reply.json["AccessDeniedDetail"]["AuthAction"] == "sts:AssumeRole"
    assert reply.json["AccessDeniedDetail"]["PolicyType"] == "AccountLevelIdentityBasedPolicy"


def test_a_role_that_does_not_trust_the_account_is_refused_by_its_own_policy(assume, ecs, role):
    ecs.sts.add_role(replace(role, trusts_account=False))
    assert assume().json["AccessDeniedDetail"]["PolicyType"] == "AssumeRolePolicy"


def test_the_root_account_cannot_assume_a_role(assume, ecs):
    ecs.accounts.add(replace(ecs.identity, principal_type="Root"))
    assert assume().outcome == (403, "NoPermission")


def test_get_caller_identity_needs_no_permission(caller, ecs):
    ecs.accounts.add(replace(ecs.identity, allowed_actions=frozenset()))
    reply = caller.acs3("GetCallerIdentity", headers={"x-acs-version": STS_VERSION})
    assert reply.json["Arn"] == "acs:ram::1000000000000001:user/demo"


def test_products_have_their_own_actions(caller):
    assert caller.acs3("AssumeRole").outcome == (404, "InvalidAction.NotFound")
    reply = caller.acs3("DescribeRegions", headers={"x-acs-version": STS_VERSION})
    assert reply.outcome == (404, "InvalidAction.NotFound")
