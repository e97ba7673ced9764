"""The facts for the checks, each found once: from the settings, the keyring, and the service.

A fact that could not be found is the error with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar
from urllib.parse import urlsplit

from ecsvnc.credentials.context import sts_region
from ecsvnc.credentials.known_accounts import remember_account
from ecsvnc.credentials.sts import CallerIdentity, GetCallerIdentity
from ecsvnc.ecs.describe_instances import DescribeInstancesDryRun
from ecsvnc.ecs.describe_regions import DescribeRegions
from ecsvnc.errors import CredentialsError, EcsvncError, PermissionDeniedError, RegionNotFoundError, UsageError
from ecsvnc.http.proxies import Proxy, find_proxy
from ecsvnc.instances.lookup import CENTRAL_REGION
from ecsvnc.instances.targets import InstanceId, Target
from ecsvnc.openapi.answers import not_an_error_of_the_api, read_json_object, server_time
from ecsvnc.openapi.codes import Refusal, common_error
from ecsvnc.openapi.signed_request import build_request
from ecsvnc.settings.table import REGION, SETTINGS, TIMEOUT

if TYPE_CHECKING:
    from ecsvnc.credentials.chain import CredentialChain
    from ecsvnc.credentials.found import Found
    from ecsvnc.diagnosis.console_findings import ConsoleFindings
    from ecsvnc.http.transport import Transport
    from ecsvnc.openapi.client import Client
    from ecsvnc.openapi.endpoints import Endpoints
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.resolve import Settings
    from ecsvnc.tickets.console import Console
    from ecsvnc.tickets.instance_tickets import InstanceTickets
    from ecsvnc.tickets.issuer import TicketIssuer

ANSWER_TIMEOUT_S = 15.0
"""Of the requests of the checks: the user waits for them."""

T = TypeVar("T")


class Access(Protocol):
    """A command's way to ECS. Each part is made when it is first used, and raises EcsvncError if it cannot be."""

    settings: Settings

    @property
    def credentials(self) -> CredentialChain:
        """Where the AccessKey comes from."""

    @property
    def endpoints(self) -> Endpoints:
        """Where the API is."""

    @property
    def transport(self) -> Transport:
        """Sends requests."""

    @property
    def client(self) -> Client:
        """Signs, sends, retries."""

    def region_known_offline(self, instance: InstanceId) -> str | None:
        """The instance's region, as far as it is known without a request."""

    @property
    def issuer(self) -> TicketIssuer:
        """Finds instances and takes tickets."""

    def tickets_of(self, console: Console) -> InstanceTickets:
        """Tickets of a console's instance, the first of which is its own."""


class ProbeResult(NamedTuple):
    """The result of one unsigned request to the endpoint.

    `offset_s` is how many seconds the service's clock is ahead of this machine's, None if the answer has no date.
    """

    origin: str
    proxy: Proxy | None
    took_s: float
    offset_s: float | None


