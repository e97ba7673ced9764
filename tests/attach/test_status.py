"""The status line."""

from __future__ import annotations

from ecsvnc.attach.status import SHOWN_S, Status


def test_what_is_kept_is_shown_again_after_what_is_said_for_a_while():
    status = Status()
    status.keep("Connecting again …")
    status.say("Nothing was sent.", 10.0)
    assert (status.text(10.0), status.due_in_s(10.0)) == ("Nothing was sent.", SHOWN_S)
    assert (status.text(10.0 + SHOWN_S), status.due_in_s(10.0 + SHOWN_S)) == ("Connecting again …", None)


def test_what_is_kept_is_shown_at_once():
    status = Status()
    status.say("Saved.", 10.0)
    status.keep("Connecting again …")
    assert status.text(10.0) == "Connecting again …"


def test_nothing_is_shown_after_the_end_of_what_is_kept():
    status = Status()
    status.keep("Connecting again …")
    status.keep("")
    status.say("Connected again.", 10.0)
    assert status.text(10.0) == "Connected again."
    assert status.text(10.0 + SHOWN_S) == ""
