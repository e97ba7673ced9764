"""The console page in a real Chromium, before the embedded ECS: what is seen on it, and what arrives through it.

The machines' clock stands still, so that the picture does: no blinking, no ticking.
"""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from support.browser import Chromium
from support.console_page import notice, open_console, shows, vendor_address, wait_for_state
from support.ecs.extended import ExtendedEcs

from ecsvnc.runtime import Runtime
from ecsvnc.simulator.consoles import IDLE, INSTANCE_STOPPED

SETTLE_S = 60.0


class Clock:
    """The machines' clock. It stands still, but for what tests wait for: keys are taken one after another."""

    at_s = 1_800_000_000.0

    def now(self):
        return self.at_s


CLOCK = Clock()


@pytest.fixture
def ecs():
    with ExtendedEcs(replace(Runtime.of_this_process(), now=CLOCK.now)) as ecs:
        yield ecs


def machine_of(ecs, name):
    return ecs.consoles.machine(ecs.fleet.named(name).id)


def open_machine(browser, ecs, name="web-1"):
    """Open a console on the page, and return its machine."""
    open_console(browser, vendor_address(ecs, name))
    return machine_of(ecs, name)


def wait_for(is_so, what, *, while_time_passes_s=0.05):
    deadline = time.monotonic() + SETTLE_S
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
        CLOCK.at_s += while_time_passes_s


def wait_for_picture(browser, machine):
    """Wait until the canvas shows, pixel for pixel, what the machine drew."""
    wait_for(lambda: shows(browser, machine.framebuffer), f"never seen:\n{machine.text}", while_time_passes_s=0)


def test_the_login_prompt_is_on_the_canvas_and_typed_keys_arrive_and_are_echoed_on_it(browser, ecs):
    machine = open_machine(browser, ecs)
    assert "web-1 login:" in machine.text
    wait_for_picture(browser, machine)
    prompt = bytes(machine.framebuffer.pixels)

    browser.type("root-1")
    wait_for(lambda: "web-1 login: root-1" in machine.text, machine.text)
    assert (ord("r"), True) in machine.received_keys
    assert (ord("r"), False) in machine.received_keys
    wait_for_picture(browser, machine)
    assert bytes(machine.framebuffer.pixels) != prompt

    browser.press("Backspace")
    browser.press("Enter")
    wait_for(lambda: "web-1 login: root-\nPassword:" in machine.text, machine.text)
    wait_for_picture(browser, machine)


def test_the_page_shows_the_instance_and_removes_the_ticket_from_the_address(browser, ecs):
    open_machine(browser, ecs)
    instance = ecs.fleet.named("web-1")
    assert browser.evaluate("document.title") == "web-1 · ECS console"
    assert browser.evaluate("document.getElementById('name').textContent") == "web-1"
    assert browser.evaluate("document.getElementById('instance-id').textContent") == instance.id
    assert browser.evaluate("document.body.dataset.instanceId") == instance.id
    assert browser.evaluate("document.activeElement.id") == "keys"
    assert browser.evaluate("location.search") == f"?instanceId={instance.id}&isWindows=false"


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_logged(browser, ecs):
    open_machine(browser, ecs)
    loaded = browser.evaluate("performance.getEntriesByType('resource').map(each => new URL(each.name).origin)")
    assert set(loaded) == {ecs.origin}
    assert browser.console == []


def test_the_policy_forbids_inline_scripts_and_styles_and_the_page_has_none(browser, ecs):
    open_machine(browser, ecs)
    assert (
        browser.evaluate("document.querySelectorAll('script:not([src]), style, [style][id=name], [onclick]').length")
        == 0
    )
    browser.evaluate("document.body.appendChild(document.createElement('script')).textContent = 'window.ran = 1'")
    assert browser.evaluate("window.ran === undefined")


@pytest.mark.parametrize(("width", "height"), [(1500, 460), (320, 480)])
def test_the_screen_fits_the_window_and_keeps_its_proportions(browser, ecs, width, height):
    browser.resize(width, height)
    machine = open_machine(browser, ecs)
    wait_for_picture(browser, machine)
    box, bar = browser.evaluate(
        "['screen', 'stage'].map(id => document.getElementById(id).getBoundingClientRect())"
        ".map(box => [box.left, box.top, box.right, box.bottom])"
    )
    assert bar[0] <= box[0] < box[2] <= bar[2]
    assert bar[1] <= box[1] < box[3] <= bar[3]
    assert (box[2] - box[0]) / (box[3] - box[1]) == pytest.approx(720 / 400, rel=0.01)
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert browser.evaluate("document.querySelector('.bar').scrollWidth <= innerWidth")


