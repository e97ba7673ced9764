"""What a region id may be, and which there are. Pure."""

from __future__ import annotations

import re

_REGION_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""One DNS label (RFC 1123, section 2.1): a region id becomes part of the name of the host that gets signed calls."""


def is_region_id(text: str) -> bool:
    """Whether it can be a region id. Syntax only: new regions appear, and only the service knows all of them."""
    return _REGION_ID.fullmatch(text) is not None


REGION_IDS = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ap-southeast-8",
    "cn-beijing",
    "cn-beijing-finance-1",
    "cn-chengdu",
    "cn-fuzhou",
    "cn-guangzhou",
    "cn-hangzhou",
    "cn-heyuan",
    "cn-heyuan-acdr-1",
    "cn-hongkong",
    "cn-huhehaote",
    "cn-nanjing",
    "cn-north-2-gov-1",
    "cn-qingdao",
    "cn-shanghai",
    "cn-shanghai-finance-1",
    "cn-shenzhen",
    "cn-shenzhen-finance-1",
    "cn-wuhan-lr",
    "cn-wulanchabu",
    "cn-zhangjiakou",
    "cn-zhengzhou-jva",
    "cn-zhongwei",
    "eu-central-1",
    "eu-west-1",
    "me-central-1",
    "me-east-1",
    "na-south-1",
    "us-east-1",
    "us-southeast-1",
    "us-west-1",
)
"""The regions of ECS known when this was written. New ones appear: the list guides look-ups and refuses nothing."""

_LIKENESS = 0.8
"""Of `difflib`, 0 to 1: one letter that is missing, too much or wrong is above it in every id."""

_NUMBER = re.compile(r"-[0-9]+$")


def likely_region(text: str) -> str | None:
    """The region that a misspelt id, or the id of a zone, probably means.

    None for a region that is known, and for one that may be new: with another number than a known one, or unlike all.
    """
    if text in REGION_IDS:
        return None
    without_letter = text[:-1].removesuffix("-")  # zones are cn-hangzhou-h, and ap-southeast-1a
    if text[-1:].isalpha() and without_letter in REGION_IDS:
        return without_letter
    if _NUMBER.search(text) and _NUMBER.sub("", text) in {_NUMBER.sub("", known) for known in REGION_IDS}:
        return None
    import difflib  # only a region that is not known needs it

    return next(iter(difflib.get_close_matches(text, REGION_IDS, n=1, cutoff=_LIKENESS)), None)
