"""The VNC password of an instance: its form, --vnc-password-file, and the one stored in the keyring.

It is not a password of the instance's operating system. Newer instances have none (since 2024).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from ecsvnc.errors import CredentialsError, UsageError
from ecsvnc.files.read_file import read_file
from ecsvnc.settings.config_file import VNC_PASSWORDS, edit_config
from ecsvnc.settings.secret_store import delete_secret, stored_secret, vnc_password_account

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.resolve import Settings
    from ecsvnc.settings.secret_store import SecretStore, SecretStores

_FORM = re.compile(r"[A-Za-z0-9]{6}")
"""Exactly six letters or digits (ModifyInstanceVncPasswd, VncPassword)."""

_MAX_FILE_BYTES = 1024

_FIFO_LIMIT_S = 60.0
"""The user may have to unlock the program that writes to it: `--vnc-password-file <(pass show console)`."""


def check_vnc_password(text: str, origin: str) -> str:
    """The password. Raises UsageError, which names the origin and never the text, if it is invalid."""
    if not _FORM.fullmatch(text):
        raise UsageError(
            f"{origin} does not contain a VNC password.",
            hint="A VNC password is one line of exactly 6 letters or digits.",
        )
    return text


def read_vnc_password(path: str, runtime: Runtime) -> str:
    """The password in a --vnc-password-file; `-` is stdin. Raises UsageError."""
    if path == "-" and sys.stdin is None:
        raise UsageError(
            "stdin is closed; the VNC password was expected there.",
            hint="Give the password on stdin, or name a file that contains it.",
        )
    try:
        if path == "-":
            content = sys.stdin.buffer.read(_MAX_FILE_BYTES)
        else:
            content, _ = read_file(
                os.path.expanduser(path),  # noqa: PTH111  # not runtime's home: in the demo that is another one
                _MAX_FILE_BYTES,
                runtime,
                fifo_limit_s=_FIFO_LIMIT_S,
            )
    except OSError as error:
        raise UsageError(
            f"Cannot read the VNC password from {path}: {error.strerror}.",
            hint="Give a file that you may read, or - for stdin.",
        ) from None
    text = content.decode("ascii", errors="replace").removesuffix("\n").removesuffix("\r")
    return check_vnc_password(text, "stdin" if path == "-" else path)


def stored_vnc_password(instance_id: str, settings: Settings) -> str | None:
    """The password that `ecsvnc config vnc-password` stored, or None.

    config.toml names the instances that have one. Only for these the keyring is loaded. Raises CredentialsError if that
    keyring is locked or gone, ConfigurationError if config.toml is invalid.
    """
    backend = settings.config.vnc_passwords.get(instance_id)
    if backend is None:
        return None
    try:
        return settings.secret_stores.named(backend).get(vnc_password_account(instance_id))
    except CredentialsError as error:
        raise error.reworded(
            f"The stored VNC password of {instance_id} cannot be read. {error.what}",
            # The keyring's own hint is about AccessKeys.
            hint="Unlock or repair the keyring, or use --vnc-password-file. To delete the stored password: "
            f"`ecsvnc config vnc-password {instance_id} --forget`.",
        ) from error


def vnc_password_source(
    given: str | None, instance_id: str, settings: Settings, *, ask: Callable[[], str | None] | None = None
) -> Callable[[], str | None]:
    """A function that returns the password that was given for this run, else the stored one, else what `ask` returns.

    It raises what `stored_vnc_password` raises.
    """

    def source() -> str | None:
        if given is not None:
            return given
        stored = stored_vnc_password(instance_id, settings)
        return ask() if stored is None and ask is not None else stored

    return source


def keyring_for_new_password(stores: SecretStores) -> SecretStore:
    """The keyring for a new password. Raises CredentialsError if this machine has none that is safe."""
    try:
        return stores.discover()
    except CredentialsError as error:
        raise error.reworded(
            error.what,  # its own hint is about AccessKeys
            hint="Install a keyring (on Linux: gnome-keyring or KWallet, in a desktop session), or give the password "
            "to each command in a file: --vnc-password-file PATH.",
        ) from error


def store_vnc_password(
    instance_id: str, password: str, store: SecretStore, *, settings: Settings, runtime: Runtime
) -> None:
    """Store the password in a keyring, and that keyring's name in config.toml; both or neither.

    Raises CredentialsError if the keyring refuses, ConfigurationError if config.toml cannot be changed.
    """
    with (
        stored_secret(store, vnc_password_account(instance_id), password, runtime.reporter),
        edit_config(settings.config_path, runtime) as edit,
    ):
        edit.set(VNC_PASSWORDS, instance_id, store.backend)


def delete_vnc_password(instance_id: str, *, settings: Settings, runtime: Runtime) -> str | None:
    """Delete the stored password and its entry in config.toml.

    Returns None if there was none, else the remark of `delete_secret`. Raises CredentialsError if the keyring is locked
    or broken; the entry stays then.
    """
    backend = settings.config.vnc_passwords.get(instance_id)
    if backend is None:
        return None
    remark = delete_secret(settings.secret_stores, backend, vnc_password_account(instance_id))
    with edit_config(settings.config_path, runtime) as edit:
        edit.remove(VNC_PASSWORDS, instance_id)
    return remark
