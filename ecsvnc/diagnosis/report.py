"""The results of `config check` as a report that is safe to share.

It has only versions, numbers, states, and fixed texts, and no text of the user, the instance or the service. So it
cannot contain an account, id, name, address, host, path, proxy or text from a screen.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from ecsvnc import __version__
from ecsvnc.credentials.sources import SOURCES
from ecsvnc.diagnosis.facts import attempt
from ecsvnc.diagnosis.results import Result
from ecsvnc.errors import EcsvncError
from ecsvnc.settings.table import SETTINGS

if TYPE_CHECKING:
    from ecsvnc.diagnosis.console_findings import ConsoleFindings
    from ecsvnc.diagnosis.facts import Facts
    from ecsvnc.settings.table import Setting
    from ecsvnc.tickets.console import Console

FORMAT = 1

_PACKAGES = ("click", "cryptography", "h11", "keyring", "pillow", "requests", "urllib3", "websockets")

_DOMAINS = (".aliyun.com", ".aliyuncs.com", ".alibabacloud.com")
_DOCUMENTED_PATH = "/websockify/"
"""Of a console's address, as the sample of DescribeInstanceVncUrl has it."""

_CODE = re.compile(r"[A-Z][A-Za-z]{2,40}(?:\.[A-Z][A-Za-z]{1,40}){0,3}")
"""An error code of the API reference."""


def report_of(facts: Facts, results: Sequence[Result]) -> dict[str, Any]:
    """The report, from the facts of the checks: nothing is asked again."""
    made = {result.name for result in results if result.status.value != "skipped"}
    return {
        "report": FORMAT,
        "versions": _versions(),
        "checks": [_check(result) for result in results],
        "settings": {setting.key: _origin(facts, setting) for setting in SETTINGS},
        "credentials": _credentials(facts),
        "endpoint": _endpoint(facts),
        "ticket": _of(facts.ticket, _ticket) if "ecs:DescribeInstanceVncUrl" in made else None,
        "console": _of(facts.console, _console) if "console" in made else None,
    }


def _versions() -> dict[str, str | None]:
    return {
        "ecsvnc": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        **{package: _version(package) for package in _PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _check(result: Result) -> dict[str, Any]:
    return {"name": result.name, "status": result.status.value, **_error(result.failure)}


def _error(error: EcsvncError | None) -> dict[str, str | None]:
    """The kind of an error, and the service's code if it is one of the documentation's form."""
    code = error.code if error is not None and _CODE.fullmatch(error.code) else None
    return {"error": None if error is None else type(error).__name__, "code": code}


def _of(fact: Any, described: Any) -> dict[str, Any]:
    return _error(fact) if isinstance(fact, EcsvncError) else described(fact)


def _origin(facts: Facts, setting: Setting[Any]) -> str:
    origin = attempt(lambda: facts.settings.origin(setting))
    return "invalid" if isinstance(origin, EcsvncError) else origin.kind.value


def _credentials(facts: Facts) -> dict[str, Any]:
    found = facts.found
    if isinstance(found, EcsvncError):
        return _error(found)
    own_words = {source.name for source in SOURCES}
    place = facts.access.credentials.place
    return {
        "source": place if place in own_words else "a chosen profile",
        "is_temporary": bool(found.access_key.security_token),
        "is_accepted": not isinstance(facts.credentials, EcsvncError),
    }


def _endpoint(facts: Facts) -> dict[str, Any]:
    probe = facts.endpoint
    if isinstance(probe, EcsvncError):
        return _error(probe)
    return {
        "scheme": urlsplit(probe.origin).scheme,
        "proxy_scheme": None if probe.proxy is None else probe.proxy.scheme,
        "took_ms": round(probe.took_s * 1000),
        "clock_offset_s": None if probe.offset_s is None else round(probe.offset_s, 1),
        "regions": None if isinstance(facts.regions, EcsvncError) else len(facts.regions),
    }


def _ticket(console: Console) -> dict[str, Any]:
    address = urlsplit(console.ticket.vnc_url.value)
    values = parse_qsl(address.query)
    return {
        "scheme": address.scheme.lower(),
        "port": address.port,
        "is_alibaba_cloud_host": (address.hostname or "").endswith(_DOMAINS),
        "is_documented_path": address.path == _DOCUMENTED_PATH,
        "parameter_lengths": [len(value) for _, value in values],
        "os_type": console.os_type if console.os_type in ("windows", "linux") else None,
    }


def _console(found: ConsoleFindings) -> dict[str, Any]:
    facts, shot = found.facts, found.shot
    text = None if shot.is_blank else shot.text
    return {
        "rfb_version": facts.rfb_version,
        "security_types": list(facts.security_types),
        "security_type": facts.security_type,
        "width": facts.width,
        "height": facts.height,
        "name_length": len(facts.name),
        "pixel_format": {
            "bits_per_pixel": facts.pixel_format.bits_per_pixel,
            "depth": facts.pixel_format.depth,
            "is_big_endian": facts.pixel_format.is_big_endian,
            "is_true_colour": facts.pixel_format.is_true_colour,
        },
        "encodings": list(facts.encodings),
        "has_extended_keys": facts.has_extended_keys,
        "subprotocol": "binary" if facts.subprotocol == "binary" else None,
        "close_codes": list(facts.close_codes),
        "round_trip_ms": round(found.round_trip_s * 1000, 1),
        "screen": "blank" if shot.is_blank else "picture" if text is None else "text",
        "columns": None if text is None else text.columns,
        "rows": None if text is None else text.rows,
        "cell_width": None if text is None else text.grid.cell_width + text.grid.gap,
        "cell_height": None if text is None else text.grid.cell_height,
        "unknown": None if text is None else text.unknown,
    }
