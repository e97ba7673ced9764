"""`config login` and `config logout`: an AccessKey pair for a profile."""

from __future__ import annotations

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.options import no_input, profile
from ecsvnc.errors import UsageError


@click.command("login", cls=Command)
@click.argument("access_key_id", required=False)
@click.argument("too_much", metavar="", nargs=-1, type=click.UNPROCESSED)
@profile
@click.option("--secret-stdin", is_flag=True, help="Read the secret from stdin: one line.")
@click.option("--region", metavar="REGION", help="Also set the profile's region.")
@no_input
@click.pass_obj
def login_command(
    app: App,
    *,
    access_key_id: str | None,
    too_much: tuple[str, ...],
    secret_stdin: bool,
    region: str | None,
) -> None:
    """Store an AccessKey pair for a profile; the secret goes to the keyring.

    The secret is read at a hidden prompt, or from stdin with --secret-stdin. The keyring is that of the operating
    system (service ecsvnc, account: the AccessKey id). config.toml holds the id and the name of that keyring.

    Examples:
      # Prompt for the id and the secret
      ecsvnc config login
      # In a script, for profile audit
      pass show aliyun/secret | ecsvnc config login LTAI5tExampleExample --secret-stdin --profile audit
    """
    from ecsvnc.cli.prompts import check_secret_on_stdin, hidden_prompt, secret_on_stdin
    from ecsvnc.credentials import stored_access_key
    from ecsvnc.settings.profile_edit import check_region_exists, profile_to_write

    if too_much:  # probably the secret: click would quote it
        raise UsageError(
            "Only the AccessKey id is an argument. The secret is not: every local user can read arguments.",
            hint="If it was the secret, replace that AccessKey. Give the next one's on stdin: --secret-stdin",
        )
    settings = app.settings
    name = profile_to_write(settings)
    if region is not None:
        check_region_exists(_checked_region(region), app.runtime, named_by=" (--region)")
    if not (access_key_id and secret_stdin) and not app.can_ask:
        raise UsageError(
            "Missing input, and no terminal to ask on.",
            hint="Give the id as an argument and the secret on stdin: `ecsvnc config login ID --secret-stdin`.",
        )
    if secret_stdin:
        check_secret_on_stdin(app)
    # A file that cannot be read or has no place, and a machine without a keyring, are reported before any prompt.
    _ = settings.config_path
    stored_access_key.check_profile_can_have_key(settings.config, name)
    if access_key_id:
        access_key_id = stored_access_key.check_access_key_id(access_key_id)
    store = settings.secret_stores.discover()
    if not access_key_id:
        access_key_id = stored_access_key.check_access_key_id(click.prompt("AccessKey id", err=True))
    question = f"AccessKey secret of {access_key_id}"
    secret = secret_on_stdin(question) if secret_stdin else hidden_prompt(question)
    stored_access_key.store_access_key(
        name,
        access_key_id,
        stored_access_key.check_access_key_secret(secret),
        region=region,
        store=store,
        settings=settings,
        runtime=app.runtime,
    )
    app.terminal.notice("To test it, run `ecsvnc config check`.")


@click.command("logout", cls=Command)
@profile
@no_input
@click.pass_obj
def logout_command(app: App) -> None:
    """Remove a profile's AccessKey, and its secret from the keyring.

    The secret stays if another profile uses the same AccessKey id. The profile's other values stay.

    Examples:
      # Log out of profile audit
      ecsvnc config logout --profile audit
    """
    from ecsvnc.credentials.stored_access_key import delete_access_key
    from ecsvnc.settings.profile_edit import profile_to_write

    settings = app.settings
    name = profile_to_write(settings)
    delete_access_key(name, settings=settings, runtime=app.runtime)


def _checked_region(text: str) -> str:
    from ecsvnc.settings.values import region_id

    try:
        return region_id(text)
    except ValueError as rule:
        raise UsageError(f"--region {rule}.", hint="See `ecsvnc config login --help`.") from None
