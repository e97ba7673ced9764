"""The simulated machines, as someone at their keyboard sees them. The clock is the test's."""

import pytest

from ecsvnc.simulator.machine import Machine

NOON = 1_800_000_000.0  # 2027-01-15 08:00:00 UTC
CONTROL, ALT, SHIFT, DELETE, ENTER, BACKSPACE = 0xFFE3, 0xFFE9, 0xFFE1, 0xFFFF, 0xFF0D, 0xFF08
UP, DOWN, PAGE_UP = 0xFF52, 0xFF54, 0xFF55
LEFT, MIDDLE, WHEEL_UP, WHEEL_DOWN = 1, 2, 8, 16


class Clock:
    def __init__(self):
        self.time = NOON

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


def on_clock(machine, clock):
    machine.clock = clock  # for `press`, which lets the time pass that a keyboard takes
    return machine


@pytest.fixture
def linux(clock):
    return on_clock(Machine("web-1", "i-bp1234567890abcdefgh", "linux", clock), clock)


@pytest.fixture
def windows(clock):
    return on_clock(Machine("win-1", "i-2ze4567890abcdefghij", "windows", clock), clock)


SHIFTED = '~!@#$%^&*()_+{}|:"<>?'


def press(machine, *keysyms):
    for keysym in keysyms:
        machine.key(keysym, is_down=True)
    for keysym in reversed(keysyms):
        machine.key(keysym, is_down=False)
    machine.clock.time += 0.01 * 2 * len(keysyms)
    machine.draw()


def type_text(machine, text):
    for character in text:
        held = [SHIFT] if character.isupper() or character in SHIFTED else []
        press(machine, *held, ENTER if character == "\n" else ord(character))


def log_in(machine):
    type_text(machine, "root\nsecret\n")


def last_lines(machine, count):
    lines = [line for line in machine.text.split("\n")[:-1] if line]
    return lines[-count:]


def test_a_linux_machine_shows_its_name_the_time_and_a_login_prompt(linux):
    assert "web-1 login:" in linux.text
    assert "2027-01-15 08:00:00 UTC" in linux.text
    assert "i-bp1234567890abcdefgh" in linux.text
    assert "simulated" in linux.text


def test_the_clock_ticks_in_the_picture_without_any_key(linux, clock):
    before = bytes(linux.framebuffer.pixels)
    clock.time += 1
    linux.draw()
    assert "08:00:01" in linux.text
    changes = linux.framebuffer.changes_since(before)
    assert changes
    assert all(change.y >= 384 for change in changes), "only the status line"


def test_the_cursor_blinks_and_is_lit_just_after_a_key(linux, clock):
    type_text(linux, "a")
    linux.draw()
    lit = bytes(linux.framebuffer.pixels)
    clock.time += 0.6
    linux.draw()
    assert linux.framebuffer.changes_since(lit)
    type_text(linux, "b")
    press(linux, BACKSPACE)
    linux.draw()
    assert bytes(linux.framebuffer.pixels) == lit


def test_what_is_typed_at_the_prompt_is_echoed_and_a_password_is_not(linux):
    type_text(linux, "root")
    assert last_lines(linux, 1) == ["web-1 login: root"]
    type_text(linux, "\nhunter2")
    assert last_lines(linux, 1) == ["Password:"]
    assert "hunter2" not in linux.text
    type_text(linux, "\n")
    assert last_lines(linux, 1) == ["root@web-1:~#"]


def test_the_picture_shows_what_was_typed(linux):
    before = bytes(linux.framebuffer.pixels)
    type_text(linux, "x")
    linux.draw()
    assert linux.framebuffer.changes_since(before)
    assert "login: x" in linux.text


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("whoami", "root"),
        ("hostname", "web-1"),
        ("id", "i-bp1234567890abcdefgh"),
        ("date", "Fri Jan 15 08:00:00 UTC 2027"),
        ("uptime", " 08:00:00 up 0 min, 1 user, load average: 0.00, 0.00, 0.00"),
        ('echo "a  b" c', "a  b c"),
        ("uname", "Linux"),
        ("who", "root     tty1         2027-01-15 08:00"),
        ("ls", "readme.txt"),
        ("cat nothing", "cat: nothing: no such file"),
        ("rm -rf /", "rm: command not found. `help` lists the commands."),
        ("echo 'open", "sh: a quote is not closed"),
    ],
)
def test_the_shell_answers(linux, command, answer):
    log_in(linux)
    type_text(linux, command + "\n")
    assert last_lines(linux, 3) == [f"root@web-1:~# {command}", answer, "root@web-1:~#"]


