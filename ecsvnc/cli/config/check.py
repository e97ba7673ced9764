"""`config check`: everything that a console needs, tested and told in one line each."""

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
    this machine can open a console. Nothing is changed; with INSTANCE, a ticket of it is taken and thrown away. The
    exit status is that of the first line that failed.
    """
    from ecsvnc.cli.config.checks.examination import Examination
    from ecsvnc.cli.config.checks.keys import OneLook
    from ecsvnc.cli.config.checks.lines import exit_status, verdict
    from ecsvnc.cli.terminal import escape_control
    from ecsvnc.errors import with_program
    from ecsvnc.instances.targets import parse_target

    stores = OneLook(app.secret_stores(may_ask=not options.no_input))
    session = app.session(options, os_matters=False, secret_stores=stores)
    target = parse_target(instance) if instance is not None else None
    lines = []
    for line in Examination(session, stores, target, runtime=app.runtime).lines():
        click.echo(escape_control(with_program(line.text, app.runtime.program)))
        lines.append(line)
    click.echo(escape_control(with_program(verdict(lines, instance), app.runtime.program)))
    click.get_current_context().exit(exit_status(lines))
