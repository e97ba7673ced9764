"""The entry point: `ecsvnc`, and `python -m ecsvnc`."""

from __future__ import annotations

import _thread
import sys


def main() -> None:
    """Run the program. Ctrl-C while it is still loading ends it as quietly as a later one."""
    sys.unraisablehook = _deliver_interrupts_again
    try:
        from ecsvnc.cli.main import main as run_and_exit  # most of the start-up, so inside the try

        run_and_exit()
    except KeyboardInterrupt:
        sys.exit(130)  # exit_codes.INTERRUPTED, which may not be loaded yet


def _deliver_interrupts_again(unraisable: sys.UnraisableHookArgs) -> None:
    """Let no Ctrl-C get lost: one that comes inside a callback of the import system is dropped by Python there."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        _thread.interrupt_main()
    else:
        sys.__unraisablehook__(unraisable)


if __name__ == "__main__":
    main()
