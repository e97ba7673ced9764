"""An API request, parsed once for both signature schemes and all actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from ecsvnc.simulator.refusals import refused

if TYPE_CHECKING:
    from ecsvnc.loopback.server import ServerRequest
    from ecsvnc.simulator.answers import Format

_FORM = "application/x-www-form-urlencoded"
_MAX_PARAMETERS = 1000
_BROKEN_ENCODING = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """`query` and `form` are decoded; `headers` by lower-case name, of those sent once; `repeated` names the others."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    repeated: frozenset[str]
    query: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @classmethod
    def parse(cls, request: ServerRequest) -> ApiRequest:
        """Parse a request. Raises ApiError if its parameters are not well-formed."""
        headers: dict[str, str] = {}
        repeated = set()
        for name, value in request.headers:
            if name in headers:
                repeated.add(name)
            headers[name] = value
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        is_form = request.method == "POST" and media_type == _FORM
        query = _pairs(request.query)
        form = _pairs(request.body.decode("latin-1")) if is_form else {}
        if query.keys() & form.keys():
            raise refused("InvalidParameter")
        return cls(request.method, headers, frozenset(repeated), query, form, request.body)

    @property
    def parameters(self) -> dict[str, str]:
        """Those of query and form together: the API treats them alike."""
        return {**self.query, **self.form}

    @property
    def is_acs3(self) -> bool:
        """Whether the request uses headers (the newer scheme) rather than parameters.

        The vendor's older SDK sends `x-acs-action` too, unsigned, beside signed parameters: the parameters decide then.
        """
        if "authorization" in self.headers:
            return True
        return "x-acs-action" in self.headers and not {"AccessKeyId", "Signature"} & self.parameters.keys()

    @property
    def action(self) -> str:
        """The action's name; empty if it is missing."""
        return self.headers.get("x-acs-action", "") if self.is_acs3 else self.parameters.get("Action", "")

    @property
    def version(self) -> str:
        """The API version, `YYYY-MM-DD`; empty if it is missing."""
        return self.headers.get("x-acs-version", "") if self.is_acs3 else self.parameters.get("Version", "")

    @property
    def answer_format(self) -> Format:
        """The parameter `Format`; in the newer scheme also `accept`; else XML, the documented default."""
        if "Format" in self.parameters:
            return "JSON" if self.parameters["Format"].upper() == "JSON" else "XML"
        return "JSON" if self.is_acs3 and "application/json" in self.headers.get("accept", "") else "XML"


def _pairs(text: str) -> dict[str, str]:
    if not text:
        return {}
    if _BROKEN_ENCODING.search(text):  # parse_qsl would accept it
        raise refused("InvalidParameter")
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MAX_PARAMETERS
        )
    except ValueError:  # UnicodeDecodeError is one
        raise refused("InvalidParameter") from None
    values = dict(pairs)
    if len(values) != len(pairs):
        raise refused("InvalidParameter")
    return values
