"""A world to look for credentials in: a home, an environment, a keyring, and an embedded ECS with its STS."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from support.ecs.sts import Role, new_session

from ecsvnc.credentials.context import SourceContext
from ecsvnc.credentials.sources import credential_chain
from ecsvnc.credentials.sts import GetCallerIdentity
from ecsvnc.http.messages import HttpResponse
from ecsvnc.http.transport import Transport
from ecsvnc.openapi.client import Client
from ecsvnc.openapi.endpoints import Endpoints
from ecsvnc.runtime import Runtime
from ecsvnc.settings.resolve import Settings
from ecsvnc.settings.secret_store import MemoryStores
from ecsvnc.simulator.accounts import Identity


@dataclass
class Heard:
    """A Reporter that remembers everything."""

    said: list[str] = field(default_factory=list)

    def warn(self, text):
        self.said.append(text)

    notice = info = debug = warn


@dataclass
class CannedSender:
    """Answers each request with what was laid out for its URL; remembers the requests."""

    answers: dict[str, tuple[int, bytes]]
    requests: list = field(default_factory=list)

    def send(self, request, **bounds):
        self.requests.append(request)
        status, body = self.answers[request.url]
        return HttpResponse(status, {}, body, time.time())


def expiration(seconds_from_now):
    return datetime.fromtimestamp(int(time.time()) + seconds_from_now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Service:
    """The embedded ECS and who may do what in it."""

    def __init__(self, ecs, random_bytes):
        self.ecs = ecs
        self.user = Identity.with_new_key(random_bytes)
        self.expired = new_session(random_bytes, expires_at=time.time() - 60)
        self.session = new_session(random_bytes, expires_at=time.time() + 3600, name="given/session")
        for identity in (self.user, self.expired, self.session):
            ecs.accounts.add(identity)
        self.token = ecs.sts.issue_oidc_token("cluster")
        self.expired_token = ecs.sts.issue_oidc_token("cluster", lifetime_s=-1)
        self.role = ecs.sts.add_role(Role("console", oidc_provider=self.token.provider_arn))
        self.second_role = ecs.sts.add_role(Role("second"))
        self.secretive_role = ecs.sts.add_role(Role("secretive", external_id="s3same"))
        ecs.metadata.attach(ecs.sts.add_role(Role("instance-role")))

    @property
    def uri(self):
        return self.ecs.origin + self.ecs.metadata.uri_path


class World:
    """What a run finds: change it, then look."""

    def __init__(self, home, service):
        self.home = home
        self.service = service
        self.environ = {"ECSVNC_ENDPOINT": service.ecs.origin, "ECSVNC_STS_ENDPOINT": service.ecs.origin}
        self.secrets = MemoryStores()
        self.profile = None
        self.may_ask = True
        self.sender = None
        self.heard = Heard()
        self.now = time.time

    def runtime(self):
        return Runtime(environ=self.environ, home=self.home, platform="linux", reporter=self.heard, now=self.now)

    def settings(self):
        return Settings(self.runtime(), profile=self.profile, may_ask=self.may_ask, secret_stores=self.secrets)

    def context(self):
        runtime = self.runtime()
        return SourceContext(runtime, self.settings(), lambda: self.sender or Transport(runtime))

    def chain(self):
        runtime = self.runtime()
        return credential_chain(self.settings(), runtime, transport=lambda: self.sender or Transport(runtime))

    def caller(self, access_key):
        """Who the service says it is. Raises what a command that used the key would raise."""
        client = Client(
            runtime=self.runtime(),
            transport=Transport(self.runtime()),
            access_key=lambda: access_key,
            endpoints=Endpoints(sts_override=self.service.ecs.origin),
            budget_s=5,
        )
        return client.call(GetCallerIdentity(), region_id="").value.arn.split(":")[-1]

    def write(self, path, text):
        path = self.home / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        return path

    def write_config(self, text):
        return self.write(".config/ecsvnc/config.toml", text)

    def write_aliyun(self, *profiles, current="it"):
        return self.write(".aliyun/config.json", json.dumps({"current": current, "profiles": list(profiles)}))

    def write_program(self, output, status=0):
        """A command line that prints `output`."""
        program = self.write("printer.py", f"import sys; sys.stdout.write({output!r}); sys.exit({status})")
        return f"{sys.executable} {program}"
