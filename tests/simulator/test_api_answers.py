from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.simulator.answers import refusal, render, success
from ecsvnc.simulator.refusals import ApiError

NAMES = st.text("abcXYZ", min_size=1, max_size=5)
TEXTS = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"))


def test_a_list_becomes_repeated_elements():
    values = {"Instances": {"Instance": [{"Id": "a", "Ok": True}, {"Id": "b", "Ok": False}]}, "Empty": {"None": []}}
    document = render(values, root="Response", form="XML").decode()
    assert document == (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Instances>'
        "<Instance><Id>a</Id><Ok>true</Ok></Instance><Instance><Id>b</Id><Ok>false</Ok></Instance>"
        "</Instances><Empty></Empty></Response>"
    )


@given(st.dictionaries(NAMES, TEXTS))
def test_every_text_comes_back_from_either_format(values):
    assert json.loads(render(values, root="Response", form="JSON")) == values
    root = ET.fromstring(render(values, root="Response", form="XML"))
    assert {element.tag: element.text or "" for element in root} == values


def test_a_refusal_has_what_the_documentation_says():
    error = ApiError(403, "Forbidden.RAM", "No.", access_denied_detail={"AuthAction": "ecs:X"}, retry_after_ms=1500)
    answer = refusal(error, host_id="ecs.example", request_id="R-1", form="JSON")
    assert answer.status == 403
    assert dict(answer.headers) == {
        "Content-Type": "application/json;charset=utf-8",
        "x-acs-request-id": "R-1",
        "x-acs-retry-after": "1500",
    }
    assert json.loads(answer.body) == {
        "RequestId": "R-1",
        "HostId": "ecs.example",
        "Code": "Forbidden.RAM",
        "Message": "No.",
        "Recommend": "https://api.aliyun.com/troubleshoot?q=Forbidden.RAM&product=Ecs&requestId=R-1",
        "AccessDeniedDetail": {"AuthAction": "ecs:X"},
    }


def test_a_success_is_named_after_its_action_in_xml():
    answer = success({"A": 1}, action="DoIt", request_id="R-1", form="XML")
    assert answer.status == 200
    assert answer.body.endswith(b"<DoItResponse><RequestId>R-1</RequestId><A>1</A></DoItResponse>")
