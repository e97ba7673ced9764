"""`config.toml`: the user's own file. Read with tomllib, edited so that comments and order survive (`config_edit`).

    default_profile = "operations"         # used when none is named (omitted: default); `ecsvnc config use`

    [profiles.default]
    region = "cn-hangzhou"                 # any setting: see `ecsvnc config set --help`
    timeout = 60
    access_key_id = "LTAI5t..."            # written by `ecsvnc config login`; the secret is in the keyring, ...
    keyring_backend = "keyring.backends.SecretService.Keyring"    # ... in this one

    # a profile with credentials from elsewhere has one of these instead of access_key_id
    [profiles.operations]
    role_arn = "acs:ram::1234567890123456:role/console"    # assumed with the credentials of ...
    source_profile = "default"                             # ... this profile (omitted: with this profile's AccessKey)
    role_session_name = "ecsvnc"                           # optional
    external_id = "..."                                    # optional
    [profiles.vault]
    credential_process = "vault-helper --json"   # prints {"mode": "AK" | "StsToken", "access_key_id": ...}
    [profiles.bastion]
    ecs_ram_role = "console-operator"            # the role of this ECS instance; "" for the attached one

    # which instances have a VNC password in which keyring, written by `ecsvnc config vnc-password`
    [vnc_passwords]
    i-bp1hzoinajzkh91h2q4d = "keyring.backends.SecretService.Keyring"

It never contains a secret. A file that cannot be read or parsed is an error, and is never written over. Unknown keys
cause a warning and are kept: a newer version may know them.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from ecsvnc.errors import ConfigurationError
from ecsvnc.files.atomic_file import write_atomically
from ecsvnc.files.file_lock import FileLock
from ecsvnc.files.file_trust import how_to_restrict, why_not_trusted
from ecsvnc.files.read_file import read_file
from ecsvnc.runtime import SilentReporter
from ecsvnc.settings.parse_toml import MAX_BYTES, parse_toml
from ecsvnc.settings.profile_keys import CREDENTIAL_KEYS
from ecsvnc.settings.table import BY_KEY

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.config_edit import ConfigEdit

FILE_NAME = "config.toml"


class Profile(NamedTuple):
    """One `[profiles.NAME]`. `settings` and `credentials` hold its known keys, of the right type but unchecked."""

    name: str
    settings: Mapping[str, str] = MappingProxyType({})
    credentials: Mapping[str, str] = MappingProxyType({})


class Config(NamedTuple):
    """The file's content.

    `default_profile` is the profile that is used when none is named, "" if the file does not name one. `vnc_passwords`
    maps an instance id to the keyring backend that holds its VNC password.
    """

    path: Path
    profiles: Mapping[str, Profile] = MappingProxyType({})
    vnc_passwords: Mapping[str, str] = MappingProxyType({})
    default_profile: str = ""


DEFAULT_PROFILE_KEY = "default_profile"

VNC_PASSWORDS = ("vnc_passwords",)
"""The table of the keyring that has an instance's VNC password."""


def profile_path(name: str) -> tuple[str, str]:
    """The table of a profile."""
    return ("profiles", name)


def read_config(path: Path, runtime: Runtime) -> Config:
    """Read the file; a missing file is like an empty one. Raises ConfigurationError."""
    content = _read(path, runtime)
    if content is None:
        return Config(path)
    try:
        document = parse_toml(content)
    except ValueError as error:  # the text quotes no value
        raise _invalid(path, str(error)) from None
    return _Reading(path, runtime).config(document)


@contextmanager
def edit_config(path: Path, runtime: Runtime) -> Iterator[ConfigEdit]:
    """Read the file, and write it with the changes of the block, if there are any and the block does not raise.

    The write is a new file of mode 0600 in the same folder that replaces the old one, so readers see the old
    file or the new one. Simultaneous edits are made one after the other. Prints no warnings, which reading has printed.
    Raises ConfigurationError.
    """
    from ecsvnc.settings.config_edit import ConfigEdit  # only edits need it

    with ExitStack() as stack:
        try:
            stack.enter_context(FileLock(path, runtime).held())
        except OSError as error:
            raise _unwritable(path, error) from None
        quiet = replace(runtime, reporter=SilentReporter())
        read_config(path, quiet)  # a file that cannot be read as a config is not edited
        text = (_read(path, quiet) or b"").decode("utf-8-sig")  # without the byte order mark
        edit = ConfigEdit(text)
        yield edit
        try:
            changed = edit.result()
        except ValueError:
            raise ConfigurationError(
                f"{path} cannot be changed without changing other values in it.",
                hint="It was not changed. Write each profile as a separate table ([profiles.NAME]), and try again.",
            ) from None
        if changed != text:
            try:
                write_atomically(path, changed.encode())
            except OSError as error:
                raise _unwritable(path, error) from None


