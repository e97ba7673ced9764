"""Credentials that another program prints: `External` profiles of the aliyun CLI, and `credential_process`."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Mapping
from concurrent.futures import wait
from typing import Any

from ecsvnc.background import in_background
from ecsvnc.credentials.context import SourceContext
from ecsvnc.credentials.temporary import parse_expiration
from ecsvnc.errors import ConfigurationError, CredentialsError

DISABLED_VARIABLE = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS"

LIMIT_S = 60.0
"""As in the vendor's library: enough to type a second factor."""

MAX_OUTPUT_BYTES = 64 * 1024


def run_credential_process(
    context: SourceContext, command: str, source: str, *, limit_s: float = LIMIT_S
) -> Mapping[str, Any]:
    """Run a command, without a shell, and return the JSON object that it prints.

    It may prompt on the terminal, unless --no-input. Its output is never shown, since it contains a secret. Raises
    CredentialsError if it fails, takes too long, or prints something else.
    """
    if context.runtime.environ.get(DISABLED_VARIABLE, "").lower() == "true":
        raise CredentialsError(
            f"The command of {source} is not run: {DISABLED_VARIABLE} is true.",
            hint="Unset the variable, or name another profile with --profile.",
        )
    arguments = _arguments(context, command, source)
    try:
        # The command comes from the user's own configuration.
        process = subprocess.Popen(  # noqa: S603
            arguments,
            stdin=None if context.settings.may_ask else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=dict(context.runtime.environ),
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a valid command"
        raise CredentialsError(
            f"The command of {source} could not be started: {reason}.", hint="Check that it is installed."
        ) from None
    try:
        output = _output_of(process, source, limit_s)
    finally:
        process.kill()  # no effect after it has ended
        process.wait()
    try:
        values = json.loads(output)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise CredentialsError(
            f"The command of {source} did not print a JSON object.",
            hint="Run the command by hand: it has to print what the aliyun CLI's mode External expects.",
        )
    return values


def printed_expiration(printed: Mapping[str, Any], source: str) -> float | None:
    """When the credentials expire, in POSIX seconds; None if the command did not print it. Raises CredentialsError."""
    text = printed.get("expiration")
    if text is None or text == "":
        return None
    expires_at = parse_expiration(text)
    if expires_at is None:
        raise CredentialsError(
            f"The `expiration` that the command of {source} printed is malformed.",
            hint="It looks like 2026-01-31T23:59:59Z, in UTC.",
        )
    return expires_at


def _arguments(context: SourceContext, command: str, source: str) -> list[str]:
    try:
        arguments = shlex.split(command, posix=context.runtime.platform != "win32")
    except ValueError:
        arguments = []
    if not arguments:
        raise ConfigurationError(
            f"The command of {source} is empty, or has an unbalanced quote.", hint="Correct it in the profile."
        )
    return arguments


def _output_of(process: subprocess.Popen[bytes], source: str, limit_s: float) -> bytes:
    """All that it prints. Read on a thread, since a read has no time limit, and a child may keep the pipe open."""
    pipe = process.stdout
    assert pipe is not None  # noqa: S101  # requested above

    def read_to_the_end() -> tuple[bytes, int]:
        with pipe:
            output = pipe.read(MAX_OUTPUT_BYTES + 1)
        return output, process.wait()

    reading = in_background(read_to_the_end, name="credential process")
    done, _ = wait([reading], timeout=limit_s)
    if not done:
        raise CredentialsError(
            f"The command of {source} did not end within {limit_s:.0f} s, and was stopped.",
            hint="Run the command by hand to see why.",
        )
    output, status = reading.result()
    if len(output) > MAX_OUTPUT_BYTES:
        raise CredentialsError(
            f"The command of {source} printed more than {MAX_OUTPUT_BYTES} bytes.",
            hint="Run the command by hand and check its output.",
        )
    if status != 0:
        raise CredentialsError(
            f"The command of {source} failed with status {status}.", hint="Run the command by hand to see why."
        )
    return output
