"""`ecsvnc attach`, by the command on an emulated terminal, against consoles of an embedded ECS."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.emulators import PyteTerminal

from ecsvnc.simulator.consoles import CUT, TAKEN_OVER

MENU, DETACH = "\x1d", "\x1dd"
PASTE = "\x1b[200~{}\x1b[201~"


@pytest.fixture
def attach(program):
    """`with attach() as terminal`: attached to web-1, and ended as a session is that was not detached."""

    @contextmanager
    def attach(*options, columns=90, rows=30, instance="web-1", is_shown="login:", answers=None, **environ):
        environ = {**program.environ, **environ}
        arguments = ("attach", instance, *options)
        with PyteTerminal(*arguments, environ=environ, columns=columns, rows=rows, answers=answers) as terminal:
            if is_shown:
                terminal.wait_for(is_shown)
            yield terminal
            if terminal.process.poll() is None:
                terminal.process.terminate()
                assert terminal.status() == 143

    return attach


def shown(terminal):
    return "\n".join(terminal.rows)


def wait_for_words(terminal, text):
    """Wait for a message, which is broken between words."""
    terminal.wait_until(lambda: text in " ".join(shown(terminal).split()))


def said_after(terminal):
    """Its status, and what stands on the terminal after the full screen, in one line."""
    status = terminal.status()
    return status, " ".join(terminal.written.decode().partition("\x1b[?1049l")[2].split())


def keys_of(ecs, name="web-1"):
    """The keys that an instance got, in order, as keysyms that went down."""
    return [keysym for keysym, is_down in ecs.consoles.machine(ecs.fleet.named(name).id).received_keys if is_down]


def held_on(ecs, name="web-1"):
    held = set()
    for keysym, is_down in ecs.consoles.machine(ecs.fleet.named(name).id).received_keys:
        (held.add if is_down else held.discard)(keysym)
    return held


def wait_for_keys(terminal, ecs, keys):
    """Wait until just these keys went down, and none is held."""
    terminal.wait_until(lambda: keys_of(ecs) == keys and not held_on(ecs))


def test_one_logs_in_and_detaches(attach):
    with attach() as terminal:
        assert "Ctrl-] opens the menu" in shown(terminal)
        terminal.type("root\r")
        terminal.wait_for("Password:")
        terminal.type("x\r")
        terminal.wait_for("root@web-1:~#")
        terminal.type("echo P@ss|w0rd~\r")
        terminal.wait_for("# echo P@ss|w0rd~")
        terminal.type(DETACH)
        status, said = said_after(terminal)
    assert status == 0
    assert said.startswith("Detached from web-1 (i-")
    assert said.endswith(", cn-hangzhou).")


CTRL, ALT = 0xFFE3, 0xFFE9
KEYS = (
    (["\x03"], [CTRL, ord("c")]),
    (["\x1a"], [CTRL, ord("z")]),
    (["\x1b"], [0xFF1B]),
    (["\x1bx"], [ALT, ord("x")]),
    (["\x1b[1;5A"], [CTRL, 0xFF52]),
    (["\x1bOP"], [0xFFBE]),
    (["\t"], [0xFF09]),
    ([MENU, "c"], [CTRL, ALT, 0xFFFF]),
    ([MENU, "2"], [ALT, 0xFFBF]),
    ([MENU, "\x1bOR"], [CTRL, ALT, 0xFFC0]),
    ([MENU, MENU], [CTRL, ord("]")]),
    ([MENU, "q", "s"], [ALT, 0xFF61, ord("s")]),
)
"""What a terminal sends for keys, and the keys that go down on the instance's keyboard."""


def test_a_key_reaches_the_instance_and_is_lifted(attach, ecs):
    expected = []
    with attach() as terminal:
        for typed, keys in KEYS:
            expected += keys
            for key in typed:
                terminal.type(key)
            wait_for_keys(terminal, ecs, expected)
        terminal.type(DETACH)
        assert terminal.status() == 0


