"""JSON Lines: what `--output json` prints, with the same names for the same things in every command.

`docs/json.md` documents every field. Times are ISO 8601 in UTC. What is not known, or missing, is null.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from ecsvnc.cli.escape import UNPRINTABLE
from ecsvnc.cli.exit_codes import KINDS, exit_code
from ecsvnc.errors import with_program

if TYPE_CHECKING:
    from ecsvnc.ecs.instance import Instance
    from ecsvnc.errors import EcsvncError

_REQUEST_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

_SHORT_OUTPUT_OPTION = re.compile(r"-[A-Za-np-z]*o(.*)", re.DOTALL)
"""`-o`, alone or after others of one letter, which are all flags, with its value or without."""


_encode_in_ascii = json.JSONEncoder().encode
_encode = json.JSONEncoder(ensure_ascii=False).encode


def json_line(values: Mapping[str, Any], stream: TextIO | None = None) -> str:
    """One JSON object on one line, for `stream` (default: stdout).

    Letters of any script are kept if the stream's encoding has them all; UNPRINTABLE characters are escaped.
    """
    holds_all = ((stream or sys.stdout).encoding or "utf-8").lower().startswith("utf")
    text = (_encode if holds_all else _encode_in_ascii)(values)
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def iso_utc(posix_s: float) -> str:
    """A time as ISO 8601 in UTC, to the millisecond: `2026-11-24T03:44:33.120Z`."""
    return datetime.fromtimestamp(posix_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def request_id(text: str) -> str | None:
    """A request id of the service, or None for a text in another form."""
    return text if _REQUEST_ID.fullmatch(text) else None


def instance_values(
    instance_id: str, *, name: str | None, region_id: str | None, os_type: str | None
) -> dict[str, Any]:
    """What is known of an instance, beside what a command prints about it."""
    return {
        "instance_id": instance_id,
        "instance_name": name or None,
        "region_id": region_id,
        "os_type": os_type or None,
        "is_windows": os_type == "windows",
    }


def instance_object(instance: Instance) -> dict[str, Any]:
    """An instance, as DescribeInstances describes it."""
    return {
        "instance_id": instance.id,
        "instance_name": instance.name or None,
        "region_id": instance.region_id,
        "zone_id": instance.zone_id or None,
        "status": instance.status or None,
        "os_type": instance.os_type or None,
        "os_name": instance.os_name or None,
        "instance_type": instance.instance_type or None,
        "vpc_id": instance.vpc_id or None,
        "private_ips": list(instance.private_ips),
        "public_ips": list(instance.public_ips),
        "eip": instance.eip or None,
        "tags": dict(instance.tags),
        "created_at": instance.created_at or None,
        "instance_expires_at": instance.expires_at or None,
    }


def error_object(error: EcsvncError, *, instance: str | None, program: str) -> dict[str, Any]:
    """A failure. `instance` is the instance that failed, as the user named it; `program` is as in `with_program`."""
    exit_status = exit_code(error)
    return {
        "error": {
            "exit": exit_status,
            "kind": KINDS[exit_status],
            "message": with_program(error.what, program),
            "hint": with_program(error.hint, program) or None,
            "request_id": request_id(error.request_id),
            "instance": instance,
        }
    }


def wants_json(arguments: Iterable[str]) -> bool:
    """Whether `--output json` or `-o json` is among a command's arguments, though they may be invalid."""
    output = ""
    is_value = False
    for argument in arguments:
        short = _SHORT_OUTPUT_OPTION.fullmatch(argument)
        if is_value:
            output, is_value = argument, False
        elif argument == "--":
            break
        elif argument == "--output":
            is_value = True
        elif argument.startswith("--output="):
            output = argument.removeprefix("--output=")
        elif short is not None:
            output, is_value = short[1], not short[1]
    return output == "json"
