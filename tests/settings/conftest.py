from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from ecsvnc.runtime import Runtime
from ecsvnc.settings.resolve import Settings


@dataclass
class Heard:
    """A Reporter that remembers."""

    warnings: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    def warn(self, text):
        self.warnings.append(text)

    notice = warn

    def info(self, text):
        self.details.append(text)

    debug = info


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def runtime_of(tmp_path, heard):
    """Runtimes with a home of their own: `runtime_of(NAME="value")`."""

    def make(platform="linux", **environ):
        return Runtime(environ=environ, home=tmp_path / "home", platform=platform, reporter=heard)

    return make


@pytest.fixture
def config_path(tmp_path):
    path = tmp_path / "home" / ".config" / "ecsvnc" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def write_config(config_path):
    def write(text, mode=0o600):
        config_path.write_text(text)
        config_path.chmod(mode)
        return config_path

    return write


@pytest.fixture
def write_aliyun(tmp_path):
    def write(text):
        path = tmp_path / "home" / ".aliyun" / "config.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def settings_of(runtime_of):
    """Settings as a run has them: `settings_of(options={...}, profile=..., NAME="value")`."""

    def make(options=None, profile=None, secret_stores=None, **environ):
        return Settings(runtime_of(**environ), options=options, profile=profile, secret_stores=secret_stores)

    return make
