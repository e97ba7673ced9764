"""Keys of the terminal as key events of a layout."""

from __future__ import annotations

import pytest

from ecsvnc.attach.decode import Pressed
from ecsvnc.attach.key_events import key_events
from ecsvnc.errors import UsageError
from ecsvnc.keyboard.keys import NAMES
from ecsvnc.keyboard.layout import load_layout

NAMES_BY_KEY = {key: name for name, key in NAMES.items()}


def events(key, *modifiers, layout="us"):
    """Key events in words: `+ctrl +c -c -ctrl`."""
    return " ".join(
        f"{'+' if event.is_down else '-'}{NAMES_BY_KEY.get(event.key) or chr(event.key.keysym)}"
        for event in key_events(Pressed(key, frozenset(modifiers)), load_layout(layout))
    )


@pytest.mark.parametrize(
    ("key", "modifiers", "expected"),
    [
        ("a", (), "+a -a"),
        ("A", (), "+shift +A -A -shift"),
        ("!", (), "+shift +1 -1 -shift"),
        (" ", (), "+space -space"),
        ("enter", (), "+enter -enter"),
        ("c", ("ctrl",), "+ctrl +c -c -ctrl"),
        ("]", ("ctrl",), "+ctrl +] -] -ctrl"),
        (" ", ("ctrl",), "+ctrl +space -space -ctrl"),
        ("_", ("ctrl",), "+ctrl +shift +- -- -shift -ctrl"),
        ("x", ("alt",), "+alt +x -x -alt"),
        ("X", ("alt",), "+alt +shift +X -X -shift -alt"),
        ("a", ("ctrl", "shift"), "+ctrl +shift +A -A -shift -ctrl"),
        ("-", ("alt",), "+alt +- -- -alt"),
        ("up", ("shift", "ctrl"), "+ctrl +shift +up -up -shift -ctrl"),
        ("f2", ("alt",), "+alt +f2 -f2 -alt"),
        ("tab", ("shift",), "+shift +tab -tab -shift"),
    ],
)
def test_a_key_is_pressed_with_its_modifiers_around_it(key, modifiers, expected):
    assert events(key, *modifiers) == expected


def test_a_character_is_the_key_of_the_instances_layout():
    assert events("z", layout="de") == "+y -y"
    assert events("@", layout="de") == "+altgr +q -q -altgr"
    assert events("z", "ctrl", layout="de") == "+ctrl +y -y -ctrl"


@pytest.mark.parametrize(("key", "modifiers"), [("\u4e2d", ()), ("\u00e4", ("ctrl",))])
def test_what_the_layout_lacks_is_refused(key, modifiers):
    with pytest.raises(UsageError):
        events(key, *modifiers)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("capslock", "numlock")])
def test_every_named_key_can_be_pressed(name):
    assert events(name) == f"+{name} -{name}"
