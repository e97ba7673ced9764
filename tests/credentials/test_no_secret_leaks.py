"""With --debug on, no secret is in anything that a command printed or wrote.

Every command runs as a process. Searched for are the secrets and tokens of the credentials, each signature, nonce,
ticket and temporary key that passed on the wire, and the instance's VNC password; not the URL that `url` prints, which
is what was asked for, and not the keyring's own files, which are encrypted.
"""

import http.client
import json
import sys
from urllib.parse import urlsplit

import pytest
from credential_world import World
from support.recorder import Recorder
from support.rfb_viewer import RfbViewer
from test_matrix import ROWS, Keyring, Served

from ecsvnc.simulator.accounts import Identity

VNC_PASSWORD = "q7Wz9K"
ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="gnome-keyring is Linux's")


@pytest.fixture
def recorder(service):
    recorder = Recorder(service.ecs)
    recorder.secrets.add(VNC_PASSWORD)
    yield recorder
    recorder.stop()


@pytest.fixture
def bench(cli, service, recorder):
    return Bench(cli, service, recorder)


@pytest.fixture
def world(cli, service):
    return World(cli.home, service)


class Bench:
    """Runs commands, and searches what they said and what they wrote since the bench was set up."""

    def __init__(self, cli, service, recorder):
        self.service = service
        self.ecs = service.ecs
        self.recorder = recorder
        (cli.home / "tmp").mkdir()
        self.cli = cli.with_environ(
            TMPDIR=str(cli.home / "tmp"),
            ECSVNC_ENDPOINT=recorder.origin,
            ECSVNC_STS_ENDPOINT=recorder.origin,
            ECSVNC_CONSOLE_PAGE=self.ecs.exports()["ECSVNC_CONSOLE_PAGE"],
        )
        for identity in (service.user, service.session, service.expired):
            self._search_for(identity)
        self.begin()

    def begin(self):
        """What is in the home now was put there by the test."""
        self._before = self._files()

    def with_key(self, identity):
        """The command with an AccessKey, whose parts are searched for from now on."""
        self._search_for(identity)
        self.cli = self.cli.with_environ(
            ALIBABA_CLOUD_ACCESS_KEY_ID=identity.access_key_id,
            ALIBABA_CLOUD_ACCESS_KEY_SECRET=identity.access_key_secret,
            ALIBABA_CLOUD_SECURITY_TOKEN=identity.security_token or "",
        )

    def _search_for(self, identity):
        self.recorder.secrets |= {part for part in (identity.access_key_secret, identity.security_token) if part}

    def id_of(self, name):
        return self.ecs.fleet.named(name).id

    def run(self, *arguments, stdin="", stdout_is_the_secret=False):
        """Run a command to its end, and search."""
        done = self.cli(*arguments, stdin=stdin)
        assert done.status != 1, done.stderr
        self.search(done.stderr)
        self.search("" if stdout_is_the_secret else done.stdout)
        return done

    def search(self, text):
        assert not self.recorder.found_in(text), text
        for path, content in self._files().items():
            if content != self._before.get(path):
                assert not self.recorder.found_in(content), path

    def _files(self):
        files = {}
        for path in self.cli.home.rglob("*"):
            if path.is_file() and "keyrings" not in path.parts:
                files[path] = path.read_bytes().decode("latin-1")
        return files


def test_the_search_finds_what_is_there(bench):
    """What `url` prints holds a ticket; a file that holds a secret is found too. So the other tests could fail."""
    bench.with_key(bench.service.session)
    done = bench.run("url", bench.id_of("web-1"), "--debug", stdout_is_the_secret=True)
    assert (done.status, bench.recorder.tickets) == (0, 1)
    assert bench.recorder.signatures >= 1
    with pytest.raises(AssertionError):
        bench.search(done.stdout)
    (bench.cli.home / "tmp" / "leak").write_text(bench.service.session.security_token)
    with pytest.raises(AssertionError):
        bench.search("")


@pytest.mark.parametrize("key", ["user", "session"])
def test_url_and_list(bench, key):
    bench.with_key(getattr(bench.service, key))
    by_name = bench.run("url", "web-1", "--debug", stdout_is_the_secret=True)
    assert by_name.status == 0, by_name.stderr
    assert "request id" in by_name.stderr
    bench.run("url", bench.id_of("web-1"), "--output", "json", "--debug", stdout_is_the_secret=True)
    password_file = bench.cli.home.parent / "vnc-password"
    password_file.write_text(VNC_PASSWORD)
    with_password = bench.run(
        "url", "web-1", "--vnc-password-file", str(password_file), "--debug", stdout_is_the_secret=True
    )
    assert with_password.stdout.endswith(f"&password={VNC_PASSWORD}\n")
    assert bench.run("list", "--output", "json", "--debug").status == 0


