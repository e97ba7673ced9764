"""A command's access to ECS: credentials, client, finder and tickets, each made when first used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from ecsvnc.cli.app import App
from ecsvnc.instances.cache import InstanceCache, cache_file, region_last_seen
from ecsvnc.instances.finder import InstanceFinder
from ecsvnc.instances.id_regions import region_of_id
from ecsvnc.instances.targets import InstanceId, Target, parse_target
from ecsvnc.loopback.names import is_loopback
from ecsvnc.openapi.client import Client
from ecsvnc.openapi.endpoints import Endpoints
from ecsvnc.settings.table import ENDPOINT, NETWORK, REGION, TIMEOUT
from ecsvnc.tickets.console import Console
from ecsvnc.tickets.issuer import TicketIssuer
from ecsvnc.tickets.waiting import wait_for

if TYPE_CHECKING:
    from ecsvnc.cli.choose import Refresh
    from ecsvnc.console.client import ConsoleClient, ConsoleOptions
    from ecsvnc.credentials.chain import CredentialChain
    from ecsvnc.ecs.instance import Instance
    from ecsvnc.http.transport import Transport
    from ecsvnc.instances.power import Power
    from ecsvnc.tickets.budget import Budget
    from ecsvnc.tickets.instance_tickets import InstanceTickets

T = TypeVar("T")


class EcsAccess:
    """Settings, credentials, client, finder and tickets of the run `app`.

    Without `os_matters` and `name_matters` an instance that is given by its id is not described.
    """

    def __init__(self, app: App, *, os_matters: bool = True, name_matters: bool = False) -> None:
        self.settings = app.settings
        self._app = app
        self._options = app.options
        self._runtime = app.runtime
        self._terminal = app.terminal
        self._os_matters = os_matters
        self._name_matters = name_matters

    def region_known_offline(self, instance: InstanceId) -> str | None:
        """The region of --region, else where any account last saw the id, else the one in the id; None without any.

        Needs neither credentials nor network.
        """
        if self.settings.explicit_region is not None:
            return self.settings.explicit_region
        return region_last_seen(self.settings.cache_folder, instance.text) or region_of_id(instance.text)

    def targets(self, texts: Sequence[str]) -> list[Target]:
        """The targets of the INSTANCE arguments; without any, the instance that the user chooses from a list."""
        return [parse_target(text) for text in texts] or [self._chosen()]

    def target(self, text: str | None) -> Target:
        """The target of the one INSTANCE argument, as `targets`."""
        return self.targets([] if text is None else [text])[0]

    @property
    def open_console(self) -> Callable[[Target], Console]:
        """Finds an instance and takes a ticket for it; with --wait or --start, once its console is ready."""
        return self._open_when_ready if self._waits else self.issuer.open

    def tickets_of(self, console: Console) -> InstanceTickets:
        """Tickets of a console's instance, the first of which is its own: it soon expires."""
        from ecsvnc.tickets.instance_tickets import InstanceTickets

        return InstanceTickets.of(console, self.issuer, self._budget, self._runtime)

    def tickets_to_use_now(self, target: Target) -> InstanceTickets:
        """Tickets of an instance, the first of which is taken to find it: it soon expires."""
        return self.tickets_of(self.open_console(target))

    def tickets_to_use_later(self, target: Target) -> InstanceTickets:
        """Tickets of an instance, none of which is taken now, unless to wait for it."""
        from ecsvnc.tickets.instance_tickets import InstanceTickets

        if self._waits:
            return self.tickets_to_use_now(target)
        return InstanceTickets.find(target, self.finder, self.issuer, self._budget, self._runtime)

    def console(self, tickets: InstanceTickets, options: ConsoleOptions) -> ConsoleClient:
        """A session with the console of one instance; a `with` block opens it."""
        from ecsvnc.console.client import ConsoleClient

        return ConsoleClient(tickets, options, settings=self.settings, runtime=self._runtime)

    def running(self, target: Target) -> Instance:
        """The instance that is meant, for what needs it running; with --start it is started if it is stopped.

        Does not wait: `when_running` does.
        """
        return self.finder.locate(InstanceId(self.power.start(target).id) if self._options.start else target)

    def when_running(self, take: Callable[[float | None], T]) -> T:
        """The result of `take(seconds left)`; with --wait or --start, repeated until the instance is ready."""
        if not self._waits:
            return take(None)
        return wait_for(take, timeout_s=self._options.wait_timeout_s, runtime=self._runtime)

    @property
    def _waits(self) -> bool:
        return self._options.wait or self._options.start

    def _open_when_ready(self, target: Target) -> Console:
        started = self.power.start(target) if self._options.start else None
        meant = target if started is None else InstanceId(started.id)
        console = self.when_running(lambda left_s: self.issuer.open(meant, budget_s=left_s))
        return console if started is None else console._replace(name=started.name or None)

    def warn_if_unencrypted(self, console: Console) -> None:
        """Warn if the console's screen and keys would cross the network unencrypted."""
        vnc_url = console.ticket.vnc_url
        if not vnc_url.is_encrypted and not is_loopback(vnc_url.host):
            self._terminal.warn(
                f"The console of {console.instance_id} is not encrypted (ws://): others on the network can read it, "
                "and a browser may refuse it on an https page."
            )

    @cached_property
    def credentials(self) -> CredentialChain:
        """The source of the AccessKey."""
        from ecsvnc.credentials.sources import credential_chain

        return credential_chain(self.settings, self._runtime, transport=lambda: self.transport)

    @cached_property
    def transport(self) -> Transport:
        """Sends requests."""
        from ecsvnc.http.transport import Transport

        return Transport(self._runtime)

    @cached_property
    def endpoints(self) -> Endpoints:
        """The endpoints of the API."""
        return Endpoints(
            override=self.settings[ENDPOINT],
            sts_override=self.settings.sts_endpoint,
            network=self.settings[NETWORK],
        )

    @cached_property
    def client(self) -> Client:
        """Signs, sends, retries."""
        return Client(
            runtime=self._runtime,
            transport=self.transport,
            access_key=self.credentials.access_key,
            endpoints=self.endpoints,
            budget_s=self.settings[TIMEOUT],
        )

    @cached_property
    def cache(self) -> InstanceCache:
        """The cache of instances of this account and endpoint."""
        account = self.credentials.found().lasting_name
        return InstanceCache(
            cache_file(self.settings.cache_folder, account=account, endpoint=self.settings[ENDPOINT]), self._runtime
        )

    @cached_property
    def finder(self) -> InstanceFinder:
        """Finds instances."""
        region = self.settings.explicit_region
        return InstanceFinder(
            self.client,
            self.cache,
            region=region,
            default_region=None if region else self.settings[REGION],
            account_id=self._known_account,
            choose=self._choose if self._app.can_choose else None,
            runtime=self._runtime,
        )

    @cached_property
    def issuer(self) -> TicketIssuer:
        """Takes tickets. `prepare` makes it, before there are threads."""
        return TicketIssuer(
            self.client,
            self.finder,
            os_type=self._options.os,
            needs_os=self._os_matters,
            needs_name=self._name_matters,
            runtime=self._runtime,
        )

    @cached_property
    def power(self) -> Power:
        """Starts and reboots instances, after asking."""
        from functools import partial

        from ecsvnc.cli.prompts import confirm
        from ecsvnc.instances.power import Power

        return Power(self.client, self.finder, partial(confirm, self._app), self._runtime)

    @cached_property
    def screenshots(self) -> Budget:
        """How often ECS takes a screenshot of an instance."""
        from ecsvnc.tickets.budget import SCREENSHOTS, Budget

        return Budget(self.settings.cache_folder, runtime=self._runtime, limit=SCREENSHOTS)

    def _known_account(self) -> str:
        """The account that the credentials belong to, "" if it is not known from an earlier run."""
        from ecsvnc.credentials.known_accounts import known_account

        return known_account(self.settings.cache_folder, self.credentials.found())

    @cached_property
    def _budget(self) -> Budget:
        from ecsvnc.tickets.budget import Budget

        return Budget(self.settings.cache_folder, runtime=self._runtime)

    def _choose(self, instances: Sequence[Instance], refresh: Refresh | None = None) -> Instance:
        from ecsvnc.cli.choose import choose_instance

        # One list at a time, though the instances are looked up in parallel: the others wait for the terminal.
        with self._terminal.full_screen():
            return choose_instance(instances, refresh=refresh)

    def _chosen(self) -> InstanceId:
        """The instance that the user chooses from the cached ones, and from all when the API has listed them."""
        from ecsvnc.ecs.instance import Instance

        region = self.settings.explicit_region
        known = [
            Instance(one.id, name=one.name, region_id=one.region_id, status="", os_type=one.os_type)
            for one in self.cache.everything()
            if region in (None, one.region_id)
        ]
        return InstanceId(self._choose(known, self._list_all).id)

    def _list_all(self) -> tuple[Sequence[Instance], str]:
        from ecsvnc.instances.lookup_errors import incomplete

        found = self.finder.list()
        return found.instances, incomplete(found.failures).what if found.failures else ""
