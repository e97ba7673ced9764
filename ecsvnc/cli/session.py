"""One command's way to ECS: settings, credentials, client, finder and tickets, each made when first used."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ecsvnc.cli.options import EcsOptions
from ecsvnc.cli.terminal import Terminal
from ecsvnc.instances.cache import InstanceCache, cache_file, region_last_seen
from ecsvnc.instances.finder import InstanceFinder
from ecsvnc.instances.id_regions import region_of_id
from ecsvnc.instances.targets import InstanceId, Target
from ecsvnc.loopback.names import is_loopback
from ecsvnc.openapi.client import Client
from ecsvnc.openapi.endpoints import Endpoints
from ecsvnc.runtime import Runtime
from ecsvnc.settings.resolve import Settings
from ecsvnc.settings.secret_store import SecretStores
from ecsvnc.tickets.console import Console
from ecsvnc.tickets.issuer import TicketIssuer
from ecsvnc.tickets.waiting import wait_for

if TYPE_CHECKING:
    from ecsvnc.credentials.chain import CredentialChain
    from ecsvnc.ecs.instance import Instance
    from ecsvnc.http.transport import Transport
    from ecsvnc.instances.finder import Choose
    from ecsvnc.tickets.budget import Budget
    from ecsvnc.tickets.instance_tickets import InstanceTickets


class Session:
    """Everything that a command's options say about reaching ECS, put to work."""

    def __init__(
        self,
        options: EcsOptions,
        settings: Settings,
        secret_stores: Callable[[], SecretStores],
        *,
        runtime: Runtime,
        terminal: Terminal,
        os_matters: bool,
    ) -> None:
        self.settings = settings
        self._options = options
        self._secret_stores = secret_stores
        self._runtime = runtime
        self._terminal = terminal
        self._os_matters = os_matters
        self._asking = threading.Lock()

    def prepare(self) -> None:
        """Raise now, and once, what would fail for every instance alike: bad options, bad settings, no credentials."""
        for key, text in self._options.as_settings().items():
            if text is not None:
                self.settings.value(key)
        _ = self.issuer

    def region_known_offline(self, instance: InstanceId) -> str | None:
        """The region of --region, else where any account last saw the id, else what the id says; None if nothing does.

        Needs neither credentials nor network.
        """
        if self.settings.explicit_region is not None:
            return self.settings.explicit_region
        return region_last_seen(self.settings.cache_folder, instance.text) or region_of_id(instance.text)

    @property
    def open_console(self) -> Callable[[Target], Console]:
        """Finds an instance and takes a ticket for it; with --wait, once its console is ready."""
        if not self._options.wait:
            return self.issuer.open
        return lambda target: wait_for(
            lambda left_s: self.issuer.open(target, budget_s=left_s),
            timeout_s=self._options.wait_timeout_s,
            runtime=self._runtime,
        )

    def instance_tickets(self, instance: Target | Console) -> InstanceTickets:
        """Fresh tickets of one instance: of one that is to be found, or of the one whose console this is."""
        from ecsvnc.tickets.instance_tickets import InstanceTickets

        if isinstance(instance, Console):
            return InstanceTickets.of(instance, self.issuer, self._budget)
        return InstanceTickets.find(
            instance,
            self.finder,
            self.issuer,
            self._budget,
            runtime=self._runtime,
            wait_timeout_s=self._options.wait_timeout_s if self._options.wait else None,
        )

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
        """Where the AccessKey comes from."""
        from ecsvnc.credentials.sources import credential_chain

        return credential_chain(
            self.settings,
            self._secret_stores(),
            self._runtime,
            transport=lambda: self.transport,
            may_ask=not self._options.no_input,
        )

    @cached_property
    def transport(self) -> Transport:
        """The way out."""
        from ecsvnc.http.transport import Transport

        return Transport(self._runtime)

    @cached_property
    def endpoints(self) -> Endpoints:
        """Where the API is."""
        return Endpoints(
            override=self.settings.endpoint,
            sts_override=self.settings.sts_endpoint,
            network=self.settings.network,
        )

    @cached_property
    def client(self) -> Client:
        """Signs, sends, retries."""
        return Client(
            runtime=self._runtime,
            transport=self.transport,
            access_key=self.credentials.access_key,
            endpoints=self.endpoints,
            budget_s=self.settings.timeout_s,
        )

    @cached_property
    def cache(self) -> InstanceCache:
        """Where instances were: one file an account and endpoint."""
        found = self.credentials.found()
        # A role's temporary key changes with every session; what stays the same is where it comes from.
        account = found.source if found.access_key.security_token else found.access_key.id
        return InstanceCache(
            cache_file(self.settings.cache_folder, account=account, endpoint=self.settings.endpoint), self._runtime
        )

    @cached_property
    def finder(self) -> InstanceFinder:
        """Finds instances."""
        region = self.settings.explicit_region
        return InstanceFinder(
            self.client,
            self.cache,
            region=region,
            default_region=None if region else self.settings.region,
            choose=self._choose,
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
            runtime=self._runtime,
        )

    @cached_property
    def _budget(self) -> Budget:
        from ecsvnc.tickets.budget import Budget

        return Budget(self.settings.cache_folder, runtime=self._runtime)

    @property
    def _choose(self) -> Choose | None:
        """The question which of several instances is meant, if there is someone to ask."""
        if self._options.no_input or not self._terminal.can_ask:
            return None
        if sys.stdout is None or not sys.stdout.isatty():  # a script, on somebody's terminal, waits for what is printed
            return None
        from ecsvnc.cli.choose import choose_instance

        def choose(instances: Sequence[Instance]) -> Instance:
            with self._asking:  # one question at a time, though the instances are looked for at the same time
                return choose_instance(instances)

        return choose
