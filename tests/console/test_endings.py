import pytest

from ecsvnc.console.endings import (
    EndedBy,
    console_closed,
    handshake_refused,
    refusal_for_viewer,
    why_closed,
    without_ticket,
)
from ecsvnc.errors import ConsoleError, NetworkError, StateError
from ecsvnc.tickets.ticket import VncUrl


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        (4000, "idle", "it was idle for too long"),
        (4001, "taken", "another session took it over"),
        (4002, "stopped", "the instance was stopped"),
        (1006, "", "was lost"),
        (1006, "TLS was cut", "was lost (TLS was cut)"),
        (1000, "bye", "ECS closed the console (bye)"),
        (4999, "", "code 4999"),
    ],
)
def test_a_close_code_is_reported_in_words_and_what_to_do(code, reason, words):
    ending = console_closed(code, reason, idle_s=0)
    assert words in ending.words
    assert "Connect again" in ending.words
    assert ending.words.startswith(why_closed(code, reason))
    assert "Connect again" not in why_closed(code, reason)
    assert ending.by is EndedBy.CONSOLE
    assert "\n" not in ending.words


def test_a_close_without_a_reason_after_the_idle_limit_names_it():
    assert "idle limit" in console_closed(1006, "", idle_s=300).words
    assert "idle limit" not in console_closed(1006, "", idle_s=60).words


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (403, ConsoleError, "expired, or was used before"),
        (401, ConsoleError, "expired, or was used before"),
        (429, ConsoleError, "too many connections"),
        (503, ConsoleError, "is failing"),
        (200, NetworkError, "not as a console does"),
        (302, NetworkError, "not as a console does"),
        (404, NetworkError, "not as a console does"),
    ],
)
def test_a_refused_handshake_is_reported_by_its_status(status, kind, words):
    error = handshake_refused(status, "console.example.com")
    assert isinstance(error, kind)
    assert words in error.what
    assert error.hint


def test_a_viewer_is_shown_one_line_without_control_characters():
    error = StateError("db-1 is Stopped.\x1b[31m\n", hint="Start it.")
    assert refusal_for_viewer(error) == "db-1 is Stopped.?[31m? Start it."


TOKEN = "Dvh%2FIA%2BYc73kQ0aPz41"
VNC_URL = VncUrl.parse(f"wss%3A%2F%2Fconsole.example.com%2Fwebsockify%2F%3Fs%3D{TOKEN.replace('%', '%25')}%26v%3D2")


@pytest.mark.parametrize(
    "repeated",
    [
        TOKEN,
        "Dvh/IA+Yc73kQ0aPz41",
        "Dvh%252FIA%252BYc73kQ0aPz41",
        TOKEN.lower(),
        TOKEN[:-3],
        "Dvh/IA+Yc",
        VNC_URL.value,
        VNC_URL.encoded,
        "ws://other.example.com/?s=abc",
        r"wss:\/\/other.example.com\/?s=abc",
    ],
)
def test_a_ticket_that_the_console_repeats_is_cut_out_whole(repeated):
    assert without_ticket(f"Refused {repeated} for now", VNC_URL) == "Refused [redacted] for now"


@pytest.mark.parametrize("words", ["Too many connections, 2 of 2", "Dvh", "no ticket: s=, v=2"])
def test_other_words_of_the_console_stay(words):
    assert without_ticket(words, VNC_URL) == words
    assert without_ticket(words, VncUrl.parse("ws://127.0.0.1:5900/")) == words


def test_a_ticket_without_a_name_is_one_too():
    assert without_ticket("bad abcdefgh==", VncUrl.parse("wss://a.example.com/?abcdefgh==")) == "bad [redacted]"
