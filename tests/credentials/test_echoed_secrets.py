"""Services that repeat a secret where a name or code is expected: the command does not show it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

TOKEN = "T0ken-of-the-metadata-service"
SECRET = "s3cretS3cretS3cret"


@pytest.fixture
def service():
    """`service(answer)`: the address of a server; `answer` makes status and body of a method and path."""
    servers = []

    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                status, body = answer(self.command, self.path)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"https://signin.example.com{self.path}")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_PUT(self):
                self.do_GET()

            def do_POST(self):
                self.do_GET()

            def log_message(self, *arguments):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_metadata_service_that_names_the_role_like_its_token(cli, service):
    def answer(method, path):
        if method == "PUT" or path.endswith("/security-credentials/"):
            return 200, TOKEN.encode()
        return 404, b""

    done = cli.with_environ(ECSVNC_METADATA_ENDPOINT=service(answer))("list", "--debug")
    assert done.status == 4
    assert "the instance has no role '[redacted]' (HTTP status 404)" in done.stderr
    assert TOKEN not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, json.dumps({"Code": SECRET, "AccessKeySecret": SECRET}).encode()),
        (200, json.dumps({"Code": "Failed", "AccessKeySecret": SECRET, "Message": SECRET}).encode()),
        (500, SECRET.encode()),
        (302, b""),
        (200, b"<html>" + SECRET.encode()),
    ],
    ids=["code", "message", "500", "redirect", "html"],
)
def test_a_credentials_uri_that_repeats_the_secret_or_its_own_address(cli, service, status, body):
    uri = service(lambda *_: (status, body)) + f"/{SECRET}?token={TOKEN}"
    done = cli.with_environ(ALIBABA_CLOUD_CREDENTIALS_URI=uri)("list", "--debug")
    assert done.status in (4, 8)
    assert "Error: " in done.stderr
    for secret in (SECRET, TOKEN):
        assert secret not in done.stdout + done.stderr


@pytest.mark.parametrize(("status", "body"), [(401, TOKEN), (500, TOKEN), (302, ""), (200, f"<{TOKEN}>"), (200, "{}")])
def test_a_sign_in_service_that_repeats_the_access_token(cli, service, status, body):
    sign_in = service(lambda *_: (status, body.encode()))
    profile = {
        "name": "it",
        "mode": "CloudSSO",
        "cloud_sso_sign_in_url": f"{sign_in}/{TOKEN}/login",
        "cloud_sso_account_id": TOKEN,
        "cloud_sso_access_config": "ac-1",
        "access_token": TOKEN,
        "cloud_sso_access_token_expire": 1 << 40,
    }
    path = cli.home / ".aliyun" / "config.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"current": "it", "profiles": [profile]}))
    done = cli("list", "--debug")
    assert done.status in (4, 8)
    assert "Error: " in done.stderr
    assert TOKEN not in done.stdout + done.stderr
