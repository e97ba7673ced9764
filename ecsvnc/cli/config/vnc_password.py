"""`config vnc-password`: store an instance's VNC password, or delete it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.complete import complete_instance
from ecsvnc.cli.options import ecs_options
from ecsvnc.errors import UsageError

if TYPE_CHECKING:
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.settings.secret_store import SecretStore


@click.command("vnc-password", cls=Command)
@click.argument("instance", shell_complete=complete_instance)
@click.argument("too_much", metavar="", nargs=-1, type=click.UNPROCESSED)
@click.option("--forget", is_flag=True, help="Remove it instead.")
@ecs_options
@click.pass_obj
def vnc_password_command(app: App, *, instance: str, too_much: tuple[str, ...], forget: bool) -> None:
    """Store an instance's VNC password in the keyring.

    INSTANCE is an id, or a name or address, which is looked up. The password (6 letters or digits) is read at a hidden
    prompt, or from stdin: one line. `proxy`, `open --viewer`, `screen`, `type`, `keys` and `run` use it. The console
    page in a browser asks for it. Newer instances have no VNC password (since 2024).

    Examples:
      # At a hidden prompt
      ecsvnc config vnc-password web-1
      ecsvnc config vnc-password web-1 --forget
    """
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.cli.prompts import check_secret_on_stdin
    from ecsvnc.settings.vnc_password import keyring_for_new_password

    if too_much:  # probably the password: click would quote it
        raise UsageError(
            "Only INSTANCE is an argument. The password is not: every local user can read arguments.",
            hint="If it was the password, change it. Give the new one at the prompt, or on stdin.",
        )
    if not forget:
        check_secret_on_stdin(app)
    access = EcsAccess(app, os_matters=False)
    _ = app.settings.config  # a file that cannot be read is reported before anything is looked up
    if forget:
        _forget(app, _id_of(access, instance))
        return
    _ = app.settings.config_path  # so are a missing home folder and a missing keyring
    store = keyring_for_new_password(app.settings.secret_stores)
    instance_id = _id_of(access, instance)
    name = instance_id if instance == instance_id else f"{instance} ({instance_id})"
    _store(app, store, instance_id, name)


def _id_of(access: EcsAccess, text: str) -> str:
    """The instance's id. Raises what a look-up raises, and UsageError."""
    from ecsvnc.instances.targets import InstanceId, parse_target

    target = parse_target(text)
    if isinstance(target, InstanceId):
        return target.text
    return access.finder.locate(target).id


def _store(app: App, store: SecretStore, instance_id: str, name: str) -> None:
    from ecsvnc.cli.prompts import hidden_prompt, secret_on_stdin
    from ecsvnc.settings.vnc_password import check_vnc_password, store_vnc_password

    question = f"VNC password of {name}"
    text = hidden_prompt(question) if app.can_ask else secret_on_stdin(question)
    password = check_vnc_password(text, "The input")
    store_vnc_password(instance_id, password, store, settings=app.settings, runtime=app.runtime)
    app.terminal.notice(f"Stored the VNC password of {name} in the keyring ({store.backend}).")


def _forget(app: App, instance_id: str) -> None:
    from ecsvnc.settings.vnc_password import delete_vnc_password

    remark = delete_vnc_password(instance_id, settings=app.settings, runtime=app.runtime)
    if remark is None:
        app.terminal.notice(f"No VNC password of {instance_id} is stored.")
    elif remark:
        app.terminal.warn(f"Removed only the entry of the VNC password of {instance_id} in config.toml. {remark}")
    else:
        app.terminal.notice(f"Removed the VNC password of {instance_id} from the keyring.")
