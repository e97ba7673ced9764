"""`ecsvnc open --console-page local` in real browsers, on a virtual machine: what is typed is what its terminal got."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image
from support.browser import Chromium
from support.console_page import canvas_pixels, open_console, paste, wait_for_state
from support.firefox import Firefox
from support.program import Program, wait_until
from support.qemu.gateway import NAME, GuestEcs
from support.qemu.guest import Guest
from support.qemu.keymaps import keymap
from support.us_keyboard import PRINTABLE

from ecsvnc.runtime import Runtime

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

ARRIVES_WITHIN_S = 120.0


@pytest.fixture(scope="module")
def guest(kernel):
    with Guest.booted(kernel, "cirrus") as guest:
        guest.listen()
        yield guest


@pytest.fixture(params=[Chromium, Firefox], ids=["chromium", "firefox"])
def browser(request):
    with request.param() as browser:
        yield browser


def picture(guest):
    return Image.open(io.BytesIO(guest.picture())).convert("RGB")


def shows_picture_of(browser, guest):
    shown = picture(guest)
    return canvas_pixels(browser, *shown.size) == shown.tobytes("raw", "BGRX")


def test_what_is_typed_and_pasted_in_a_browser_arrives_and_the_screen_is_shown(guest, browser, tmp_path):
    def wait_for(text):
        got = []
        wait_until(lambda: got.append(guest.typed()[before:].decode()) or got[-1] == text, ARRIVES_WITHIN_S)

    with GuestEcs(Runtime.of_this_process(), guest) as ecs:
        program = Program(ecs.exports(), tmp_path)
        try:
            run = program.start("open", NAME, "--console-page", "local", "--no-browser")
            guest.load_keymap(keymap("us"))
            open_console(browser, run.address())
            wait_until(lambda: shows_picture_of(browser, guest), ARRIVES_WITHIN_S)

            before = len(guest.typed())
            browser.type(PRINTABLE)
            wait_for(PRINTABLE)

            guest.load_keymap(keymap("de"))
            before = len(guest.typed())
            text = "".join(random.Random(1).choices(f"{PRINTABLE}äöüß", k=1000))
            paste(browser, text, layout="de")
            wait_for(text)

            ecs.cut()
            wait_until(lambda: ecs.connections == 2)
            wait_for_state(browser, "connected")
            wait_until(lambda: shows_picture_of(browser, guest), ARRIVES_WITHIN_S)
        finally:
            program.end_all()
