"""Completion, by what the program answers. tests/cli/test_completion_in_shells.py does it with real shells."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from support.seen import remember

from ecsvnc.cli.main import COMMANDS

COMPLETIONS = Path(__file__).parents[2] / "completions"

WEB, WIN = "i-bp1hzoinajzkh91h0000", "i-2zeh2q4dhzoinajzkh91"


@pytest.fixture
def tab(cli, cache):
    """`tab(line)`: what bash is answered."""

    def answer(line, **environ):
        return cli.with_environ(_ECSVNC_COMPLETE="bash", _ECSVNC_LINE=line, **environ)()

    return answer


@pytest.fixture
def cache(cli):
    return remember(cli.home, {WEB: ("cn-hangzhou", "web-1"), WIN: ("cn-beijing", "win-1")})


@pytest.mark.parametrize(("shell", "file"), [("bash", "ecsvnc.bash"), ("zsh", "_ecsvnc"), ("fish", "ecsvnc.fish")])
def test_the_scripts_in_the_repository_are_what_the_command_prints(cli, shell, file):
    assert cli("completion", shell) == (0, (COMPLETIONS / file).read_text(), "")


def test_no_script_is_for_an_unknown_shell(cli):
    status, stdout, stderr = cli("completion", "tcsh")
    assert (status, stdout) == (2, "")
    assert stderr.startswith("Error: SHELL must be bash, zsh or fish, not 'tcsh'.\n")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ecsvnc u", "url"),
        ("ecsvnc --v", "--version"),
        ("ecsvnc config log", "login logout"),
        ("ecsvnc config get time", "timeout"),
        ("ecsvnc config set region cn-hangz", "cn-hangzhou"),
        ("ecsvnc config set layout de", "de de-nodeadkeys"),
        ("ecsvnc config set network ", "public vpc"),
        ("ecsvnc config set browser ", ""),
        ("ecsvnc completion ", "bash zsh fish"),
        ("ecsvnc help prox", "proxy"),
        ("ecsvnc help config pol", "policy"),
        ("ecsvnc help open ", ""),
        ("ecsvnc ls we", "web-1"),
        ("ecsvnc url --vnc", "--vnc-password-file"),
        ("ecsvnc url --os ", "windows linux"),
        ("ecsvnc url --os=win", "--os=windows"),
        ("ecsvnc url --region eu-", "eu-central-1 eu-west-1"),
        ("ecsvnc url w", "web-1 win-1"),
        ("ecsvnc url web-1 w", "win-1"),
        ("ecsvnc url i-", f"{WIN} {WEB}"),
        ("ecsvnc list we", "web-1"),
        ("ecsvnc open we", "web-1"),
        ("ecsvnc url nothing", ""),
    ],
)
def test_commands_options_and_values_complete(tab, line, words):
    assert tab(line) == (0, "\n".join(["words", *words.split()]) + "\n", "")


def test_names_are_offered_before_anything_is_typed_and_ids_are_not(tab):
    assert tab("ecsvnc url ").stdout.split() == ["words", "web-1", "win-1"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ecsvnc demo ", " ".join(name for name in COMMANDS if name != "demo")),
        ("ecsvnc demo u", "url"),
        ("ecsvnc demo --p", "--port"),
        ("ecsvnc demo --fleet 3 u", "url"),
        ("ecsvnc demo url ", "db-1 dup web-1 win-1"),
        ("ecsvnc demo --fleet=3 url w", "web-1 win-1"),
        ("ecsvnc demo url web-1 w", "win-1"),
        ("ecsvnc demo url i-bp1", "i-bp1k243zld6fckjqkmgj"),
        ("ecsvnc demo url --vnc", "--vnc-password-file"),
        ("ecsvnc demo url --os ", "windows linux"),
        ("ecsvnc demo url --os=win", "--os=windows"),
        ("ecsvnc demo url --region eu-", "eu-central-1 eu-west-1"),
        ("ecsvnc demo config log", "login logout"),
        ("ecsvnc demo config get time", "timeout"),
        ("ecsvnc demo nonsense --wro", ""),
    ],
)
def test_the_demo_completes_as_its_commands_do_and_with_its_own_instances(tab, line, words):
    assert tab(line) == (0, "\n".join(["words", *words.split()]) + "\n", "")


def test_a_path_is_left_to_the_shell(tab):
    assert tab("ecsvnc url --vnc-password-file ") == (0, "files\n", "")


def test_profiles_of_ecsvnc_and_of_the_aliyun_cli_complete(cli, tab):
    assert cli("config", "set", "region", "cn-hangzhou", "--profile", "office").status == 0
    (cli.home / ".aliyun").mkdir()
    (cli.home / ".aliyun" / "config.json").write_text(json.dumps({"profiles": [{"name": "operations", "mode": "AK"}]}))
    assert tab("ecsvnc url --profile o") == (0, "words\noffice\noperations\n", "")
    assert tab("ecsvnc demo url --profile o") == (0, "words\n", ""), "the demo has none"


def test_profiles_complete_from_a_file_with_a_mark_of_utf8(cli, tab):
    (cli.home / ".config" / "ecsvnc").mkdir(parents=True)
    (cli.home / ".config" / "ecsvnc" / "config.toml").write_bytes(b"\xef\xbb\xbf[profiles.office]\r\n")
    assert tab("ecsvnc url --profile o") == (0, "words\noffice\n", "")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format":2}', b'{"format":2,"instances":{"i-1":7}}', b"\xff\0"]
)
def test_a_damaged_cache_completes_nothing_and_says_nothing(tab, cache, content):
    cache.write_bytes(content)
    assert tab("ecsvnc url w") == (0, "words\n", "")


def test_a_fifo_without_a_writer_does_not_block_completion(cli, tab):
    for file in (cli.home / ".config" / "ecsvnc" / "config.toml", cli.home / ".aliyun" / "config.json"):
        file.parent.mkdir(parents=True)
        os.mkfifo(file)
    assert tab("ecsvnc url --profile o") == (0, "words\n", "")


@pytest.mark.parametrize("content", [b"[profiles", b"profiles = 7", b"\xff\0", b"a = " + b"[" * 10_000])
def test_damaged_configuration_completes_nothing_and_says_nothing(cli, tab, content):
    for folder, name in ((".config/ecsvnc", "config.toml"), (".aliyun", "config.json")):
        (cli.home / folder).mkdir(parents=True)
        (cli.home / folder / name).write_bytes(content)
    assert tab("ecsvnc url --profile d") == (0, "words\n", "")


@pytest.mark.parametrize(
    "environ",
    [
        {"_ECSVNC_COMPLETE": "tcsh"},
        {"_ECSVNC_COMPLETE": "bash"},
        {"_ECSVNC_COMPLETE": ""},
        {"_ECSVNC_COMPLETE": "zsh"},
        {"_ECSVNC_COMPLETE": "bash", "_ECSVNC_LINE": "ecsvnc nonsense --wro", "HOME": ""},
        {"_ECSVNC_COMPLETE": "fish", "_ECSVNC_WORDS": "url\nw", "HOME": "/nonexistent"},
    ],
)
def test_every_failure_is_silent(cli, environ):
    _, stdout, stderr = cli.with_environ(**environ)("url", "web-1")
    assert stdout in ("", "words\n")
    assert stderr == ""


def test_no_home_is_no_failure(cli, cache):
    cli.environ.pop("HOME")
    status, stdout, stderr = cli.with_environ(
        _ECSVNC_COMPLETE="bash", _ECSVNC_LINE="ecsvnc url w", ECSVNC_CACHE_DIR=str(cache.parent)
    )()
    assert (status, stdout, stderr) == (0, "words\nweb-1\nwin-1\n", "")


@pytest.mark.parametrize("name", ["", "-rf", "a\nb", "a\x1b[31mb", "a\u202eb"])
def test_a_name_that_could_harm_a_command_line_is_not_offered(cli, tab, name):
    remember(cli.home, {WEB: ("cn-hangzhou", name)})
    assert tab("ecsvnc url ") == (0, "words\n", "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_an_unsafe_name_is_not_shown_beside_an_id(cli, shell):
    remember(cli.home, {WEB: ("cn-hangzhou", "a\x1b]0;b\x07\u202e\udcffz")})
    status, stdout, _ = cli.with_environ(_ECSVNC_COMPLETE=shell, _ECSVNC_WORDS="url\ni-")()
    assert (status, stdout[-1]) == (0, "\n")
    assert f"{WEB}" in stdout
    assert "a?]0;b???z cn-hangzhou" in stdout


@pytest.mark.parametrize(
    "line", ["ecsvnc u", "ecsvnc url w", "ecsvnc url --region c", "ecsvnc url --profile d", "ecsvnc demo url w"]
)
def test_completion_never_touches_the_network_nor_starts_a_process(cli, cache, line):
    # An audit hook sees what no list of imports would: every socket, name look-up and child process (PEP 578).
    watched = (
        "import sys\n"
        "def hook(event, arguments):\n"
        "    if event.startswith(('socket.', 'subprocess.', 'os.fork', 'os.exec', 'os.posix_spawn')):\n"
        "        print('forbidden:', event)\n"
        "sys.addaudithook(hook)\n"
        "from ecsvnc.cli.main import main\n"
        "main()\n"
    )
    cli.environ.update(_ECSVNC_COMPLETE="bash", _ECSVNC_LINE=line)
    with cli.start_other([sys.executable, "-c", watched]) as running:
        status, stdout, stderr = running.finish()
    assert status == 0
    assert stdout.startswith("words\n")
    assert "forbidden" not in stdout
    assert stderr == ""
