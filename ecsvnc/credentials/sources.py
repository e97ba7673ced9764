"""Which sources there are, in the order in which they are asked."""

from __future__ import annotations

from ecsvnc.credentials.aliyun_cli import AliyunCliSource
from ecsvnc.credentials.chain import CredentialChain
from ecsvnc.credentials.environment import EnvironmentSource
from ecsvnc.credentials.found import Absent, Found, Source
from ecsvnc.credentials.own_profile import OwnProfileSource
from ecsvnc.credentials.tools import Tools
from ecsvnc.runtime import Runtime
from ecsvnc.settings.resolve import Settings
from ecsvnc.settings.secret_store import SecretStores
from ecsvnc.settings.table import DEFAULT_PROFILE


def credential_chain(settings: Settings, secrets: SecretStores, runtime: Runtime) -> CredentialChain:
    """The chain of this run: the chosen profile alone, or else every source in its order."""
    tools = Tools(runtime, settings, secrets)
    chosen = settings.chosen_profile
    return CredentialChain([ChosenProfileSource(tools, chosen)] if chosen else _every_source(tools), runtime)


def _every_source(tools: Tools) -> list[Source]:
    return [
        EnvironmentSource(tools.runtime),
        OwnProfileSource(tools, DEFAULT_PROFILE),
        AliyunCliSource(tools),
    ]


class ChosenProfileSource:
    """The profile that `--profile` or ECSVNC_PROFILE names: ecsvnc's own, else the aliyun CLI's of that name."""

    def __init__(self, tools: Tools, name: str) -> None:
        self._tools = tools
        self._own = OwnProfileSource(tools, name)
        self._aliyun = AliyunCliSource(tools)
        self.name = f"profile {name!r}"

    def find(self) -> Found | Absent:
        """Look. Raises ConfigurationError if neither tool has such a profile, else as the two sources."""
        profile = self._tools.settings.profile
        # A profile that only holds settings lends them to the aliyun CLI's one of its name.
        if profile.credentials or self._tools.settings.aliyun_profile is None:
            return self._own.find()
        return self._aliyun.find()
