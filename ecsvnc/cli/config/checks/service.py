"""The endpoint, the clock, and what the credentials are permitted there."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from ecsvnc.cli.config.checks.lines import Line, not_tested, note, ok
from ecsvnc.ecs.describe_instances import DescribeInstancesDryRun
from ecsvnc.ecs.describe_regions import DescribeRegions
from ecsvnc.ecs.ram_policy import FIND_BY_NAME, KNOW_THE_REGIONS, OPEN_A_CONSOLE
from ecsvnc.errors import EcsvncError, RegionNotFoundError
from ecsvnc.http.proxies import Proxy, find_proxy
from ecsvnc.openapi.answers import not_an_error_of_the_api, read_json_object, server_time
from ecsvnc.openapi.clock import ALLOWED_OFFSET_S, offset_in_words
from ecsvnc.openapi.codes import Refusal, common_error
from ecsvnc.openapi.signed_request import Call, build_request

if TYPE_CHECKING:
    from ecsvnc.cli.session import Session
    from ecsvnc.http.messages import HttpResponse
    from ecsvnc.instances.targets import Target
    from ecsvnc.openapi.client import Client
    from ecsvnc.runtime import Runtime

ANSWER_TIMEOUT_S = 15.0
"""Of the one request that tries the endpoint: somebody waits for the verdict."""

_SAME_TIME_S = 2.0
"""`Date` has whole seconds, and its way takes time."""


class Reached(NamedTuple):
    """What one request to the endpoint showed. `offset_s` is how far the service's clock is ahead, if it said."""

    origin: str
    proxy: Proxy | None
    took_s: float
    offset_s: float | None


def reach(session: Session, region_id: str, runtime: Runtime) -> Reached:
    """Ask the endpoint something without a signature, so that nothing but the way there is tested.

    Raises NetworkError, which tells DNS, connection, TLS, proxy, and an answer that is not the API's, apart;
    ServiceError if the service is failing; ConfigurationError for a bad endpoint, proxy or certificate variable.
    """
    origin = session.endpoints.origin("ecs", region_id)
    request = build_request(
        Call(DescribeRegions.name, DescribeRegions.version, {}),
        origin,
        None,
        date_s=runtime.now(),
        nonce=runtime.random_bytes(16).hex(),
    )
    sent_s = runtime.monotonic()
    response = session.transport.send(request, total_timeout_s=min(ANSWER_TIMEOUT_S, session.settings.timeout_s))
    took_s = runtime.monotonic() - sent_s
    _refuse_what_is_not_the_api(response, urlsplit(origin).netloc)
    date_s = server_time(response.headers.get("date", ""))
    offset_s = None if date_s is None else date_s - response.received_at
    return Reached(origin, find_proxy(origin, runtime.environ), took_s, offset_s)


def _refuse_what_is_not_the_api(response: HttpResponse, host: str) -> None:
    body = read_json_object(response.body, host=host, http_status=response.status)
    refusal = Refusal.read(body, http_status=response.status, headers=response.headers, action=KNOW_THE_REGIONS)
    if refusal is None and not 200 <= response.status < 300:
        raise not_an_error_of_the_api(host, response.status)
    if refusal is not None and response.status >= 500:
        raise common_error(refusal)


def endpoint_line(reached: Reached, set_by: str) -> Line:
    """Where the API is, and how it was reached. `set_by` is who chose the endpoint, empty for the rule."""
    said = f"{reached.origin} answers in {reached.took_s * 1000:.0f} ms"
    if reached.proxy is not None:
        said += f" through the proxy {reached.proxy.name} (from {reached.proxy.variable})"
    if reached.origin.startswith("https:"):
        said += ", its certificate is trusted"
    return ok("endpoint", f"{said}; set by {set_by}." if set_by else f"{said}.")


def clock_line(offset_s: float | None) -> Line:
    """How far this machine's clock is from the service's."""
    if offset_s is None:
        return not_tested("clock", "the service's answer has no date.")
    if abs(offset_s) <= _SAME_TIME_S:
        return ok("clock", f"The same as the service's, within {_SAME_TIME_S:.0f} seconds.")
    said = f"{offset_in_words(offset_s)}, by the service's"
    allowed = f"{ALLOWED_OFFSET_S / 60:.0f} minutes"
    if abs(offset_s) < ALLOWED_OFFSET_S:
        return ok("clock", f"{said}; up to {allowed} do no harm.")
    return note("clock", f"{said}, which allows {allowed}: every run has to correct it.", "Set it (NTP).")


def known_regions(client: Client, region_id: str) -> set[str]:
    """DescribeRegions, by calling it: it changes nothing. Raises what the call raises."""
    return {region.id for region in client.call(DescribeRegions(), region_id=region_id).value}


def regions_line(regions: set[str]) -> Line:
    """That DescribeRegions is permitted."""
    return ok(KNOW_THE_REGIONS, f"Permitted: {len(regions)} regions.")


def is_no_region(client: Client, region_id: str) -> bool:
    """Whether the service knows no such region: an account need not be told of each one that there is."""
    try:
        client.call(DescribeInstancesDryRun(region_id), region_id=region_id, budget_s=ANSWER_TIMEOUT_S)
    except RegionNotFoundError:
        return True
    except EcsvncError:
        pass
    return False


def instances_line(client: Client, region_id: str) -> Line:
    """DescribeInstances, by a dry run. Raises what the call raises."""
    with contextlib.suppress(DescribeInstancesDryRun.passed):
        client.call(DescribeInstancesDryRun(region_id), region_id=region_id)
    return ok(FIND_BY_NAME, "Permitted, by a dry run: names and addresses can be looked up.")


def ticket_line(session: Session, target: Target) -> Line:
    """DescribeInstanceVncUrl, which has no dry run: a ticket is taken, and dies unused. Raises what `take` raises."""
    console = session.open_console(target)
    called = f"{console.name} ({console.instance_id})" if console.name else console.instance_id
    return ok(OPEN_A_CONSOLE, f"Took a ticket of {called} in {console.region_id}, and threw it away.")
