"""What `ecsvnc proxy` and `ecsvnc open --viewer` share: an instance's consoles behind a loopback port."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecsvnc.cli.leaving import leaving_on_signals
from ecsvnc.cli.programs import choose_viewer
from ecsvnc.errors import StateError
from ecsvnc.instances import lookup_errors
from ecsvnc.instances.targets import InstanceId, Target
from ecsvnc.settings.vnc_password import stored_vnc_password
from ecsvnc.tickets.budget import Budget
from ecsvnc.tickets.console import Console
from ecsvnc.viewer.fetching import ConsoleSource
from ecsvnc.viewer.keepalive import DEFAULT_MAX_IDLE_S, Policy
from ecsvnc.viewer.launch_viewer import show
from ecsvnc.viewer.proxy_server import Manner, ProxyServer, one_time_password

if TYPE_CHECKING:
    from ecsvnc.cli.app import App
    from ecsvnc.cli.options import EcsOptions
    from ecsvnc.cli.session import Session
    from ecsvnc.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """What the user asked of the proxy. Port 0 is a free one; `max_idle_s` in seconds."""

    host: str = "127.0.0.1"
    port: int = 0
    asks_password: bool = True
    is_raw: bool = False
    takes_over: bool = False
    max_idle_s: float = DEFAULT_MAX_IDLE_S
    vnc_password: str | None = field(default=None, repr=False)


class InstanceConsoles:
    """The consoles of one instance, one ticket after another. Safe for threads.

    The instance is found at construction: one that is stopped is an error; with --wait, it runs from then on, and its
    console is ready.
    """

    def __init__(self, app: App, session: Session, options: EcsOptions, text: str, *, vnc_password: str | None) -> None:
        self._app = app
        self._session = session
        self._options = options
        self._vnc_password = vnc_password
        self._budget = Budget(session.settings.cache_folder, runtime=app.runtime)
        self._console: Console | None = None
        self._target, self._instance_id = self._find(session.target(text))

    def as_source(self) -> ConsoleSource:
        """For the proxy."""
        return ConsoleSource(
            claim=lambda is_over: self._budget.claim(self._instance_id, is_over),
            take_ticket=self._take_ticket,
            vnc_password=self._password,
        )

    def _find(self, target: Target) -> tuple[Target, str]:
        """What to take tickets for: known by its id from now on, so that no other instance can slip in."""
        if self._options.wait:
            # Nothing but a ticket tells that the console is ready. It is thrown away: each viewer gets a fresh one.
            self._console = self._session.take(target)
            return InstanceId(self._console.instance_id), self._console.instance_id
        instance = self._session.consoles.find(target)
        if instance is None:  # an id, and nobody may ask about it
            return target, target.text
        if instance.status == "Stopped":
            raise lookup_errors.with_state(StateError("", hint=_START_IT), instance)
        return InstanceId(instance.id), instance.id

    def _take_ticket(self) -> Ticket:
        if self._console is None:
            self._console = self._session.take(self._target)
        else:
            self._console = self._session.renew(self._console)
        return self._console.ticket

    def _password(self) -> str | None:
        if self._vnc_password is not None:
            return self._vnc_password
        return stored_vnc_password(
            self._instance_id,
            self._session.settings,
            lambda: self._app.secret_stores(may_ask=not self._options.no_input),
        )


def make_proxy(
    app: App, session: Session, options: EcsOptions, instance: str, proxy: ProxyOptions
) -> tuple[ProxyServer, str | None]:
    """The proxy of an instance, not started yet, and the password it asks for; None if it asks for none."""
    keepalive = Policy(session.settings.keepalive_s, proxy.max_idle_s)
    consoles = InstanceConsoles(app, session, options, instance, vnc_password=proxy.vnc_password)
    password = one_time_password(app.runtime) if proxy.asks_password and not proxy.is_raw else None
    manner = Manner(password=password, policy=keepalive, is_raw=proxy.is_raw, takes_over=proxy.takes_over)
    server = ProxyServer(consoles.as_source(), manner, runtime=app.runtime, host=proxy.host, port=proxy.port)
    return server, password


def open_in_viewer(app: App, session: Session, options: EcsOptions, instance: str, proxy: ProxyOptions) -> None:
    """Show an instance's console in a native viewer, and return when that is done."""
    plan = choose_viewer(session.settings, app.runtime)
    server, password = make_proxy(app, session, options, instance, proxy)
    with leaving_on_signals():  # the viewer has to be ended, and the file with its password removed
        server.start()
        try:
            show(server, plan, password or "", runtime=app.runtime)
        finally:
            server.stop()


_START_IT = "Start it in the ECS console or with `aliyun ecs StartInstance`; --wait waits until it runs."
