"""What is pressed to type, in each layout, against what a keyboard with that layout makes of it."""

from __future__ import annotations

import json
import unicodedata
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.errors import UsageError
from ecsvnc.keyboard.keys import ALTGR, CTRL, ENTER, NAMES, SHIFT, TAB, Key
from ecsvnc.keyboard.layout import events_of_chord, events_of_strokes, load_layout
from ecsvnc.keyboard.layout_names import LAYOUT_NAMES

TABLES = json.loads(resources.files("ecsvnc.keyboard").joinpath("layouts.json").read_text("utf-8"))
ASCII = "".join(map(chr, range(0x20, 0x7F)))
COMBINING = {
    "dead_grave": "\u0300", "dead_acute": "\u0301", "dead_circumflex": "\u0302",
    "dead_tilde": "\u0303", "dead_diaeresis": "\u0308", "dead_cedilla": "\u0327",
}  # fmt: skip
LINUX_CODES = {0x73: 89, 0x7D: 124}


def typed(events, layout):
    """What an instance with this layout gets, and the keys that are still down."""
    text, dead, down = "", None, []
    for key, is_down in events:
        if not is_down:
            down.remove(key)
            continue
        assert key not in down
        down.append(key)
        if key in (SHIFT, ALTGR):
            continue
        if key in (ENTER, TAB):
            text += "\n" if key == ENTER else "\t"
            continue
        level = (SHIFT in down) + 2 * (ALTGR in down)
        symbol = TABLES[layout][str(LINUX_CODES.get(key.scancode, key.scancode))][level]
        if symbol.startswith("dead_"):
            dead = COMBINING[symbol]
        elif dead is None:
            text += symbol
        else:
            alone = {"\u0300": "`", "\u0302": "^", "\u0303": "~"}
            text += alone[dead] if symbol == " " else unicodedata.normalize("NFC", symbol + dead)
            dead = None
    return text, down


@pytest.mark.parametrize("name", LAYOUT_NAMES)
def test_all_of_ascii_is_typed(name):
    strokes = load_layout(name).strokes(ASCII)
    assert typed(events_of_strokes(strokes), name) == (ASCII, [])


LETTERS = {
    "us": "", "gb": "£€", "de": "äöüÄÖÜß€§°µ²éèêâ", "de-nodeadkeys": "äöüß^`~", "fr": "éèçàùâêîôûëïüÉÈÀ€µ£§",
    "es": "ñÑáéíóúüÁ¿¡çº€", "jp": "",
}  # fmt: skip
"""What the keyboards of a language have besides ASCII."""


@pytest.mark.parametrize("name", LAYOUT_NAMES)
def test_the_letters_of_its_language_are_typed(name):
    text = LETTERS[name]
    assert typed(events_of_strokes(load_layout(name).strokes(text)), name) == (text, [])


@given(st.data())
def test_any_text_that_it_can_type_arrives_and_no_key_stays_down(data):
    name = data.draw(st.sampled_from(LAYOUT_NAMES))
    symbols = {symbol for levels in TABLES[name].values() for symbol in levels if symbol and len(symbol) == 1}
    text = data.draw(st.text(st.sampled_from([*sorted(symbols), "\n", "\t"])))
    assert typed(events_of_strokes(load_layout(name).strokes(text)), name) == (text, [])


@pytest.mark.parametrize("name", LAYOUT_NAMES)
def test_a_letters_keysym_agrees_with_shift(name):
    # QEMU takes a contradiction for Caps Lock.
    for stroke in load_layout(name).strokes(ASCII):
        letter = chr(stroke.key.keysym) if stroke.key.keysym < 0x80 else ""
        assert not letter.isalpha() or letter.isupper() == (SHIFT in stroke.modifiers)


def test_a_modifier_stays_down_from_one_character_to_the_next():
    events = list(events_of_strokes(load_layout("us").strokes("ABC")))
    assert [event.is_down for event in events if event.key == SHIFT] == [True, False]
    assert len(events) == 8


def test_every_kind_of_line_end_is_one_enter():
    assert [stroke.key for stroke in load_layout("us").strokes("\r\n\n\r")] == [ENTER] * 3


@pytest.mark.parametrize("text", ["ä", "a\x1b", "\x00", "日", "a\ud800"])
def test_what_it_cannot_type_is_refused_with_its_name(text):
    with pytest.raises(UsageError, match="The keyboard layout us cannot type ") as caught:
        load_layout("us").strokes(text)
    assert "Nothing was typed." in caught.value.what
    assert "--layout" in caught.value.hint


def test_of_many_characters_some_are_named():
    with pytest.raises(UsageError, match=r"cannot type 'à', 'á', .* and others"):
        load_layout("us").strokes("àáâãäåæçè")


class TestChords:
    def test_names_are_pressed_in_order_and_released_in_reverse(self):
        events = events_of_chord(load_layout("us").chord("ctrl-alt-del"))
        ctrl, alt, delete = CTRL, NAMES["alt"], NAMES["del"]
        assert [(event.key, event.is_down) for event in events] == [
            (ctrl, True), (alt, True), (delete, True), (delete, False), (alt, False), (ctrl, False),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("text", "same"),
        [
            ("CTRL+ALT+Delete", "ctrl-alt-del"), ("Return", "enter"), ("escape", "esc"), ("ctrl-C", "ctrl-c"),
            ("control-c", "ctrl-c"), ("PgDn", "pagedown"),
        ],
    )  # fmt: skip
    def test_a_key_has_the_names_that_people_give_it(self, text, same):
        layout = load_layout("us")
        assert layout.chord(text) == layout.chord(same)

    def test_a_character_is_where_the_layout_has_it(self):
        assert load_layout("de").chord("ctrl-z") == [CTRL, Key(ord("y"), 21)]
        assert load_layout("fr").chord("ctrl-c") == [CTRL, Key(ord("c"), 46)]

    def test_a_character_that_needs_shift_gets_it(self):
        assert load_layout("us").chord("?") == [SHIFT, Key(ord("/"), 53)]
        assert load_layout("us").chord("A") == [SHIFT, Key(ord("A"), 30)]
        assert load_layout("us").chord("ctrl-shift-a") == [CTRL, SHIFT, Key(ord("A"), 30)]

    def test_joiners_are_keys_too(self):
        assert load_layout("us").chord("-") == [Key(ord("-"), 12)]
        assert load_layout("us").chord("ctrl--") == [CTRL, Key(ord("-"), 12)]
        assert load_layout("us").chord("ctrl-+") == [CTRL, SHIFT, Key(ord("="), 13)]

    def test_any_key_can_be_given_by_its_keysym(self):
        assert load_layout("us").chord("0xFF0D") == [Key(0xFF0D, None)]

    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            ("ctrl-alt-dele", "Did you mean 'del'?"),
            ("f13", "Did you mean 'f3'?"),
            ("", "Keys are enter, "),
            ("日", "Keys"),
        ],
    )
    def test_an_unknown_name_is_refused_with_a_near_one(self, text, hint):
        with pytest.raises(UsageError, match="Unknown key") as caught:
            load_layout("us").chord(text)
        assert caught.value.hint.startswith(hint)


def test_the_layouts_are_those_that_xkb_has(need):
    need("ckbcomp")
    import make_layouts

    assert make_layouts.layouts() == make_layouts.PRODUCT.read_text("utf-8")