def test_shortcuts_reach_the_machine_and_not_the_browser(browser, ecs):
    machine = open_machine(browser, ecs)
    browser.type("abc")
    browser.press("u", "Control")
    browser.type("x")
    wait_for(lambda: "login: x" in machine.text, machine.text)
    browser.press("r", "Control")
    browser.press("Tab")
    wait_for(lambda: (0xFF09, False) in machine.received_keys, machine.received_keys)
    assert browser.evaluate("document.activeElement.id") == "keys"
    assert browser.evaluate("document.body.dataset.state") == "connected"


def test_what_an_input_method_composes_is_typed(browser, ecs):
    machine = open_machine(browser, ecs)
    browser.send("Input.imeSetComposition", text="e", selectionStart=1, selectionEnd=1)
    browser.send("Input.insertText", text="é")
    browser.type("t")
    wait_for(lambda: "login: t" in machine.text, machine.text)
    assert list(machine.received_keys)[:2] == [(ord("é"), True), (ord("é"), False)], "which a US keyboard does not have"
    assert [keysym for keysym, _ in machine.received_keys].count(ord("é")) == 2


def test_keys_are_released_when_the_console_loses_the_keyboard(browser, ecs):
    machine = open_machine(browser, ecs)
    browser.send("Input.dispatchKeyEvent", type="rawKeyDown", key="Control", code="ControlLeft", modifiers=2)
    wait_for(lambda: (0xFFE3, True) in machine.received_keys, "down")
    browser.evaluate("document.activeElement.blur()")
    wait_for(lambda: (0xFFE3, False) in machine.received_keys, "up")


def test_the_pointer_and_the_wheel_arrive_where_they_point(browser, ecs):
    machine = open_machine(browser, ecs)
    left, top, width = browser.evaluate(
        "(box => [box.left, box.top, box.width])(document.getElementById('screen').getBoundingClientRect())"
    )
    scale = width / 720
    browser.mouse("mouseMoved", left + 100 * scale, top + 50 * scale)
    wait_for(lambda: machine.received_pointer is not None, "a move")
    x, y, buttons = machine.received_pointer
    assert (abs(x - 100) <= 1, abs(y - 50) <= 1, buttons) == (True, True, 0)
    assert browser.evaluate("document.getElementById('screen').style.cursor").startswith('url("data:image/png')
    browser.mouse("mousePressed", left + 200 * scale, top + 50 * scale, button="right", buttons=2, clickCount=1)
    wait_for(lambda: machine.received_pointer[2] == 4, "RFB's third button")
    browser.mouse("mouseReleased", left + 200 * scale, top + 50 * scale, button="right", clickCount=1)
    wait_for(lambda: machine.received_pointer[2] == 0, "released")
    wait_for_picture(browser, machine)


def test_the_wheel_scrolls_back(browser, ecs):
    machine = open_machine(browser, ecs)
    browser.type("root")
    browser.press("Enter")
    browser.press("Enter")
    for _ in range(2):
        browser.type("help")
        browser.press("Enter")
    wait_for(lambda: "Simulated Linux" not in machine.text and machine.text.count("whoami") == 2, machine.text)
    for _ in range(15):
        browser.mouse("mouseWheel", 640, 400, deltaX=0, deltaY=-120)
    wait_for(lambda: "Simulated Linux" in machine.text, machine.text)


def test_buttons_press_function_keys_and_sysrq_with_their_places_on_the_keyboard(browser, ecs):
    machine = open_machine(browser, ecs)
    browser.click_on("#menu-button")
    browser.click_on("[data-chord='ControlLeft AltLeft F2']")
    wait_for(lambda: len(machine.received_keys) == 6, machine.received_keys)
    f2 = [(0xFFE3, True), (0xFFE9, True), (0xFFBF, True), (0xFFBF, False), (0xFFE9, False), (0xFFE3, False)]
    assert list(machine.received_keys) == f2
    assert browser.evaluate("document.activeElement.id") == "keys"
    browser.click_on("#menu-button")
    browser.evaluate("document.getElementById('sysrq').value = 'KeyS'")
    browser.click_on("#send-sysrq")
    wait_for(lambda: len(machine.received_keys) == 12, machine.received_keys)
    pressed = [keysym for keysym, is_down in machine.received_keys if is_down]
    assert pressed[3:] == [0xFFE9, 0xFF61, ord("s")]