@pytest.mark.parametrize("page", ["handoff", "error"])
def test_open(bench, page):
    bench.with_key(bench.service.session)
    with bench.cli.start("open", bench.id_of("web-1"), "--no-browser", "--debug") as running:
        address = urlsplit(running.stdout.readline().strip())
        bench.search(address.geturl())
        visitor = http.client.HTTPConnection("127.0.0.1", address.port, timeout=10)
        visitor.request("GET", address.path if page == "handoff" else "/elsewhere")
        answer = visitor.getresponse()
        content = answer.read().decode()
        visitor.close()
        if page == "handoff":
            assert bench.recorder.found_in(answer.getheader("location"))
        else:
            assert not bench.recorder.found_in(content)
            running.interrupt()
        done = running.finish()
    bench.search(done.stdout + done.stderr)
    assert done.status == (0 if page == "handoff" else 130)


@ON_LINUX
def test_the_keyrings_secrets_and_the_vnc_password_in_use(bench):
    """`config login` and `vnc-password`, a console that asks for the password, and all that `config` shows of it."""
    from support.keyring_session import KeyringSession

    user, instance = bench.service.user, bench.ecs.fleet.named("win-1")
    with KeyringSession(bench.cli.home) as keyring:
        bench.cli = bench.cli.with_environ(**keyring.environ)
        login = bench.run("config", "login", user.access_key_id, "--secret-stdin", stdin=user.access_key_secret)
        assert login.status == 0, login.stderr
        assert bench.run("config", "vnc-password", instance.id, stdin=VNC_PASSWORD).status == 0
        for arguments in (
            ("config", "list", "--show-origin"),
            ("config", "list", "--show-origin", "--output", "json"),
            ("config", "profiles"),
            ("config", "policy", instance.id),
            ("config", "check", instance.id, "--debug"),
        ):
            done = bench.run(*arguments)
            assert done.stdout, done.stderr
        instance.vnc_password = VNC_PASSWORD
        try:
            with bench.cli.start("proxy", instance.id, "--output", "json", "--debug") as running:
                line = running.stdout.readline()
                assert line, running.stderr.read()
                said = json.loads(line)
                with RfbViewer(said["port"], said["password"]) as viewer:
                    assert viewer.open().name == "win-1"
                running.interrupt()
                done = running.finish()
        finally:
            instance.vnc_password = None
        bench.search(done.stdout + done.stderr)
        assert bench.run("config", "vnc-password", instance.id, "--forget").status == 0
        assert bench.run("config", "logout").status == 0


def test_refusals(bench):
    """A wrong secret, which the service answers with the string to sign; a wrong token, no permission, an old key."""
    user, session = bench.service.user, bench.service.session
    none = Identity.with_new_key(lambda count: bytes(range(count)), allowed_actions=frozenset())
    bench.ecs.accounts.add(none)
    wrong = (
        Identity(user.access_key_id, "wr0ng-s3cret-of-30-characters."),
        Identity(session.access_key_id, session.access_key_secret, security_token="CAISwr0ng/t0ken+=="),
        bench.service.expired,
        none,
    )
    for identity in wrong:
        bench.with_key(identity)
        done = bench.run("url", bench.id_of("web-1"), "--debug")
        assert (done.status, done.stdout) == (4, ""), done.stderr
        assert "Request ID: " in done.stderr
    assert bench.recorder.signatures >= len(wrong)


def rows():
    """Every source in every state, but what only a service that is not there would answer: test_matrix has one."""
    for kind in ROWS:
        for state in ("complete", "half", "malformed", "expired"):
            if kind is not Keyring and (state == "complete" or not issubclass(kind, Served)):
                yield pytest.param(kind, state, id=f"{kind.__name__}-{state}")


@pytest.mark.parametrize(("kind", "state"), list(rows()))
def test_each_source_in_each_state(bench, world, kind, state):
    kind().arrange(world, state)
    for name in ("ECSVNC_ENDPOINT", "ECSVNC_STS_ENDPOINT"):
        world.environ.pop(name)
    if "ECSVNC_METADATA_ENDPOINT" in world.environ:
        world.environ["ECSVNC_METADATA_ENDPOINT"] = bench.recorder.origin
    bench.cli = bench.cli.with_environ(**world.environ)
    bench.recorder.secrets |= {world.service.token.text, world.service.expired_token.text}
    bench.begin()
    done = bench.run("url", bench.id_of("web-1"), "--debug", stdout_is_the_secret=True)
    if state == "complete":
        assert done.status == 0, done.stderr
        assert done.stdout
    else:
        assert done.status in (3, 4), done.stderr
        assert done.stdout == ""
