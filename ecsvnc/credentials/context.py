"""What a source of credentials may use: settings and their keyrings, the network, and the runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ecsvnc.errors import ConfigurationError
from ecsvnc.http.messages import HttpRequest, HttpResponse
from ecsvnc.http.transport import Transport
from ecsvnc.openapi.access_key import AccessKey
from ecsvnc.openapi.client import Client
from ecsvnc.openapi.endpoints import Endpoints
from ecsvnc.runtime import Runtime
from ecsvnc.settings import values
from ecsvnc.settings.resolve import Settings
from ecsvnc.settings.table import NETWORK, REGION, TIMEOUT

STS_REGION_VARIABLE = "ALIBABA_CLOUD_STS_REGION"

_DEFAULT_VPC_REGION = "cn-hangzhou"


class Sts(NamedTuple):
    """Where STS is called: a profile's endpoint, or a region; "" for the default."""

    region_id: str = ""
    endpoint: str = ""


CENTRAL_STS = Sts()


_MAX_BODY_BYTES = 64 * 1024

_CONNECT_TIMEOUT_S = 1.0
"""The metadata service is on the same host; the vendor's library has the same limit."""


class SourceContext(NamedTuple):
    """What every source is given. `transport` is called when the network is needed."""

    runtime: Runtime
    settings: Settings
    transport: Callable[[], Transport]

    def fetch(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, timeout_s: float
    ) -> HttpResponse:
        """Send one request without a body to a local service. Raises NetworkError."""
        return self.transport().send(
            HttpRequest(method, url, dict(headers or {})),
            connect_timeout_s=min(_CONNECT_TIMEOUT_S, timeout_s),
            read_timeout_s=timeout_s,
            total_timeout_s=timeout_s,
            max_body_bytes=_MAX_BODY_BYTES,
        )

    def sts_client(self, access_key: AccessKey | None, sts: Sts) -> tuple[Client, str]:
        """A client that signs with `access_key` (None: not at all), and the region id to call STS in."""
        endpoints = Endpoints(
            sts_override=self.settings.sts_endpoint or _endpoint(sts.endpoint), network=self.settings[NETWORK]
        )
        client = Client(
            runtime=self.runtime,
            transport=self.transport(),
            access_key=None if access_key is None else lambda: access_key,
            endpoints=endpoints,
            budget_s=self.settings[TIMEOUT],
        )
        return client, sts_region(self.settings, self.runtime, sts)


def sts_region(settings: Settings, runtime: Runtime, sts: Sts = CENTRAL_STS) -> str:
    """Where to call STS: the profile's region, or ALIBABA_CLOUD_STS_REGION, else "" for the central endpoint.

    A VPC cannot reach the central endpoint: there it is the setting's region. Raises ConfigurationError.
    """
    region_id = sts.region_id or runtime.environ.get(STS_REGION_VARIABLE, "")
    if not region_id:
        return (settings[REGION] or _DEFAULT_VPC_REGION) if settings[NETWORK] == "vpc" else ""
    try:
        return values.region_id(region_id)
    except ValueError as rule:
        who = "The STS region of the profile" if sts.region_id else STS_REGION_VARIABLE
        raise ConfigurationError(f"{who} {rule}.", hint="Correct it where it is set.") from None


def _endpoint(host: str) -> str | None:
    """The endpoint that an aliyun CLI's profile names, as a URL or a host; None if it names none."""
    if not host:
        return None
    try:
        return values.endpoint(host if "://" in host else f"https://{host}")
    except ValueError as rule:
        raise ConfigurationError(
            f"The STS endpoint of the profile {rule}.", hint="Correct it where it is set."
        ) from None