def test_the_keyboard_leaves_the_screen_with_ctrl_alt_and_returns_with_escape(browser, ecs):
    machine = open_machine(browser, ecs)
    hint = browser.evaluate(
        "document.getElementById(document.activeElement.getAttribute('aria-describedby')).innerText"
    )
    assert hint == "All keys go to the instance. Press and release Ctrl+Alt to reach the buttons."
    for kind in ("rawKeyDown", "keyUp"):
        for key, code in (("Control", "ControlLeft"), ("Alt", "AltLeft")):
            browser.send("Input.dispatchKeyEvent", type=kind, key=key, code=code)
    assert browser.evaluate("document.activeElement.id") == "attention"
    wait_for(lambda: len(machine.received_keys) == 4, machine.received_keys)
    browser.press("Tab")
    assert browser.evaluate("document.activeElement.id") == "paste"
    browser.press("Escape")
    assert browser.evaluate("document.activeElement.id") == "keys"
    browser.press("Delete", "Control", "Alt")
    assert browser.evaluate("document.activeElement.id") == "keys", "Ctrl+Alt with a key is the instance's"


def test_the_keys_below_the_screen_are_for_keyboards_that_lack_them(browser, ecs):
    browser.resize(390, 844)
    machine = open_machine(browser, ecs)
    browser.click_on("[data-hold=ControlLeft]")
    assert browser.evaluate("document.querySelector('[data-hold=ControlLeft]').getAttribute('aria-pressed')") == "true"
    browser.send("Input.insertText", text="C")
    wait_for(lambda: (0xFFE3, False) in machine.received_keys, machine.received_keys)
    control_c = [(0xFFE3, True), (ord("c"), True), (ord("c"), False), (0xFFE3, False)]
    assert list(machine.received_keys) == control_c
    assert browser.evaluate("document.querySelector('[data-hold=ControlLeft]').getAttribute('aria-pressed')") == "false"
    browser.click_on("[data-key=ArrowUp]")
    wait_for(lambda: (0xFF52, False) in machine.received_keys, machine.received_keys)
    assert browser.evaluate("document.activeElement.id") == "keys"


TARGETS = """[...document.querySelectorAll('button, select')]
    .filter(each => each.checkVisibility())
    .map(each => [each.id || each.dataset.key || each.innerText, each.getBoundingClientRect().toJSON()])"""


def test_on_a_phone_everything_to_tap_has_44_pixels_and_is_inside_the_window(browser, ecs):
    browser.resize(390, 844)
    open_machine(browser, ecs)
    browser.evaluate("document.getElementById('menu').showPopover()")
    targets = browser.evaluate(TARGETS)
    assert len(targets) > 20
    for name, box in targets:
        assert box["width"] >= 44, name
        assert box["height"] >= 44, name
        assert box["left"] >= 0, name
        assert box["right"] <= 390, name


def test_the_screen_can_be_zoomed_and_panned(browser, ecs):
    browser.resize(390, 844)
    machine = open_machine(browser, ecs)
    width = "document.getElementById('screen').getBoundingClientRect().width"
    fitting = browser.evaluate(width)
    box = browser.evaluate("document.getElementById('screen').getBoundingClientRect().toJSON()")
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    browser.send("Input.synthesizePinchGesture", scaleFactor=2, gestureSourceType="touch", **middle)
    browser.wait_until(f"{width} > 1.5 * {fitting}")
    stage = "document.getElementById('stage')"
    before = browser.evaluate(f"{stage}.scrollLeft")
    browser.send("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": 200, "y": 420}])
    for x in range(195, 150, -5):
        browser.send("Input.dispatchTouchEvent", type="touchMove", touchPoints=[{"x": x, "y": 420}])
    browser.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    browser.wait_until(f"{stage}.scrollLeft > {before}")
    assert not machine.received_keys
    assert machine.received_pointer is None, "a finger that moves is no click"
    browser.evaluate("document.getElementById('zoom-fit').click()")
    assert browser.evaluate(width) == fitting


