"""`config check`: tests everything that a console needs, and says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.complete import complete_instance
from ecsvnc.cli.options import ecs_options, option, output_option
from ecsvnc.cli.output_file import check_new, write_new

if TYPE_CHECKING:
    from ecsvnc.diagnosis.results import Result


@click.command("check", cls=Command)
@click.argument("instance", required=False, shell_complete=complete_instance)
@output_option(["text", "json"], default="text")
@option("--console", is_flag=True, help="Also open the console of INSTANCE, and say what it is.")
@option("--report", metavar="PATH", type=click.Path(), help="Also write a report that can be given away to this file.")
@ecs_options
@click.pass_obj
def check_command(app: App, *, instance: str | None, output: str, console: bool, report: str | None) -> None:
    """Test everything that a console needs, and say what to do.

    Each check is ok, note, FAIL or skipped. The last line says whether this machine can open a console; a note does not
    prevent that. Nothing is changed; with INSTANCE, a ticket is taken and not used. The exit status is that of the
    first check that failed.

    --console uses the ticket: it may end another person's session. What --report writes has no account, id, name,
    address, host, path or text in it.

    Examples:
      ecsvnc config check
      # Take a ticket too, and throw it away
      ecsvnc config check web-1
      # Open the console too, and write what it is to a file for a bug report
      ecsvnc config check web-1 --console --report report.json
      # Only what is wrong
      ecsvnc config check -o json | jq 'select(.status == "fail")'
    """
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.cli.exit_codes import exit_code
    from ecsvnc.diagnosis.caching_stores import CachingSecretStores
    from ecsvnc.diagnosis.checks import run_checks
    from ecsvnc.diagnosis.facts import Facts
    from ecsvnc.diagnosis.results import first_failure, verdict
    from ecsvnc.errors import UsageError
    from ecsvnc.instances.targets import parse_target

    app.settings.secret_stores = CachingSecretStores(app.settings.secret_stores)
    access = EcsAccess(app, os_matters=False)
    target = parse_target(instance) if instance is not None else None
    if console and target is None:
        raise UsageError("--console needs an INSTANCE.", hint="Name the instance whose console to open.")
    if report is not None:
        check_new("--report", report)
    facts = Facts(access, target, opens_console=console, runtime=app.runtime)
    results = []
    for result in run_checks(facts):
        _print(app, result, as_json=output == "json")
        results.append(result)
    if output == "text":
        _print_verdict(app, verdict(results, instance))
    if report is not None:
        import json

        from ecsvnc.diagnosis.report import report_of

        write_new("--report", report, json.dumps(report_of(facts, results), indent=2) + "\n")
        app.terminal.notice(
            f"Wrote {report}: versions, numbers and states, and no account, id, name, address, host, path or text."
        )
    failure = first_failure(results)
    click.get_current_context().exit(exit_code(failure) if failure is not None else 0)


def _print(app: App, result: Result, *, as_json: bool) -> None:
    import sys

    if as_json:
        from ecsvnc.cli.json_lines import json_line

        click.echo(json_line(_json_object(result, app.runtime.program)))
        return
    from ecsvnc.cli.config.check_layout import as_text
    from ecsvnc.cli.terminal import columns_of, shows_colour

    text = as_text(result, columns=columns_of(sys.stdout), program=app.runtime.program, encoding=sys.stdout.encoding)
    click.echo(text, color=shows_colour(sys.stdout, app.runtime.environ))


def _print_verdict(app: App, said: str) -> None:
    import sys

    from ecsvnc.cli.escape import escape_control
    from ecsvnc.cli.terminal import columns_of
    from ecsvnc.cli.word_wrap import wrapped
    from ecsvnc.errors import with_program

    said = escape_control(with_program(said, app.runtime.program))
    click.echo(wrapped(said, width=columns_of(sys.stdout) or sys.maxsize))


def _json_object(result: Result, program: str) -> dict[str, Any]:
    from ecsvnc.cli.exit_codes import exit_code
    from ecsvnc.cli.json_lines import request_id
    from ecsvnc.errors import with_program

    failure = result.failure
    return {
        "name": result.name,
        "status": result.status.value,
        "message": with_program(result.message, program),
        "hint": with_program(result.hint, program) or None,
        "exit": None if failure is None else exit_code(failure),
        "request_id": None if failure is None else request_id(failure.request_id),
    }
