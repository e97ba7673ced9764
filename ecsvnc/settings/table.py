"""The table of settings: every key, and where it can come from.

Option, variable, file, `config list`, the checks and the README all follow from this table or are checked against it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ecsvnc.settings import values


class OtherVariable(NamedTuple):
    """A variable that belongs to someone else; `translate` makes its text the setting's, or "" for "says nothing"."""

    name: str
    translate: Callable[[str], str] = str


class Setting(NamedTuple):
    """One setting.

    `parse` makes the checked value of a text, or raises ValueError with a message that completes "`key` …".
    `default` is a text for `parse`, or None. `before_profile` are variables that count after our own and before the
    profile in config.toml; `after_profile` those that count after it, and `aliyun_key` the key of the aliyun CLI's
    profile that counts last before the default, made ours by `from_aliyun`.
    """

    key: str
    option: str | None
    parse: Callable[[str], object]
    default: str | None
    help: str
    is_number: bool = False
    before_profile: tuple[OtherVariable, ...] = ()
    after_profile: tuple[OtherVariable, ...] = ()
    aliyun_key: str | None = None
    from_aliyun: Callable[[str], str] = str

    @property
    def variable(self) -> str:
        """The setting's own environment variable."""
        return f"ECSVNC_{self.key.upper()}"


def _vpc_if_true(text: str) -> str:
    # The vendor's libraries take "true" in any case; everything else means no.
    return "vpc" if text.lower() == "true" else ""


def _vpc_if_vpc(text: str) -> str:
    return "vpc" if text.lower() == "vpc" else ""


SETTINGS: tuple[Setting, ...] = (
    Setting(
        key="region",
        option="--region",
        parse=values.region_id,
        default=None,
        help="Region where an id is looked for if neither the id nor the cache tells; names are looked for everywhere.",
        after_profile=(OtherVariable("ALIBABA_CLOUD_REGION_ID"),),
        aliyun_key="region_id",
    ),
    Setting(
        key="browser",
        option="--browser",
        parse=values.command_line,
        default=None,
        help="Command that opens the browser, with %s where the address goes; none for no browser.",
        before_profile=(OtherVariable("BROWSER"),),
    ),
    Setting(
        key="viewer",
        option="--viewer-command",
        parse=values.command_line,
        default=None,
        help="VNC viewer for open --viewer: a known name, or a command with {host} and {port} or {display}.",
    ),
    Setting(
        key="console_page",
        option="--console-page",
        parse=values.console_page,
        default="0.0.8",
        help="Console page: a URL, or a known version (0.0.8, 0.0.7).",
    ),
    Setting(
        key="endpoint",
        option="--endpoint",
        parse=values.endpoint,
        default=None,
        help="API endpoint for all regions; may contain {region}.",
    ),
    Setting(
        key="network",
        option=None,
        parse=values.network,
        default="public",
        help="public, or vpc for the endpoints inside Alibaba Cloud's network.",
        after_profile=(OtherVariable("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", _vpc_if_true),),
        aliyun_key="endpoint_type",
        from_aliyun=_vpc_if_vpc,
    ),
    Setting(
        key="timeout",
        option="--timeout",
        parse=values.timeout_s,
        default="60",
        help="Time budget of one request with its retries, in seconds.",
        is_number=True,
    ),
    Setting(
        key="keepalive",
        option="--keepalive",
        parse=values.keepalive_s,
        default="20",
        help="Seconds without input after which a console is kept open by a harmless message; 0 for never.",
        is_number=True,
    ),
)

BY_KEY = {setting.key: setting for setting in SETTINGS}

STS_ENDPOINT_VARIABLE = "ECSVNC_STS_ENDPOINT"
"""Not a setting of its own: it belongs to whoever sets `endpoint` by variable, as `ecsvnc demo --serve` does."""

PROFILE_VARIABLE = "ECSVNC_PROFILE"

DEFAULT_PROFILE = "default"
