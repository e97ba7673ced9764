"""Files of the user that are broken, hostile or never end, by the installed command as a process."""

from __future__ import annotations

import fcntl
import json
import os

import pytest
from support.scene import Scene

from ecsvnc.cli.app import App
from ecsvnc.cli.main import run
from ecsvnc.cli.terminal import Terminal
from ecsvnc.runtime import Runtime


def write(home, name, text):
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return path


def without_variables(ecs_process, cli):
    """The command with an ECS, and an AccessKey that it has to find in a file."""
    key = {name: value for name, value in ecs_process.exports.items() if "ACCESS_KEY" in name}
    environ = {name: value for name, value in ecs_process.exports.items() if name not in key}
    return cli.with_environ(**environ), *key.values()


class TestCommandsOfTheAliyunCli:
    @pytest.fixture
    def external(self, cli, tmp_path, ecs_process):
        """`external(mode)`: a run with an External profile in a file of that mode, and whether its command ran."""
        command, key_id, secret = without_variables(ecs_process, cli)
        ran = tmp_path / "ran"
        printed = json.dumps({"mode": "AK", "access_key_id": key_id, "access_key_secret": secret})
        program = write(tmp_path, "program.sh", f"#!/bin/sh\ntouch {ran}\necho '{printed}'\n")
        program.chmod(0o700)

        def run_it(file_mode, owner=-1, **profile):
            profile = {"name": "it", "mode": "External", "process_command": str(program), **profile}
            path = write(cli.home, ".aliyun/config.json", json.dumps({"current": "it", "profiles": [profile]}))
            path.chmod(file_mode)
            os.chown(path, owner, -1)
            done = command("url", ecs_process.instance_ids["web-1"], "--os", "linux")
            return done, ran.exists(), path

        return run_it

    def test_they_run_if_only_the_user_can_write_the_file(self, external):
        done, ran, _ = external(0o600)
        assert (done.status, ran) == (0, True), done.stderr

    @pytest.mark.parametrize("mode", [0o666, 0o602])
    def test_they_do_not_run_if_others_can_write_the_file(self, external, mode):
        done, ran, path = external(mode)
        assert (done.status, done.stdout, ran) == (3, "", False)
        assert f"is not run: {path} can be written by other users.\n" in done.stderr
        assert f"chmod 600 '{path}'" in done.stderr

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
    def test_they_do_not_run_if_the_file_is_another_users(self, external):
        done, ran, path = external(0o600, owner=54321)
        assert (done.status, done.stdout, ran) == (3, "", False)
        assert f"is not run: {path} belongs to another user.\n" in done.stderr

    def test_its_keys_are_used_all_the_same(self, external, cli, ecs_process):
        _, key_id, secret = without_variables(ecs_process, cli)
        done, ran, _ = external(0o666, mode="AK", access_key_id=key_id, access_key_secret=secret)
        assert (done.status, ran) == (0, False), done.stderr


class TestBounds:
    def test_a_cache_file_that_is_a_link_in_a_circle_costs_nothing_but_time(self, cli, ecs_process):
        command = cli.with_environ(**ecs_process.exports)
        assert command("url", "web-1").status == 0
        (file,) = (cli.home / ".cache" / "ecsvnc").glob("instances-*.json")
        file.unlink()
        file.symlink_to(file.name)
        status, stdout, stderr = command("url", "web-1", "--os", "linux")
        assert (status, stderr) == (0, "")
        assert stdout.startswith("http")
        assert json.loads(file.read_text())["instances"]

    @pytest.mark.parametrize("digits", ["0x" + "f" * 100_000, "1" + "0" * 4000, "-1e300", "inf"])
    def test_a_number_that_is_too_large_is_a_configuration_error(self, cli, digits):
        path = write(cli.home, ".config/ecsvnc/config.toml", f"[profiles.default]\ntimeout = {digits}\n")
        status, stdout, stderr = cli("config", "get", "timeout")
        assert (status, stdout) == (3, "")
        assert stderr.startswith(f"Error: `profiles.default.timeout` in {path} is too large a number.\nHint: ")

    def test_a_file_that_is_nested_too_deeply_is_a_configuration_error_at_once(self, cli):
        path = write(cli.home, ".config/ecsvnc/config.toml", f"[profiles.default]\na{'.a' * 20_000} = 1\n")
        before_s = sum(os.times()[2:4])
        for arguments in (("config", "get", "timeout"), ("config", "set", "timeout", "9"), ("url", "web-1")):
            status, stdout, stderr = cli(*arguments)
            assert (status, stdout) == (3, "")
            assert stderr.startswith(f"Error: {path} is not valid TOML: it is nested too deeply.\n")
        assert sum(os.times()[2:4]) - before_s < 6

    def test_a_file_that_is_too_large_is_a_configuration_error(self, cli):
        path = write(cli.home, ".config/ecsvnc/config.toml", "#" * (256 * 1024 + 1))
        status, _, stderr = cli("config", "list")
        assert status == 3
        assert stderr.startswith(f"Error: Cannot read {path}: it is larger than 262144 bytes.\n")

    @pytest.mark.parametrize("port", ["70000", "-1", "x"])
    def test_a_credentials_uri_with_a_port_that_cannot_be_is_a_configuration_error(self, cli, port):
        uri = f"http://127.0.0.1:{port}/"
        status, stdout, stderr = cli.with_environ(ALIBABA_CLOUD_CREDENTIALS_URI=uri)("list")
        assert (status, stdout) == (3, "")
        assert stderr.startswith("Error: The address of the credentials URI (ALIBABA_CLOUD_CREDENTIALS_URI) cannot be")


