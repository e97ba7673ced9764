"""The keyring costs more than the request that its secret signs: it is loaded by those who need it, and by name."""

import json
import re
import subprocess
import sys

import pytest

_IMPORTED = re.compile(r"import time:.*\| *([\w.]+)")

# A backend beside the others: what discovery would find, and what is to be loaded when config.toml names it.
RING = """\
from keyring.backend import KeyringBackend
class Ring(KeyringBackend):
    priority = 9
    def get_password(self, service, username):
        return {secret!r}
    set_password = delete_password = None
"""


@pytest.fixture
def run(cli, service):
    """Run ecsvnc in a child; the modules that it loaded, as the interpreter tells them."""

    def run_it(*arguments, **environ):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "ecsvnc", *arguments],
            capture_output=True,
            text=True,
            env={**cli.environ, "ECSVNC_ENDPOINT": service.ecs.origin, **environ},
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return set(_IMPORTED.findall(done.stderr))

    return run_it


def of_the_keyring(modules):
    return sorted(name for name in modules if name.split(".")[0] in ("keyring", "secretstorage", "jeepney", "jaraco"))


def write(home, path, text):
    path = home / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


def elsewhere(kind, home, service):
    """Arrange for credentials that are in no keyring; the variables for it."""
    user, web = service.user, service.ecs.fleet.named("web-1").id
    # That the default profile has settings, and another one an AccessKey, is no reason to load it.
    own = "[profiles.default]\ntimeout = 30\n[profiles.other]\naccess_key_id = 'x'\nkeyring_backend = 'a.B'\n"
    own += f"[vnc_passwords]\n{web} = 'a.B'\n"
    pair = {"access_key_id": user.access_key_id, "access_key_secret": user.access_key_secret}
    environ = {}
    if kind == "environment":
        environ = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": user.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": user.access_key_secret,
        }
    elif kind == "aliyun":
        profile = {"name": "it", "mode": "AK", **pair}
        write(home, ".aliyun/config.json", json.dumps({"current": "it", "profiles": [profile]}))
    elif kind == "file":
        lines = "".join(f"{key} = {value}\n" for key, value in pair.items())
        write(home, ".alibabacloud/credentials", f"[default]\ntype = access_key\n{lines}")
    else:
        environ = {"ALIBABA_CLOUD_CREDENTIALS_URI": service.uri}
    write(home, ".config/ecsvnc/config.toml", own)
    return environ


@pytest.mark.parametrize("kind", ["environment", "aliyun", "file", "uri"])
def test_credentials_from_elsewhere_load_nothing_of_it(run, cli, service, kind):
    environ = elsewhere(kind, cli.home, service)
    modules = run("url", service.ecs.fleet.named("web-1").id, "--os", "linux", **environ)
    assert "ecsvnc.credentials.chain" in modules
    assert of_the_keyring(modules) == []


def test_the_backend_that_holds_the_secret_is_loaded_by_its_name_and_no_other(run, cli, service, tmp_path):
    user = service.user
    (tmp_path / "a_ring.py").write_text(RING.format(secret=user.access_key_secret))
    write(
        cli.home,
        ".config/ecsvnc/config.toml",
        f"[profiles.default]\naccess_key_id = '{user.access_key_id}'\nkeyring_backend = 'a_ring.Ring'\n",
    )
    modules = run("url", service.ecs.fleet.named("web-1").id, "--os", "linux", PYTHONPATH=str(tmp_path))
    assert {"a_ring", "keyring.core"} <= modules
    # Discovery would import them all, and run a compiler for one of them.
    for other in ("SecretService", "kwallet", "macOS", "Windows", "libsecret", "chainer"):
        assert f"keyring.backends.{other}" not in modules
