"""The project's tasks: `nox -s lint`, `test`, `bench`, `build`, `full`; `nox` alone runs lint and test.

Each session has an environment of its own, made once and kept. `nox --no-venv` uses the current one instead.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.options.sessions = ["lint", "test"]
nox.options.reuse_existing_virtualenvs = True
# In CI nox takes a Python that is not installed for a failure.
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.11", "3.12", "3.13"]
PYTEST = ("python", "-m", "pytest", "-n", "4")
CONSTRAINTS = "constraints.txt"

BENCHMARKS = (
    ("tests/benchmarks/startup.py",),
    ("tests/benchmarks/screen.py",),
    ("tests/benchmarks/screen_command.py",),
    ("tests/benchmarks/attach.py",),
    ("tests/benchmarks/relay.py", "--mib", "128"),
    ("tests/benchmarks/page.py",),
    ("tests/benchmarks/listing.py",),
    ("tests/benchmarks/structure.py",),
)
"""Each is tried three times: one that is slower than its limit stays so, and a machine that is slow does not."""
WITHOUT_DEPENDENCIES = ("axe-playwright-python", "mkdocs-asciinema-player")
"""Packages of which tests use one script only: axe, and asciinema's player. What they are made for is not needed."""


def install(session: nox.Session, *extras: str) -> None:
    """Install the project with these extras, unless the session has no environment of its own."""
    if session.venv_backend != "none":
        session.install("--constraint", CONSTRAINTS, f".[{','.join(extras)}]")
        if "test" in extras:
            session.install("--constraint", CONSTRAINTS, "--no-deps", *WITHOUT_DEPENDENCIES)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and types."""
    install(session, "test", "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session(python=PYTHONS)
def test(session: nox.Session) -> None:
    """Run the tests on each Python that is installed. Arguments after `--` go to pytest."""
    install(session, "test", "vendor")
    session.run(*PYTEST, *session.posargs)


@nox.session(python=PYTHONS)
def full(session: nox.Session) -> None:
    """Run every test, the long ones too, and measure which lines they cover, in child processes too."""
    install(session, "test", "vendor")
    session.run(*PYTEST, "-m", "", "--cov", "--cov-report=term", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure start, screens, relay, console page and lists against their limits. Nothing else should run."""
    install(session, "test")
    for benchmark in BENCHMARKS:
        for pause_s in (15, 45, None):
            try:
                session.run("python", *benchmark)
                break
            except CommandFailed:
                if pause_s is None:
                    raise
                session.log(f"A limit was missed, as happens while the machine is slow: again in {pause_s} s.")
                time.sleep(pause_s)


@nox.session
def build(session: nox.Session) -> None:
    """Build wheel and sdist, and check their metadata and contents."""
    install(session, "build")
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "build", "--no-isolation", "--outdir", folder)
        session.run("twine", "check", "--strict", f"{folder}/*")
        session.run("python", ".ci/check_distributions.py", folder)


@nox.session
def constraints(session: nox.Session) -> None:
    """Renew constraints.txt: the newest release of everything that tests, lint and build install."""
    session.install("--upgrade", ".[test,vendor,lint,build]")
    session.install("--upgrade", "--no-deps", *WITHOUT_DEPENDENCIES)
    frozen = session.run("python", "-m", "pip", "freeze", "--exclude", "ecsvnc", silent=True)
    text = f"# The releases that the tests are known to pass with. `nox -s constraints` renews them.\n{frozen}"
    Path(CONSTRAINTS).write_text(text, "utf-8")
