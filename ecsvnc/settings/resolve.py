"""What each setting is in this run, and who said so: option, variable, profile, default, in that order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from ecsvnc.errors import ConfigurationError, EcsvncError, UsageError
from ecsvnc.runtime import Runtime
from ecsvnc.settings import values
from ecsvnc.settings.aliyun_profile import AliyunConfig, AliyunProfile, read_aliyun_config
from ecsvnc.settings.config_file import FILE_NAME, Config, Profile, read_config
from ecsvnc.settings.folders import CONFIG_VARIABLE, cache_folder, config_folder
from ecsvnc.settings.table import (
    BY_KEY,
    DEFAULT_PROFILE,
    PROFILE_VARIABLE,
    STS_ENDPOINT_VARIABLE,
    OtherVariable,
    Setting,
)

_OF_NO_HOME = Path("~/.config/ecsvnc") / FILE_NAME
"""What messages call config.toml where there is no home folder to have it in; never read."""


class OriginKind(Enum):
    """Who can say what a setting is."""

    OPTION = "option"
    VARIABLE = "variable"
    FILE = "file"
    ALIYUN = "aliyun"
    DEFAULT = "default"


class Origin(NamedTuple):
    """Who said what a setting is. `name` is for people: `--region`, `ECSVNC_REGION`, the file and profile."""

    kind: OriginKind
    name: str


class _Said(NamedTuple):
    """A text that somebody gave for a setting."""

    text: str
    origin: Origin


class Settings:
    """The settings of one run. Cheap to make: files are read when they are first asked about, and once.

    `options` are the texts given on the command line, by key, None for those not given; `profile` is that of
    `--profile`; `command` is whose options they are. Every property raises UsageError for a bad option,
    ConfigurationError for a bad variable or file.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        options: Mapping[str, str | None] | None = None,
        profile: str | None = None,
        command: str = "ecsvnc COMMAND",
    ) -> None:
        self._runtime = runtime
        self._command = command
        self._options = options or {}
        self._profile_option = profile
        self._resolved: dict[str, tuple[object, Origin]] = {}

    # Where things are

    @cached_property
    def config_path(self) -> Path:
        """config.toml, whether or not it exists. Raises ConfigurationError if there is no place for it."""
        folder = config_folder(self._runtime)
        if folder is None:
            raise ConfigurationError(
                f"This user has no home folder, and so no place for {FILE_NAME}.",
                hint=f"Set {CONFIG_VARIABLE} to the folder that shall have it, or HOME.",
            )
        return folder / FILE_NAME

    @cached_property
    def cache_folder(self) -> Path | None:
        """The folder of what can be lost, whether or not it exists; None if there is no place for it."""
        return cache_folder(self._runtime)

    @cached_property
    def config(self) -> Config:
        """What config.toml says."""
        has_place = config_folder(self._runtime) is not None
        return read_config(self.config_path, self._runtime) if has_place else Config(_OF_NO_HOME)

    @cached_property
    def aliyun(self) -> AliyunConfig:
        """What the aliyun CLI's file says."""
        return read_aliyun_config(self._runtime)

    # Which profile

    @property
    def chosen_profile(self) -> str | None:
        """The profile that `--profile` or ECSVNC_PROFILE names, or None: then its credentials alone count.

        Raises UsageError for an empty `--profile`: a script that lost the name must not act as somebody else.
        """
        if self._profile_option == "":
            raise UsageError("--profile names no profile.", hint="Name one, or leave --profile out.")
        return self._profile_option or self._runtime.environ.get(PROFILE_VARIABLE) or None

    @property
    def profile_origin(self) -> Origin:
        """Who chose the profile."""
        if self._profile_option:
            return Origin(OriginKind.OPTION, "--profile")
        if self._runtime.environ.get(PROFILE_VARIABLE):
            return Origin(OriginKind.VARIABLE, PROFILE_VARIABLE)
        return Origin(OriginKind.DEFAULT, "default")

    @property
    def profile_name(self) -> str:
        """The profile whose settings count, and which `config set` and `config login` change."""
        return self.chosen_profile or DEFAULT_PROFILE

    @property
    def profile(self) -> Profile:
        """That profile in config.toml; empty if it is not there. Raises ConfigurationError if no one has it."""
        profile = self.config.profiles.get(self.profile_name)
        if profile is None and self.chosen_profile and self.aliyun_profile is None:
            raise self._unknown_profile(self.chosen_profile)
        return profile or Profile(self.profile_name)

    @cached_property
    def aliyun_profile(self) -> AliyunProfile | None:
        """The aliyun CLI's profile that goes with it: the one of the chosen name, else the one that the CLI would use.

        Raises ConfigurationError if the CLI's file, or a variable that it obeys, is wrong.
        """
        if self.chosen_profile:
            return self.aliyun.profiles.get(self.chosen_profile)
        return self.aliyun.chosen(self._runtime.environ)

    def _unknown_profile(self, name: str) -> ConfigurationError:
        known = ", ".join(dict.fromkeys([*self.config.profiles, *self.aliyun.profiles])) or "none"
        return ConfigurationError(
            f"Unknown profile {name!r} (from {self.profile_origin.name}): it is neither in {self.config.path} "
            f"nor in {self.aliyun.path}.",
            hint=f"Profiles there are: {known}. To create one: `ecsvnc config login --profile {name}`.",
        )

    # What they are

    def value(self, key: str) -> object:
        """The checked value of a setting, or None if nobody says and it has no default."""
        return self._resolve(key)[0]

    def origin(self, key: str) -> Origin:
        """Who said what a setting is."""
        return self._resolve(key)[1]

    @property
    def region(self) -> str | None:
        """The region to look in; `origin("region")` says whether `--region` fixed it."""
        value = self.value("region")
        return None if value is None else str(value)

    @property
    def explicit_region(self) -> str | None:
        """The region of `--region`, which is never overruled; None if there was no `--region`."""
        return self.region if self._options.get("region") is not None else None

    @property
    def browser(self) -> str | None:
        """The browser's command."""
        value = self.value("browser")
        return None if value is None else str(value)

    @property
    def viewer(self) -> str | None:
        """The viewer's name or command."""
        value = self.value("viewer")
        return None if value is None else str(value)

    @property
    def console_page(self) -> str:
        """The URL of the console page."""
        return str(self.value("console_page"))

    @property
    def endpoint(self) -> str | None:
        """The API endpoint for all regions, with `{region}` perhaps; None for each region's own."""
        value = self.value("endpoint")
        return None if value is None else str(value)

    @property
    def sts_endpoint(self) -> str | None:
        """The endpoint of STS, from ECSVNC_STS_ENDPOINT; None for the service's own."""
        text = self._runtime.environ.get(STS_ENDPOINT_VARIABLE)
        if not text:
            return None
        try:
            return values.endpoint(text)
        except ValueError as rule:
            raise ConfigurationError(f"{STS_ENDPOINT_VARIABLE} {rule}.", hint="Correct it, or unset it.") from None

    @property
    def network(self) -> values.Network:
        """Which endpoints of the service to use."""
        return "vpc" if self.value("network") == "vpc" else "public"

    @property
    def timeout_s(self) -> float:
        """The time budget of one request with its retries."""
        return _number(self.value("timeout"))

    @property
    def keepalive_s(self) -> float:
        """The idle time after which a console is kept open; 0 for never."""
        return _number(self.value("keepalive"))

    def _resolve(self, key: str) -> tuple[object, Origin]:
        if key not in self._resolved:
            setting = BY_KEY[key]
            said = next(self._said(setting), None)
            self._resolved[key] = (
                (None, Origin(OriginKind.DEFAULT, "default"))
                if said is None
                else (self._parsed(setting, said), said.origin)
            )
        return self._resolved[key]

    def _said(self, setting: Setting) -> Iterator[_Said]:
        """All who say something about a setting, the first of whom counts."""
        option = self._options.get(setting.key)
        if option is not None:
            yield _Said(option, Origin(OriginKind.OPTION, setting.option or setting.key))
        yield from self._variables((OtherVariable(setting.variable), *setting.before_profile))
        if setting.key in self.profile.settings:
            where = f"profile {self.profile.name!r} in {self.config.path}"
            yield _Said(self.profile.settings[setting.key], Origin(OriginKind.FILE, where))
        yield from self._variables(setting.after_profile)
        if setting.aliyun_key and (profile := self._aliyun_hint()) is not None:
            text = setting.from_aliyun(profile.text(setting.aliyun_key))
            if text:
                yield _Said(text, Origin(OriginKind.ALIYUN, f"profile {profile.name!r} in {profile.path}"))
        if setting.default is not None:
            yield _Said(setting.default, Origin(OriginKind.DEFAULT, "default"))

    def _variables(self, variables: tuple[OtherVariable, ...]) -> Iterator[_Said]:
        for variable in variables:
            text = variable.translate(self._runtime.environ.get(variable.name, ""))
            if text:
                yield _Said(text, Origin(OriginKind.VARIABLE, variable.name))

    def _aliyun_hint(self) -> AliyunProfile | None:
        """The aliyun CLI's profile, as far as it helps: whether it is wrong matters only to who takes its keys."""
        try:
            return self.aliyun_profile
        except ConfigurationError as error:
            self._runtime.reporter.info(f"No settings from the aliyun CLI: {error.what}")
            return None

    def _parsed(self, setting: Setting, said: _Said) -> object:
        try:
            return setting.parse(said.text)
        except ValueError as rule:
            raise self._bad_value(setting, said, str(rule)) from None

    def _bad_value(self, setting: Setting, said: _Said, rule: str) -> EcsvncError:
        # The text is not shown: a URL that was refused may hold a password.
        if said.origin.kind is OriginKind.OPTION:
            return UsageError(f"{said.origin.name} {rule}.", hint=f"See `{self._command} --help`.")
        if said.origin.kind is OriginKind.VARIABLE:
            return ConfigurationError(f"{said.origin.name} {rule}.", hint=f"Correct it, or unset {said.origin.name}.")
        return ConfigurationError(f"`{setting.key}` of {said.origin.name} {rule}.", hint="Correct it there.")


def _number(value: object) -> float:
    assert isinstance(value, float)  # noqa: S101  # these two settings have a default and parse to float
    return value
