"""Which browser is opened, and with which command line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.browser.browsers import (
    GRAPHICAL_BROWSERS,
    MACOS_OPENERS,
    UNIX_OPENERS,
    WINDOWS_OPENERS,
    WSL_OPENERS,
    Opener,
    Platform,
    choice_for,
)

ADDRESS = "http://127.0.0.1:8080/n0nce"
TEXT_BROWSERS = {"w3m", "lynx", "links", "links2", "elinks", "www-browser", "browsh"}
EVERY_OPENER = [*UNIX_OPENERS, *MACOS_OPENERS, *WINDOWS_OPENERS, *WSL_OPENERS]
WSL_KERNEL = "5.15.153.1-microsoft-standard-WSL2"


def machine_with(*programs, platform="linux", kernel="6.1.0-18-amd64", **environ):
    """A machine with these programs, on PATH or by path."""
    return Platform(platform, environ, kernel, lambda program: f"/usr/bin/{program}" if program in programs else None)


def desktop(*programs, **environ):
    return machine_with(*programs, DISPLAY=":0", **environ)


def choose(command, machine, *, overrides_detection):
    return choice_for(command, machine, origin="--no-browser", overrides_detection=overrides_detection)


def lines(command, machine=None, *, overrides=True):
    """The command lines that a user's command becomes."""
    choice = choose(command, machine or machine_with(), overrides_detection=overrides)
    return [opener.command_line(ADDRESS) for opener in choice.openers]


# The user's own command


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("firefox", [["firefox", ADDRESS]]),
        ("firefox %s", [["firefox", ADDRESS]]),
        ("firefox --new-window %s --private", [["firefox", "--new-window", ADDRESS, "--private"]]),
        ("app --app=%s", [["app", f"--app={ADDRESS}"]]),
        ("app --zoom=50%%", [["app", "--zoom=50%", ADDRESS]]),
        ("app %%s", [["app", "%s", ADDRESS]]),
        ("app %d %s", [["app", "%d", ADDRESS]]),
        ("one:two --x", [["one", ADDRESS], ["two", "--x", ADDRESS]]),
        (":one::two:", [["one", ADDRESS], ["two", ADDRESS]]),
        ("'/opt/a:b c/x' %s:two", [["/opt/a:b c/x", ADDRESS], ["two", ADDRESS]]),
        (r"/opt/a\:b\ c %s", [["/opt/a:b c", ADDRESS]]),
        ('x "a\\"b:c"', [["x", 'a"b:c', ADDRESS]]),
        ("'a\\':two", [["a\\", ADDRESS], ["two", ADDRESS]]),
        ("firefox %s &", [["firefox", ADDRESS]]),
        ("firefox:none", [["firefox", ADDRESS]]),
        ("firefox:none:opera", [["firefox", ADDRESS]]),
    ],
)
def test_command_becomes_command_lines(command, expected):
    assert lines(command) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (r"C:\Edge\msedge.exe", [[r"C:\Edge\msedge.exe", ADDRESS]]),
        (r'"C:\Program Files\x.exe" --new %s', [[r"C:\Program Files\x.exe", "--new", ADDRESS]]),
        (r'"C:\a;b\x.exe";C:\y.exe --u=%s', [[r"C:\a;b\x.exe", ADDRESS], [r"C:\y.exe", f"--u={ADDRESS}"]]),
        (r"C:\O'Brien\x.exe;y", [[r"C:\O'Brien\x.exe", ADDRESS], ["y", ADDRESS]]),
        (r'x --dir="C:\a b" %s', [["x", r"--dir=C:\a b", ADDRESS]]),
    ],
)
def test_windows_commands_are_separated_by_semicolons_and_keep_their_backslashes(command, expected):
    assert lines(command, machine_with(platform="win32")) == expected


def test_an_unquoted_path_with_blanks_is_one_program_if_it_is_there():
    path = "/mnt/c/Program Files/100%/chrome.exe"
    assert lines(path, machine_with(path)) == [[path, ADDRESS]]
    assert lines(path) == [["/mnt/c/Program", "Files/100%/chrome.exe", ADDRESS]]


