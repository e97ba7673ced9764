from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.errors import UnexpectedAnswerError
from ecsvnc.runtime import Runtime
from ecsvnc.tickets.ticket import MAX_VNC_URL_LENGTH, Ticket, VncUrl

# The sample of the API reference, shortened.
SAMPLE = "wss%3A%2F%2Fhz01-vncproxy.aliyun.com%2Fwebsockify%2F%3Fs%3DDvh%252FIA%252BYc73"


def test_the_documented_sample_is_decoded_once_and_its_bytes_are_kept():
    vnc_url = VncUrl.parse(SAMPLE)

    assert vnc_url.value == "wss://hz01-vncproxy.aliyun.com/websockify/?s=Dvh%2FIA%2BYc73"
    assert vnc_url.encoded == SAMPLE
    assert vnc_url.host == "hz01-vncproxy.aliyun.com"
    assert vnc_url.is_encrypted


def test_lower_case_hex_is_well_formed_too_and_kept():
    assert VncUrl.parse(SAMPLE.replace("%3A", "%3a")).encoded == SAMPLE.replace("%3A", "%3a")


def test_a_url_that_comes_decoded_is_encoded_once():
    decoded = unquote(SAMPLE)

    vnc_url = VncUrl.parse(decoded)

    assert vnc_url.value == decoded
    assert vnc_url.encoded == SAMPLE


def test_ws_is_accepted_and_known_to_be_in_the_clear():
    assert not VncUrl.parse(quote("ws://127.0.0.1:8080/websockify/?s=x", safe="")).is_encrypted


@pytest.mark.parametrize(
    "value",
    [
        "",
        "javascript:alert(1)",
        "javascript%3Aalert(1)",
        "https%3A%2F%2Fexample.com",
        "//example.com",
        "wss%3A%2F%2F",
        "wss:example.com",
        "wss%253A%252F%252Fexample.com",  # encoded twice
        "wss%3A%2F%2Fuser%40example.com%2F",
        "wss%3A%2F%2Fexample.com%2F%23fragment",
        "wss%3A%2F%2Fexample.com%3A99999%2F",
        "wss%3A%2F%2Fexample.com%3Aport%2F",
        "wss%3A%2F%2Fexample.com%2F%0d%0aSet-Cookie%3Aa",
        "wss%3A%2F%2Fexample.com%2F%20",
        'wss://example.com/"><script>',
        "wss%3A%2F%2F[oops%2F",
        "wss%3A%2F%2Fexämple.com",
        "wss%3A%2F%2F%FF.com",
        "wss://example.com/" + "a" * MAX_VNC_URL_LENGTH,
    ],
)
def test_what_is_no_websocket_url_is_refused_and_not_repeated(value):
    with pytest.raises(UnexpectedAnswerError) as caught:
        VncUrl.parse(value)
    if value:
        assert value not in f"{caught.value.what} {caught.value.hint}"


def test_a_value_that_is_too_long_is_reported():
    longest = "wss://a.example.com/?s=".ljust(MAX_VNC_URL_LENGTH, "x")
    assert VncUrl.parse(longest).value == longest
    with pytest.raises(UnexpectedAnswerError, match=r"VncUrl is longer than 4096 characters\."):
        VncUrl.parse(f"{longest}x")


@given(st.text())
def test_no_value_whatever_can_end_the_query_value_or_raise_anything_else(value):
    try:
        vnc_url = VncUrl.parse(value)
    except UnexpectedAnswerError:
        return
    assert not set(vnc_url.encoded) & set("&=#? +;\r\n\"'<>") - {"'"}
    assert unquote(vnc_url.encoded) == vnc_url.value


@given(st.from_regex(r"\Awss?://[a-z]{1,9}\.example(:[1-9][0-9]{0,3})?/[A-Za-z0-9/?&=%+;:@!$'()*,._~-]{0,60}\Z"))
def test_quoting_once_and_decoding_once_are_each_other_s_inverse(url):
    assert VncUrl.parse(quote(url, safe="")).value == url
    assert VncUrl.parse(url) == VncUrl.parse(quote(url, safe=""))


def test_a_ticket_lives_15_seconds_by_the_clock_that_never_jumps():
    moment = [100.0]
    runtime = Runtime({}, Path("/nowhere"), monotonic=lambda: moment[0], now=lambda: -1e9)
    ticket = Ticket(VncUrl.parse(SAMPLE), issued_at=1_700_000_000.0, issued_monotonic_s=100.0, request_id="R")

    assert ticket.expires_at == 1_700_000_015.0
    assert ticket.seconds_left(runtime) == 15.0
    moment[0] = 116.0
    assert ticket.seconds_left(runtime) == -1.0


def test_neither_ticket_nor_url_is_shown_by_repr():
    ticket = Ticket(VncUrl.parse(SAMPLE), 0.0, 0.0, "R")

    assert "Dvh" not in repr(ticket)
    assert "Dvh" not in repr(ticket.vnc_url)
