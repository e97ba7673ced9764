"""What a terminal sends, as keys and pasted text: whole, in pieces, and what is no key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.attach.decode import MAX_PASTE, Decoder, HasKittyKeys, Pasted, Pressed


def pressed(key, *modifiers):
    return Pressed(key, frozenset(modifiers))


def read(text):
    """What is told at once, and when nothing follows."""
    decoder = Decoder()
    return [*decoder.feed(text.encode()), *decoder.flush()]


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("aA1 \u00e4\u20ac\u4e2d", [pressed(character) for character in "aA1 \u00e4\u20ac\u4e2d"]),
        ("\x03\x1a\x1d", [pressed("c", "ctrl"), pressed("z", "ctrl"), pressed("]", "ctrl")]),
        ("\r\n\t\x7f\x08\x00", [
            pressed("enter"), pressed("j", "ctrl"), pressed("tab"), pressed("backspace"), pressed("h", "ctrl"),
            pressed(" ", "ctrl"),
        ]),
        ("\x1b", [pressed("esc")]),
        ("\x1b\x1b", [pressed("esc"), pressed("esc")]),
        ("\x1bx\x1bX", [pressed("x", "alt"), pressed("X", "alt")]),
        ("\x1b\r\x1b\x7f", [pressed("enter", "alt"), pressed("backspace", "alt")]),
        ("\x1b[\x1b", [pressed("[", "alt"), pressed("esc")]),
        ("\x1bO", [pressed("O", "alt")]),
        ("\x1b[A\x1bOA", [pressed("up"), pressed("up")]),
        ("\x1b[1;5C\x1b[1;4D", [pressed("right", "ctrl"), pressed("left", "alt", "shift")]),
        ("\x1b\x1b[A", [pressed("up", "alt")]),
        ("\x1b[a\x1b[7^", [pressed("up", "shift"), pressed("home", "ctrl")]),
        ("\x1b[H\x1b[F\x1b[5~\x1b[6;5~", [
            pressed("home"), pressed("end"), pressed("pageup"), pressed("pagedown", "ctrl"),
        ]),
        ("\x1bOP\x1b[15~\x1b[24;2~\x1b[[E", [
            pressed("f1"), pressed("f5"), pressed("f12", "shift"), pressed("f5"),
        ]),
        ("\x1b[25~\x1b[34~", [pressed("f1", "shift"), pressed("f8", "shift")]),
        ("\x1b[Z", [pressed("tab", "shift")]),
        ("\x1bOM\x1bOj", [pressed("enter"), pressed("*")]),
        ("\x1b[27;5;105~", [pressed("i", "ctrl")]),
        # the kitty protocol
        ("\x1b[27u\x1b[97;5u\x1b[105;5u", [pressed("esc"), pressed("a", "ctrl"), pressed("i", "ctrl")]),
        ("\x1b[97;6u\x1b[97;2u", [pressed("a", "ctrl", "shift"), pressed("A")]),
        ("\x1b[13;2u\x1b[127;3u\x1b[57361u", [
            pressed("enter", "shift"), pressed("backspace", "alt"), pressed("sysrq"),
        ]),
        ("\x1b[57400u\x1b[57414u", [pressed("1"), pressed("enter")]),
        ("\x1b[1;5:1A\x1b[1;5:3A\x1b[97;1:3u", [pressed("up", "ctrl")]),
    ],
)  # fmt: skip
def test_a_key_is_read_with_its_modifiers(sent, keys):
    assert read(sent) == keys


@pytest.mark.parametrize(
    "sent",
    [
        "\x1b[?62;4c",
        "\x1b[>0;276;0c",
        "\x1b[12;40R",
        "\x1b[I\x1b[O",
        "\x1b[<0;3;4M",
        "\x1b]11;rgb:0000/0000/0000\x1b\\",
        "\x1b]11;rgb:0000/0000/0000\x07",
        "\x1bP>|kitty(0.31)\x1b\\",
        "\x1b[57344u",
        "\x1b[57441;2u",
        "\x1b[999999999999u",
        "\x1b[1114112;5u",
        "\x1b[55296u",
        "\x1b[99~",
        "\x1b[200 q",
        "\x85\x9b",
        "\x1b[" + "9" * 5000 + "u",
    ],
)
def test_what_is_no_key_is_left_out_whole(sent):
    assert read(sent + "a") == [pressed("a")]


def test_bytes_that_are_no_text_are_left_out():
    assert Decoder().feed(b"a\xff\xfeb\xc3(") == [pressed("a"), pressed("b"), pressed("(")]


def test_the_terminals_answer_is_told():
    assert read("\x1b[?1u") == [HasKittyKeys()]


KEYS = ["a", "\u00e4", "\x1b[1;5A", "\x1bOP", "\x1bx", "\x1b[97;5u", "\x1b[?1u", "\r"]
PASTE = "\x1b[200~a\x1bb\r\n\x1b[201~"


@given(st.lists(st.sampled_from(KEYS)), st.lists(st.sampled_from(KEYS)), st.data())
def test_it_makes_no_difference_in_which_pieces_it_comes(before, after, data):
    parts = [*before, PASTE, *after]
    sent = "".join(parts).encode()
    decoder, events, at = Decoder(), [], 0
    while at < len(sent):
        end = data.draw(st.integers(at + 1, len(sent)))
        events += decoder.feed(sent[at:end])
        at = end
    assert events == [event for part in parts for event in Decoder().feed(part.encode())]
    assert not decoder.waits


@given(st.text())
def test_whatever_comes_is_read_to_its_end(text):
    decoder = Decoder()
    decoder.feed(text.encode("utf-8", "surrogatepass"))
    decoder.flush()
    assert not decoder.waits


@pytest.mark.parametrize(("begin", "rest"), [("\x1b", "[A"), ("\x1b[", "A"), ("\x1b[1;", "5A"), ("\x1bO", "A")])
def test_an_escape_waits_for_what_may_follow(begin, rest):
    decoder = Decoder()
    assert decoder.feed(begin.encode()) == []
    assert decoder.waits
    (event,) = decoder.feed(rest.encode())
    assert event.key == "up"


class TestPaste:
    def test_pasted_text_is_one_event(self):
        assert read("\x1b[200~ls -l\rcat\t\x03\x1d\x1b[A\x1b[201~x") == [
            Pasted("ls -l\rcat\t\x03\x1d\x1b[A"),
            pressed("x"),
        ]

    def test_it_is_waited_for_until_it_ends(self):
        decoder = Decoder()
        assert decoder.feed(b"\x1b[200~one") == []
        assert not decoder.waits
        assert decoder.feed(b" two\x1b[20") == []
        assert decoder.feed(b"1~") == [Pasted("one two")]

    def test_text_that_contains_the_end_does_not_end_itself(self):
        assert read("\x1b[200~a\x1b[201~\x1d\x1b[200~b\x1b[201~") == [Pasted("a\x1db")]

    def test_too_much_is_cut_off(self):
        decoder = Decoder()
        decoder.feed(b"\x1b[200~")
        for _ in range(5):
            decoder.feed(b"x" * (MAX_PASTE // 2))
        (event,) = decoder.feed(b"\x1b[201~")
        assert len(event.text) <= MAX_PASTE + 8
