import pytest

from ecsvnc.errors import ConsoleError, NetworkError, StateError
from ecsvnc.vnc.endings import EndedBy, console_closed, handshake_refused, refusal_for_viewer


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        (4000, "idle", "it was idle for too long"),
        (4001, "taken", "another session took it over"),
        (4002, "stopped", "the instance was stopped"),
        (1006, "", "broke the connection without a word"),
        (1006, "TLS was cut", "without a word (TLS was cut)"),
        (1000, "bye", "ECS closed the console (bye)"),
        (4999, "", "code 4999"),
    ],
)
def test_a_close_code_is_told_in_words_and_what_to_do(code, reason, words):
    ending = console_closed(code, reason, idle_s=0)
    assert words in ending.words
    assert "Connect again" in ending.words
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
def test_a_refused_handshake_is_told_by_its_status(status, kind, words):
    error = handshake_refused(status, "console.example.com")
    assert isinstance(error, kind)
    assert words in error.what
    assert error.hint


def test_a_viewer_is_shown_one_line_without_control_characters():
    error = StateError("db-1 is Stopped.\x1b[31m\n", hint="Start it.")
    assert refusal_for_viewer(error) == "db-1 is Stopped.?[31m? Start it."
