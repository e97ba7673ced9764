"""`ecsvnc open --console-page local` in real browsers: Chromium and Firefox, headless."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from support.browser import Chromium
from support.console_page import notice, open_console, paste, shows, wait_for_state
from support.firefox import Firefox
from support.program import wait_until
from support.us_keyboard import PRINTABLE

from ecsvnc.simulator.consoles import CUT, TAKEN_OVER

PASSWORD = "Vnc9Zq"
PASTED = "".join(chr(0x21 + number * 7 % 94) for number in range(60))

STILL_ROWS = 200  # above the clock, and above the cursor


@pytest.fixture(params=[Chromium, Firefox], ids=["chromium", "firefox"])
def browser(request):
    with request.param() as browser:
        yield browser


@pytest.fixture
def tickets(ecs):
    """The tokens of all tickets that are issued."""
    tokens = []
    issue = ecs.tickets.issue

    def recorded(instance_id):
        tokens.append(issue(instance_id))
        return tokens[-1]

    ecs.tickets.issue = recorded
    return tokens


def test_the_local_page_is_used_from_its_start_to_its_end(program, ecs, browser, tickets, tmp_path):
    instance = ecs.fleet.named("web-1")
    instance.vnc_password = PASSWORD
    (tmp_path / "password").write_text(PASSWORD)
    options = ("--console-page", "local", "--no-browser", "--vnc-password-file", str(tmp_path / "password"))
    run = program.start("open", "web-1", *options)
    address = run.address()
    machine = ecs.consoles.machine(instance.id)
    browser.record_traffic()

    open_console(browser, address)
    assert browser.evaluate("document.getElementById('name').textContent") == "web-1"
    assert browser.evaluate("document.getElementById('instance-id').textContent") == f"{instance.id} · cn-hangzhou"
    wait_until(lambda: shows(browser, machine.framebuffer, rows=STILL_ROWS))
    type_and_paste(browser, machine)
    copy_text(browser)
    lose_and_regain(browser, ecs, instance.id)
    wait_until(lambda: shows(browser, machine.framebuffer, rows=STILL_ROWS))
    use_two_tabs(browser, address)

    browser.navigate("about:blank")
    assert run.status() == 0
    browser.quit()
    assert len(tickets) >= 4
    assert_nothing_secret_is_kept(browser, address, [PASSWORD, *tickets])


def type_and_paste(browser, machine):
    browser.type("Admin")
    browser.press("Enter")
    browser.press("Enter")
    wait_until(lambda: ":~$" in machine.text)
    for part in (PRINTABLE[1:48], PRINTABLE[48:]):
        browser.type(f"#{part}")
        browser.press("Enter")
        wait_until(lambda part=part: f"$ #{part}\n" in machine.text)
    paste(browser, f"#{PASTED}\n")
    wait_until(lambda: f"$ #{PASTED}\n" in machine.text)
    browser.wait_until("document.getElementById('message-text').innerText === 'Typed 62 of 62 characters.'")
    paste(browser, "#" * 500)
    browser.wait_until("document.getElementById('message-button').innerText === 'Stop'")
    browser.click_on("#message-button")
    browser.wait_until(r"/^Typed \d+ of 500 characters\.$/.test(document.getElementById('message-text').innerText)")
    browser.press("u", "Control")
    paste(browser, "ß")
    browser.wait_until("document.getElementById('message-text').innerText.includes('ß')")
    browser.click_on("#message-button")
    paste(browser, "ß#", layout="de")
    browser.wait_until("document.getElementById('message').hidden")
    # Of what a German keyboard types, this guest's US keyboard makes other signs.
    wait_until(lambda: "$ -\\" in machine.text)


def copy_text(browser):
    """Copy the text on the screen: to the clipboard, or where the browser does not allow that, to a dialog."""
    browser.click_on("#copy-text")
    copied = "document.getElementById('copied-text').value"
    is_told = "document.getElementById('message-text').innerText === 'Copied the text on the screen.'"
    browser.wait_until(f"{is_told} || {copied} !== ''")
    if browser.evaluate(f"{copied} !== ''"):
        text = browser.evaluate(copied)
        browser.press("Escape")
    else:
        browser.allow_clipboard()
        text = browser.evaluate("navigator.clipboard.readText()")
    assert f"$ #{PASTED}\n" in text


def lose_and_regain(browser, ecs, instance_id):
    """Lose the console: by a cut, by a reload, and to another session."""
    before = len(ecs.consoles.sessions)
    ecs.consoles.end(instance_id, CUT)
    wait_until(lambda: len(ecs.consoles.sessions) == before + 1)
    wait_for_state(browser, "connected")
    browser.reload()
    wait_until(lambda: len(ecs.consoles.sessions) == before + 2)
    wait_for_state(browser, "connected")
    ecs.consoles.end(instance_id, TAKEN_OVER)
    assert "another session took it over" in notice(browser)
    assert browser.evaluate("document.activeElement.id") == "notice-button"
    browser.click_on("#notice-button")
    wait_for_state(browser, "connected")


def use_two_tabs(browser, address):
    """Open a second tab, use the console there, close it, and use the console in the first again."""
    first = browser.new_tab()
    browser.navigate(address)
    assert "This console is open in another tab" in notice(browser)
    browser.click_on("#notice-button")
    wait_for_state(browser, "connected")
    browser.use_tab(first)
    assert "This console was opened in another tab" in notice(browser)
    browser.click_on("#notice-button")
    wait_for_state(browser, "connected")


def assert_nothing_secret_is_kept(browser, address, secrets):
    """Look for secrets in what the browser received, as far as it was recorded, and in all files of its profile."""
    forms = {form.encode() for secret in secrets for form in (secret, quote(secret, safe=""))}
    received = browser.received()
    files = [path for path in Path(browser.profile).rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in files)
    if isinstance(browser, Chromium):
        assert b"cn-hangzhou" in received, "the page's messages were recorded"
    assert address.encode() in kept, "the history has the address"
    assert [secret for secret in forms if secret in received or secret in kept] == []
