"""`config check`: tests everything that a console needs, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecsvnc.cli.app_slot import pass_app
from ecsvnc.cli.complete import complete_instance
from ecsvnc.cli.options import EcsOptions, ecs_options

if TYPE_CHECKING:
    from ecsvnc.cli.app import App


@click.command("check")
@click.argument("instance", required=False, shell_complete=complete_instance)
@ecs_options
@pass_app
def check_command(app: App, *, instance: str | None, options: EcsOptions) -> None:
    """Test everything that a console needs, and say what to do.

    One line each: how it went (ok, note, FAIL, or - for not tested), what, and the result. The last line says whether
    this machine can open a console; a note does not prevent that. Nothing is changed; with INSTANCE, a ticket is taken
    and not used. The exit status is that of the first line that failed.
    """
    from ecsvnc.cli.exit_codes import exit_code
    from ecsvnc.cli.terminal import escape_control
    from ecsvnc.diagnosis.caching_stores import CachingSecretStores
    from ecsvnc.diagnosis.checks import run_checks
    from ecsvnc.diagnosis.facts import Facts
    from ecsvnc.diagnosis.lines import first_failure, verdict
    from ecsvnc.errors import with_program
    from ecsvnc.instances.targets import parse_target

    stores = CachingSecretStores(app.secret_stores(may_ask=not options.no_input))
    session = app.session(options, os_matters=False, secret_stores=stores)
    target = parse_target(instance) if instance is not None else None
    facts = Facts(session, stores, target, runtime=app.runtime)
    lines = []
    for line in run_checks(facts):
        click.echo(escape_control(with_program(line.text, app.runtime.program)))
        lines.append(line)
    said = verdict(lines, instance)
    click.echo(escape_control(with_program(said, app.runtime.program)))
    failure = first_failure(lines)
    click.get_current_context().exit(exit_code(failure) if failure is not None else 0)
