"""An account that may take consoles and nothing else: it opens one by id, and is told what it lacks for the rest."""

import http.client
import secrets
from urllib.parse import urlsplit

import pytest

from ecsvnc.simulator.accounts import Identity

ACTION = "ecs:DescribeInstanceVncUrl"


@pytest.fixture
def ecsvnc(cli, service):
    """The command, as a RAM user with that one permission."""
    user = Identity.with_new_key(secrets.token_bytes, allowed_actions=frozenset({ACTION}))
    service.ecs.accounts.add(user)
    return cli.with_environ(
        **service.ecs.exports()
        | {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": user.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": user.access_key_secret,
        }
    )


@pytest.fixture
def web(service):
    return service.ecs.fleet.named("web-1").id


def test_url_by_id_works_and_warns_of_the_unknown_os(ecsvnc, web, service):
    done = ecsvnc("url", web)
    assert done.status == 0
    assert done.stdout.startswith(service.ecs.origin)
    assert "&isWindows=false" in done.stdout
    assert "ecs:DescribeInstances" in done.stderr
    assert "--os" in done.stderr


def test_url_by_id_with_the_os_option_prints_no_warning(ecsvnc, web):
    done = ecsvnc("url", web, "--os", "windows")
    assert (done.status, done.stderr) == (0, "")
    assert "&isWindows=true" in done.stdout


def test_open_by_id_hands_over(ecsvnc, web, service):
    with ecsvnc.start("open", web, "--no-browser") as running:
        address = urlsplit(running.stdout.readline().strip())
        browser = http.client.HTTPConnection("127.0.0.1", address.port, timeout=10)
        browser.request("GET", address.path)
        location = browser.getresponse().getheader("location")
        browser.close()
        done = running.finish()
    assert location.startswith(service.ecs.origin)
    assert done.status == 0, done.stderr


def test_proxy_by_id_listens(ecsvnc, web):
    with ecsvnc.start("proxy", web) as running:
        assert running.stdout.readline().startswith("127.0.0.1:")
        running.interrupt()
        assert running.finish().status == 130


@pytest.mark.parametrize(
    "arguments", [("url", "web-1"), ("open", "web-1", "--no-browser"), ("list",), ("url", "10.0.0.1")]
)
def test_the_rest_names_the_permission_that_is_missing(ecsvnc, arguments):
    """Where the service itself answers with an empty list, as if there were no instances."""
    done = ecsvnc(*arguments)
    assert (done.status, done.stdout) == (4, "")
    assert done.stderr.startswith("Error: ")
    assert "ecs:DescribeInstances" in done.stderr
    assert "Hint: " in done.stderr


def test_without_any_permission_the_console_is_refused_with_the_statement_that_would_allow_it(ecsvnc, web, service):
    user = Identity.with_new_key(secrets.token_bytes, allowed_actions=frozenset())
    service.ecs.accounts.add(user)
    nobody = ecsvnc.with_environ(
        ALIBABA_CLOUD_ACCESS_KEY_ID=user.access_key_id, ALIBABA_CLOUD_ACCESS_KEY_SECRET=user.access_key_secret
    )
    done = nobody("url", web, "--os", "linux")
    assert (done.status, done.stdout) == (4, "")
    assert ACTION in done.stderr
    assert f"instance/{web}" in done.stderr
