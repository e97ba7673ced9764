"""Which sources there are, in the order in which they are asked. Each is imported when its turn comes."""

# ruff: noqa: PLC0415  # the point of this module, as said

from __future__ import annotations

from collections.abc import Callable, Iterator

from ecsvnc.credentials.chain import CredentialChain
from ecsvnc.credentials.environment import EnvironmentSource
from ecsvnc.credentials.found import Absent, Found, Source
from ecsvnc.credentials.tools import Sender, Tools
from ecsvnc.runtime import Runtime
from ecsvnc.settings.resolve import Settings
from ecsvnc.settings.secret_store import SecretStores
from ecsvnc.settings.table import DEFAULT_PROFILE


def credential_chain(
    settings: Settings,
    secrets: SecretStores,
    runtime: Runtime,
    *,
    transport: Callable[[], Sender],
    may_ask: bool = True,
) -> CredentialChain:
    """The chain of this run: the chosen profile alone, or else every source in its order.

    `transport` makes the way out when a source needs one; without `may_ask`, no source asks the user anything.
    """
    tools = Tools(runtime, settings, secrets, transport, may_ask)
    return CredentialChain(lambda: sources(tools), runtime)


def sources(tools: Tools) -> Iterator[Source]:
    """The sources of this run, first to last."""
    if chosen := tools.settings.chosen_profile:
        yield ChosenProfileSource(tools, chosen)
        return
    yield EnvironmentSource(tools.runtime)
    from ecsvnc.credentials.oidc import OidcSource

    yield OidcSource(tools)
    from ecsvnc.credentials.own_profile import OwnProfileSource

    yield OwnProfileSource(tools, DEFAULT_PROFILE)
    from ecsvnc.credentials.aliyun_cli import AliyunCliSource

    yield AliyunCliSource(tools)
    from ecsvnc.credentials.credentials_file import CredentialsFileSource

    yield CredentialsFileSource(tools)
    from ecsvnc.credentials.metadata import MetadataSource

    yield MetadataSource(tools)
    from ecsvnc.credentials.credentials_uri import CredentialsUriSource

    yield CredentialsUriSource(tools)


class ChosenProfileSource:
    """The profile that `--profile` or ECSVNC_PROFILE names: ecsvnc's own, else the aliyun CLI's of that name."""

    def __init__(self, tools: Tools, name: str) -> None:
        self._tools = tools
        self._profile_name = name
        self.name = f"profile {name!r}"

    def find(self) -> Found | Absent:
        """Look. Raises ConfigurationError if neither tool has such a profile, else as the two sources."""
        profile = self._tools.settings.profile
        # A profile that only holds settings lends them to the aliyun CLI's one of its name.
        if profile.credentials or self._tools.settings.aliyun_profile is None:
            from ecsvnc.credentials.own_profile import OwnProfileSource

            return OwnProfileSource(self._tools, self._profile_name).find()
        from ecsvnc.credentials.aliyun_cli import AliyunCliSource

        return AliyunCliSource(self._tools).find()
