"""The folders of ecsvnc's files: each platform's usual ones, or those that the user sets.

Without a library, since importing `platformdirs` takes a third of the time of `--version`, and it reads the process's
environment instead of the runtime's. A test compares the results with it.
"""

from __future__ import annotations

from pathlib import Path

from ecsvnc.runtime import Runtime

CONFIG_VARIABLE = "ECSVNC_CONFIG_DIR"
CACHE_VARIABLE = "ECSVNC_CACHE_DIR"

_NAME = "ecsvnc"


def config_folder(runtime: Runtime) -> Path | None:
    """The folder of `config.toml`. It need not exist. None without a home folder."""
    return _given(runtime, CONFIG_VARIABLE) or _platform_config_folder(runtime)


def cache_folder(runtime: Runtime) -> Path | None:
    """The folder of files that can be deleted. It need not exist. None as in `config_folder`."""
    return _given(runtime, CACHE_VARIABLE) or _platform_cache_folder(runtime)


def expand_home(path: str, runtime: Runtime) -> Path:
    """A path with `~` for the home folder; without a home folder it is kept, as in a shell."""
    if runtime.home is not None and (path == "~" or path.startswith(("~/", "~\\"))):
        return runtime.home / path[2:]
    return Path(path)


def _given(runtime: Runtime, variable: str) -> Path | None:
    text = runtime.environ.get(variable)
    return expand_home(text, runtime).absolute() if text else None


def _platform_config_folder(runtime: Runtime) -> Path | None:
    if runtime.platform == "win32":
        base = _windows_local_data(runtime)
    elif runtime.platform == "darwin":
        base = _in_home(runtime, "Library", "Application Support")
    else:
        base = _xdg(runtime, "XDG_CONFIG_HOME", ".config")
    return base and base / _NAME


def _platform_cache_folder(runtime: Runtime) -> Path | None:
    if runtime.platform == "win32":
        base = _windows_local_data(runtime)
        return base and base / _NAME / "Cache"
    if runtime.platform == "darwin":
        base = _in_home(runtime, "Library", "Caches")
    else:
        base = _xdg(runtime, "XDG_CACHE_HOME", ".cache")
    return base and base / _NAME


def _windows_local_data(runtime: Runtime) -> Path | None:
    text = runtime.environ.get("LOCALAPPDATA")
    return Path(text) if text else _in_home(runtime, "AppData", "Local")


def _xdg(runtime: Runtime, variable: str, default: str) -> Path | None:
    """A base folder by the XDG Base Directory Specification, which ignores a relative one."""
    path = Path(runtime.environ.get(variable, ""))
    return path if path.is_absolute() else _in_home(runtime, default)


def _in_home(runtime: Runtime, *names: str) -> Path | None:
    return None if runtime.home is None else runtime.home.joinpath(*names)
