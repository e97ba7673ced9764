"""`ecsvnc open` with a real browser: Chromium, headless, against the embedded ECS's own console page."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
from urllib.parse import urlsplit

import pytest
from support import jumping_clock
from support.browser import Chromium, require_chromium
from support.ecs.extended import ExtendedEcs
from support.program import processes_with, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

CHROMIUM_START_S = 60.0
TICKET_S = 15.0


@pytest.fixture
def clock(tmp_path):
    """The file that sets the clock of `ecs`, and of a program that is started with it."""
    return tmp_path / "clock"


@pytest.fixture
def ecs(clock):
    """An embedded ECS whose clock can jump."""
    with ExtendedEcs(jumping_clock.jumping(clock)) as ecs:
        yield ecs


@pytest.fixture
def chromium(tmp_path):
    """A browser command as a user has one: a script that starts Chromium on its argument, once `go` exists."""
    profile = tempfile.mkdtemp(prefix="chromium-test-")
    flags = (
        "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --disable-dev-shm-usage --no-proxy-server --password-store=basic"
    )

    def command(go="/"):
        script = tmp_path / "slow-browser"
        script.write_text(
            f"#!/bin/sh\nuntil [ -e {go} ]; do sleep 0.05; done\nexport HOME={profile}\n"
            f'exec {require_chromium()} {flags} --user-data-dir={profile} "$1"\n'
        )
        script.chmod(0o755)
        return str(script)

    command.profile = profile
    yield command
    for pid in processes_with(profile):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not processes_with(profile))
    shutil.rmtree(profile, ignore_errors=True)


def await_life(session, timeout_s=30):
    """Wait until its page has connected and keeps asking for the screen, however busy the machine is."""
    wait_until(lambda: session.screen.authenticated, timeout_s=timeout_s)
    before = session.screen.messages
    wait_until(lambda: session.screen.messages > before, timeout_s=timeout_s)
    assert session.is_open


def test_a_browser_that_takes_twenty_seconds_to_start_gets_a_live_console(program, chromium, ecs, clock, tmp_path):
    run = program.start(
        "open", "web-1", "-v", "--browser", chromium(tmp_path / "go"), command=jumping_clock.command(clock)
    )
    run.wait_for("Started ")
    assert TICKET_S < 20
    clock.write_text("20 0")
    (tmp_path / "go").touch()
    assert run.status(CHROMIUM_START_S) == 0
    wait_until(lambda: ecs.consoles.open_sessions == 1, timeout_s=20)
    (session,) = ecs.consoles.sessions
    await_life(session)
    # One ticket when the command started, one when the browser connected.
    assert [call.action for call in ecs.calls].count("DescribeInstanceVncUrl") == 2


def test_the_browser_lives_on_after_the_command_returned(program, chromium, ecs):
    run = program.start("open", "win-1", "--browser", chromium())
    assert run.status(CHROMIUM_START_S) == 0
    wait_until(lambda: ecs.consoles.open_sessions == 1, timeout_s=20)
    await_life(ecs.consoles.sessions[0])


def test_no_process_has_a_ticket_in_its_arguments_while_chromium_shows_the_console(program, chromium, ecs):
    run = program.start("open", "web-1", "--browser", chromium())
    assert run.status(CHROMIUM_START_S) == 0
    wait_until(lambda: ecs.consoles.open_sessions == 1, timeout_s=20)
    arguments = "\n".join(processes_with(chromium.profile).values())
    assert "http://127.0.0.1:" in arguments
    for secret in ("vncUrl", "websockify", ecs.identity.access_key_secret):
        assert secret not in arguments


def test_with_stay_a_second_visit_opens_another_live_console(program, ecs):
    run = program.start("open", "web-1", "--stay", "--no-browser")
    address = run.address()
    with Chromium() as browser:
        for load in (1, 2):
            browser.navigate(address)
            browser.wait_until("document.body && document.body.dataset.state === 'connected'")
            wait_until(lambda load=load: len(ecs.consoles.sessions) == load)
            wait_until(lambda: ecs.consoles.open_sessions == 1)
            await_life(ecs.consoles.sessions[-1])
    run.interrupt()
    assert run.status() == 130


def test_reloading_the_console_page_explains_why_it_fails(program):
    run = program.start("open", "web-1", "--stay", "--no-browser")
    with Chromium() as browser:
        browser.navigate(run.address())
        browser.wait_until("document.body && document.body.dataset.state === 'connected'")
        browser.send("Page.reload")
        browser.wait_until("document.body && document.body.dataset.reason")
    run.interrupt()
    assert run.status() == 130


def test_chromium_over_localhost_is_answered_too(program):
    run = program.start("open", "web-1", "--no-browser")
    parts = urlsplit(run.address())
    with Chromium() as browser:
        browser.navigate(f"http://localhost:{parts.port}{parts.path}")
        browser.wait_until("document.body && document.body.dataset.state === 'connected'")
    assert run.status() == 0


def test_a_page_that_embeds_the_address_does_not_use_it_up(program):
    run = program.start("open", "web-1", "--no-browser")
    address = run.address()
    parts = f"<iframe src={address}></iframe><object data={address}></object><embed src={address}>"
    script = (
        f"<script>new WebSocket('{address.replace('http', 'ws')}').onerror = () => document.title = 'tried'</script>"
    )
    with Chromium() as browser:
        browser.navigate(f"data:text/html,{parts}{script}")
        browser.wait_until("document.title === 'tried' && document.readyState === 'complete'")
        browser.navigate(address)
        browser.wait_until("document.body && document.body.dataset.state === 'connected'")
    assert run.status() == 0


def test_the_page_of_an_error_at_the_visit_is_the_same_as_the_terminals(program, ecs, clock):
    run = program.start("open", "web-1", "--no-browser", command=jumping_clock.command(clock))
    address = run.address()
    clock.write_text(f"{TICKET_S - 7 + 0.5} 0")  # so that the first ticket is replaced
    ecs.fleet.named("web-1").status = "Stopped"
    with Chromium() as browser:
        browser.navigate(address)
        page = browser.wait_until("document.querySelector('main') && document.body.innerText")
    assert run.status() == 6
    error, hint = run.err[run.err.index("Error: ") :].splitlines()[:2]
    assert error.removeprefix("Error: ") in page
    assert hint.removeprefix("Hint: ") in page
