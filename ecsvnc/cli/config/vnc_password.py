"""`config vnc-password`: an instance's VNC password, for `proxy` and `open --viewer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app_slot import pass_app
from ecsvnc.cli.complete import complete_instance
from ecsvnc.cli.options import EcsOptions, ecs_options
from ecsvnc.errors import UsageError

if TYPE_CHECKING:
    from ecsvnc.cli.app import App
    from ecsvnc.cli.session import Session
    from ecsvnc.settings.resolve import Settings


@click.command("vnc-password")
@click.argument("instance", shell_complete=complete_instance)
@click.argument("too_much", metavar="", nargs=-1, type=click.UNPROCESSED)
@click.option("--forget", is_flag=True, help="Remove it instead.")
@ecs_options
@pass_app
def vnc_password_command(
    app: App, *, instance: str, too_much: tuple[str, ...], forget: bool, options: EcsOptions
) -> None:
    """Store an instance's VNC password in the keyring.

    INSTANCE is an id, which is taken as it is, or a name or address, which is looked up. The password (6 letters or
    digits) is asked for at a hidden prompt, or read from stdin: one line. It serves `proxy` and `open --viewer`. The
    console page in a browser asks for it itself. Newer instances have no VNC password (since 2024).
    """
    from ecsvnc.cli.config.secret_input import check_stdin

    if too_much:  # probably the password: click would quote it
        raise UsageError(
            "Only one INSTANCE is an argument; the password never is, since every local user can read those.",
            hint="If it was the password, change it. Give the new one at the prompt, or on stdin.",
        )
    if not forget:
        check_stdin(may_ask=not options.no_input)
    session = app.session(options, os_matters=False)
    _ = session.settings.config  # a file that cannot be read is found out before anything is asked or stored
    change = _forget if forget else _store
    change(app, session.settings, _id_of(session, instance), may_ask=not options.no_input)


def _id_of(session: Session, text: str) -> str:
    """The instance's id. Raises what a look-up can raise, and UsageError."""
    from ecsvnc.instances.targets import InstanceId

    target = session.target(text)
    if isinstance(target, InstanceId):
        return target.text
    instance = session.consoles.find(target)
    assert instance is not None  # noqa: S101  # only an id is found without being known
    return instance.id


def _store(app: App, settings: Settings, instance_id: str, *, may_ask: bool) -> None:
    from ecsvnc.cli.config.keeping import kept
    from ecsvnc.cli.config.secret_input import hidden_prompt, line_of_stdin
    from ecsvnc.settings.config_file import VNC_PASSWORDS, edit_config
    from ecsvnc.settings.secret_store import vnc_password_account
    from ecsvnc.settings.vnc_password import check_vnc_password

    config_path = settings.config_path  # if there is no place for it, that is found out before anything is asked
    store = app.secret_stores(may_ask=may_ask).discover()
    question = f"VNC password of {instance_id}"
    is_prompt = may_ask and app.terminal.can_ask
    text = hidden_prompt(question) if is_prompt else line_of_stdin(question)
    password = check_vnc_password(text, "What was given")
    with (
        kept(store, vnc_password_account(instance_id), password, app.terminal),
        edit_config(config_path, app.runtime) as edit,
    ):
        edit.set(VNC_PASSWORDS, instance_id, store.backend)
    app.terminal.warn(f"Stored the VNC password of {instance_id} in the keyring ({store.backend}).")


def _forget(app: App, settings: Settings, instance_id: str, *, may_ask: bool) -> None:
    from ecsvnc.cli.config.keeping import forget
    from ecsvnc.settings.config_file import VNC_PASSWORDS, edit_config
    from ecsvnc.settings.secret_store import vnc_password_account

    backend = settings.config.vnc_passwords.get(instance_id)
    if backend is None:
        app.terminal.warn(f"There is no VNC password of {instance_id}.")
        return
    left = forget(app.secret_stores(may_ask=may_ask), backend, vnc_password_account(instance_id))
    with edit_config(settings.config_path, app.runtime) as edit:
        edit.remove(VNC_PASSWORDS, instance_id)
    if left:
        app.terminal.warn(f"Removed the entry of {instance_id}'s VNC password, and nothing more. {left}")
    else:
        app.terminal.warn(f"Removed the VNC password of {instance_id} from the keyring.")
