"""Where ecsvnc keeps its files: each platform's own place, or where the user says.

The rules are written out here, since asking a library for two paths would cost a third of what `--version` costs, and
it would read the process's environment and not the one handed in. A test compares them with `platformdirs`.
"""

from __future__ import annotations

from pathlib import Path

from ecsvnc.runtime import Runtime

CONFIG_VARIABLE = "ECSVNC_CONFIG_DIR"
CACHE_VARIABLE = "ECSVNC_CACHE_DIR"

_NAME = "ecsvnc"


def config_folder(runtime: Runtime) -> Path:
    """The folder of `config.toml`. It need not exist."""
    return _given(runtime, CONFIG_VARIABLE) or _platform_config_folder(runtime)


def cache_folder(runtime: Runtime) -> Path:
    """The folder of what can be lost. It need not exist."""
    return _given(runtime, CACHE_VARIABLE) or _platform_cache_folder(runtime)


def expand_home(path: str, runtime: Runtime) -> Path:
    """A path as people write it, with `~` for the home folder."""
    if path == "~" or path.startswith(("~/", "~\\")):
        return runtime.home / path[2:]
    return Path(path)


def _given(runtime: Runtime, variable: str) -> Path | None:
    text = runtime.environ.get(variable)
    return expand_home(text, runtime).absolute() if text else None


def _platform_config_folder(runtime: Runtime) -> Path:
    if runtime.platform == "win32":
        return _windows_local_data(runtime) / _NAME
    if runtime.platform == "darwin":
        return runtime.home / "Library" / "Application Support" / _NAME
    return _xdg(runtime, "XDG_CONFIG_HOME", ".config") / _NAME


def _platform_cache_folder(runtime: Runtime) -> Path:
    if runtime.platform == "win32":
        return _windows_local_data(runtime) / _NAME / "Cache"
    if runtime.platform == "darwin":
        return runtime.home / "Library" / "Caches" / _NAME
    return _xdg(runtime, "XDG_CACHE_HOME", ".cache") / _NAME


def _windows_local_data(runtime: Runtime) -> Path:
    return Path(runtime.environ.get("LOCALAPPDATA") or runtime.home / "AppData" / "Local")


def _xdg(runtime: Runtime, variable: str, default: str) -> Path:
    """A base folder by the XDG Base Directory Specification, which says to ignore a relative one."""
    path = Path(runtime.environ.get(variable, ""))
    return path if path.is_absolute() else runtime.home / default
