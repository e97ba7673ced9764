"""Which host serves a product in a region. Pure.

The rule and its exceptions are those of the vendor's SDKs and of the "Endpoints" page of the ECS API reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from ecsvnc.errors import UsageError
from ecsvnc.http.proxies import DEFAULT_PORTS
from ecsvnc.loopback.names import bracketed
from ecsvnc.region_ids import is_region_id

Network = Literal["public", "vpc"]

_HANGZHOU = "ecs-cn-hangzhou.aliyuncs.com"
_CENTRAL = "ecs.aliyuncs.com"
_NEBULA = "ecs.cn-qingdao-nebula.aliyuncs.com"

_ECS_EXCEPTIONS = {
    "cn-hangzhou": _HANGZHOU,
    "cn-shanghai-finance-1": _HANGZHOU,
    "cn-shenzhen-finance-1": _HANGZHOU,
    "cn-fujian": _HANGZHOU,
    "cn-hangzhou-test-306": _HANGZHOU,
    "cn-north-2-gov-1": _CENTRAL,
    "cn-beijing-gov-1": _CENTRAL,
    "cn-hangzhou-finance": _CENTRAL,
    "cn-wuhan": _CENTRAL,
    "cn-zhangbei": _CENTRAL,
    "cn-yushanfang": _CENTRAL,
    "cn-shanghai-inner": _CENTRAL,
    "cn-shenzhen-inner": _CENTRAL,
    "ap-northeast-2-pop": _CENTRAL,
    "cn-beijing-finance-pop": _CENTRAL,
    "cn-hongkong-finance-pop": _CENTRAL,
    "rus-west-1-pop": _CENTRAL,
    "cn-edge-1": _NEBULA,
    "cn-huhehaote-nebula-1": _NEBULA,
    "cn-zhengzhou-nebula-1": _NEBULA,
    "eu-west-1-oxs": "ecs.cn-shenzhen-cloudstone.aliyuncs.com",
    "cn-zhangjiakou-na62-a01": "ecs.cn-zhangjiakou.aliyuncs.com",
}
_ALSO_HANGZHOU = re.compile(r"cn-.+-internal-.+|cn-.+-b01")
"""The vendor's internal regions, which its SDKs list one by one."""


def check_region_id(text: str) -> str:
    """Return the region id, in lower case. Raises UsageError if it cannot be one.

    Checks the syntax only, since an unknown region may be new: it must not change the signed host (`evil.com/`).
    """
    region_id = text.strip().lower()
    if not is_region_id(region_id):
        raise UsageError(
            f"{text[:80]!r} is not a region id.", hint="Region ids look like `cn-hangzhou` or `ap-southeast-1`."
        )
    return region_id


def endpoint_host(product: str, region_id: str, network: Network = "public") -> str:
    """The host that serves `product` (`ecs`, `sts`) in a region. Raises UsageError if the region id cannot be one.

    STS also has a central endpoint: an empty `region_id` names it.
    """
    if product == "sts" and not region_id:
        return "sts.aliyuncs.com"
    region_id = check_region_id(region_id)
    if network == "vpc":
        return f"{product}-vpc.{region_id}.aliyuncs.com"
    if product == "ecs":
        if region_id in _ECS_EXCEPTIONS:
            return _ECS_EXCEPTIONS[region_id]
        if _ALSO_HANGZHOU.fullmatch(region_id):
            return _HANGZHOU
    return f"{product}.{region_id}.aliyuncs.com"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The hosts of calls: the user's own endpoint if there is one, else the rule.

    `override` (ECS) and `sts_override` are `https://HOST[:PORT]`, as `settings.values.endpoint` has checked it; either
    may hold `{region}`.
    """

    override: str | None = None
    sts_override: str | None = None
    network: Network = "public"

    def override_for(self, product: str) -> str | None:
        """The user's own endpoint for a product, as it was given, or None."""
        return (self.sts_override if product == "sts" else self.override) or None

    def origin(self, product: str, region_id: str) -> str:
        """`https://host[:port]` for calls to `product` in a region. Raises UsageError if the id cannot be one."""
        override = self.override_for(product)
        if override:
            return _origin(override, region_id)
        return f"https://{endpoint_host(product, region_id, self.network)}"


def _origin(endpoint: str, region_id: str) -> str:
    """Insert the region, and return scheme, host and port in their normal form."""
    if "{region}" in endpoint:
        endpoint = endpoint.replace("{region}", check_region_id(region_id))
    parts = urlsplit(endpoint)
    shown = bracketed(parts.hostname or "")
    has_default_port = parts.port in {None, DEFAULT_PORTS[parts.scheme]}
    return f"{parts.scheme}://{shown}" if has_default_port else f"{parts.scheme}://{shown}:{parts.port}"
