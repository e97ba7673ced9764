"""The rules of settings: each returns the checked value of a text, or raises ValueError with the rule.

Pure. The messages complete the sentence "`timeout` …" and never quote the value: only the caller knows whether it
may be shown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from urllib.parse import SplitResult

Network = Literal["public", "vpc"]

CONSOLE_PAGES = {
    "0.0.8": "https://g.alicdn.com/aliyun/ecs-console-vnc2/0.0.8/index.html",
    "0.0.7": "https://g.alicdn.com/aliyun/ecs-console-vnc/0.0.7/index.html",
}
"""The console pages that the API reference has named (DescribeInstanceVncUrl), by their version; the newest first."""

MAX_TIMEOUT_S = 3600.0
MAX_KEEPALIVE_S = 3600.0
MAX_PORT = 65535

DEFAULT_MAX_IDLE_S = 4 * 3600.0
"""How long a console without input is kept open (--max-idle)."""

LOCAL_PAGE = "local"
"""The console page that `open` serves itself."""

ALL_REGIONS = "all"
"""The value of `--region` for every region. It is not a region id."""

_HOST = r"[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*"
"""A host name or IPv4 address, or an IPv6 address without its brackets. As urlsplit gives it, in lower case."""


def region_id(text: str) -> str:
    """A region id. Checks the syntax only."""
    from ecsvnc.region_ids import is_region_id  # the table of settings is loaded on every --help

    if not is_region_id(text):
        raise ValueError("must be a region id, such as cn-hangzhou: lower-case letters, digits and hyphens")
    if text == ALL_REGIONS:
        raise ValueError("must be one region's id, such as cn-hangzhou; to look in all regions, leave it out")
    return text


def command_line(text: str) -> str:
    """A command, as the user would type it."""
    if not text.strip() or "\0" in text or "\n" in text:
        raise ValueError("must be a command on one line")
    if re.search(r"[\ud800-\udfff]", text):  # an argument in another encoding, which config.toml cannot contain
        raise ValueError("must be text in UTF-8")
    return text


def console_page(text: str) -> str:
    """The page's URL, or one of the known versions, which becomes its URL; or LOCAL_PAGE."""
    if text == LOCAL_PAGE:
        return text
    if text in CONSOLE_PAGES:
        return CONSOLE_PAGES[text]
    _web_address(text, f"must be a URL, {LOCAL_PAGE} or a known version ({', '.join(CONSOLE_PAGES)})")
    return text


def endpoint(text: str) -> str:
    """An API endpoint `https://HOST[:PORT]`, in which `{region}` stands for the region id. No slash at the end."""
    parts = _web_address(text.replace("{region}", "cn-hangzhou"), "must be a URL, such as https://ecs.example.com")
    if parts.path.strip("/") or parts.query:
        raise ValueError("must be only https:// and a host, without a path or query")
    return text.rstrip("/")


def network(text: str) -> Network:
    """The kind of endpoints to use."""
    if text == "public":
        return "public"
    if text == "vpc":
        return "vpc"
    raise ValueError("must be public or vpc")


def timeout_s(text: str) -> float:
    """A time budget, more than 0."""
    return more_than_0(_at_most(MAX_TIMEOUT_S, text))


def keepalive_s(text: str) -> float:
    """An interval, or 0 for never."""
    return _at_most(MAX_KEEPALIVE_S, text)


def port(text: str) -> int:
    """A TCP port, or 0 for a free one."""
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > MAX_PORT:
        raise ValueError(f"must be a whole number from 0 to {MAX_PORT}")
    return int(text)


def layout(text: str) -> str:
    """The name of a keyboard layout."""
    from ecsvnc.keyboard.layout_names import LAYOUT_NAMES  # as above

    if text not in LAYOUT_NAMES:
        raise ValueError(f"must be a keyboard layout: {', '.join(LAYOUT_NAMES)}")
    return text


def more_than_0(time_s: float) -> float:
    """The time, if it is not 0."""
    if time_s == 0:
        raise ValueError("must be more than 0 seconds")
    return time_s


def _at_most(maximum_s: float, text: str) -> float:
    from ecsvnc.durations import in_words, parse_time  # as above

    time_s = parse_time(text)
    if time_s > maximum_s:
        raise ValueError(f"must be at most {in_words(maximum_s)}")
    return time_s


def _web_address(text: str, rule: str) -> SplitResult:
    """Parse an http(s) URL. Raises ValueError with `rule`, or with a more precise one."""
    from urllib.parse import urlsplit  # as above

    from ecsvnc.loopback.names import is_loopback  # as above

    # urlsplit drops tabs and newlines silently, so what was checked would not be what is used.
    if re.search(r"[\x00-\x20\x7f-\x9f\ud800-\udfff\\]", text):
        raise ValueError(rule)
    try:
        parts = urlsplit(text)
        host, port_number = parts.hostname, parts.port
    except ValueError:
        raise ValueError(rule) from None
    if parts.scheme not in ("http", "https") or not host or not re.fullmatch(_HOST, host) or port_number == 0:
        raise ValueError(rule)
    if "@" in parts.netloc:
        raise ValueError("must not contain a user name or password")
    if "#" in text:
        raise ValueError("must not have a fragment (#…)")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("must be https:// (plain http:// is for loopback only)")
    return parts
