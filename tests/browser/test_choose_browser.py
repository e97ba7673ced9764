"""The browser by the settings: which origin counts, and how it is named."""

import pytest

from ecsvnc.browser.choose_browser import choose_browser
from ecsvnc.errors import ConfigurationError, UsageError
from ecsvnc.settings.resolve import Settings


@pytest.fixture
def choose(scene, tmp_path):
    """The choice with an option, variables, or a line of config.toml."""

    def choose(option=None, *, file="", **environ):
        scene.environ.update(environ, ECSVNC_CONFIG_DIR=str(tmp_path))
        config = tmp_path / "config.toml"
        config.write_text(f"[profiles.default]\n{file}\n")
        config.chmod(0o600)
        return choose_browser(Settings(scene.runtime, options=option and {"browser": option}), scene.runtime)

    return choose


def programs(choice):
    return [opener.program for opener in choice.openers]


def test_option_and_variables_open_a_browser_in_an_ssh_session(choose):
    assert programs(choose("firefox", SSH_TTY="x")) == ["firefox"]
    assert programs(choose(ECSVNC_BROWSER="opera", SSH_TTY="x")) == ["opera"]


def test_the_file_opens_a_browser_only_where_there_is_a_display(choose):
    assert choose(file="browser = 'firefox'").reason == "No display found."
    assert programs(choose(file="browser = 'firefox'", DISPLAY=":0")) == ["firefox"]


def test_the_reason_names_where_the_browser_was_disabled(choose, tmp_path):
    assert choose("none").reason == "Not opening a browser (--no-browser)."
    assert choose(file="browser = 'none'").reason.endswith(f"{tmp_path}/config.toml: none).")
    assert choose(BROWSER="none").reason == "Not opening a browser (BROWSER: none)."


def test_a_value_that_is_not_a_command_is_an_error_of_its_origin(choose):
    with pytest.raises(UsageError, match=r"^--browser has an unbalanced quote"):
        choose("firefox 'x")
    with pytest.raises(ConfigurationError, match=r"^`browser` in .*config.toml.* has an unbalanced quote"):
        choose(file='browser = "firefox \'x"')
    with pytest.raises(ConfigurationError, match=r"^BROWSER has an unbalanced quote"):
        choose(BROWSER="firefox 'x")