@pytest.mark.parametrize("command", ["", "  ", ":", " : "])
def test_an_empty_command_is_refused(command):
    with pytest.raises(ValueError, match="no command"):
        choose(command, machine_with(), overrides_detection=True)


@pytest.mark.parametrize("command", ["firefox 'x", 'a "b:c', "x \\"])
def test_an_unfinished_quote_is_refused(command):
    with pytest.raises(ValueError, match="unbalanced quote"):
        choose(command, machine_with(), overrides_detection=True)


@given(st.text(), st.sampled_from(["linux", "win32", "darwin"]))
def test_any_text_is_a_command_or_refused(command, platform):
    try:
        choice = choose(command, machine_with(platform=platform), overrides_detection=True)
    except ValueError:
        return
    for opener in choice.openers:
        assert any(ADDRESS in argument for argument in opener.command_line(ADDRESS))


def test_none_at_the_beginning_disables_the_browser():
    for command in ("none", " none ", "none:firefox"):
        choice = choose(command, desktop("firefox"), overrides_detection=False)
        assert choice.openers == ()
        assert choice.reason == "Not opening a browser (--no-browser)."


def test_the_exit_status_of_the_users_own_explorer_is_meaningless_too():
    (opener,) = choose("/mnt/c/Windows/explorer.exe", machine_with(), overrides_detection=True).openers
    assert opener.status_is_meaningless


def test_a_quote_in_an_address_cannot_end_a_powershell_string():
    powershell = next(opener for opener in WSL_OPENERS if opener.program == "powershell.exe")
    assert powershell.command_line("http://h/';calc;'")[-1] == "Start-Process 'http://h/%27;calc;%27'"
    assert powershell.command_line('http://h/\u2019;\u2018\u201a\u201b`" |%41')[-1] == (
        "Start-Process 'http://h/%E2%80%99;%E2%80%98%E2%80%9A%E2%80%9B%60%22%20%7C%41'"
    )


# When the address is printed instead


