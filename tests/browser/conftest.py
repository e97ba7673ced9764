from __future__ import annotations

import pytest
from support.browser import Chromium


@pytest.fixture(scope="session")
def shared_browser():
    with Chromium() as browser:
        yield browser


@pytest.fixture
def browser(shared_browser):
    """A Chromium whose window is 1280 by 800 pixels, with an empty page. Tests share it, one after another."""
    shared_browser.navigate("about:blank")
    shared_browser.resize(1280, 800)
    shared_browser.console.clear()
    return shared_browser
