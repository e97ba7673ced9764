"""The value of each setting in this run, and its origin: option, variable, profile, default, in that order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, cast

from ecsvnc.errors import ConfigurationError, UsageError
from ecsvnc.runtime import Runtime
from ecsvnc.settings import values
from ecsvnc.settings.aliyun_profile import AliyunConfig, AliyunProfile, read_aliyun_config
from ecsvnc.settings.config_file import DEFAULT_PROFILE_KEY, FILE_NAME, Config, Profile, read_config
from ecsvnc.settings.folders import CONFIG_VARIABLE, cache_folder, config_folder
from ecsvnc.settings.table import (
    CONSOLE_PAGE,
    DEFAULT_PROFILE,
    PROFILE_VARIABLE,
    REGION,
    STS_ENDPOINT_VARIABLE,
    OtherVariable,
    Setting,
)

if TYPE_CHECKING:
    from ecsvnc.settings.secret_store import SecretStores

T = TypeVar("T")

_OF_NO_HOME = Path("~/.config/ecsvnc") / FILE_NAME
"""The name of config.toml in messages without a home folder; never read."""


class OriginKind(Enum):
    """The kinds of origins of a setting's value."""

    OPTION = "option"
    VARIABLE = "variable"
    FILE = "file"
    ALIYUN = "aliyun"
    DEFAULT = "default"


class Origin(NamedTuple):
    """Where a value is from. `name` is for messages: `--region`, `ECSVNC_REGION`, the file and profile."""

    kind: OriginKind
    name: str


class ProfileInUse(NamedTuple):
    """A profile whose values are used, and the tool and file that have it."""

    name: str
    tool: Literal["ecsvnc", "aliyun"]
    path: Path


class _Given(NamedTuple):
    """A text that was given for a setting, and its origin."""

    text: str
    origin: Origin


