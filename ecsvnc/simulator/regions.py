"""The regions of the embedded ECS: their names, and the three characters after `i-` of their instance ids.

A region whose code is not known has None.
"""

# ruff: noqa: RUF001  # full-width brackets are what the API's Chinese names have

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from ecsvnc.openapi.endpoints import endpoint_host


@dataclass(frozen=True, slots=True)
class Region:
    """One region. `id_code` follows the `i-` of an instance id; it is observed, not documented by the vendor."""

    id: str
    id_code: str | None
    name_en: str
    name_zh: str


_REGIONS = (
    Region("cn-qingdao", "m5e", "China (Qingdao)", "华北1（青岛）"),
    Region("cn-beijing", "2ze", "China (Beijing)", "华北2（北京）"),
    Region("cn-zhangjiakou", "8vb", "China (Zhangjiakou)", "华北3（张家口）"),
    Region("cn-huhehaote", "hp3", "China (Hohhot)", "华北5（呼和浩特）"),
    Region("cn-wulanchabu", "0jl", "China (Ulanqab)", "华北6（乌兰察布）"),
    Region("cn-hangzhou", "bp1", "China (Hangzhou)", "华东1（杭州）"),
    Region("cn-shanghai", "uf6", "China (Shanghai)", "华东2（上海）"),
    Region("cn-nanjing", "gc7", "China (Nanjing - Local Region)", "华东5（南京-本地地域）"),
    Region("cn-fuzhou", "gw0", "China (Fuzhou - Local Region)", "华东6（福州-本地地域）"),
    Region("cn-wuhan-lr", "n4a", "China (Wuhan - Local Region)", "华中1（武汉-本地地域）"),
    Region("cn-shenzhen", "wz9", "China (Shenzhen)", "华南1（深圳）"),
    Region("cn-heyuan", "f8z", "China (Heyuan)", "华南2（河源）"),
    Region("cn-guangzhou", "7xv", "China (Guangzhou)", "华南3（广州）"),
    Region("cn-chengdu", "2vc", "China (Chengdu)", "西南1（成都）"),
    Region("cn-hongkong", "j6c", "China (Hong Kong)", "中国香港"),
    Region("ap-northeast-1", "6we", "Japan (Tokyo)", "日本（东京）"),
    Region("ap-northeast-2", "mj7", "South Korea (Seoul)", "韩国（首尔）"),
    Region("ap-southeast-1", "t4n", "Singapore", "新加坡"),
    Region("ap-southeast-2", "p0w", "Australia (Sydney) Closing Down", "澳大利亚（悉尼）关停中"),
    Region("ap-southeast-3", "8ps", "Malaysia (Kuala Lumpur)", "马来西亚（吉隆坡）"),
    Region("ap-southeast-5", "k1a", "Indonesia (Jakarta)", "印度尼西亚（雅加达）"),
    Region("ap-southeast-6", "5ts", "Philippines (Manila)", "菲律宾（马尼拉）"),
    Region("ap-southeast-7", "0jo", "Thailand (Bangkok)", "泰国（曼谷）"),
    Region("ap-southeast-8", None, "Malaysia (Johor)", "马来西亚（柔佛）"),
    Region("ap-south-1", "a2d", "India (Mumbai) Closed Down", "印度（孟买）已关停"),
    Region("us-east-1", "0xi", "US (Virginia)", "美国（弗吉尼亚）"),
    Region("us-west-1", "rj9", "US (Silicon Valley)", "美国（硅谷）"),
    Region("us-southeast-1", None, "US (Atlanta)", "美国（亚特兰大）"),
    Region("na-south-1", "4hf", "Mexico", "墨西哥"),
    Region("eu-west-1", "d7o", "UK (London)", "英国（伦敦）"),
    Region("eu-central-1", "gw8", "Germany (Frankfurt)", "德国（法兰克福）"),
    Region("me-east-1", "eb3", "UAE (Dubai)", "阿联酋（迪拜）"),
    Region("me-central-1", "l4v", "Saudi Arabia (Riyadh)", "沙特（利雅得）"),
    Region("cn-shanghai-finance-1", None, "China East 2 Finance", "华东2 金融云"),
    Region("cn-shenzhen-finance-1", "j5e", "China South 1 Finance", "华南1 金融云"),
    Region("cn-beijing-finance-1", None, "China North 2 Finance (Preview)", "华北2 金融云（邀测）"),
    Region("cn-north-2-gov-1", "9dp", "China North 2 Ali Gov 1", "华北2 阿里政务云1"),
    Region("cn-heyuan-acdr-1", None, "China (Heyuan ACDR Auto)", "河源专属云汽车合规"),
    Region("cn-zhengzhou-jva", None, "China (Zhengzhou - CUCC Joint Venture)", "郑州（联通合营）"),
    Region("cn-zhongwei", None, "China (Zhongwei)", "西北2（中卫）"),
)

REGIONS = {region.id: region for region in _REGIONS}


def zone_id(region_id: str, letter: str) -> str:
    """A zone of a region; its letter follows the region's number directly, if it has one."""
    return region_id + ("" if region_id[-1].isdigit() else "-") + letter


def serves(host: str, region_id: str) -> bool:
    """Whether the endpoint of this name (`HOST[:PORT]`) serves a region; an endpoint with another name serves all."""
    regions = _REGIONS_BY_HOST.get(host.partition(":")[0].lower())
    return regions is None or region_id in regions


def _regions_by_host() -> dict[str, set[str]]:
    regions: defaultdict[str, set[str]] = defaultdict(set)
    for region_id in REGIONS:
        for host in (
            endpoint_host("ecs", region_id),
            endpoint_host("ecs", region_id, "vpc"),
            f"ecs.{region_id}.aliyuncs.com",
        ):
            regions[host].add(region_id)
    del regions["ecs.aliyuncs.com"]  # the central one: the regions that it serves are not documented
    return dict(regions)


_REGIONS_BY_HOST = _regions_by_host()
