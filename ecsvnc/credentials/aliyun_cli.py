"""Source: a profile of the aliyun CLI, in any of its modes. Its file is never written.

The modes are those of aliyun-cli's config/profile.go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ecsvnc.credentials.aliyun_sso import cloud_sso, oauth
from ecsvnc.credentials.assume_role import DEFAULT_SESSION_NAME, Role, assume_role, assume_role_with_oidc
from ecsvnc.credentials.context import SourceContext, Sts
from ecsvnc.credentials.credentials_file import SECTION_VARIABLE, credentials_files, read_section
from ecsvnc.credentials.credentials_uri import URI_VARIABLE, served_credentials
from ecsvnc.credentials.found import Absent, Found, checked_access_key
from ecsvnc.credentials.metadata import role_credentials
from ecsvnc.credentials.process import printed_expiration, run_credential_process
from ecsvnc.errors import ConfigurationError, CredentialsError
from ecsvnc.files.file_trust import how_to_restrict
from ecsvnc.runtime import Runtime
from ecsvnc.settings.aliyun_profile import AliyunProfile
from ecsvnc.settings.folders import expand_home

DISABLED_VARIABLE = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED"
"""`true`: the vendor's SDKs do not look at the CLI's file."""

IGNORE_VARIABLE = "ALIBABA_CLOUD_IGNORE_PROFILE"
"""`TRUE`: the CLI itself does not look at it."""


_PRINTED_KEYS = ("mode", "access_key_id", "access_key_secret", "sts_token")

_RUN_BY_HAND = (
    "Run the command by hand and check its output. It must print "
    '{"mode": "AK" or "StsToken", "access_key_id": …, "access_key_secret": …}, for StsToken with "sts_token".'
)


def find(context: SourceContext) -> Found | Absent:
    """The credentials of the profile that the aliyun CLI would use, or of the one that the user chose.

    Raises CredentialsError for incomplete ones, ConfigurationError if the file or a variable is wrong.
    """
    settings = context.settings
    if not settings.chosen_profile:
        for variable in (DISABLED_VARIABLE, IGNORE_VARIABLE):
            if context.runtime.environ.get(variable, "").lower() == "true":
                return Absent(f"{variable} is true")
        if not settings.aliyun.profiles and _variable_means_a_section(context.runtime):
            return Absent(f"no {settings.aliyun.path}")
    profile = settings.aliyun_profile
    if profile is None:
        return Absent(f"{settings.aliyun.path} has none" if settings.aliyun.profiles else f"no {settings.aliyun.path}")
    found = credentials_of(context, profile)
    return found._replace(profile=profile.name) if isinstance(found, Found) else found


def _variable_means_a_section(runtime: Runtime) -> bool:
    """Whether ALIBABA_CLOUD_PROFILE, which the SDKs share, names a section of their credentials file."""
    name = runtime.environ.get(SECTION_VARIABLE, "")
    return bool(name) and any(read_section(path, name, runtime) is not None for path in credentials_files(runtime))


@dataclass(frozen=True, slots=True)
class _Lookup:
    """One profile, and the profiles that refer to it (`path`)."""

    context: SourceContext
    profile: AliyunProfile
    mode: str
    path: tuple[str, ...]
    is_printed: bool = False

    @property
    def source(self) -> str:
        mode = "External" if self.is_printed else self.mode
        return f"the aliyun CLI's profile {self.profile.name!r} (mode {mode})"

    @property
    def hint(self) -> str:
        if self.is_printed:  # `aliyun configure` would replace the command
            return _RUN_BY_HAND
        return f"Complete it: aliyun configure --mode {self.mode} --profile {self.profile.name}"

    @property
    def sign_in_again(self) -> str:
        if self.is_printed:
            return _RUN_BY_HAND
        return f"Sign in again: aliyun configure --mode {self.mode} --profile {self.profile.name}"

    def required(self, key: str) -> str:
        """A value that the mode requires. Raises CredentialsError."""
        value = self.profile.text(key)
        if not value:
            raise CredentialsError(f"Incomplete credentials: {self.source} has no `{key}`.", hint=self.hint)
        return value

    def role(self) -> Role:
        return Role(
            self.required("ram_role_arn"),
            self.source,
            session_name=self.profile.text("ram_session_name") or DEFAULT_SESSION_NAME,
            duration_s=self.profile.number("expired_seconds"),
            external_id=self.profile.text("external_id"),
            policy=self.profile.text("policy"),
            sts=Sts(self.profile.text("sts_region"), self.profile.text("sts_endpoint")),
        )


def credentials_of(context: SourceContext, profile: AliyunProfile, path: tuple[str, ...] = ()) -> Found | Absent:
    """The credentials of a profile; `path` names the profiles that refer to it. Raises as `find`."""
    mode = profile.text("mode") or _guessed_mode(profile)
    _check_no_loop(profile, path)
    if mode in _UNSUPPORTED_MODES:
        raise CredentialsError(
            f"The aliyun CLI's profile {profile.name!r} has the mode {mode}, which ecsvnc does not support for ECS.",
            hint="Choose another profile with --profile, or run `ecsvnc config login`.",
        )
    if mode not in MODES:
        raise ConfigurationError(
            f"The aliyun CLI's profile {profile.name!r} in {profile.path} has the unknown mode {mode!r}.",
            hint=f"Correct it there. Supported modes: {', '.join(MODES)}.",
        )
    return MODES[mode](_Lookup(context, profile, mode, path))


def is_supported(profile: AliyunProfile) -> bool:
    """Whether ecsvnc knows the mode of a profile and can use it for ECS."""
    try:
        return (profile.text("mode") or _guessed_mode(profile)) in MODES
    except ConfigurationError:
        return False


def _check_no_loop(profile: AliyunProfile, path: tuple[str, ...]) -> None:
    if profile.name in path:
        raise ConfigurationError(
            f"The aliyun CLI's profiles refer to each other in a loop: {' → '.join((*path, profile.name))}.",
            hint="Correct the `source_profile` of one of them.",
        )


def _guessed_mode(profile: AliyunProfile) -> str:
    """The mode of a profile that has no `mode`, as the CLI guesses it; also of an incomplete one."""
    if profile.text("access_key_id"):
        if profile.text("ram_role_arn"):
            return "RamRoleArn"
        return "StsToken" if profile.text("sts_token") else "AK"
    return next((mode for key, mode in _MODE_BY_KEY if profile.text(key)), "AK")


def _access_key(lookup: _Lookup) -> Found | Absent:
    profile = lookup.profile
    # The CLI writes a profile without a key when it is first used.
    if not profile.text("access_key_id") and not profile.text("access_key_secret"):
        return Absent(f"profile {profile.name!r} in {profile.path} has no AccessKey")
    return _stored_key(lookup)


def _sts_token(lookup: _Lookup) -> Found:
    return _stored_key(lookup, token=lookup.required("sts_token"))


def _stored_key(lookup: _Lookup, *, token: str = "") -> Found:
    profile = lookup.profile
    key = checked_access_key(
        key_id=profile.text("access_key_id"),
        secret=profile.text("access_key_secret"),
        token=token,
        source=lookup.source,
        hint=lookup.hint,
    )
    return Found(key, lookup.source)


def _ram_role_arn(lookup: _Lookup) -> Found:
    role = lookup.role()
    return assume_role(lookup.context, role, _stored_key(lookup, token=lookup.profile.text("sts_token")))


def _chainable_ram_role_arn(lookup: _Lookup) -> Found:
    role = lookup.role()
    name = lookup.required("source_profile")
    config = lookup.context.settings.aliyun
    if name not in config.profiles:
        raise ConfigurationError(
            f"The source profile {name!r} of {lookup.source} is not in {config.path}.",
            hint=f"Profiles there: {', '.join(config.profiles)}.",
        )
    signer = credentials_of(lookup.context, config.profiles[name], (*lookup.path, lookup.profile.name))
    if isinstance(signer, Absent):
        raise CredentialsError(
            f"Incomplete credentials: the source profile of {lookup.source} has no credentials: {signer.reason}.",
            hint="Complete the source profile with `aliyun configure`.",
        )
    return assume_role(lookup.context, role, signer)


def _ecs_ram_role(lookup: _Lookup) -> Found:
    return role_credentials(lookup.context, lookup.profile.text("ram_role_name"), lookup.source)


def _ram_role_arn_with_role_name(lookup: _Lookup) -> Found:
    role = lookup.role()
    return assume_role(
        lookup.context, role, role_credentials(lookup.context, lookup.required("ram_role_name"), lookup.source)
    )


def _oidc(lookup: _Lookup) -> Found:
    return assume_role_with_oidc(
        lookup.context,
        lookup.role(),
        provider_arn=lookup.required("oidc_provider_arn"),
        token_file=expand_home(lookup.required("oidc_token_file"), lookup.context.runtime),
    )


def _credentials_uri(lookup: _Lookup) -> Found:
    uri = lookup.profile.text("credentials_uri") or lookup.context.runtime.environ.get(URI_VARIABLE, "")
    return served_credentials(lookup.context, uri or lookup.required("credentials_uri"), lookup.source)


def _external(lookup: _Lookup) -> Found:
    """Run the profile's command and add its output to the profile, as the CLI does, without storing it."""
    profile = lookup.profile
    if profile.why_not_trusted:
        raise ConfigurationError(
            f"The command of {lookup.source} is not run: {profile.path} {profile.why_not_trusted}.",
            hint=f"If you trust its content: {how_to_restrict(profile.path)}",
        )
    printed = run_credential_process(lookup.context, lookup.required("process_command"), lookup.source)
    expires_at = printed_expiration(printed, lookup.source)
    if not all(isinstance(printed.get(key, ""), str) for key in _PRINTED_KEYS):
        raise CredentialsError(
            f"The command of {lookup.source} printed a key that is not a string.",
            hint=_RUN_BY_HAND,
        )
    merged = replace(profile, values={**profile.values, **printed})
    mode = merged.text("mode")
    if mode == lookup.mode or mode not in MODES:
        raise CredentialsError(
            f"The command of {lookup.source} did not print the mode of its credentials.", hint=_RUN_BY_HAND
        )
    _check_no_loop(merged, lookup.path)
    found = MODES[mode](_Lookup(lookup.context, merged, mode, lookup.path, is_printed=True))
    if isinstance(found, Absent):
        raise CredentialsError(
            f"Incomplete credentials: the command of {lookup.source} printed no AccessKey.", hint=_RUN_BY_HAND
        )
    # The key of a role has an expiry of its own.
    return found if found.expires_at is not None else found._replace(expires_at=expires_at)


