"""The project's tasks: `nox -s lint`, `test`, `bench`, `full`, `build`; `nox` alone runs lint and test.

Each session has an environment of its own, made once and kept. `nox --no-venv` runs them in the current environment.
"""

from __future__ import annotations

import nox

nox.options.sessions = ["lint", "test"]
nox.options.reuse_existing_virtualenvs = True
# CI=true would make a Python that is not installed a failure.
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.11", "3.12", "3.13"]
WORKERS = 4


def install(session: nox.Session, *extras: str) -> None:
    """Install the project with these extras, unless the session has no environment of its own."""
    if session.venv_backend != "none":
        session.install(f".[{','.join(extras)}]")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and types."""
    install(session, "test", "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session(python=PYTHONS)
def test(session: nox.Session) -> None:
    """Run the tests, on each Python that is installed. Arguments after `--` go to pytest."""
    install(session, "test")
    session.run("python", "-m", "pytest", f"--numprocesses={WORKERS}", *session.posargs)


@nox.session
def full(session: nox.Session) -> None:
    """Run every test, those too that take too long for each change."""
    install(session, "test", "vendor")
    session.run("python", "-m", "pytest", f"--numprocesses={WORKERS}", "-m", "", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the start and the relay, and hold them to their limits. The machine should do nothing else."""
    install(session, "test")
    session.run("python", "tests/benchmarks/startup.py")
    session.run("python", "tests/benchmarks/relay.py", "--mib", "256")
    session.run("python", "tests/benchmarks/structure.py")
