from __future__ import annotations

import os
import signal
import sys

import pytest
from hypothesis import settings
from support import parts
from support.cli import Cli
from support.ecs_process import serving
from support.program import wait_until
from support.proxy_stage import Stage
from support.qemu.kernel import Kernel
from support.raw_peers import Authority, RawServer
from support.scene import Scene

settings.register_profile("steady", deadline=None)  # an example may take any time, on a busy machine
settings.load_profile("steady")

CANNOT_BE_INSTALLED = ("this machine has no IPv6",)
"""Reasons for a skip that no installation can cure."""


def pytest_sessionstart():
    # A job that a script put into the background ignores Ctrl-C, and one of nohup ignores the end of its terminal; so
    # would every program that tests start from it.
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.hookimpl(trylast=True)  # after the tests were left out that are not wanted
def pytest_collection_modifyitems(items):
    # xdist gives each process as many tests in a row. Two of them begin with those that boot virtual machines, which
    # mostly wait, while the others run everything else.
    booting = [item for item in items if "kernel" in item.fixturenames]
    others = [item for item in items if "kernel" not in item.fixturenames]
    first, second = booting[::2], booting[1::2]
    between = len(items) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) - len(first)
    items[:] = [*first, *others[:between], *second, *others[between:]]


@pytest.fixture
def scene():
    """A clock that moves only when someone sleeps, and messages that are remembered; `scene.runtime` goes by them."""
    return Scene()


@pytest.fixture
def cli(tmp_path):
    """The installed command as a process, with an empty home."""
    return Cli(tmp_path / "home")


@pytest.fixture
def keyring(cli):
    """A real gnome-keyring in `cli`'s home, unlocked."""
    if sys.platform != "linux":
        pytest.skip("gnome-keyring is Linux's")
    from support.keyring_session import KeyringSession, daemons_in

    with KeyringSession(cli.home) as session:
        yield session
    wait_until(lambda: not daemons_in(cli.home))


@pytest.fixture(scope="session")
def ecs_process(tmp_path_factory):
    """`ecsvnc demo --serve` in a process of its own; tests leave its fleet as it is."""
    with serving(Cli(tmp_path_factory.mktemp("ecs") / "home")) as ecs:
        yield ecs


@pytest.fixture
def need():
    """Skip the test where a program is missing: `need("zsh")` gives its path."""
    return parts.need


@pytest.fixture(scope="session")
def kernel(tmp_path_factory):
    """The Linux kernel of virtual machines."""
    own = tmp_path_factory.getbasetemp()
    # xdist's workers have a folder each, in the folder of the test run.
    return Kernel(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture
def raw_server():
    servers = []

    def start(serve, tls=None):
        servers.append(RawServer(serve, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def vnc_authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("vnc-authority"), "a-console-authority")


@pytest.fixture
def stage_with():
    stages = []

    def make(**ecs_options):
        stages.append(Stage(**ecs_options))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


@pytest.fixture
def stage(stage_with):
    return stage_with()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return _without_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return _without_skip((yield))


def _without_skip(report):
    # Where everything is installed that tests need (.ci/run), a test that is skipped is a test that is lost.
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("ECSVNC_NO_SKIPS"):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not reason.endswith(CANNOT_BE_INSTALLED):
            report.outcome = "failed"
            report.longrepr = f"{reason}\nECSVNC_NO_SKIPS is set: a skip is a failure."
    return report
