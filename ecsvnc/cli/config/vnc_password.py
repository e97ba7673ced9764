"""`config vnc-password`: an instance's VNC password, for `open`, `proxy` and `--viewer`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app_slot import pass_app
from ecsvnc.cli.config.options import no_input_option
from ecsvnc.errors import UsageError

if TYPE_CHECKING:
    from ecsvnc.cli.app import App

# The legacy forms `AY…` and `i-AY…` too (ECS's instance ids).
_INSTANCE_ID = re.compile(r"(?:i-[A-Za-z0-9]{6,40}|AY[A-Za-z0-9]{6,40})")


@click.command("vnc-password")
@click.argument("instance")
@click.option("--forget", is_flag=True, help="Remove it instead.")
@no_input_option
@pass_app
def vnc_password_command(app: App, *, instance: str, forget: bool, no_input: bool) -> None:
    """Store an instance's VNC password in the keyring.

    INSTANCE is an instance id. The password (6 letters or digits) is asked for at a hidden prompt, or read from stdin:
    one line. It serves `open`, `proxy` and `open --viewer`; `url` uses --vnc-password-file alone. ECS itself asks for
    none since 2024, unless the instance was set up before.
    """
    if not _INSTANCE_ID.fullmatch(instance):
        raise UsageError(
            f"{instance} is no instance id, such as i-bp1hzoinajzkh91h2q4d.",
            hint="`ecsvnc list` shows the id of each name.",
        )
    if forget:
        _forget(app, instance, may_ask=not no_input)
    else:
        _store(app, instance, may_ask=not no_input)


def _store(app: App, instance_id: str, *, may_ask: bool) -> None:
    from ecsvnc.cli.config.secret_input import hidden_prompt, line_of_stdin  # noqa: PLC0415
    from ecsvnc.console.vnc_password import check_vnc_password  # noqa: PLC0415
    from ecsvnc.settings.config_file import edit_config, vnc_password_table  # noqa: PLC0415
    from ecsvnc.settings.secret_store import vnc_password_account  # noqa: PLC0415

    settings = app.settings()
    _ = settings.config  # a file that cannot be read is found out before anything is asked or stored
    store = app.secret_stores(may_ask=may_ask).discover()
    text = hidden_prompt(f"VNC password of {instance_id}") if may_ask and app.terminal.can_ask else line_of_stdin()
    password = check_vnc_password(text, "What was given")
    store.set(vnc_password_account(instance_id), password)
    with edit_config(settings.config_path, app.runtime) as document:
        vnc_password_table(document)[instance_id] = store.backend
    app.terminal.warn(f"Stored the VNC password of {instance_id} in the keyring ({store.backend}).")


def _forget(app: App, instance_id: str, *, may_ask: bool) -> None:
    from ecsvnc.settings.config_file import edit_config, vnc_password_table  # noqa: PLC0415
    from ecsvnc.settings.secret_store import vnc_password_account  # noqa: PLC0415

    settings = app.settings()
    backend = settings.config.vnc_passwords.get(instance_id)
    if backend is None:
        app.terminal.warn(f"There is no VNC password of {instance_id}.")
        return
    app.secret_stores(may_ask=may_ask).named(backend).delete(vnc_password_account(instance_id))
    with edit_config(settings.config_path, app.runtime) as document:
        del vnc_password_table(document)[instance_id]
    app.terminal.warn(f"Removed the VNC password of {instance_id} from the keyring.")
