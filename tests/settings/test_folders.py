import os
import sys
from pathlib import Path

import pytest

from ecsvnc.runtime import Runtime
from ecsvnc.settings.folders import cache_folder, config_folder, expand_home

HOME = Path("/home/ada")


def runtime(platform="linux", **environ):
    return Runtime(environ=environ, home=HOME, platform=platform)


@pytest.mark.parametrize(
    ("platform", "environ", "config", "cache"),
    [
        ("linux", {}, "/home/ada/.config/ecsvnc", "/home/ada/.cache/ecsvnc"),
        ("linux", {"XDG_CONFIG_HOME": "/c", "XDG_CACHE_HOME": "/k"}, "/c/ecsvnc", "/k/ecsvnc"),
        ("linux", {"XDG_CONFIG_HOME": "relative"}, "/home/ada/.config/ecsvnc", "/home/ada/.cache/ecsvnc"),
        ("darwin", {}, "/home/ada/Library/Application Support/ecsvnc", "/home/ada/Library/Caches/ecsvnc"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/ecsvnc", "/local/ecsvnc/Cache"),
        ("win32", {}, "/home/ada/AppData/Local/ecsvnc", "/home/ada/AppData/Local/ecsvnc/Cache"),
    ],
)
def test_each_platform_has_its_own_place(platform, environ, config, cache):
    assert config_folder(runtime(platform, **environ)) == Path(config)
    assert cache_folder(runtime(platform, **environ)) == Path(cache)


def test_the_user_can_choose_both():
    chosen = runtime(ECSVNC_CONFIG_DIR="~/cfg", ECSVNC_CACHE_DIR="/var/k", XDG_CONFIG_HOME="/c")
    assert config_folder(chosen) == HOME / "cfg"
    assert cache_folder(chosen) == Path("/var/k")


def test_a_relative_choice_is_relative_to_where_the_program_runs():
    assert config_folder(runtime(ECSVNC_CONFIG_DIR="cfg")) == Path.cwd() / "cfg"


@pytest.mark.skipif(sys.platform == "win32", reason="platformdirs asks the Windows shell, not the environment")
def test_the_places_are_those_of_platformdirs():
    import platformdirs

    here = Runtime(environ=dict(os.environ), home=Path.home())
    assert config_folder(here) == Path(platformdirs.user_config_dir("ecsvnc", appauthor=False))
    assert cache_folder(here) == Path(platformdirs.user_cache_dir("ecsvnc", appauthor=False))


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_without_a_home_there_is_no_place_but_the_one_that_was_given(platform):
    homeless = Runtime(environ={}, home=None, platform=platform)
    assert config_folder(homeless) is None
    assert cache_folder(homeless) is None
    given = {"ECSVNC_CONFIG_DIR": "/c", "ECSVNC_CACHE_DIR": "/k"}
    assert config_folder(Runtime(environ=given, home=None, platform=platform)) == Path("/c")
    assert cache_folder(Runtime(environ=given, home=None, platform=platform)) == Path("/k")


@pytest.mark.parametrize(
    ("platform", "environ"),
    [
        ("linux", {"XDG_CONFIG_HOME": "/base", "XDG_CACHE_HOME": "/base"}),
        ("win32", {"LOCALAPPDATA": "/base"}),
    ],
)
def test_a_base_folder_needs_no_home(platform, environ):
    homeless = Runtime(environ=environ, home=None, platform=platform)
    assert Path("/base") in config_folder(homeless).parents
    assert Path("/base") in cache_folder(homeless).parents


def test_a_tilde_without_a_home_stays():
    assert expand_home("~/x", Runtime(environ={}, home=None)) == Path("~/x")


def test_a_tilde_is_the_home_of_the_runtime():
    assert expand_home("~", runtime()) == HOME
    assert expand_home("~/x/y", runtime()) == HOME / "x" / "y"
    assert expand_home("/x/~/y", runtime()) == Path("/x/~/y")
