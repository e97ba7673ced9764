"""The table from the error tree to exit codes."""

from __future__ import annotations

from ecsvnc import errors

INTERRUPTED = 130
"""Ctrl-C: 128 and SIGINT's number, as shells do."""

BROKEN_PIPE = 141
"""The reader of stdout closed it: 128 and SIGPIPE's number, as for any other program in a pipe."""

EXIT_CODES: dict[type[errors.EcsvncError], int] = {
    errors.BugError: 1,
    errors.UsageError: 2,
    errors.ConfigurationError: 3,
    errors.ResourceError: 3,
    errors.CredentialsError: 4,
    errors.NotFoundError: 5,
    errors.StateError: 6,
    errors.ServiceError: 7,
    errors.NetworkError: 8,
    errors.ConsoleError: 9,
    errors.LaunchError: 10,
    errors.InterruptError: INTERRUPTED,
}

KINDS = {
    1: "bug",
    2: "usage",
    3: "config",
    4: "credentials",
    5: "not_found",
    6: "state",
    7: "service",
    8: "network",
    9: "console",
    10: "viewer",
    INTERRUPTED: "interrupted",
}
"""The name of each exit code in JSON. BROKEN_PIPE has none: nothing is printed then."""

MEANINGS = {
    0: "done",
    1: "a bug in ecsvnc",
    2: "invalid usage: an argument or option",
    3: "configuration or this machine: bad file, bad value, unknown profile; "
    "no thread or disk space left, stdout closed",
    4: "credentials missing, wrong, expired, or without the permission",
    5: "instance or region not found, wrong region, or ambiguous name",
    6: "the instance's state or screen does not allow it, or the awaited text or state was not reached",
    7: "throttled, or the service is failing",
    8: "network: DNS, TLS, proxy, timeout, a redirect, an answer that is not the API's",
    9: "the console refused, expired or broke the connection",
    10: "no browser or viewer started or connected",
    INTERRUPTED: "Ctrl-C",
    BROKEN_PIPE: "the reader of stdout closed it (SIGPIPE)",
}
"""What each exit code means, for the man page; README and docs/json.md are checked against it."""


def exit_code(error: errors.EcsvncError) -> int:
    """The exit code of an error: that of the nearest ancestor in the table."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)
