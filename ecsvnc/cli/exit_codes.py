"""What each kind of failure means to a shell: the one table from the error tree to exit codes."""

from __future__ import annotations

from ecsvnc import errors

INTERRUPTED = 130
"""Ctrl-C: 128 and SIGINT's number, as shells do."""

BROKEN_PIPE = 141
"""Whoever read our stdout went away: 128 and SIGPIPE's number, as for any other program in a pipe."""

UNFINISHED = 1
"""This machine lacked something (a thread, space on a disk, an open stdout): no bug, and no other code's meaning."""

EXIT_CODES: dict[type[errors.EcsvncError], int] = {
    errors.ResourceError: UNFINISHED,
    errors.UsageError: 2,
    errors.ConfigurationError: 3,
    errors.CredentialsError: 4,
    errors.NotFoundError: 5,
    errors.StateError: 6,
    errors.ServiceError: 7,
    errors.NetworkError: 8,
    errors.ConsoleError: 9,
    errors.LaunchError: 10,
}


def exit_code(error: errors.EcsvncError) -> int:
    """The exit code of an error: that of the nearest ancestor in the table."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)