class Settings:
    """The settings of one run. Files are read once, when first needed.

    `settings[TIMEOUT]` is the checked value of a setting. `options` are the values given on the command line, by key,
    which were checked there; `profile` is that of `--profile`. Without `may_ask` (--no-input), nothing prompts the
    user. `secret_stores` stand in for the operating system's keyrings. Everything raises ConfigurationError for a bad
    variable or file.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        options: Mapping[str, object] | None = None,
        profile: str | None = None,
        may_ask: bool = True,
        secret_stores: SecretStores | None = None,
    ) -> None:
        self.may_ask = may_ask
        self._runtime = runtime
        self._options = options or {}
        self._profile_option = profile
        self._secret_stores = secret_stores
        self._resolved: dict[str, tuple[object, Origin]] = {}

    @property
    def web_console_page(self) -> str:
        """The console page's URL: of the setting, or the default's where that is `local`, which has none."""
        page = self[CONSOLE_PAGE]
        return values.console_page(CONSOLE_PAGE.default or "") if page == values.LOCAL_PAGE else page

    # Files and keyrings

    @cached_property
    def config_path(self) -> Path:
        """config.toml, whether or not it exists. Raises ConfigurationError if there is no place for it."""
        folder = config_folder(self._runtime)
        if folder is None:
            raise ConfigurationError(
                f"This user has no home folder, so there is no place for {FILE_NAME}.",
                hint=f"Set {CONFIG_VARIABLE} to a folder for it, or set HOME.",
            )
        return folder / FILE_NAME

    @cached_property
    def cache_folder(self) -> Path | None:
        """The folder of files that can be deleted, whether or not it exists; None without a home folder."""
        return cache_folder(self._runtime)

    @cached_property
    def config(self) -> Config:
        """The content of config.toml."""
        has_place = config_folder(self._runtime) is not None
        return read_config(self.config_path, self._runtime) if has_place else Config(_OF_NO_HOME)

    @cached_property
    def aliyun(self) -> AliyunConfig:
        """The content of the aliyun CLI's file."""
        return read_aliyun_config(self._runtime)

    @cached_property
    def secret_stores(self) -> SecretStores:
        """The keyrings. Without `may_ask`, a locked one is an error at once."""
        if self._secret_stores is not None:
            return self._secret_stores
        from ecsvnc.settings.keyring_store import KeyringStores  # not needed for the values

        return KeyringStores(self._runtime, may_ask=self.may_ask)

    # The profile

    @property
    def chosen_profile(self) -> str | None:
        """The profile that `--profile` or ECSVNC_PROFILE names, or None. With one, only its credentials are used.

        Raises UsageError for an empty `--profile`: a script that lost the name must not act as another identity.
        """
        if self._profile_option == "":
            raise UsageError("--profile names no profile.", hint="Name one, or leave --profile out.")
        return self._profile_option or self._runtime.environ.get(PROFILE_VARIABLE) or None

    @property
    def profile_origin(self) -> Origin:
        """Where the profile's name is from: an option, a variable, config.toml, or the default."""
        if self._profile_option:
            return Origin(OriginKind.OPTION, "--profile")
        if self._runtime.environ.get(PROFILE_VARIABLE):
            return Origin(OriginKind.VARIABLE, PROFILE_VARIABLE)
        if self.config.default_profile:
            return Origin(OriginKind.FILE, f"{DEFAULT_PROFILE_KEY} in {self.config.path}")
        return Origin(OriginKind.DEFAULT, "default")

    @property
    def profile_name(self) -> str:
        """The profile whose settings are used, and which `config set` and `config login` change."""
        return self.chosen_profile or self.config.default_profile or DEFAULT_PROFILE

    @property
    def profile(self) -> Profile:
        """That profile in config.toml; empty if it is missing. Raises ConfigurationError if neither tool has it.

        Only `default` need not exist: it is used where no profile is named.
        """
        name = self.profile_name
        profile = self.config.profiles.get(name)
        if profile is None and self.profile_origin.kind is not OriginKind.DEFAULT and self.aliyun_profile is None:
            raise self.unknown_profile(
                name, f"from {self.profile_origin.name}", is_default=self.profile_origin.kind is OriginKind.FILE
            )
        return profile or Profile(name)

    @cached_property
    def aliyun_profile(self) -> AliyunProfile | None:
        """The aliyun CLI's profile that goes with it: the one of the same name, else the one that the CLI would use.

        If a profile was named that ecsvnc's file does not have, it is the one of that name, or None. Raises
        ConfigurationError if the CLI's file, or a variable that the CLI reads, is wrong.
        """
        name = self.chosen_profile or self.config.default_profile
        same_name = self.aliyun.profiles.get(name) if name else None
        if same_name is not None or self.chosen_profile or (name and name not in self.config.profiles):
            return same_name
        return self.aliyun.chosen(self._runtime.environ)

    @property
    def profiles_in_use(self) -> list[ProfileInUse]:
        """The profiles whose values are used: ecsvnc's, and the aliyun CLI's if ecsvnc's is missing or has no keys.

        Raises ConfigurationError if the profile that was named does not exist.
        """
        own = self.profile
        found = []
        if own.name in self.config.profiles:
            found.append(ProfileInUse(own.name, "ecsvnc", self.config.path))
        if not own.credentials and (aliyun := self._aliyun_hint()) is not None:
            found.append(ProfileInUse(aliyun.name, "aliyun", aliyun.path))
        return found

    def unknown_profile(self, name: str, named_by: str, *, is_default: bool = False) -> ConfigurationError:
        """The error for a profile that neither tool has. `is_default`: config.toml names it as the default."""
        use_another = " To make another the default: `ecsvnc config use PROFILE`." if is_default else ""
        known = ", ".join(dict.fromkeys([*self.config.profiles, *self.aliyun.profiles])) or "none"
        return ConfigurationError(
            f"Unknown profile {name!r} ({named_by}): it is neither in {self.config.path} nor in {self.aliyun.path}.",
            hint=f"Known profiles: {known}. To create one: `ecsvnc config login --profile {name}`.{use_another}",
        )

    # The values

    def __getitem__(self, setting: Setting[T]) -> T:
        """The checked value of a setting: from the first place that has one, else its default, else None."""
        return cast("T", self._resolve(setting)[0])

    def origin(self, setting: Setting[Any]) -> Origin:
        """Where the value of a setting is from."""
        return self._resolve(setting)[1]

    @property
    def explicit_region(self) -> str | None:
        """The region of `--region`, which nothing overrides; None without `--region`."""
        return self[REGION] if REGION.key in self._options else None

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

    def _resolve(self, setting: Setting[Any]) -> tuple[object, Origin]:
        if setting.key not in self._resolved:
            if setting.option is not None and setting.key in self._options:
                origin = Origin(OriginKind.OPTION, setting.option.name)
                self._resolved[setting.key] = (self._options[setting.key], origin)
            else:
                given = next(self._given(setting), None)
                self._resolved[setting.key] = (
                    (None, Origin(OriginKind.DEFAULT, "default"))
                    if given is None
                    else (_parsed(setting, given), given.origin)
                )
        return self._resolved[setting.key]

    def _given(self, setting: Setting[Any]) -> Iterator[_Given]:
        """Every value of a setting except the option's, in order of precedence."""
        yield from self._variables((OtherVariable(setting.variable), *setting.before_profile))
        if setting.key in self.profile.settings:
            where = f"profile {self.profile.name!r} in {self.config.path}"
            yield _Given(self.profile.settings[setting.key], Origin(OriginKind.FILE, where))
        yield from self._variables(setting.after_profile)
        if setting.aliyun_key and (profile := self._aliyun_hint()) is not None:
            text = setting.from_aliyun(profile.text(setting.aliyun_key))
            if text:
                yield _Given(text, Origin(OriginKind.ALIYUN, f"profile {profile.name!r} in {profile.path}"))
        if setting.default is not None:
            yield _Given(setting.default, Origin(OriginKind.DEFAULT, "default"))

    def _variables(self, variables: tuple[OtherVariable, ...]) -> Iterator[_Given]:
        for variable in variables:
            text = variable.translate(self._runtime.environ.get(variable.name, ""))
            if text:
                yield _Given(text, Origin(OriginKind.VARIABLE, variable.name))

    def _aliyun_hint(self) -> AliyunProfile | None:
        """The aliyun CLI's profile for settings: a wrong one is an error only for its credentials."""
        try:
            return self.aliyun_profile
        except ConfigurationError as error:
            self._runtime.reporter.info(f"No settings from the aliyun CLI: {error.what}")
            return None


def _parsed(setting: Setting[Any], given: _Given) -> object:
    """The checked value of a text. The text is not in the error: a URL that was refused may hold a password."""
    try:
        return setting.parse(given.text)
    except ValueError as rule:
        name = given.origin.name
        if given.origin.kind is OriginKind.VARIABLE:
            raise ConfigurationError(f"{name} {rule}.", hint=f"Correct it, or unset {name}.") from None
        raise ConfigurationError(f"`{setting.key}` of {name} {rule}.", hint="Correct it there.") from None