class TestFifos:
    """In the place of a file, as secret managers provide them."""

    @pytest.fixture
    def in_place_of(self, cli, ecs_process, tmp_path):
        """The command, a FIFO in the place of a file with credentials, and what has to be written to it."""
        command, key_id, secret = without_variables(ecs_process, cli)

        def arrange(kind):
            path = {"aliyun": cli.home / ".aliyun/config.json", "file": cli.home / ".alibabacloud/credentials"}[kind]
            path.parent.mkdir(parents=True)
            os.mkfifo(path, 0o600)
            pair = {"access_key_id": key_id, "access_key_secret": secret}
            content = json.dumps({"current": "it", "profiles": [{"name": "it", "mode": "AK", **pair}]})
            if kind == "file":
                content = "[default]\ntype = access_key\n" + "".join(f"{key} = {pair[key]}\n" for key in pair)
            return command, path, content

        return arrange

    @pytest.mark.parametrize("kind", ["aliyun", "file"])
    def test_what_is_written_to_them_is_used(self, in_place_of, kind, ecs_process):
        command, path, content = in_place_of(kind)
        with command.start("url", ecs_process.instance_ids["web-1"], "--os", "linux") as running:
            path.write_text(content)  # which waits until it is opened
            done = running.finish()
        assert (done.status, done.stderr) == (0, "")
        assert done.stdout.startswith("http")

    @pytest.mark.parametrize("kind", ["aliyun", "file"])
    def test_a_wait_says_for_what_and_ctrl_c_ends_it(self, in_place_of, kind, ecs_process):
        command, path, _ = in_place_of(kind)
        with command.start("url", ecs_process.instance_ids["web-1"]) as running:
            assert running.stderr.readline() == f"Waiting for a process to write to {path} (at most 10 s).\n"
            running.interrupt()
            assert running.finish().status == 130

    @pytest.mark.parametrize(
        ("kind", "status", "complaint"),
        [
            ("aliyun", 3, "The aliyun CLI's {} cannot be used: no process wrote its content within 10 s."),
            ("file", 3, "{} cannot be used: no process wrote its content within 10 s."),
            ("oidc", 4, "The OIDC token of OIDC (environment) cannot be read: {}: no process wrote its content within"),
        ],
    )
    def test_a_wait_is_over_after_ten_seconds(self, tmp_path, capsys, kind, status, complaint):
        names = {"aliyun": ".aliyun/config.json", "file": ".alibabacloud/credentials", "oidc": "token"}
        path = tmp_path / names[kind]
        path.parent.mkdir(exist_ok=True)
        os.mkfifo(path)
        environ = {}
        if kind == "oidc":
            arn = "acs:ram::1234567890123456:"
            environ = {
                "ALIBABA_CLOUD_ROLE_ARN": f"{arn}role/x",
                "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": f"{arn}oidc-provider/x",
                "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(path),
            }
        scene = Scene(environ=environ, home=tmp_path)
        started_s = scene.at_s
        assert run(["list"], app=App(scene.runtime, Terminal(environ))) == status
        assert f"Error: {complaint.format(path)}" in capsys.readouterr().err
        assert 10 <= scene.at_s - started_s < 21


class TestLocks:
    def test_one_that_another_process_keeps_is_waited_for_once_a_run(self, tmp_path, capsys, ecs_process):
        scene = Scene()
        environ = {**ecs_process.exports, "ECSVNC_CACHE_DIR": str(tmp_path)}
        runtime = Runtime(environ, tmp_path, monotonic=lambda: scene.at_s, sleep=scene.sleep)

        def url(*instances):
            status = run(["url", *instances], app=App(runtime, Terminal(environ)))
            assert status == 0, capsys.readouterr().err

        url("web-1")
        (file,) = tmp_path.glob("instances-*.json")
        file.unlink()
        started_s = scene.at_s
        with (tmp_path / f".{file.name}.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            url("web-1", "win-1", ecs_process.instance_ids["web-1"])
        assert 5 <= scene.at_s - started_s < 6