@pytest.mark.parametrize("name", ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"])
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_in_an_ssh_session_the_address_is_printed(name, platform):
    choice = choose(
        None, machine_with("xdg-open", platform=platform, DISPLAY=":10", **{name: "x"}), overrides_detection=False
    )
    assert choice.openers == ()
    assert choice.reason == "This is an SSH session."
    assert choice.is_ssh


def test_an_empty_ssh_variable_is_ignored():
    assert choose(None, desktop("xdg-open", SSH_TTY=""), overrides_detection=False).openers


@pytest.mark.parametrize("environ", [{}, {"DISPLAY": ""}, {"WAYLAND_DISPLAY": ""}])
def test_without_a_display_the_address_is_printed(environ):
    choice = choose(None, machine_with("xdg-open", "firefox", **environ), overrides_detection=False)
    assert choice.openers == ()
    assert choice.reason == "No display found."
    assert not choice.is_ssh


@pytest.mark.parametrize("environ", [{"DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0"}])
def test_with_a_display_a_browser_is_opened(environ):
    assert choose(None, machine_with("firefox", **environ), overrides_detection=False).openers


@pytest.mark.parametrize("environ", [{}, {"SSH_TTY": "/dev/pts/1"}])
def test_option_and_variables_override_what_was_detected(environ):
    assert choose("firefox", machine_with(**environ), overrides_detection=True).openers


@pytest.mark.parametrize("environ", [{}, {"SSH_TTY": "/dev/pts/1", "DISPLAY": ":10"}])
def test_the_setting_does_not_override_what_was_detected(environ):
    assert choose("firefox", machine_with(**environ), overrides_detection=False).openers == ()


def test_the_setting_chooses_where_there_is_a_display():
    assert lines("firefox", desktop("xdg-open"), overrides=False) == [["firefox", ADDRESS]]


def test_without_any_known_browser_the_address_is_printed():
    choice = choose(None, desktop(), overrides_detection=False)
    assert choice.openers == ()
    assert choice.reason == "No browser found."


# The platform's openers


def programs(machine):
    return [opener.program for opener in choose(None, machine, overrides_detection=False).openers]


def test_linux_uses_xdg_open_then_the_installed_browsers():
    assert programs(desktop("chromium", "firefox", "xdg-open", "w3m")) == ["xdg-open", "firefox", "chromium"]


def test_xdg_open_is_kept_from_falling_back_on_text_browsers():
    (opener,) = choose(None, desktop("xdg-open"), overrides_detection=False).openers
    command, setting, *rest = opener.command_line(ADDRESS)
    assert (command, rest) == ("env", ["xdg-open", ADDRESS])
    assert setting == f"BROWSER={':'.join(GRAPHICAL_BROWSERS)}"


def test_no_table_has_a_text_browser():
    named = {word for opener in EVERY_OPENER for word in (opener.program, *opener.arguments)} | set(GRAPHICAL_BROWSERS)
    assert not named & TEXT_BROWSERS


def test_macos_uses_open():
    machine = machine_with("open", platform="darwin")
    assert lines(None, machine, overrides=False) == [["open", ADDRESS]]


def test_windows_uses_startfile_without_a_process():
    (opener,) = choose(None, machine_with(platform="win32"), overrides_detection=False).openers
    assert opener.uses_startfile


def test_wsl_opens_a_windows_browser_although_there_is_no_display():
    machine = machine_with("wslview", "explorer.exe", "powershell.exe", "xdg-open", kernel=WSL_KERNEL)
    assert programs(machine) == ["wslview", "explorer.exe", "powershell.exe"]


def test_wsl_with_a_display_tries_linux_browsers_last():
    machine = machine_with("explorer.exe", "xdg-open", kernel=WSL_KERNEL, DISPLAY=":0")
    assert programs(machine) == ["explorer.exe", "xdg-open"]


def test_wsl_finds_windows_programs_off_path():
    machine = machine_with("/mnt/c/Windows/explorer.exe", kernel=WSL_KERNEL)
    assert lines(None, machine, overrides=False) == [["/mnt/c/Windows/explorer.exe", ADDRESS]]


def test_a_container_in_wsl_has_no_windows_programs_and_prints_the_address():
    assert "display" in choose(None, machine_with("xdg-open", kernel=WSL_KERNEL), overrides_detection=False).reason


def test_in_an_ssh_session_on_wsl_the_address_is_printed():
    machine = machine_with("wslview", kernel=WSL_KERNEL, SSH_CONNECTION="a 1 b 2")
    assert "SSH" in choose(None, machine, overrides_detection=False).reason


def test_only_the_exit_status_of_explorer_is_meaningless():
    assert [opener.program for opener in EVERY_OPENER if opener.status_is_meaningless] == ["explorer.exe"]


# One row for each opener of a platform. The others are browsers, which get the address alone.
ROWS = {
    "xdg-open": ["env", f"BROWSER={':'.join(GRAPHICAL_BROWSERS)}", "xdg-open", ADDRESS],
    "open": ["open", ADDRESS],
    "wslview": ["wslview", ADDRESS],
    "explorer.exe": ["explorer.exe", ADDRESS],
    "powershell.exe": ["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", f"Start-Process '{ADDRESS}'"],
} | {name: [name, ADDRESS] for name in GRAPHICAL_BROWSERS}


def test_every_opener_has_a_row():
    assert {opener.program for opener in EVERY_OPENER if not opener.uses_startfile} == set(ROWS)


@pytest.mark.parametrize("opener", [one for one in EVERY_OPENER if not one.uses_startfile], ids=lambda one: one.program)
def test_the_command_line_of_an_opener(opener):
    assert opener.command_line(ADDRESS) == ROWS[opener.program]


@pytest.mark.parametrize("opener", EVERY_OPENER, ids=lambda opener: opener.program)
def test_every_table_entry_puts_the_address_somewhere_once(opener):
    if not opener.uses_startfile:
        assert sum(argument.count(ADDRESS) for argument in opener.command_line(ADDRESS)) == 1


def test_an_opener_without_placeholder_gets_the_address_at_its_end():
    assert Opener("x", ("x", "-y")).command_line(ADDRESS) == ["x", "-y", ADDRESS]