def test_help_lists_commands_that_exist(linux):
    log_in(linux)
    type_text(linux, "help\n")
    names = [line.split()[0] for line in linux.text.split("\n") if line.startswith("  ")]
    assert {"help", "date", "uptime", "whoami", "exit"} <= set(names)
    for name in set(names) - {"exit", "reboot", "clear"}:
        type_text(linux, f"{name}\n")
        assert "not found" not in last_lines(linux, 2)[0]


def test_uptime_counts_from_the_start(linux, clock):
    clock.time += 2 * 86400 + 3 * 3600 + 5 * 60
    log_in(linux)
    type_text(linux, "uptime\n")
    assert "up 2 days, 3:05," in linux.text


def test_backspace_and_ctrl_u_and_ctrl_w_take_back_what_was_typed(linux):
    log_in(linux)
    type_text(linux, "echo one two")
    press(linux, BACKSPACE)
    assert last_lines(linux, 1) == ["root@web-1:~# echo one tw"]
    press(linux, CONTROL, ord("w"))
    assert last_lines(linux, 1) == ["root@web-1:~# echo one"]
    press(linux, CONTROL, ord("u"))
    assert last_lines(linux, 1) == ["root@web-1:~#"]
    press(linux, BACKSPACE)
    assert last_lines(linux, 1) == ["root@web-1:~#"], "the prompt stays"


def test_backspace_goes_back_over_a_line_end(linux):
    log_in(linux)
    type_text(linux, "x" * 90)
    assert last_lines(linux, 1) == ["x" * 24]
    for _ in range(85):
        press(linux, BACKSPACE)
    assert last_lines(linux, 1) == ["root@web-1:~# xxxxx"]


def test_a_line_has_a_bounded_length(linux):
    log_in(linux)
    type_text(linux, "echo " + "Z" * 1000 + "\n")
    assert linux.text.count("Z") == 2 * (200 - len("echo "))


def test_the_arrows_recall_earlier_lines(linux):
    log_in(linux)
    type_text(linux, "date\nwhoami\n")
    press(linux, UP)
    press(linux, UP)
    assert last_lines(linux, 1) == ["root@web-1:~# date"]
    press(linux, DOWN)
    assert last_lines(linux, 1) == ["root@web-1:~# whoami"]
    press(linux, DOWN)
    assert last_lines(linux, 1) == ["root@web-1:~#"]


def test_ctrl_c_gives_a_new_prompt_and_ctrl_d_and_exit_log_out(linux):
    log_in(linux)
    type_text(linux, "echo x")
    press(linux, CONTROL, ord("c"))
    assert last_lines(linux, 2) == ["root@web-1:~# echo x^C", "root@web-1:~#"]
    press(linux, CONTROL, ord("d"))
    assert last_lines(linux, 1) == ["web-1 login:"]
    log_in(linux)
    type_text(linux, "exit\n")
    assert last_lines(linux, 1) == ["web-1 login:"]
    type_text(linux, "root\n")
    press(linux, CONTROL, ord("c"))
    assert last_lines(linux, 1) == ["web-1 login:"]


def test_clear_and_ctrl_l_empty_the_screen_and_keep_the_line(linux):
    log_in(linux)
    type_text(linux, "clear\n")
    assert last_lines(linux, 9) == ["root@web-1:~#"]
    type_text(linux, "date\necho")
    press(linux, CONTROL, ord("l"))
    assert last_lines(linux, 9) == ["root@web-1:~# echo"]


def test_ctrl_alt_delete_reboots_step_by_step_to_the_login_prompt(linux, clock):
    log_in(linux)
    press(linux, CONTROL, ALT, DELETE)
    assert "root@web-1" not in linux.text
    assert "login:" not in linux.text
    type_text(linux, "lost")
    clock.time += 0.5
    linux.draw()
    half_way = linux.text
    clock.time += 2
    linux.draw()
    assert len(half_way) < len(linux.text)
    assert last_lines(linux, 1) == ["web-1 login:"]