def test_a_tap_is_a_click(browser, ecs):
    machine = open_machine(browser, ecs, "win-1")
    clicks = []
    pointer = machine.pointer
    machine.pointer = lambda x, y, buttons: clicks.append(buttons) or pointer(x, y, buttons)
    browser.send("Input.synthesizeTapGesture", x=640, y=400, gestureSourceType="touch")
    wait_for(lambda: len(clicks) == 3, clicks)
    assert clicks == [0, 1, 0]


def test_in_full_screen_the_bar_is_reached_with_the_pointer_and_the_keyboard(browser, ecs):
    open_machine(browser, ecs)
    top = "document.getElementById('bar').getBoundingClientRect().bottom"
    browser.click_on("#full-screen")
    browser.wait_until("document.fullscreenElement !== null")
    try:
        browser.mouse("mouseMoved", 640, 400)
        browser.wait_until(f"{top} <= 0")
        browser.mouse("mouseMoved", 640, 5)
        browser.wait_until(f"{top} > 40")
        browser.mouse("mouseMoved", 640, 400)
        browser.wait_until(f"{top} <= 0")
        browser.evaluate("document.getElementById('bar-handle').focus()")  # under the pointer, the bar would cover it
        browser.press("Enter")
        browser.wait_until(f"{top} > 40 && document.activeElement.id === 'attention'")
    finally:
        browser.evaluate("document.exitFullscreen()")


def test_a_picture_of_the_screen_is_saved(browser, ecs, tmp_path):
    machine = open_machine(browser, ecs)
    browser.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    wait_for_picture(browser, machine)
    pixels = bytes(machine.framebuffer.pixels)
    browser.click_on("#menu-button")
    browser.click_on("#save-png")
    wait_for(lambda: [*tmp_path.glob("web-1_*.png")], "a file", while_time_passes_s=0)
    saved = Image.open(next(tmp_path.glob("web-1_*.png"))).convert("RGB")
    assert saved.tobytes("raw", "BGRX") == pixels


def test_the_button_sends_ctrl_alt_delete_and_the_console_has_the_keyboard_again(browser, ecs):
    machine = open_machine(browser, ecs, "win-1")
    assert "Press Ctrl+Alt+Delete" in machine.text
    browser.click_on("#attention")
    wait_for(lambda: "Administrator" in machine.text, machine.text)
    browser.type("pw")
    browser.press("Enter")
    wait_for(lambda: "Signed in to win-1" in machine.text, machine.text)
    wait_for_picture(browser, machine)


def test_a_pasted_text_is_typed_key_by_key(browser, ecs):
    machine = open_machine(browser, ecs)
    browser.click_on("#paste")
    browser.wait_until("document.getElementById('paste-dialog').open")
    browser.send("Input.insertText", text="Admin\npw\necho '_{1}'\n")
    browser.click_on("#paste-dialog .primary")
    wait_for(lambda: "Admin@web-1:~$ echo '_{1}'\n_{1}\n" in machine.text, machine.text)
    assert (0xFFE1, True) in machine.received_keys, "Shift is held for what needs it on a real keyboard"
    assert browser.evaluate("document.activeElement.id") == "keys"


PASTE_EVENT = """(() => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", TEXT);
  const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  return document.activeElement.dispatchEvent(event);
})()"""


def test_the_browsers_own_paste_types_one_line_and_shows_several_first(browser, ecs):
    machine = open_machine(browser, ecs)
    assert not browser.evaluate(PASTE_EVENT.replace("TEXT", '"Admin"')), "the page takes the event"
    wait_for(lambda: "login: Admin" in machine.text, machine.text)
    browser.evaluate(PASTE_EVENT.replace("TEXT", r'"\none\r\ntwo"'))
    assert browser.evaluate("document.getElementById('paste-dialog').open")
    assert browser.evaluate("document.getElementById('paste-text').value") == "\none\ntwo"


def test_escape_in_the_paste_dialog_types_nothing(browser, ecs):
    machine = open_machine(browser, ecs)
    browser.click_on("#paste")
    browser.send("Input.insertText", text="rm")
    browser.press("Escape")
    browser.wait_until("document.activeElement.id === 'keys'")
    browser.type("z")
    wait_for(lambda: "login: z" in machine.text, machine.text)


