"""Proxies to the consoles of an embedded ECS, and clients of them, in this process."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from support.ecs.extended import ExtendedEcs

from ecsvnc.console.client import ConsoleClient, ConsoleOptions
from ecsvnc.runtime import Runtime
from ecsvnc.settings.resolve import Settings
from ecsvnc.settings.table import KEEPALIVE
from ecsvnc.simulator.tickets import vnc_url
from ecsvnc.tickets.ticket import Ticket, VncUrl
from ecsvnc.viewer.proxy_server import ProxyOptions, ProxyServer

PASSWORD = "abcdefgh"
"""The one that a proxy makes of the random bytes that it gets here."""


class RecordingReporter:
    """Remembers what was said."""

    def __init__(self):
        self.warnings = []
        self.notices = []
        self.details = []

    def warn(self, text):
        self.warnings.append(text)

    def notice(self, text):
        self.notices.append(text)

    def info(self, text):
        self.details.append(text)

    debug = info


class Stage:
    """An embedded ECS and proxies to its `web-1`; `tickets` and `claims` count what was asked for."""

    def __init__(self, **ecs_options):
        self.reporter = RecordingReporter()
        self.runtime = replace(Runtime.of_this_process(), environ={}, reporter=self.reporter)
        self.ecs = ExtendedEcs(self.runtime, **ecs_options)
        self.ecs.start()
        self.instance = next(each for each in self.ecs.fleet if each.name == "web-1")
        self.tickets = self.claims = 0
        self.vnc_password = None
        self.failure = None
        self.servers = []

    def take_ticket(self):
        self.tickets += 1
        if self.failure is not None:
            raise self.failure
        url = vnc_url(self.ecs.origin, self.ecs.tickets.issue(self.instance.id))
        return Ticket(VncUrl.parse(url), self.runtime.now(), self.runtime.monotonic(), "request-id")

    def claim(self, is_over):
        self.claims += 1
        return True

    def look_for_vnc_password(self, account):
        if isinstance(self.vnc_password, Exception):
            raise self.vnc_password
        return self.vnc_password() if callable(self.vnc_password) else self.vnc_password

    def given(self, *, claim=None, take_ticket=None, keepalive_s=20.0):
        """What everything that shows a console is given: tickets, and by name settings and runtime."""
        tickets = SimpleNamespace(
            instance_id=self.instance.id,
            region_id="cn-hangzhou",
            name="web-1",
            label=f"web-1 ({self.instance.id}, cn-hangzhou)",
            claim=claim or self.claim,
            take=take_ticket or self.take_ticket,
        )
        settings = Settings(self.runtime, options={KEEPALIVE.key: keepalive_s})
        settings.config = SimpleNamespace(vnc_passwords={self.instance.id: "a keyring"})
        settings.secret_stores = SimpleNamespace(named=lambda backend: SimpleNamespace(get=self.look_for_vnc_password))
        return tickets, {
            "settings": settings,
            "runtime": replace(self.runtime, random_bytes=lambda count: bytes(range(count))),
        }

    def client(self, *, claim=None, take_ticket=None, keepalive_s=20.0, max_idle_s=3600.0, **options):
        """A client of a console, not yet connected."""
        tickets, given = self.given(claim=claim, take_ticket=take_ticket, keepalive_s=keepalive_s)
        return ConsoleClient(tickets, ConsoleOptions(max_idle_s=max_idle_s, **options), **given)

    def new_proxy(self, *, claim=None, take_ticket=None, keepalive_s=20.0, max_idle_s=3600.0, **options):
        """A proxy that is not started."""
        tickets, given = self.given(claim=claim, take_ticket=take_ticket, keepalive_s=keepalive_s)
        return ProxyServer(tickets, ProxyOptions(max_idle_s=max_idle_s, **options), **given)

    def proxy(self, **options):
        """A proxy that serves."""
        server = self.new_proxy(**options)
        server.start()
        self.servers.append(server)
        return server

    @property
    def session(self):
        """The console session that the embedded ECS has."""
        return self.ecs.consoles.sessions[-1]

    def close(self):
        for server in self.servers:
            server.stop()
        self.ecs.stop()
