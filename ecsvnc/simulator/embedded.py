"""The embedded ECS: the whole service on one loopback port.

    /                the API, for every region and product (RPC style: the action is not in the path)
    /console/        the console page; it asks for /console/program, the command that has opened it
    /websockify/     the consoles' WebSocket

It replaces ECS in `ecsvnc demo` and in tests, and is as strict as ECS is documented to be. Any local user can reach the
port: AccessKey pair and tickets are random in each run.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from ecsvnc.browser import page_files
from ecsvnc.loopback.server import LoopbackServer, ServerRequest, ServerResponse, Upgrade
from ecsvnc.runtime import Runtime
from ecsvnc.simulator import websocket
from ecsvnc.simulator.accounts import Accounts, Identity
from ecsvnc.simulator.actions import actions
from ecsvnc.simulator.captures import Captures
from ecsvnc.simulator.consoles import GOING_AWAY, Consoles
from ecsvnc.simulator.fleet import Fleet
from ecsvnc.simulator.gateway import Gateway
from ecsvnc.simulator.power import Power
from ecsvnc.simulator.tickets import Tickets, vnc_url
from ecsvnc.simulator.websocket import ConsoleEndpoint

_PAGE_PREFIX = "/console/"
_CHECK_EVERY_S = 0.1
_CLOSE_WITHIN_S = 0.5


class EmbeddedEcs:
    """ECS on `http://127.0.0.1:PORT`, from `start` to `stop`, or as a context manager.

    Its clock is `runtime`'s. The port is bound at construction: raises UsageError if it is in use. `fleet` and
    `accounts` may be changed while it runs. `latency_s` is the time of each API request, `idle_limit_s` the time after
    which a silent console is closed.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        fleet: Fleet | None = None,
        port: int = 0,
        idle_limit_s: float = 300.0,
        latency_s: float = 0.0,
    ) -> None:
        self._runtime = runtime
        self.fleet = Fleet.demo() if fleet is None else fleet
        self.identity = Identity.with_new_key(runtime.random_bytes)
        """The caller of this run."""
        self.accounts = Accounts([self.identity])
        self.tickets = Tickets(runtime)
        self.consoles = Consoles(runtime, self.fleet)
        self.power = Power(runtime, self.fleet, self.consoles)
        self.gateway = Gateway(
            actions(
                issue_vnc_url=self._issue_vnc_url,
                page_key=runtime.random_bytes(32),
                power=self.power,
                captures=Captures(runtime, self.consoles),
            ),
            accounts=self.accounts,
            fleet=self.fleet,
            runtime=runtime,
            latency_s=latency_s,
        )
        self._endpoint = ConsoleEndpoint(
            tickets=self.tickets,
            consoles=self.consoles,
            fleet=self.fleet,
            runtime=runtime,
            idle_limit_s=idle_limit_s,
        )
        self._server = LoopbackServer(self.answer, runtime=runtime, port=port)

    @property
    def port(self) -> int:
        """The one TCP port of the whole service."""
        return self._server.port

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`: the endpoint of ECS and STS."""
        return self._server.origin

    @property
    def console_page(self) -> str:
        """The console page's address."""
        return f"{self.origin}{_PAGE_PREFIX}index.html"

    def exports(self) -> dict[str, str]:
        """The environment variables that make ecsvnc use it, with the secret of the generated AccessKey pair."""
        return {
            "ECSVNC_ENDPOINT": self.origin,
            "ECSVNC_STS_ENDPOINT": self.origin,
            "ECSVNC_CONSOLE_PAGE": self.console_page,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.identity.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.identity.access_key_secret,
        }

    def answer(self, request: ServerRequest) -> ServerResponse | Upgrade:
        """Answer one HTTP request of any path."""
        if request.path == f"{_PAGE_PREFIX}program":
            return ServerResponse(200, [("Content-Type", "text/plain; charset=utf-8")], self._runtime.program.encode())
        if request.path.startswith(_PAGE_PREFIX):
            # The console may be on any host: through a port forward its address is not the page's.
            return page_files.answer(request, request.path.removeprefix(_PAGE_PREFIX), connect_to="ws: wss: 'self'")
        if request.path == websocket.PATH:
            return self._endpoint.upgrade(request)
        self.power.settle()
        return self.gateway.answer(request)

    def start(self) -> None:
        """Start to serve, on daemon threads."""
        self._server.start()

    def stop(self) -> None:
        """Close every console, with a close code, and the port."""
        self.consoles.end_all(GOING_AWAY)
        deadline = self._runtime.monotonic() + _CLOSE_WITHIN_S
        while self.consoles.open_sessions and self._runtime.monotonic() < deadline:
            self._runtime.sleep(_CHECK_EVERY_S)
        self._server.stop()

    def wait_until_consoles_closed(self, *, grace_s: float = 10.0) -> None:
        """Wait until no console has been open, and no ticket valid, for `grace_s`.

        Returns at once if no ticket was ever issued.
        """
        while not self.are_consoles_closed(grace_s=grace_s):
            self._runtime.sleep(_CHECK_EVERY_S)

    def are_consoles_closed(self, *, grace_s: float) -> bool:
        """Whether no console has been open, and no ticket valid, for `grace_s`."""
        ends = [end for end in (self.consoles.last_closed_at_s, self.tickets.last_dead_at_s) if end is not None]
        if self.consoles.open_sessions:
            return False
        return not ends or self._runtime.monotonic() >= max(ends) + grace_s

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _issue_vnc_url(self, instance_id: str) -> str:
        return vnc_url(self.origin, self.tickets.issue(instance_id))
