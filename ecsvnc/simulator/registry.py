"""Every action of the embedded API. A new one is a function and a line here."""

from __future__ import annotations

from ecsvnc.simulator.actions import Action
from ecsvnc.simulator.describe_instances import describe_instances
from ecsvnc.simulator.instance_actions import (
    describe_instance_status,
    describe_instance_vnc_url,
    describe_regions,
    modify_instance_vnc_passwd,
    start_instance,
)
from ecsvnc.simulator.sts import STS_VERSION, assume_role, assume_role_with_oidc, get_caller_identity

ACTIONS = (
    Action("DescribeInstanceVncUrl", "ecs:DescribeInstanceVncUrl", describe_instance_vnc_url),
    Action("DescribeInstances", "ecs:DescribeInstances", describe_instances),
    Action("DescribeInstanceStatus", "ecs:DescribeInstanceStatus", describe_instance_status),
    Action("DescribeRegions", "ecs:DescribeRegions", describe_regions),
    Action("ModifyInstanceVncPasswd", "ecs:ModifyInstanceVncPasswd", modify_instance_vnc_passwd),
    Action("StartInstance", "ecs:StartInstance", start_instance),
    Action("AssumeRole", "sts:AssumeRole", assume_role, STS_VERSION),
    Action("AssumeRoleWithOIDC", "sts:AssumeRoleWithOIDC", assume_role_with_oidc, STS_VERSION, is_unsigned=True),
    Action("GetCallerIdentity", "sts:GetCallerIdentity", get_caller_identity, STS_VERSION),
)

BY_VERSION_AND_NAME = {(action.version, action.name): action for action in ACTIONS}
VERSIONS = frozenset(action.version for action in ACTIONS)