def test_a_used_ticket_is_reported(browser, ecs):
    url = vendor_address(ecs, "web-1")
    browser.navigate(url)
    wait_for_state(browser, "connected")
    browser.navigate("about:blank")
    browser.navigate(url)
    assert "It has expired or was already used: a ticket works once, within 15 seconds." in notice(browser)
    assert browser.evaluate("document.body.dataset.reason") == "ticket"
    assert browser.evaluate("document.title").startswith("Closed: ")


def test_the_notice_names_the_command_with_the_id_and_its_button_copies_it(browser):
    runtime = replace(Runtime.of_this_process(), now=CLOCK.now, program="ecsvnc demo")
    with ExtendedEcs(runtime) as ecs:
        instance_id = ecs.fleet.named("web-1").id
        open_machine(browser, ecs)
        ecs.consoles.end(instance_id, IDLE)
        command = f"ecsvnc demo open {instance_id}"
        assert f"Run {command} to open a new console." in notice(browser)
        assert browser.evaluate("document.activeElement.id") == "notice-copy"
        browser.allow_clipboard()
        browser.press("Enter")
        browser.wait_until("document.getElementById('message-text').innerText.startsWith('Copied.')")
        assert browser.evaluate("navigator.clipboard.readText()") == command


def test_a_reload_says_that_it_cannot_open_the_console_again(browser, ecs):
    open_machine(browser, ecs)
    browser.send("Page.reload")
    browser.wait_until("document.body && document.body.dataset.reason === 'no-ticket'")
    assert "reloading the page does not open the console again" in notice(browser)


@pytest.mark.parametrize(
    ("ending", "reason", "words"),
    [(IDLE, "idle", "Closed because it was idle"), (INSTANCE_STOPPED, "stopped", "The instance is not running")],
)
def test_the_page_says_why_the_console_was_closed(browser, ecs, ending, reason, words):
    open_machine(browser, ecs)
    ecs.consoles.end(ecs.fleet.named("web-1").id, ending)
    assert words in notice(browser)
    assert browser.evaluate("document.body.dataset.reason") == reason
    assert browser.evaluate("document.getElementById('attention').disabled")


def test_an_unused_console_is_closed_although_its_clock_changes_the_screen(browser):
    ticking = replace(Runtime.of_this_process(), now=lambda: CLOCK.at_s + 20 * time.monotonic())
    with ExtendedEcs(ticking, idle_limit_s=1.0) as ecs:
        browser.navigate(vendor_address(ecs, "web-1"))
        assert "Closed because it was idle" in notice(browser)


def test_the_page_reports_that_another_session_opened_the_console(browser, ecs):
    open_machine(browser, ecs)
    ecs.consoles.attach(ecs.fleet.named("web-1").id)
    assert "Another session opened this console" in notice(browser)
    assert browser.evaluate("document.body.dataset.reason") == "taken"


def test_a_lost_connection_is_reported(browser, ecs):
    open_machine(browser, ecs)
    ecs.stop()
    assert "The connection to the console was lost" in notice(browser)


@pytest.mark.parametrize(
    ("vnc_url", "reason"),
    [
        ("javascript:alert(1)", "bad-address"),
        ("https://127.0.0.1/", "bad-address"),
        ("ws://127.0.0.1:1/%23here", "bad-address"),
        ("nonsense", "bad-address"),
        ("", "no-ticket"),
    ],
)
def test_an_invalid_console_address_is_refused(browser, ecs, vnc_url, reason):
    browser.navigate(f"{ecs.console_page}?vncUrl={vnc_url}&instanceId=i-x&isWindows=true")
    wait_for_state(browser, "closed")
    assert browser.evaluate("document.body.dataset.reason") == reason


def test_an_instance_id_in_the_address_is_shown_as_text(browser, ecs):
    browser.navigate(f"{ecs.console_page}?instanceId=%3Cimg%20src=x%20onerror=alert(1)%3E")
    wait_for_state(browser, "closed")
    assert browser.evaluate("document.getElementById('instance-id').textContent") == "<img src=x onerror=alert(1)>"
    assert browser.evaluate("document.images.length") == 1


def test_no_process_of_the_browser_is_left():
    with Chromium() as browser:
        profile = browser.profile
        assert processes_with(profile)
    assert processes_with(profile) == []


def processes_with(word):
    """The commands of living processes that have a word in their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if word in command:
            found.append(command)
    return found