def test_the_screen_scrolls_and_the_wheel_and_shift_page_up_scroll_back(linux):
    log_in(linux)
    type_text(linux, "".join(f"echo line{number}\n" for number in range(30)))
    assert "line1\n" not in linux.text
    for _ in range(30):
        linux.pointer(0, 0, WHEEL_UP)
        linux.pointer(0, 0, 0)
    assert "line1\n" in linux.text
    for _ in range(30):
        linux.pointer(0, 0, WHEEL_DOWN)
        linux.pointer(0, 0, 0)
    assert "line29" in linux.text
    press(linux, SHIFT, PAGE_UP)
    assert "line29" not in linux.text
    type_text(linux, "x")
    assert "line29" in linux.text, "a key brings the present back"


def test_the_pointer_is_shown_selects_and_pastes(linux):
    linux.draw()
    before = bytes(linux.framebuffer.pixels)
    row = linux.text.split("\n").index("Log in with any name and any password.")
    y = row * 16 + 8
    linux.pointer(4, y, 0)
    linux.draw()
    assert linux.framebuffer.changes_since(before), "a block where the pointer is"
    linux.pointer(4, y, LEFT)
    linux.pointer(9 * 6 - 4, y, LEFT)
    linux.pointer(9 * 6 - 4, y, 0)
    linux.pointer(9 * 6 - 4, y, MIDDLE)
    assert last_lines(linux, 1) == ["web-1 login: Log in"]


def test_a_pointer_outside_the_screen_is_moved_to_its_edge(linux, windows):
    for machine in (linux, windows):
        machine.pointer(65535, 65535, LEFT)
        machine.draw()
        assert machine.received_pointer == (65535, 65535, LEFT)


def test_the_latest_keys_are_kept_for_tests_to_see(linux):
    press(linux, ord("q"))
    assert list(linux.received_keys) == [(ord("q"), True), (ord("q"), False)]


def test_a_windows_machine_is_locked_and_says_how_to_sign_in(windows):
    assert "Press Ctrl+Alt+Delete to sign in" in windows.text
    type_text(windows, "abc\n")
    assert "Press Ctrl+Alt+Delete to sign in" in windows.text


def test_the_windows_clock_shows_in_the_picture(windows, clock):
    before = bytes(windows.framebuffer.pixels)
    windows.draw()
    assert not windows.framebuffer.changes_since(before)
    clock.time += 60
    windows.draw()
    assert windows.framebuffer.changes_since(before)


def test_signing_in_shows_dots_refuses_an_empty_password_and_takes_any_other(windows):
    press(windows, CONTROL, ALT, DELETE)
    type_text(windows, "\n")
    assert "The password is incorrect" in windows.text
    type_text(windows, "pw!")
    press(windows, BACKSPACE)
    assert "Administrator\n••\n" in windows.text
    assert "incorrect" not in windows.text
    type_text(windows, "\n")
    assert "Signed in to win-1" in windows.text


def test_the_windows_buttons_are_highlighted_and_can_be_clicked(windows):
    press(windows, CONTROL, ALT, DELETE)
    type_text(windows, "pw")
    windows.draw()
    before = bytes(windows.framebuffer.pixels)
    windows.pointer(464, 260, 0)
    windows.draw()
    assert windows.framebuffer.changes_since(before)
    windows.pointer(464, 260, LEFT)
    windows.pointer(464, 260, 0)
    assert "Signed in to win-1" in windows.text
    windows.pointer(550, 256, LEFT)
    assert "Press Ctrl+Alt+Delete to sign in" in windows.text


def test_ctrl_alt_delete_locks_a_desktop_and_escape_leaves_the_form(windows):
    press(windows, CONTROL, ALT, DELETE)
    type_text(windows, "pw\n")
    press(windows, CONTROL, ALT, DELETE)
    assert "Press Ctrl+Alt+Delete" in windows.text
    press(windows, CONTROL, ALT, DELETE)
    press(windows, 0xFF1B)
    assert "Press Ctrl+Alt+Delete" in windows.text


def test_modifiers_are_released_for_the_next_session(linux):
    log_in(linux)
    linux.key(CONTROL, is_down=True)
    linux.release_keys()
    type_text(linux, "c")
    assert last_lines(linux, 1) == ["root@web-1:~# c"]
