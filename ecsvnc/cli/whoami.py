"""`ecsvnc whoami`: which account and identity the credentials are, and where they come from."""

from __future__ import annotations

import sys

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.options import ecs_options, output_option


@click.command(cls=Command)
@output_option(["text", "json"], default="text")
@ecs_options
@click.pass_obj
def command(app: App, output: str) -> None:
    """Show which account and identity the credentials are, and where they come from.

    One request to STS (GetCallerIdentity), which needs no permission.

    Examples:
      ecsvnc whoami
      ecsvnc whoami --profile staging
      # Only the account
      ecsvnc whoami -o json | jq -r .account_id
    """
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.cli.json_lines import iso_utc, json_line
    from ecsvnc.credentials.context import sts_region
    from ecsvnc.credentials.known_accounts import remember_account
    from ecsvnc.credentials.sts import GetCallerIdentity
    from ecsvnc.settings.secret_store import masked_key_id
    from ecsvnc.settings.table import REGION

    access = EcsAccess(app)
    found = access.credentials.found()
    region_id = app.settings[REGION]
    identity = access.client.call(GetCallerIdentity(), region_id=sts_region(app.settings, app.runtime)).value
    remember_account(app.settings.cache_folder, found, identity.account_id)
    values = {
        "account_id": identity.account_id,
        "identity_arn": identity.arn,
        "identity_type": identity.identity_type or None,
        "credentials_source": found.source,
        "access_key_id": masked_key_id(found.access_key.id),
        "credentials_expire_at": None if found.expires_at is None else iso_utc(found.expires_at),
        "profile": found.profile or None,
        "region_id": region_id,
    }
    if output == "json":
        click.echo(json_line(values))
        return
    absent = {
        "identity_type": "unknown",
        "credentials_expire_at": "unknown" if found.access_key.security_token else "never",
        "profile": "none",
        "region_id": "none",
    }
    click.echo(_aligned({name: value or absent[name] for name, value in values.items()}))


def _aligned(values: dict[str, str]) -> str:
    """One `name: value` a line, the values below each other; or each below its name, on a terminal too narrow."""
    from ecsvnc.cli.escape import escape_control
    from ecsvnc.cli.terminal import columns_of
    from ecsvnc.cli.word_wrap import wrapped

    width = max(map(len, values)) + len(": ")
    texts = {name: escape_control(value) for name, value in values.items()}
    columns = columns_of(sys.stdout)
    if columns is None or width + max(map(len, texts.values())) <= columns:
        return "\n".join(f"{name + ': ':<{width}}{text}" for name, text in texts.items())
    return "\n".join(f"{name}:\n  {wrapped(text, width=columns, indent=2)}" for name, text in texts.items())