def test_keys_of_the_kitty_protocol_are_asked_for_where_the_terminal_has_them(attach, ecs):
    with attach(answers={b"\x1b[?u": b"\x1b[?0u"}) as terminal:
        terminal.wait_until(lambda: b"\x1b[>1u" in terminal.written)
        terminal.type("\x1b[27u\x1b[105;5u")
        terminal.wait_until(lambda: keys_of(ecs) == [0xFF1B, 0xFFE3, ord("i")])
        terminal.type("\x1b[93;5ud")
        assert terminal.status() == 0
    assert b"\x1b[<u" in terminal.written


def test_what_the_layout_cannot_type_is_told(attach, ecs):
    with attach() as terminal:
        terminal.type("\u00e4")
        wait_for_words(terminal, "The keyboard layout us cannot type '\u00e4'.")
        assert keys_of(ecs) == []


class TestPaste:
    def test_one_line_is_typed(self, attach):
        with attach() as terminal:
            terminal.type(PASTE.format("ro\x1b[Aot\x1d"))
            terminal.wait_for("login: ro[Aot")

    def test_more_lines_are_asked_for(self, attach, ecs):
        with attach() as terminal:
            terminal.type(PASTE.format("root\rx\r"))
            terminal.wait_for("Paste 2 lines, 7 characters? y/n")
            terminal.type("n")
            terminal.wait_until(lambda: "Paste" not in shown(terminal))
            assert keys_of(ecs) == []
            terminal.type(PASTE.format("root\rx\r"))
            terminal.wait_for("y/n")
            terminal.type("y")
            terminal.wait_for("root@web-1:~#")

    def test_what_the_layout_cannot_type_is_refused_before_the_first_key(self, attach, ecs):
        with attach() as terminal:
            terminal.type(PASTE.format("ab\u4e2d"))
            wait_for_words(terminal, "cannot type '\u4e2d'. Nothing was typed.")
            assert keys_of(ecs) == []

    def test_a_long_one_shows_its_progress_and_can_be_stopped(self, attach, ecs):
        with attach() as terminal:
            terminal.type(PASTE.format("A" * 2000))
            terminal.wait_for("Ctrl-] stops")
            terminal.wait_for("login: AAAA")
            terminal.type(MENU)
            terminal.wait_for("Stopped typing.")
            terminal.wait_until(lambda: not held_on(ecs))
            assert 3 < keys_of(ecs).count(ord("A")) < 2000
            terminal.type("b")
            terminal.wait_for("Ab")


class TestMenu:
    def test_a_file_is_typed(self, attach, tmp_path):
        (tmp_path / "commands").write_text("root\n")
        with attach() as terminal:
            terminal.type(MENU + "t")
            terminal.wait_for("Type which file?")
            terminal.type(f"{tmp_path}/commands\r")
            terminal.wait_for("Password:")

    def test_a_file_that_is_not_there_is_told(self, attach, tmp_path):
        with attach() as terminal:
            terminal.type(MENU + "t/nowhere\r")
            wait_for_words(terminal, "Cannot read /nowhere: No such file or directory.")

    def test_the_screen_is_saved_as_text(self, attach, tmp_path):
        with attach() as terminal:
            terminal.type(f"{MENU}s\x15{tmp_path}/screen.txt\r")
            terminal.wait_for("Saved")
        text = (tmp_path / "screen.txt").read_text("utf-8")
        assert "web-1 login:" in text
        assert (tmp_path / "screen.txt").stat().st_mode & 0o777 == 0o600

    def test_the_screen_is_saved_as_a_picture(self, attach, tmp_path):
        from PIL import Image

        with attach() as terminal:
            terminal.type(f"{MENU}p\x15{tmp_path}/screen.png\r")
            terminal.wait_for("Saved")
        with Image.open(tmp_path / "screen.png") as image:
            assert image.size == (720, 400)
            assert len(image.convert("RGB").getcolors(1 << 20)) > 3

    def test_a_file_that_exists_is_not_written_over(self, attach, tmp_path):
        (tmp_path / "mine").write_text("mine")
        with attach() as terminal:
            terminal.type(f"{MENU}s\x15{tmp_path}/mine\r")
            wait_for_words(terminal, "exists already.")
        assert (tmp_path / "mine").read_text() == "mine"

    def test_recording_is_started_and_stopped(self, attach, tmp_path):
        with attach() as terminal:
            terminal.type(f"{MENU}r\x15{tmp_path}/a.cast\r")
            wait_for_words(terminal, "Recording to")
            terminal.type(MENU)
            terminal.wait_for("Stop recording")
            terminal.type("r")
            wait_for_words(terminal, "Stopped recording")
            terminal.type(DETACH)
            _, said = said_after(terminal)
        assert said.startswith(f"Recorded to {tmp_path}/a.cast. ")
        header, *events = map(json.loads, (tmp_path / "a.cast").read_text("utf-8").splitlines())
        assert header["term"]["cols"] == 80
        assert "web-1 login:" in "".join(data for _, code, data in events if code == "o")

    def test_another_part_of_the_screen_is_looked_at(self, attach):
        with attach(columns=40, rows=8) as terminal:
            assert "Simulated" not in shown(terminal)
            terminal.type(f"{MENU}v")
            terminal.wait_for("Esc ends")
            terminal.type("\x1b[5~" * 4)
            terminal.wait_for("Simulated")
            terminal.type("\x1b")
            terminal.wait_for("login:")

    def test_what_is_pasted_while_one_looks_around_is_typed_and_shown(self, attach):
        with attach(columns=40, rows=8) as terminal:
            terminal.type(f"{MENU}v" + "\x1b[5~" * 4)
            terminal.wait_for("Simulated")
            terminal.type(PASTE.format("root"))
            terminal.wait_for("login: root")
            assert "Esc ends" not in shown(terminal)

    def test_help_is_there(self, attach):
        with attach() as terminal:
            terminal.type(MENU + "?")
            terminal.wait_for("Ctrl-] again sends it.")
            terminal.type("\x1b")
            terminal.wait_until(lambda: "again sends" not in shown(terminal))


