"""The entry point: `ecsvnc`, and `python -m ecsvnc`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program. Ctrl-C while it is still loading ends it as quietly as a later one."""
    try:
        from ecsvnc.cli.main import main as run_and_exit  # noqa: PLC0415  # most of the start-up, so inside the try

        run_and_exit()
    except KeyboardInterrupt:
        sys.exit(130)  # exit_codes.INTERRUPTED, which may not be loaded yet


if __name__ == "__main__":
    main()