class Facts:
    """The facts of one run. `target` is the instance of which a ticket is to be tried, or None.

    With `opens_console`, the ticket is used, too.
    """

    def __init__(
        self,
        access: Access,
        target: Target | None,
        *,
        opens_console: bool = False,
        runtime: Runtime,
    ) -> None:
        self.access = access
        self.settings = access.settings
        self.target = target
        self.opens_console = opens_console
        self.runtime = runtime

    @cached_property
    def settings_error(self) -> EcsvncError | None:
        """The first setting whose value is invalid. Raises UsageError for an option."""
        values = attempt(lambda: [self.settings[setting] for setting in SETTINGS])
        return values if isinstance(values, EcsvncError) else None

    @cached_property
    def found(self) -> Found | EcsvncError:
        """The credentials, whether or not the service accepts them."""
        return attempt(lambda: self.access.credentials.found())  # noqa: PLW0108  # `.credentials` may raise too

    @cached_property
    def endpoint(self) -> ProbeResult | EcsvncError:
        """What a request without a signature shows, which only tests the connection to the endpoint."""
        return attempt(self._probe)

    @cached_property
    def regions(self) -> frozenset[str] | EcsvncError:
        """What DescribeRegions answers: the first signed request of a run."""
        action = DescribeRegions()
        return attempt(
            lambda: frozenset(region.id for region in self.access.client.call(action, region_id=self.region_id).value)
        )

    @cached_property
    def credentials(self) -> Found | EcsvncError:
        """The credentials, or why there are none, or why the service does not accept them."""
        if isinstance(self.found, EcsvncError) or isinstance(self.endpoint, EcsvncError):
            return self.found
        if isinstance(self.regions, CredentialsError) and not isinstance(self.regions, PermissionDeniedError):
            return self.regions
        return self.found

    @cached_property
    def identity(self) -> CallerIdentity | EcsvncError:
        """Whose credentials they are, as STS answers."""
        return attempt(self._ask_identity)

    @cached_property
    def obstacle(self) -> str:
        """Why signed requests cannot be made; empty if they can."""
        if isinstance(self.credentials, EcsvncError):
            return "needs valid credentials"
        return "the endpoint does not answer" if isinstance(self.endpoint, EcsvncError) else ""

    @cached_property
    def missing_region(self) -> str:
        """The region that is set, if the service says that it does not exist; else empty."""
        region = None if self.settings_error is not None else self.settings[REGION]
        if region is None or self.obstacle:
            return ""
        if isinstance(self.regions, frozenset) and region in self.regions:
            return ""
        # DescribeRegions need not list every region to every account.
        return region if isinstance(self.may_describe_instances(region), RegionNotFoundError) else ""

    @property
    def region_id(self) -> str:
        """Where to ask: an endpoint that serves one region only refuses the others."""
        of_id = self.access.region_known_offline(self.target) if isinstance(self.target, InstanceId) else None
        return of_id or self.settings[REGION] or CENTRAL_REGION

    @cached_property
    def instances(self) -> EcsvncError | None:
        """Why DescribeInstances is not permitted; None if it is."""
        is_missing = self.missing_region and self.region_id == self.missing_region
        return self.may_describe_instances(CENTRAL_REGION if is_missing else self.region_id)

    def may_describe_instances(self, region_id: str) -> EcsvncError | None:
        """The error of a dry run of DescribeInstances; None if it passed."""
        action = DescribeInstancesDryRun(region_id)
        answer = attempt(lambda: self.access.client.call(action, region_id=region_id, budget_s=ANSWER_TIMEOUT_S))
        return answer if isinstance(answer, EcsvncError) and not isinstance(answer, action.passed) else None

    def _ask_identity(self) -> CallerIdentity:
        region_id = sts_region(self.settings, self.runtime)
        identity = self.access.client.call(GetCallerIdentity(), region_id=region_id, budget_s=ANSWER_TIMEOUT_S).value
        remember_account(self.settings.cache_folder, self.access.credentials.found(), identity.account_id)
        return identity

    @cached_property
    def ticket(self) -> Console | EcsvncError:
        """A ticket of the target. There must be one."""
        assert self.target is not None  # noqa: S101  # see the docstring
        target = self.target
        return attempt(lambda: self.access.issuer.open(target))

    @cached_property
    def console(self) -> ConsoleFindings | EcsvncError:
        """The console that the ticket opens."""
        from ecsvnc.diagnosis.console_findings import look_at_console  # only --console needs it

        ticket = self.ticket
        if isinstance(ticket, EcsvncError):
            return ticket
        return attempt(lambda: look_at_console(self.access.tickets_of(ticket), self.settings, self.runtime))

    def _probe(self) -> ProbeResult:
        """Send one unsigned request.

        Raises NetworkError with the cause (DNS, connection, TLS, proxy, an answer that is not the API's);
        ServiceError if the service is failing; ConfigurationError for a bad endpoint, proxy or certificate variable.
        """
        origin = self.access.endpoints.origin("ecs", self.region_id)
        nonce = self.runtime.random_bytes(16).hex()
        request = build_request(DescribeRegions(), origin, None, date_s=self.runtime.now(), nonce=nonce)
        sent_s = self.runtime.monotonic()
        timeout_s = min(ANSWER_TIMEOUT_S, self.settings[TIMEOUT])
        response = self.access.transport.send(request, total_timeout_s=timeout_s)
        took_s = self.runtime.monotonic() - sent_s
        host = urlsplit(origin).netloc
        body = read_json_object(response.body, host=host, http_status=response.status)
        refusal = Refusal.read(body, http_status=response.status, headers=response.headers, action="")
        if refusal is None and not 200 <= response.status < 300:
            raise not_an_error_of_the_api(host, response.status)
        if refusal is not None and response.status >= 500:
            raise common_error(refusal)
        date_s = server_time(response.headers.get("date", ""))
        offset_s = None if date_s is None else date_s - response.received_at
        return ProbeResult(origin, find_proxy(origin, self.runtime.environ), took_s, offset_s)


def attempt(make: Callable[[], T]) -> T | EcsvncError:
    """What `make` returns, or the error that it raises; a UsageError is raised on."""
    try:
        return make()
    except UsageError:
        raise
    except EcsvncError as error:
        return error
