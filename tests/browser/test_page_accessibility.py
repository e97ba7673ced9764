"""The console page is checked by axe, an engine of accessibility checks, in each of its states.

Of the package axe-playwright-python only axe itself is used, a script.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import pytest
from support.console_page import open_console, vendor_address
from support.ecs.extended import ExtendedEcs

from ecsvnc.runtime import Runtime
from ecsvnc.simulator.consoles import IDLE


@pytest.fixture(scope="module")
def ecs():
    with ExtendedEcs(Runtime.of_this_process()) as ecs:
        yield ecs


@cache
def axe():
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None:
        pytest.skip("axe is not installed (pip install --no-deps axe-playwright-python)")
    return Path(spec.submodule_search_locations[0], "axe.min.js").read_text("utf-8")


def violations(browser):
    browser.evaluate(f"{axe()}\n;null")
    found = browser.evaluate("axe.run({ resultTypes: ['violations'] }).then(results => results.violations)")
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["a window", "a phone"])
def test_axe_finds_no_violation_in_any_state_of_the_page(browser, ecs, size):
    browser.resize(*size)
    open_console(browser, vendor_address(ecs, "web-1"))
    assert violations(browser) == []

    browser.click_on("#menu-button")
    browser.wait_until("document.getElementById('menu').matches(':popover-open')")
    assert violations(browser) == []
    browser.press("Escape")

    browser.evaluate("document.getElementById('layout-row').hidden = false")
    browser.click_on("#paste")
    browser.wait_until("document.getElementById('paste-dialog').open")
    assert violations(browser) == []
    browser.press("Escape")

    browser.evaluate("import('/console/messages.js').then(it => it.showMessage('Typing', { button: 'Stop' }))")
    assert violations(browser) == []

    ecs.consoles.end(ecs.fleet.named("web-1").id, IDLE)
    browser.wait_until("document.activeElement.id === 'notice-copy'")
    assert violations(browser) == []


def test_axe_would_find_a_violation(browser, ecs):
    open_console(browser, vendor_address(ecs, "web-1"))
    browser.evaluate("document.getElementById('state').style.color = '#333'")
    assert [rule for rule, _ in violations(browser)] == ["color-contrast"]