def test_read_only_sends_nothing(attach, ecs):
    with attach("--read-only") as terminal:
        terminal.type("root\r" + PASTE.format("root"))
        wait_for_words(terminal, "Nothing is sent: --read-only.")
        terminal.type(MENU)
        terminal.wait_for("Detach")
        assert "Ctrl-Alt-Del" not in shown(terminal)
        terminal.type("d")
        assert terminal.status() == 0
    assert keys_of(ecs) == []


def test_record_has_what_is_shown_and_nothing_that_is_typed(attach, tmp_path):
    path = tmp_path / "a.cast"
    with attach("--record", str(path)) as terminal:
        terminal.type("root\rs3cret\r")
        terminal.wait_for("root@web-1:~#")
        terminal.type(MENU)
        terminal.wait_for("Detach")
        terminal.type("d")
        status, said = said_after(terminal)
    assert status == 0
    assert said.startswith(f"Recorded to {path}. Detached from web-1")
    text = path.read_text("utf-8")
    assert "Password:" in text
    assert "s3cret" not in text
    assert "Detach" not in text
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_recording_never_replaces_a_file_and_no_console_is_opened_for_it(attach, ecs, tmp_path):
    path = tmp_path / "mine"
    path.write_text("mine")
    with attach("--record", str(path), is_shown="") as terminal:
        assert terminal.status() == 2
        assert "exists already" in " ".join(shown(terminal).split())  # where a long path makes it wrap
    assert ecs.consoles.machine(ecs.fleet.named("web-1").id).watchers == 0
    assert path.read_text() == "mine"


def test_no_instance_is_started_for_a_recording_that_cannot_be_written(attach, ecs, tmp_path):
    path = tmp_path / "mine"
    path.write_text("mine")
    with attach("--start", "--yes", "--record", str(path), instance="db-1", is_shown="") as terminal:
        assert terminal.status() == 2
    assert ecs.fleet.named("db-1").status == "Stopped"


@pytest.mark.parametrize(("instance", "environ"), [("db-1", {}), ("web-1", {"ECSVNC_LAYOUT": "xx"})])
def test_no_empty_recording_is_left(attach, tmp_path, instance, environ):
    path = tmp_path / "a.cast"
    with attach("--record", str(path), instance=instance, is_shown="", **environ) as terminal:
        assert terminal.status() in {3, 6}
    assert not path.exists()


