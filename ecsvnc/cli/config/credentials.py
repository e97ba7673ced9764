"""`config login` and `config logout`: an AccessKey pair for a profile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app_slot import pass_app
from ecsvnc.cli.config.options import name_to_write, no_input_option, profile_option
from ecsvnc.errors import ConfigurationError, EcsvncError, UsageError

if TYPE_CHECKING:
    from ecsvnc.cli.app import App
    from ecsvnc.settings.config_file import Config
    from ecsvnc.settings.secret_store import SecretStores

# Ids are `LTAI` and letters and digits; other prefixes exist (`STS.`, `TMP.`). What is wrong is found by the service.
_ACCESS_KEY_ID = re.compile(r"[A-Za-z0-9._-]{4,128}")


@click.command("login")
@click.argument("access_key_id", required=False)
@click.argument("too_much", metavar="", nargs=-1, type=click.UNPROCESSED)
@profile_option
@click.option("--secret-stdin", is_flag=True, help="Read the secret from stdin: one line.")
@click.option("--region", metavar="REGION", help="Also set the profile's region.")
@no_input_option
@pass_app
def login_command(
    app: App,
    *,
    access_key_id: str | None,
    too_much: tuple[str, ...],
    profile: str | None,
    secret_stdin: bool,
    region: str | None,
    no_input: bool,
) -> None:
    """Store an AccessKey pair for a profile; the secret goes to the keyring.

    The secret is asked for at a hidden prompt, or read with --secret-stdin. The keyring is that of the operating
    system (service ecsvnc, account: the AccessKey id). config.toml remembers the id and which keyring holds the secret.
    """
    from ecsvnc.cli.config.secret_input import check_stdin, hidden_prompt, line_of_stdin
    from ecsvnc.settings.config_file import edit_config, profile_path
    from ecsvnc.settings.secret_store import stored_secret

    if too_much:  # probably the secret: click would quote it
        raise UsageError(
            "Only the AccessKey id is an argument; the secret never is, since every local user can read those.",
            hint="If it was the secret, replace that AccessKey. Give the next one's on stdin: --secret-stdin",
        )
    settings = app.settings(profile=profile)
    name = name_to_write(settings)
    region = _checked_region(region) if region is not None else None
    if not (access_key_id and secret_stdin) and (no_input or not app.terminal.can_ask):
        raise UsageError(
            "There is nobody to ask for what is missing.",
            hint="Give the id as an argument and the secret on stdin: ecsvnc config login ID --secret-stdin",
        )
    if secret_stdin:
        check_stdin(may_ask=not no_input)
    # A file that cannot be read or has no place is found out before anything is asked or stored.
    before, config_path = settings.config, settings.config_path
    _refuse_second_source(before, name)
    access_key_id = _checked_id(access_key_id or click.prompt("AccessKey id", err=True))
    stores = app.secret_stores(may_ask=not no_input)
    store = stores.discover()
    question = f"AccessKey secret of {access_key_id}"
    secret = line_of_stdin(question) if secret_stdin else hidden_prompt(question)
    if not re.fullmatch(r"[!-~]+", secret):
        raise UsageError(
            "This is no AccessKey secret: it holds blanks or characters that none has.",
            hint="Copy it anew: it is one word of letters and digits.",
        )
    with (
        stored_secret(store, access_key_id, secret, app.terminal),
        edit_config(config_path, app.runtime) as edit,
    ):
        edit.set(profile_path(name), "access_key_id", access_key_id)
        edit.set(profile_path(name), "keyring_backend", store.backend)
        if region is not None:
            edit.set(profile_path(name), "region", region)
    app.terminal.warn(f"Stored the secret of {access_key_id} in the keyring ({store.backend}), for profile {name}.")
    _forget_replaced_secret(app, stores, before, name, access_key_id)
    app.terminal.warn("To see whether it opens consoles: ecsvnc config check")


@click.command("logout")
@profile_option
@no_input_option
@pass_app
def logout_command(app: App, *, profile: str | None, no_input: bool) -> None:
    """Remove a profile's AccessKey, and its secret from the keyring.

    The secret stays if another profile uses the same AccessKey id. The profile's other values stay.
    """
    from ecsvnc.settings.config_file import edit_config, profile_path
    from ecsvnc.settings.secret_store import delete_secret

    settings = app.settings(profile=profile)
    config = settings.config
    name = name_to_write(settings)
    known = config.profiles.get(name)
    access_key_id = known.credentials.get("access_key_id") if known else None
    if known is None or access_key_id is None:
        raise ConfigurationError(
            f"Profile {name} has no AccessKey in {config.path}.", hint="`ecsvnc config profiles` lists those there are."
        )
    others = _others_with(config, name, access_key_id)
    backend = known.credentials.get("keyring_backend")
    left = ""
    if backend and not others:
        # First the secret: if the keyring refuses, config.toml still says where it is.
        left = delete_secret(app.secret_stores(may_ask=not no_input), backend, access_key_id)
    with edit_config(settings.config_path, app.runtime) as edit:
        for key in ("access_key_id", "keyring_backend"):
            edit.remove(profile_path(name), key)
    if others:
        app.terminal.warn(f"Removed {access_key_id} from profile {name}; its secret stays for {', '.join(others)}.")
    elif left:
        app.terminal.warn(f"Removed {access_key_id} from profile {name}, and nothing more. {left}")
    else:
        app.terminal.warn(f"Removed {access_key_id} from profile {name}, and its secret from the keyring.")


def _refuse_second_source(config: Config, name: str) -> None:
    from ecsvnc.credentials.own_profile import sources_beside_a_key

    known = config.profiles.get(name)
    others = sources_beside_a_key(known) if known else []
    if others:
        raise ConfigurationError(
            f"Profile {name} in {config.path} takes its credentials from `{'` and `'.join(others)}`; with an AccessKey "
            "it would name more than one source, and none would count.",
            hint=f"Log in to another profile (--profile NAME), or first remove `{'` and `'.join(others)}` there.",
        )


def _forget_replaced_secret(app: App, stores: SecretStores, before: Config, name: str, access_key_id: str) -> None:
    """When another AccessKey took the profile's place, nobody would ever remove the old one's secret."""
    known = before.profiles.get(name)
    old_id = known.credentials.get("access_key_id") if known else None
    backend = known.credentials.get("keyring_backend") if known else None
    if old_id and backend and old_id != access_key_id and not _others_with(before, name, old_id):
        try:
            stores.named(backend).delete(old_id)
        except EcsvncError as error:  # no reason to fail: what was asked for is done
            app.terminal.warn(f"The secret of {old_id}, which it replaces, could not be removed: {error.what}")


def _others_with(config: Config, name: str, access_key_id: str) -> list[str]:
    return [
        profile.name
        for profile in config.profiles.values()
        if profile.name != name and profile.credentials.get("access_key_id") == access_key_id
    ]


def _checked_id(text: str) -> str:
    from ecsvnc.credentials.found import is_temporary

    if not _ACCESS_KEY_ID.fullmatch(text.strip()):
        # Not quoted: what was given may be the secret, in the wrong place.
        raise UsageError(
            "This is no AccessKey id: one is 4 to 128 letters, digits, and . _ -",
            hint="Give the id (it begins with LTAI), never the secret: that is asked for, or read with --secret-stdin.",
        )
    if is_temporary(text.strip()):
        raise UsageError(
            "This is the id of a temporary key (STS.…), which is of no use without its security token.",
            hint="Log in with an AccessKey of a RAM user (LTAI…). A temporary one goes into the environment: "
            "ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN.",
        )
    return text.strip()


def _checked_region(text: str) -> str:
    from ecsvnc.settings.values import region_id

    try:
        return region_id(text)
    except ValueError as rule:
        raise UsageError(f"--region {rule}.", hint="See `ecsvnc config login --help`.") from None
