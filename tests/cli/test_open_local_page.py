"""`ecsvnc open --console-page local` as a process, with browsers that are sockets. Real ones: in the next file."""

from __future__ import annotations

import sys

import pytest
from support.local_pages import PageBrowser
from support.program import wait_until
from websockets.exceptions import ConnectionClosed

LOCAL = ("--console-page", "local", "--no-browser")


def closed(page):
    with pytest.raises(ConnectionClosed):
        while True:
            page.socket.recv(timeout=30)
    return page.socket.protocol.close_rcvd.code


def test_ctrl_c_closes_the_page_and_the_console(program, ecs):
    run = program.start("open", "web-1", *LOCAL, "-v")
    with PageBrowser(run.address()).visit().page() as page:
        assert page.open().name == "web-1"
        run.wait_for("This command ends when you close the console's page or press Ctrl-C.", "err")
        run.interrupt()
        assert closed(page) == 1001
    assert run.status() == 130
    wait_until(lambda: not ecs.consoles.open_sessions)
    instance = ecs.fleet.named("web-1")
    assert f"Opened the console of web-1 ({instance.id}, cn-hangzhou)." in run.err
    assert "The page is connected to the console." in run.err
    assert "token" not in run.err.lower().replace("security_token", "")


def test_several_instances_get_a_page_each_with_a_cookie_of_its_own(program, ecs):
    run = program.start("open", "web-1", "win-1", *LOCAL)
    run.wait_for("\nhttp", "out")
    one, other = (PageBrowser(address).visit() for address in run.out.split())
    assert one.cookie != other.cookie
    with one.page() as page, other.page() as other_page:
        assert {page.open().name, other_page.open().name} == {"web-1", "win-1"}
        run.wait_for("This command ends when you close the pages of the consoles or press Ctrl-C.", "err")
        run.interrupt()
    assert run.status() == 130


def test_only_one_port_has_to_be_forwarded(program):
    run = program.start("open", "web-1", "--console-page", "local", SSH_CONNECTION="10.0.0.1 5000 10.0.0.2 22")
    port = run.address().split(":")[2].split("/")[0]
    run.interrupt()
    assert run.status() == 130
    assert run.err.count("-L ") == 1
    assert f"-L {port}:127.0.0.1:{port} " in run.err


def test_no_page_within_the_handoff_s_time_is_an_error(program):
    run = program.start("open", "web-1", *LOCAL, "--handoff-timeout", "0.3")
    assert run.status() == 10
    assert "No browser connected" in run.err


@pytest.mark.skipif(sys.platform != "linux", reason="a script as the browser")
def test_direct_uses_the_page_on_the_web_when_the_setting_says_local(program, tmp_path):
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/argument\n')
    script.chmod(0o755)
    run = program.start("open", "web-1", "--direct", "--browser", str(script), ECSVNC_CONSOLE_PAGE="local")
    assert run.status() == 0
    assert (tmp_path / "argument").read_text().startswith("https://g.alicdn.com/aliyun/ecs-console-vnc2/0.0.8/")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["url", "web-1", "--console-page", "local"], "works with `ecsvnc open` only"),
        (["open", "web-1", "--direct", "--console-page", "local"], "--direct cannot be combined"),
        (["open", "web-1", "--direct", "--keepalive", "5"], "--keepalive needs --viewer or --console-page local"),
        (["open", "web-1", "--max-idle", "1h"], "--max-idle needs --viewer or --console-page local"),
    ],
)
def test_what_needs_another_page_is_refused(in_process, arguments, words):
    run = in_process(*arguments)
    assert run.status == 2
    assert words in run.stderr
