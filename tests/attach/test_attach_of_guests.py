"""`ecsvnc attach` on virtual machines: what a terminal shows is what their own kernel has on the screen."""

from __future__ import annotations

import pytest
from support.emulators import GnuScreen, PyteTerminal, Tmux
from support.qemu.guest import PASSWORD, USER, Guest

DETACH = "\x1dd"


class Judge:
    """Compares what a terminal shows with what a guest has on its screen."""

    def __init__(self, guest, terminal, columns, rows):
        self._guest = guest
        self._terminal = terminal
        self._columns = columns
        self._rows = rows

    def type(self, keys):
        self._terminal.type(keys)

    def at_rest(self, text):
        """Wait until this text is shown, and then everything as the guest has it."""
        self._terminal.wait_for(text)
        self._terminal.wait_until(self._is_equal, every_s=0.5)

    def wait_for_cursor(self, *place):
        """Wait until the guest has its cursor there."""
        self._terminal.wait_until(lambda: self._guest.screen().cursor == place, every_s=0.5)

    def _is_equal(self):
        truth = self._guest.screen()
        shown, cursor = self._terminal.rows, self._terminal.cursor
        if cursor is None:
            return False
        # Of a screen that is larger than the terminal the part around the cursor is shown.
        left, top = truth.cursor[0] - cursor[0], truth.cursor[1] - cursor[1]
        if left < 0 or top < 0:
            return False
        expected = [line[left:][: self._columns].rstrip() for line in truth.lines[top:][: self._rows]]
        return shown == expected + [""] * (self._rows - len(expected))


def log_in(judge):
    judge.at_rest("login:")
    judge.type(f"{USER}\r")
    judge.at_rest("Password:")
    judge.type(f"{PASSWORD}\r")
    judge.at_rest("~ #")


def use_programs(judge):
    judge.type("vi /etc/issue\r")
    judge.at_rest("Welcome")
    judge.type("itext that is typed")
    judge.at_rest("text that is typed")
    judge.type("\x1b")
    judge.wait_for_cursor(17, 0)  # Esc has arrived: a key that follows it at once would be one with Alt
    judge.type(":q!\rdmesg; echo $((6 * 7)) lines\r")
    judge.at_rest("42 lines")


def test_a_terminal_shows_login_vi_and_the_kernels_log_in_any_size(kernel, attached):
    with Guest.booted(kernel, "cirrus") as guest, attached(guest, PyteTerminal, 128, 49) as terminal:
        judge = Judge(guest, terminal, 128, 49)
        log_in(judge)
        use_programs(judge)
        for columns, rows in ((60, 20), (20, 5), (300, 100)):
            terminal.resize(columns, rows)
            Judge(guest, terminal, columns, rows).at_rest("#")
        judge.type(DETACH)
        assert terminal.status() == 0


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("emulator", "size", "display", "environ"),
    [
        (Tmux, (80, 24), "cirrus", {"TERM": "linux"}),
        (Tmux, (128, 50), "cirrus", {}),
        (Tmux, (160, 52), "std", {"NO_COLOR": "1"}),
        (Tmux, (300, 100), "virtio", {}),
        (Tmux, (20, 5), "vga", {}),
        (GnuScreen, (80, 24), "std", {}),
        (GnuScreen, (128, 50), "cirrus", {}),
        (GnuScreen, (300, 100), "vga", {}),
        (PyteTerminal, (160, 52), "std", {"TERM": "linux"}),
        (PyteTerminal, (80, 24), "vga", {"NO_COLOR": "1"}),
    ],
)
def test_everywhere_a_boot_and_a_reboot_are_shown_as_they_are(kernel, attached, *, emulator, size, display, environ):
    guest = Guest.linux(kernel, display, has_text_mode=True)
    with guest, attached(guest, emulator, *size, **environ) as terminal:
        judge = Judge(guest.wait_ready(), terminal, *size)
        log_in(judge)
        use_programs(judge)
        judge.type("reboot -f")
        judge.at_rest("# reboot -f")  # a machine that is too busy loses keys: this says so
        judge.type("\r")
        guest.wait_ready()
        log_in(judge)
        use_programs(judge)
        judge.type(DETACH)
        assert terminal.status() == 0