class _Reading:
    """Turns parsed TOML into a Config: raises ConfigurationError for a wrong type, warns of unknown keys."""

    def __init__(self, path: Path, runtime: Runtime) -> None:
        self._path = path
        self._reporter = runtime.reporter

    def config(self, document: dict[str, Any]) -> Config:
        self._warn_of_others(document, (DEFAULT_PROFILE_KEY, "profiles", "vnc_passwords"), "")
        profiles = self._table(document.get("profiles", {}), "profiles")
        return Config(
            self._path,
            {name: self._profile(name, table) for name, table in profiles.items()},
            {
                instance_id: self._text(backend, f"vnc_passwords.{instance_id}")
                for instance_id, backend in self._table(document.get("vnc_passwords", {}), "vnc_passwords").items()
            },
            self._text(document.get(DEFAULT_PROFILE_KEY, ""), DEFAULT_PROFILE_KEY),
        )

    def _profile(self, name: str, value: object) -> Profile:
        place = f"profiles.{name}"
        table = self._table(value, place)
        self._warn_of_others(table, (*BY_KEY, *CREDENTIAL_KEYS), f"{place}.")
        return Profile(
            name,
            {key: self._setting(table[key], f"{place}.{key}", BY_KEY[key].is_number) for key in BY_KEY if key in table},
            {key: self._text(table[key], f"{place}.{key}") for key in CREDENTIAL_KEYS if key in table},
        )

    def _setting(self, value: object, place: str, is_number: bool) -> str:  # noqa: FBT001  # private, called once
        # bool is an int to Python; str writes 1e+16 and nan, which the setting's own check then refuses.
        if is_number and isinstance(value, int | float) and not isinstance(value, bool):
            if abs(value) >= 1e16:  # str raises ValueError for an integer of more than 4300 digits
                raise self._bad(place, "is too large a number")
            return str(value)
        return self._text(value, place, "a number" if is_number else "a text in quotes")

    def _text(self, value: object, place: str, expected: str = "a text in quotes") -> str:
        if not isinstance(value, str):
            raise self._wrong_type(place, expected, value)
        return value

    def _table(self, value: object, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong_type(place, "a table", value)
        return value

    def _wrong_type(self, place: str, expected: str, value: object) -> ConfigurationError:
        return self._bad(place, f"must be {expected}, not a TOML {_toml_type(value)}")

    def _bad(self, place: str, what: str) -> ConfigurationError:
        return ConfigurationError(
            f"`{place}` in {self._path} {what}.", hint="Correct it there; the file was not changed."
        )

    def _warn_of_others(self, table: Mapping[str, object], known: tuple[str, ...], prefix: str) -> None:
        for key in table:
            if key not in known:
                self._reporter.warn(f"Unknown key `{prefix}{key}` in {self._path}: it has no effect.")


def _toml_type(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "float", str: "string", list: "array", dict: "table"}
    return names.get(type(value), "date or time")


def _read(path: Path, runtime: Runtime) -> bytes | None:
    try:
        content, status = read_file(path, MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or type(error).__name__) from None
    if reason := why_not_trusted(status, runtime.platform):
        raise ConfigurationError(
            f"{path} {reason}, so it is not used.",
            hint=f"It may name commands to run. If you trust its content: {how_to_restrict(path)}",
        )
    if runtime.platform != "win32" and status.st_mode & (stat.S_IRGRP | stat.S_IROTH):  # it holds no secret
        runtime.reporter.info(f"Other users can read {path}. To prevent that: chmod 600 '{path}'")
    return content


def _unreadable(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"Cannot read {path}: {reason}.", hint="Correct that, or move the file away.")


def _unwritable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"Cannot write {path}: {error.strerror or type(error).__name__}.",
        hint="Make its folder writable, or set ECSVNC_CONFIG_DIR to one that is.",
    )


def _invalid(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is not valid TOML: {reason}.", hint="Correct it, or move the file away. It was not changed."
    )
