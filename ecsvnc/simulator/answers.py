"""What the API answers: values as JSON or XML, and errors in the form that all Alibaba Cloud RPC products share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote
from xml.sax.saxutils import escape

Format = Literal["JSON", "XML"]


class ApiError(Exception):
    """A refusal: HTTP status, `Code`, `Message`.

    `access_denied_detail` goes with refusals by RAM; `retry_after_ms` becomes the header `x-acs-retry-after`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        access_denied_detail: Mapping[str, str] | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message
        self.access_denied_detail = access_denied_detail
        self.retry_after_ms = retry_after_ms


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer of the API, before it becomes the server's."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def success(values: Mapping[str, Any], *, action: str, request_id: str, form: Format) -> Answer:
    """The answer to a call that was done. A list becomes repeated elements of its key's name in XML."""
    body = render({"RequestId": request_id, **values}, root=f"{action}Response", form=form)
    return Answer(200, _headers(form, request_id), body)


def refusal(error: ApiError, *, host_id: str, request_id: str, form: Format) -> Answer:
    """The answer to a call that was refused. `host_id` is the name that the client called the service by."""
    values: dict[str, Any] = {
        "RequestId": request_id,
        "HostId": host_id,
        "Code": error.code,
        "Message": error.message,
        "Recommend": f"https://api.aliyun.com/troubleshoot?q={quote(error.code)}&product=Ecs&requestId={request_id}",
    }
    if error.access_denied_detail is not None:
        values["AccessDeniedDetail"] = dict(error.access_denied_detail)
    headers = _headers(form, request_id)
    if error.retry_after_ms is not None:
        headers.append(("x-acs-retry-after", str(error.retry_after_ms)))
    return Answer(error.status, headers, render(values, root="Error", form=form))


def render(values: Mapping[str, Any], *, root: str, form: Format) -> bytes:
    """The document as bytes, in UTF-8. Lists always stand in a mapping, under their elements' name."""
    if form == "JSON":
        return json.dumps(values, ensure_ascii=False).encode()
    return f'<?xml version="1.0" encoding="UTF-8"?>{_element(root, values)}'.encode()


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, Mapping):
        inner = "".join(_element(key, item) for key, item in value.items())
    elif isinstance(value, bool):
        inner = str(value).lower()
    else:
        inner = escape(str(value))
    return f"<{name}>{inner}</{name}>"


def _headers(form: Format, request_id: str) -> list[tuple[str, str]]:
    return [
        ("Content-Type", "application/json;charset=utf-8" if form == "JSON" else "text/xml;charset=utf-8"),
        ("x-acs-request-id", request_id),
    ]