def test_a_recording_is_named_after_the_instance(attach, tmp_path):
    path = tmp_path / "a.cast"
    with attach("--record", str(path), instance="web-*") as terminal:
        terminal.type(DETACH)
        assert terminal.status() == 0
    assert '"title":"web-1"' in path.read_text("utf-8")


def test_a_picture_is_shown_as_half_blocks(attach):
    with attach(instance="win-1", is_shown="\u2580\u2580") as terminal:
        terminal.type(DETACH)
        assert terminal.status() == 0


@pytest.mark.parametrize(("columns", "rows"), [(20, 5), (300, 100)])
def test_it_works_in_terminals_of_any_size(attach, columns, rows):
    with attach(columns=columns, rows=rows, is_shown="login:") as terminal:
        terminal.type("root\rx\r")
        terminal.wait_for("root@web-1:~#")
        terminal.type(MENU)
        terminal.wait_for("Detach")
        terminal.type("d")
        assert terminal.status() == 0


def test_it_follows_a_new_size(attach):
    with attach(columns=30, rows=6) as terminal:
        terminal.resize(100, 40)
        terminal.wait_for("Simulated Linux")
        terminal.wait_for("login:")


class TestConnection:
    def test_one_that_breaks_is_taken_up_again_and_told(self, attach, ecs):
        with attach() as terminal:
            terminal.type("ro")
            terminal.wait_for("login: ro")
            ecs.consoles.end(ecs.fleet.named("web-1").id, CUT)
            wait_for_words(terminal, "Connected again.")
            assert "Connecting again" in terminal.written.decode()
            terminal.type("ot")
            terminal.wait_for("login: root")
            terminal.type(DETACH)
            assert terminal.status() == 0

    def test_what_it_waits_for_is_told(self, attach, ecs, program):
        web = ecs.fleet.named("web-1").id
        with attach() as terminal:
            consoles = Path(program.environ["ECSVNC_CACHE_DIR"], "consoles.json")
            consoles.write_text(json.dumps({web: [time.time()] * 30}))
            ecs.consoles.end(web, CUT)
            wait_for_words(terminal, "which is what ECS allows. The next one waits")
            terminal.type(DETACH)
            assert terminal.status() == 0

    def test_why_it_cannot_be_connected_yet_is_told(self, attach, ecs):
        web = ecs.fleet.named("web-1")
        with attach() as terminal:
            web.status = "Stopped"
            ecs.consoles.end(web.id, CUT)
            wait_for_words(terminal, "Cannot connect again yet: Instance web-1")
            web.status = "Running"
            wait_for_words(terminal, "Connected again.")

    def test_another_session_that_took_the_console_is_told_and_not_fought(self, attach, ecs):
        with attach(NO_COLOR="1") as terminal:
            ecs.consoles.end(ecs.fleet.named("web-1").id, TAKEN_OVER)
            status, said = said_after(terminal)
        assert status == 9
        assert said.startswith("Error: ")
        assert "Only one session at a time can use a console." in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_the_recording_can_be_played(attach, tmp_path, number):
    with attach("--record", str(tmp_path / "a.cast")) as terminal:
        os.kill(terminal.process.pid, number)
        status, said = said_after(terminal)
    assert status == 143
    assert "Recorded to" in said
    assert (tmp_path / "a.cast").read_text("utf-8").endswith("\n")


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_without_a_full_screen_is_refused(attach, term):
    with attach(is_shown="", TERM=term) as terminal:
        assert terminal.status() == 2
        assert "ecsvnc screen" in shown(terminal)


def test_without_a_terminal_it_names_screen(in_process):
    finished = in_process("attach", "web-1")
    assert (finished.status, finished.stdout) == (2, "")
    assert finished.stderr.startswith("Error: attach needs a terminal on stdin and stderr.\nHint: ")
    assert "`ecsvnc screen`" in finished.stderr


def test_the_demo_has_it(cli):
    with PyteTerminal("demo", "attach", "web-1", environ=cli.environ, columns=90, rows=30) as terminal:
        terminal.wait_for("login:")
        terminal.type(DETACH)
        status, said = said_after(terminal)
    assert status == 0
    assert said.startswith("Detached from web-1 (i-")
