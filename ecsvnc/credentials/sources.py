"""The table of the sources of credentials, in order. Everything that lists sources uses it.

A source is imported when it is looked at, since SECRET_VARIABLES are needed at every start.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ecsvnc.credentials.chain import CredentialChain, Find
    from ecsvnc.credentials.context import SourceContext
    from ecsvnc.credentials.found import Absent, Found
    from ecsvnc.http.transport import Transport
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.resolve import Settings


class Source(NamedTuple):
    """One place where credentials may be.

    `name` completes "credentials from …", and stands in the README. `module`, in this package, has a function
    `find(context)`, which returns the credentials or why there are none. `variables` are those of the environment that
    it reads, `secret_variables` those of them that child processes must not inherit.
    """

    name: str
    module: str
    variables: tuple[str, ...] = ()
    secret_variables: tuple[str, ...] = ()


_STS = ("ALIBABA_CLOUD_STS_REGION",)
_PROCESS = ("ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS",)

SOURCES = (
    Source(
        "the environment",
        "environment",
        ("ALIBABA_CLOUD_ACCESS_KEY_ID",),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    ),
    Source(
        "OIDC",
        "oidc",
        (
            "ALIBABA_CLOUD_ROLE_ARN",
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
            "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
            "ALIBABA_CLOUD_ROLE_SESSION_NAME",
            *_STS,
        ),
    ),
    Source("ecsvnc's default profile", "own_profile", (*_PROCESS, *_STS)),
    Source(
        "the aliyun CLI's profile",
        "aliyun_cli",
        (
            "ALIBABA_CLOUD_CLI_PROFILE_DISABLED",
            "ALIBABA_CLOUD_IGNORE_PROFILE",
            "ALIBABACLOUD_PROFILE",
            "ALIBABA_CLOUD_PROFILE",
            "ALICLOUD_PROFILE",
            *_PROCESS,
            *_STS,
        ),
    ),
    Source(
        "the credentials file",
        "credentials_file",
        ("ALIBABA_CLOUD_CREDENTIALS_FILE", "ALIBABA_CLOUD_PROFILE", *_STS),
    ),
    Source(
        "the ECS instance's role",
        "metadata",
        ("ALIBABA_CLOUD_ECS_METADATA", "ALIBABA_CLOUD_ECS_METADATA_DISABLED", "ECSVNC_METADATA_ENDPOINT"),
    ),
    # The URI may contain a token.
    Source("the credentials URI", "credentials_uri", secret_variables=("ALIBABA_CLOUD_CREDENTIALS_URI",)),
)

SECRET_VARIABLES = tuple(variable for source in SOURCES for variable in source.secret_variables)
"""Removed from the environment of browsers, viewers and other child processes."""


def credential_chain(settings: Settings, runtime: Runtime, *, transport: Callable[[], Transport]) -> CredentialChain:
    """The chain of this run: the chosen profile, or else every source in order.

    `transport` is called when a source needs the network.
    """
    from ecsvnc.credentials.chain import CredentialChain
    from ecsvnc.credentials.context import SourceContext

    context = SourceContext(runtime, settings, transport)
    return CredentialChain(lambda: sources_of(context), runtime)


def sources_of(context: SourceContext) -> Iterator[tuple[str, Find]]:
    """The sources of this run in order: the name of each, and its function."""
    if chosen := context.settings.chosen_profile:
        yield f"profile {chosen!r}", partial(finder(_module_of_profile(context)), context)
        return
    for source in SOURCES:
        yield source.name, partial(finder(source.module), context)


def _module_of_profile(context: SourceContext) -> str:
    """The module of the chosen profile. Raises ConfigurationError if no profile has that name."""
    # ecsvnc's comes first; one without credentials only adds settings to the aliyun CLI's profile of the same name.
    has_own = context.settings.profile.credentials or context.settings.aliyun_profile is None
    return "own_profile" if has_own else "aliyun_cli"


def finder(module: str) -> Callable[[SourceContext], Found | Absent]:
    """The function `find` of a source's module."""
    find: Callable[[SourceContext], Found | Absent] = importlib.import_module(f"ecsvnc.credentials.{module}").find
    return find
