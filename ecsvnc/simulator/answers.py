"""What the API answers: values as JSON or XML, and errors in the form that all Alibaba Cloud RPC products share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote
from xml.sax.saxutils import escape

from ecsvnc.loopback.server import ServerResponse
from ecsvnc.simulator.refusals import ApiError

Format = Literal["JSON", "XML"]


def success(values: Mapping[str, Any], *, action: str, request_id: str, form: Format) -> ServerResponse:
    """The answer to a call that succeeded. In XML, a list becomes repeated elements named by its key."""
    body = render({"RequestId": request_id, **values}, root=f"{action}Response", form=form)
    return ServerResponse(200, _headers(form, request_id), body)


def refusal(error: ApiError, *, host_id: str, request_id: str, form: Format) -> ServerResponse:
    """The answer to a call that was refused. `host_id` is the host name that the client used."""
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
    return ServerResponse(error.status, headers, render(values, root="Error", form=form))


def render(values: Mapping[str, Any], *, root: str, form: Format) -> bytes:
    """The document as bytes, in UTF-8. A list is always the value of a mapping's key."""
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
