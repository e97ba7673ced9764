"""A hostile page in the same browser as the local page, in Chromium.

It is worse than can be: on another port of this machine, so that the browser sends the cookie with its requests, and it
knows the address.
"""

from __future__ import annotations

import json

import pytest
from support.local_pages import serve
from support.program import wait_until

from ecsvnc.loopback.server import LoopbackServer, ServerResponse

ATTACKS = """
<!doctype html><title>hostile</title><body><script>
const page = PAGE;
const results = {};
const seen = (name, attempt) => attempt.then((got) => `got ${got}`, () => "nothing")
  .then((result) => { results[name] = result; });
const text = (answer) => answer.text().then((got) => got || Promise.reject());
const upload = (mode) => fetch(`${page}text`, { method: "POST", body: "x", credentials: "include", mode });
const loads = (element) => new Promise((resolve, reject) => {
  element.onload = () => resolve("it");
  element.onerror = reject;
  document.body.append(element);
});
const make = (name, values) => Object.assign(document.createElement(name), values);
window.attacks = Promise.all([
  seen("fetch", fetch(page, { credentials: "include" }).then(text)),
  seen("fetch of a script", fetch(`${page}console.js`, { credentials: "include" }).then(text)),
  seen("upload", upload("cors").then(text)),
  seen("opaque upload", upload("no-cors").then(text)),
  seen("script", loads(make("script", { src: `${page}console.js` }))),
  seen("picture", loads(make("img", { src: page }))),
  seen("WebSocket", new Promise((resolve, reject) => {
    const socket = new WebSocket(`${page.replace("http", "ws")}console`);
    socket.onopen = () => resolve("a console");
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = reject;
  })),
  seen("frame", loads(make("iframe", { src: page })).then(() => {
    const text = document.querySelector("iframe").contentDocument?.body.textContent;
    return text || Promise.reject();
  })),
  seen("window", new Promise((resolve, reject) => {
    const opened = window.open(page, "_blank", "popup");
    setTimeout(() => { try { resolve(opened.document.body.textContent); } catch { reject(); } }, 1000);
  })),
]).then(() => results);
</script>
<form method=post target=answer></form><iframe name=answer></iframe></body>
"""


@pytest.fixture
def hostile(stage):
    """Serves the hostile page, and gives its address."""
    pages = {}
    server = LoopbackServer(
        lambda request: ServerResponse(200, [("content-type", "text/html")], pages["/"].encode()), runtime=stage.runtime
    )
    server.start()
    yield lambda page: pages.update({"/": ATTACKS.replace("PAGE", json.dumps(page))}) or server.origin
    server.stop()


def test_a_hostile_page_that_even_knows_the_address_gets_nothing_and_uses_nothing_up(stage, hostile, browser):
    served = serve(stage)
    browser.navigate(served.address)
    browser.wait_until("document.body.dataset.state === 'connected'")
    before = (stage.tickets, stage.claims)

    browser.navigate(hostile(f"{served.address}/"))
    browser.wait_until("window.attacks !== undefined")
    results = browser.evaluate("window.attacks")

    assert results == dict.fromkeys(results, "nothing")
    assert len(results) == 9
    browser.evaluate(
        f"(() => {{ const form = document.forms[0]; form.action = {json.dumps(served.address + '/text')};"
        " form.submit(); })()"
    )
    assert (stage.tickets, stage.claims) == before

    browser.navigate(f"{served.address}/")
    browser.wait_until("document.body.dataset.state === 'connected'")
    wait_until(lambda: stage.tickets == before[0] + 1)


def test_a_link_on_another_site_opens_the_page_each_time(stage, hostile, browser):
    """A webmail, or a terminal in a browser: a SameSite=Strict cookie is not sent with such a visit."""
    served = serve(stage)
    elsewhere = hostile("about:blank").replace("127.0.0.1", "localhost")
    for visit in (1, 2):
        browser.navigate(elsewhere)
        browser.wait_until("document.title === 'hostile'")
        browser.evaluate(f"void (location.href = {json.dumps(served.address)})")
        browser.wait_until("document.body.dataset.state === 'connected'")
        assert stage.tickets == visit
