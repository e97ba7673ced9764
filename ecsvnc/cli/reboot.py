"""`ecsvnc reboot`: restart an instance."""

from __future__ import annotations

import click

from ecsvnc.cli.app import App
from ecsvnc.cli.command import Command
from ecsvnc.cli.options import console_options, instance_argument, option


@click.command(cls=Command)
@instance_argument()
@option("--force", is_flag=True, help="Cut the power instead: for a system that hangs. Unwritten data is lost.")
@console_options
@click.pass_obj
def command(app: App, instance: str | None, *, force: bool) -> None:
    """Reboot an instance, after asking.

    A crashed kernel does not react to Ctrl-Alt-Del: it needs this, with --force. With --wait, the command ends when
    the console is ready again. With --start, an instance that is stopped is started instead.

    Examples:
      # Ask, then reboot
      ecsvnc reboot web-1
      # A system that hangs: cut the power, and wait until the console is ready
      ecsvnc reboot web-1 --force --yes --wait
    """
    from ecsvnc.cli.ecs_access import EcsAccess
    from ecsvnc.instances.targets import InstanceId

    access = EcsAccess(app, os_matters=False)
    starts = app.options.start
    rebooted = access.power.reboot(access.target(instance), force=force, or_start=starts)
    if app.options.wait or starts:
        access.open_console(InstanceId(rebooted.id))
        app.terminal.notice(f"The console of {rebooted.name or rebooted.id} is ready.")
