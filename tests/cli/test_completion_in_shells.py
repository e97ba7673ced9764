"""Tab in real shells: what the line becomes. What is offered, and what it costs, is in test_completion.py."""

from __future__ import annotations

import pytest
from support.seen import remember
from support.shells import ALL, TAB, Shell, fish_completions

SHELLS = ("bash", "zsh", "fish")

ROWS = {
    "i-bp1hzoinajzkh91h0000": ["cn-hangzhou", "web-1"],
    "i-bp1hzoinajzkh91h0001": ["cn-hangzhou", "web:2"],
    "i-2zeh2q4dhzoinajzkh91": ["cn-beijing", "my server"],
    "i-uf6h2q4dhzoinajzkh91": ["cn-shanghai", "star*$HOME"],
    "i-wz9h2q4dhzoinajzkh91": ["cn-shenzhen", "数据库"],
}


@pytest.fixture
def world(cli):
    """A home with a cache, a profile and a file."""
    remember(cli.home, ROWS)
    config = cli.home / ".config" / "ecsvnc" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[profiles.office]\nregion = "cn-hangzhou"\n')
    (cli.home / "password.txt").write_text("Ecs123\n")
    return cli


@pytest.fixture
def shell_named(world, need):
    opened = []

    def open_shell(name):
        need(name)
        shell = Shell(name, environ=world.environ, folder=world.home)
        opened.append(shell)
        return shell

    yield open_shell
    for shell in opened:
        shell.close()


@pytest.mark.parametrize("name", SHELLS)
def test_tab_completes_commands_options_and_values(shell_named, name):
    shell = shell_named(name)
    lines = {
        "ecsvnc ur": "ecsvnc url ",
        "ecsvnc config vnc": "ecsvnc config vnc-password ",
        "ecsvnc url --vnc": "ecsvnc url --vnc-password-file ",
        "ecsvnc url --region cn-hangz": "ecsvnc url --region cn-hangzhou ",
        "ecsvnc url --region=cn-hangz": "ecsvnc url --region=cn-hangzhou ",
        "ecsvnc url --profile off": "ecsvnc url --profile office ",
        "ecsvnc url web-": "ecsvnc url web-1 ",
        "ecsvnc url web-1 web": "ecsvnc url web-1 web:2 ",
        "ecsvnc open i-2ze": "ecsvnc open i-2zeh2q4dhzoinajzkh91 ",
        "true; ecsvnc url web-": "true; ecsvnc url web-1 ",
        "ecsvnc url nothing": "ecsvnc url nothing",
        "ecsvnc demo ur": "ecsvnc demo url ",
        "ecsvnc demo --fl": "ecsvnc demo --fleet ",
        "ecsvnc demo url win": "ecsvnc demo url win-1 ",
        "ecsvnc demo url --region=cn-hangz": "ecsvnc demo url --region=cn-hangzhou ",
        "ecsvnc demo config vnc": "ecsvnc demo config vnc-password ",
    }
    assert {typed: shell.line(typed + TAB) for typed in lines} == lines


@pytest.mark.parametrize("name", SHELLS)
def test_a_name_is_inserted_so_that_the_shell_gives_it_to_ecsvnc_as_it_is(shell_named, name):
    shell = shell_named(name)
    lines = {
        "ecsvnc url web:": "ecsvnc url web:2 ",
        "ecsvnc url my": "ecsvnc url my\\ server ",
        "ecsvnc url my\\ s": "ecsvnc url my\\ server ",
        "ecsvnc url 'my": "ecsvnc url 'my server' ",
        'ecsvnc url "my s': 'ecsvnc url "my server" ',
        "ecsvnc url star": "ecsvnc url star\\*\\$HOME ",
        "ecsvnc url 数": "ecsvnc url 数据库 ",
    }
    assert {typed: shell.line(typed + TAB) for typed in lines} == lines


@pytest.mark.parametrize("name", SHELLS)
def test_a_path_is_completed_by_the_shell(shell_named, name):
    shell = shell_named(name)
    lines = {
        "ecsvnc url --vnc-password-file pass": "ecsvnc url --vnc-password-file password.txt ",
        "ecsvnc url --vnc-password-file=pass": "ecsvnc url --vnc-password-file=password.txt ",
    }
    assert {typed: shell.line(typed + TAB) for typed in lines} == lines


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_several_completions_are_all_offered(shell_named, name):
    assert shell_named(name).line("ecsvnc url we" + ALL) == "ecsvnc url web-1 web:2 "


def test_several_completions_are_all_offered_by_fish(world, need):
    need("fish")
    offered = fish_completions("ecsvnc url ", environ=world.environ, folder=world.home)
    assert sorted(offered) == sorted(row[1] for row in ROWS.values())


@pytest.mark.parametrize("name", SHELLS)
def test_a_program_that_is_not_there_or_fails_leaves_the_line_alone(shell_named, world, name):
    world.environ["PATH"] = "/usr/bin:/bin"  # the script is loaded, ecsvnc is gone
    shell = shell_named(name)
    assert shell.line("ecsvnc ur" + TAB) == "ecsvnc ur"
    assert "not found" not in shell.screen
    assert "rror" not in shell.screen
