"""`ecsvnc type` and `run` on virtual machines: what was typed is what Linux's terminal got."""

import contextlib
import random

import pytest
from support.program import wait_until
from support.qemu.gateway import NAME, GuestEcs
from support.qemu.guest import PASSWORD, USER, Guest
from support.qemu.keymaps import XKB, keymap

from ecsvnc.runtime import Runtime

ASCII = "".join(map(chr, range(0x20, 0x7F)))
OTHERS = {"gb": "£€", "de": "äöüÄÖÜß§€âè", "de-nodeadkeys": "äöüß€", "fr": "éèçàùâêîôûëïüµ£€", "es": "ñÑáéíóúü¿¡ç€"}
"""What else a layout types; two-byte letters and the euro sign."""


@pytest.fixture
def typed(kernel, in_process):
    """`typed(text, layout)`: what a guest with that layout got when `ecsvnc type` typed a text."""
    with Guest.booted(kernel, "cirrus") as guest, GuestEcs(Runtime.of_this_process(), guest) as ecs:
        guest.listen()
        loaded = []

        def typed(text, layout="us"):
            if loaded != [layout]:
                loaded[:] = [layout]
                guest.load_keymap(keymap(layout))
            before = len(guest.typed())
            done = in_process("type", NAME, "--layout", layout, "--", text, **ecs.exports())
            assert done.status == 0, done.stderr
            got = []
            with contextlib.suppress(AssertionError):  # a busy guest reads its keyboard late
                wait_until(lambda: got.append(guest.typed()[before:].decode(errors="replace")) or got[-1] == text)
            return got[-1]

        typed.guest = guest
        yield typed


def random_text(length, seed):
    return "".join(random.Random(seed).choices(ASCII, k=length))


def test_what_is_typed_arrives_with_caps_lock_too(typed):
    for layout in ("de", "jp"):
        assert typed(ASCII, layout) == ASCII
    typed.guest.press("caps_lock")
    assert typed(random_text(150, seed=1)) == random_text(150, seed=1)


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("layout", XKB)
def test_every_layout_arrives_byte_for_byte(typed, layout):
    assert typed(ASCII, layout) == ASCII
    if layout in OTHERS:
        assert typed(OTHERS[layout], layout) == OTHERS[layout]


@pytest.mark.full
@pytest.mark.parametrize("layout", ["us", "jp"])
def test_caps_lock_makes_no_difference(typed, layout):
    # In the other layouts, console-setup makes Caps Lock a lock of its own, which has no light and which nobody tells.
    assert typed("a", layout) == "a"
    typed.guest.press("caps_lock")
    assert typed(ASCII, layout) == ASCII


@pytest.mark.full
def test_no_character_of_2000_is_lost(typed):
    assert typed(random_text(2000, seed=2)) == random_text(2000, seed=2)


LOGIN = f"""\
fail "Login incorrect"
wait login: within 2m
type {USER}
keys enter
wait Password:
secret GUEST_PASSWORD
keys enter
wait "[$#] $"
type echo the answer is $((6 * 7))
keys enter
wait "the answer is 42"
screen
"""


def log_in(guest, in_process, folder, monkeypatch, password=PASSWORD):
    (folder / "log-in").write_text(LOGIN)
    monkeypatch.setenv("GUEST_PASSWORD", password)
    with guest, GuestEcs(Runtime.of_this_process(), guest) as ecs:
        return in_process("run", NAME, str(folder / "log-in"), "--debug", **ecs.exports())


def test_run_logs_in_from_a_cold_boot(kernel, in_process, tmp_path, monkeypatch):
    done = log_in(Guest.linux(kernel, "cirrus"), in_process, tmp_path, monkeypatch)
    assert done.status == 0, done.stderr
    assert "the answer is 42\n" in done.stdout
    assert PASSWORD not in done.stdout + done.stderr


@pytest.mark.full
@pytest.mark.parametrize("attempt", range(20))
def test_run_logs_in_20_times_of_20(attempt, kernel, in_process, tmp_path, monkeypatch):
    done = log_in(Guest.linux(kernel, "cirrus"), in_process, tmp_path, monkeypatch)
    assert done.status == 0, done.stderr


@pytest.mark.full
def test_a_wrong_password_ends_it_at_once(kernel, in_process, tmp_path, monkeypatch):
    done = log_in(Guest.booted(kernel, "cirrus"), in_process, tmp_path, monkeypatch, password="wrong")
    assert done.status == 6
    assert "'Login incorrect', which a `fail` step names." in done.stderr