MODES: dict[str, Callable[[_Lookup], Found | Absent]] = {
    "AK": _access_key,
    "StsToken": _sts_token,
    "RamRoleArn": _ram_role_arn,
    "ChainableRamRoleArn": _chainable_ram_role_arn,
    "EcsRamRole": _ecs_ram_role,
    "RamRoleArnWithRoleName": _ram_role_arn_with_role_name,
    "OIDC": _oidc,
    "CredentialsURI": _credentials_uri,
    "External": _external,
    "CloudSSO": lambda lookup: cloud_sso(lookup.context, lookup.profile, lookup.source, hint=lookup.sign_in_again),
    "OAuth": lambda lookup: oauth(lookup.context, lookup.profile, lookup.source, hint=lookup.sign_in_again),
}

_UNSUPPORTED_MODES = ("RsaKeyPair", "BearerToken", "Anonymous")
"""Keys of the first are no longer issued, and ECS does not accept the others."""

_MODE_BY_KEY = (
    ("private_key", "RsaKeyPair"),
    ("ram_role_name", "EcsRamRole"),
    ("process_command", "External"),
    ("oidc_token_file", "OIDC"),
    ("cloud_sso_sign_in_url", "CloudSSO"),
    ("bearer_token", "BearerToken"),
    ("key_pair_name", "RsaKeyPair"),
)
"""Which key shows the mode of a profile without an AccessKey, in the CLI's order."""
