"""The table of settings: every key, its option and variable, and where else it can come from.

One entry defines a setting: its option, its variable, its key in config.toml, `ecsvnc config` and the README follow
from it or are checked against it. `settings[TIMEOUT]` is its value in a run (see `settings.resolve`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from ecsvnc.settings import values

T = TypeVar("T")


class Option(NamedTuple):
    """A setting's option on the command line. An empty `help` means the setting's own."""

    name: str
    metavar: str
    help: str = ""


class OtherVariable(NamedTuple):
    """A variable of another tool; `translate` makes its text the setting's, or "" if it does not set it."""

    name: str
    translate: Callable[[str], str] = str


class Setting(NamedTuple, Generic[T]):
    """One setting, whose value is a T. Without a default it is None if it is not set: T is `... | None` then.

    `parse` makes the checked value of a text, or raises ValueError with a message that completes "`key` …".
    `default` is a text for `parse`, or None. `before_profile` are variables between our own and the profile in
    config.toml, in order of precedence; `after_profile` those after it. `aliyun_key` is the key of the aliyun CLI's
    profile, the last before the default, which `from_aliyun` converts.
    """

    key: str
    parse: Callable[[str], T]
    default: str | None
    help: str
    option: Option | None = None
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
    # The vendor's libraries accept "true" in upper and lower case; everything else means no.
    return "vpc" if text.lower() == "true" else ""


def _vpc_if_vpc(text: str) -> str:
    return "vpc" if text.lower() == "vpc" else ""


REGION: Setting[str | None] = Setting(
    key="region",
    parse=values.region_id,
    default=None,
    help="Region where an id is looked for if neither the id nor the cache tells; names are looked for everywhere.",
    option=Option("--region", "REGION", "Look only in this region; all for every region."),
    after_profile=(OtherVariable("ALIBABA_CLOUD_REGION_ID"),),
    aliyun_key="region_id",
)
BROWSER: Setting[str | None] = Setting(
    key="browser",
    parse=values.command_line,
    default=None,
    help="Browser command, with %s for the address; 'none' disables it.",
    option=Option("--browser", "COMMAND"),
    before_profile=(OtherVariable("BROWSER"),),
)
VIEWER: Setting[str | None] = Setting(
    key="viewer",
    parse=values.command_line,
    default=None,
    help="VNC viewer for open --viewer: a known name, or a command with {host} and {port} or {display}.",
    option=Option(
        "--viewer-command",
        "NAME|COMMAND",
        "Open it in this VNC viewer: a known name, or a command with {host} and {port} or {display}.",
    ),
)
CONSOLE_PAGE: Setting[str] = Setting(
    key="console_page",
    parse=values.console_page,
    default="0.0.8",
    help="Console page: a URL, a known version (0.0.8, 0.0.7), or local: ecsvnc's own page, for open.",
    option=Option("--console-page", "URL|local"),
)
ENDPOINT: Setting[str | None] = Setting(
    key="endpoint",
    parse=values.endpoint,
    default=None,
    help="API endpoint for all regions; may contain {region}.",
    option=Option("--endpoint", "URL"),
)
NETWORK: Setting[values.Network] = Setting(
    key="network",
    parse=values.network,
    default="public",
    help="public, or vpc for the endpoints inside Alibaba Cloud's network.",
    after_profile=(OtherVariable("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", _vpc_if_true),),
    aliyun_key="endpoint_type",
    from_aliyun=_vpc_if_vpc,
)
TIMEOUT: Setting[float] = Setting(
    key="timeout",
    parse=values.timeout_s,
    default="60",
    help="Time budget of one request with its retries, in seconds.",
    option=Option("--timeout", "TIME", "Time budget of one request with its retries."),
    is_number=True,
)
KEEPALIVE: Setting[float] = Setting(
    key="keepalive",
    parse=values.keepalive_s,
    default="20",
    help="Seconds without input after which a console is kept open by a harmless message; 0 for never.",
    option=Option("--keepalive", "TIME", "Keep the console open after this long without input; 0 for never."),
    is_number=True,
)
PORT: Setting[int] = Setting(
    key="port",
    parse=values.port,
    default="0",
    help="Port on this machine for open and proxy; 0 for a free one.",
    option=Option("--port", "PORT", "Port on this machine to listen on; 0 for a free one."),
    is_number=True,
)
LAYOUT: Setting[str] = Setting(
    key="layout",
    parse=values.layout,
    default="us",
    help="Keyboard layout that is set in the instance: us, gb, de, de-nodeadkeys, fr, es or jp.",
    option=Option("--layout", "NAME"),
)

SETTINGS: tuple[Setting[Any], ...] = (
    REGION,
    BROWSER,
    VIEWER,
    CONSOLE_PAGE,
    ENDPOINT,
    NETWORK,
    TIMEOUT,
    KEEPALIVE,
    PORT,
    LAYOUT,
)
"""All of them, in the order in which they are listed."""

BY_KEY = {setting.key: setting for setting in SETTINGS}

STS_ENDPOINT_VARIABLE = "ECSVNC_STS_ENDPOINT"
"""Not a setting: it is set together with ECSVNC_ENDPOINT, as by `ecsvnc demo --serve`."""

PROFILE_VARIABLE = "ECSVNC_PROFILE"

DEFAULT_PROFILE = "default"
