"""`type`, `keys` and `run`, by the command, against consoles of an embedded ECS."""

from __future__ import annotations

import pytest
from support.known_instances import store_instances
from support.program import wait_until
from support.terminal import OnTerminal

from ecsvnc.simulator.consoles import CUT

SECRET = "s3cret|Word"


@pytest.fixture
def typing(ecs, cli):
    """The command, pointed at `ecs`, with its instances in the cache."""
    store_instances(ecs, cli.home / ".cache" / "ecsvnc")
    return cli.with_environ(**ecs.exports())


@pytest.fixture
def screen(ecs):
    """What can be read on the screen of an instance."""

    def screen(name="web-1"):
        machine = ecs.consoles.machine(ecs.fleet.named(name).id)
        machine.draw()
        return machine.text

    return screen


def keys_of(ecs, name="web-1"):
    return list(ecs.consoles.machine(ecs.fleet.named(name).id).received_keys)


class TestType:
    def test_a_text_arrives_whatever_shift_it_needs(self, typing, screen):
        text = "P@ss|w0rd~ {A}\"z\\y'/?-_"
        status, stdout, stderr = typing("type", "web-1", text)
        assert (status, stdout) == (0, "")
        assert f"login: {text}" in screen()
        assert stderr.startswith("Typed 23 characters on web-1 (i-")
        assert stderr.endswith(", cn-hangzhou).\n")

    def test_stdin_is_typed_with_its_line_ends_as_enter(self, typing, screen):
        assert typing("type", "web-1", stdin="root\nx\n").status == 0
        assert "root@web-1:~#" in screen()

    def test_an_instance_that_is_given_by_its_id_is_named_all_the_same(self, typing, ecs):
        web = ecs.fleet.named("web-1")
        expected = f"Typed 1 character on web-1 ({web.id}, cn-hangzhou).\n"
        assert typing("type", web.id, "x").stderr == expected

    def test_enter_follows_with_enter(self, typing, screen):
        assert typing("type", "web-1", "root", "--enter").stderr.startswith("Typed 4 characters and Enter on ")
        assert "Password:" in screen()

    def test_a_layout_is_that_of_the_instance(self, typing, screen):
        assert typing("type", "web-1", stdin="root\nx\nloadkeys de\n").status == 0
        assert typing("type", "web-1", "echo <z|y>@/^\\ äß€", "--layout", "de").status == 0
        wait_until(lambda: "# echo <z|y>@/^\\ äß€" in screen())

    def test_the_layout_can_be_a_setting(self, typing, screen):
        assert typing("config", "set", "layout", "de").status == 0
        assert typing("type", "web-1", "yz").status == 0
        assert "login: zy" in screen()  # the instance has another

    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            (("type", "web-1", "a\u00fc"), "The keyboard layout us cannot type 'ü'. Nothing was typed."),
            (("type", "web-1", ""), "The text is empty."),
            (("type", "web-1", "x", "--secret"), "--secret reads the text at a prompt, and there is a TEXT too."),
            (("type", "web-1", "--vnc-password-file", "-"), "--vnc-password-file reads stdin, and so does the text."),
            (
                ("type", "web-1", "x", "--layout", "xx"),
                "--layout must be a keyboard layout: us, gb",
            ),
            (("keys", "web-1", "enter", "ctrl-alt-dele"), "Unknown key 'dele' (in 'ctrl-alt-dele')."),
        ],
    )
    def test_what_cannot_be_is_refused_before_a_console_is_opened(self, typing, ecs, arguments, error):
        status, stdout, stderr = typing(*arguments)
        assert (status, stdout) == (2, "")
        assert stderr.startswith(f"Error: {error}")
        assert "\nHint: " in stderr
        assert not ecs.calls

    def test_a_stopped_instance_is_not_typed_on(self, typing):
        status, _, stderr = typing("type", "db-1", "x")
        assert status == 6
        assert "--start" in stderr

    def test_caps_lock_makes_no_difference(self, typing, ecs, screen):
        assert typing("keys", "web-1", "capslock").status == 0
        assert typing("type", "web-1", "aBc").status == 0
        assert "login: aBc" in screen()


class TestSecrets:
    def test_a_secret_is_typed_and_shown_nowhere(self, typing, ecs, screen):
        assert typing("type", "web-1", "root", "--enter").status == 0
        with OnTerminal("type", "web-1", "--secret", "--enter", "--debug", environ=typing.environ) as run:
            run.wait_for("Text to type on web-1: ")
            run.type(f"{SECRET}\r")
            assert run.status() == 0
            assert SECRET not in run.shown
        assert "Logged in" in screen()

    def test_it_can_come_on_stdin_without_its_line_end(self, typing, screen):
        assert typing("type", "web-1", "--secret", stdin="abc\n").stderr.startswith("Typed 3 characters on ")
        assert "login: abc" in screen()

    def test_its_characters_are_not_named(self, typing):
        status, _, stderr = typing("type", "web-1", "--secret", stdin="aü\n")
        assert status == 2
        assert "ü" not in stderr

    def test_where_the_console_echoes_it_the_output_has_stars(self, typing, tmp_path):
        script = tmp_path / "script"
        script.write_text("secret WORD\nscreen\nwait nothing within 100ms\n")
        for output in ("text", "ansi", "json"):
            run = typing.with_environ(WORD=SECRET)("run", "web-1", str(script), "--output", output, "--debug")
            assert run.status == 6
            assert SECRET not in run.stdout + run.stderr
            assert "*" * len(SECRET) in run.stdout
            assert "*" * len(SECRET) in run.stderr, "the last screen"


class TestKeys:
    def test_chords_are_pressed_and_released(self, typing, ecs):
        assert typing("keys", "web-1", "ctrl-alt-f2", "a").stderr.startswith("Pressed ctrl-alt-f2, a on web-1 (i-")
        ctrl, alt, f2, a = 0xFFE3, 0xFFE9, 0xFFBF, 0x61
        assert keys_of(ecs) == [
            (ctrl, True), (alt, True), (f2, True), (f2, False), (alt, False), (ctrl, False), (a, True), (a, False),
        ]  # fmt: skip

    def test_ctrl_c_releases_what_is_held(self, typing, ecs):
        with typing.start("type", "web-1", "A" * 1000) as run:
            wait_until(lambda: (0xFFE1, True) in keys_of(ecs), 30)
            run.interrupt()
            assert run.finish().status == 130
        wait_until(lambda: keys_of(ecs)[-1] == (0xFFE1, False))

    @pytest.mark.parametrize("arguments", [("type", "nope", "x"), ("keys", "dup", "enter")])
    def test_nothing_is_typed_on_an_instance_that_is_not_the_one_meant(self, typing, ecs, arguments):
        assert typing(*arguments).status == 5
        assert not keys_of(ecs)


class TestRun:
    @pytest.fixture
    def play(self, typing, tmp_path):
        def play(text, *options, **environ):
            (tmp_path / "steps").write_text(text)
            return typing.with_environ(**environ)("run", "web-1", str(tmp_path / "steps"), *options)

        return play

    def test_it_logs_in_and_prints_what_a_command_says(self, play):
        run = play(
            "# log in\nwait login: within 30s\ntype root\nkeys enter\nwait Password:\nsecret PW\nkeys enter\n"
            'fail "Login incorrect"\nwait "# $"\ntype hostname\nkeys enter\nwait ^web-1$\nscreen\n',
            PW=SECRET,
        )
        assert run.status == 0, run.stderr
        assert "root@web-1:~# hostname\nweb-1\n" in run.stdout
        assert run.stderr.startswith("Played ")

    def test_a_text_that_does_not_come_ends_it_with_the_last_screen(self, play):
        status, stdout, stderr = play("pause 10ms\nwait nothing within 100ms\ntype x\n")
        assert (status, stdout) == (6, "")
        assert stderr.startswith("The last screen was:\n")
        assert "web-1 login:" in stderr
        assert "/steps, line 2: The screen did not show 'nothing' within 0.1 seconds." in stderr

    def test_a_text_that_must_not_come_ends_it_at_once(self, play, ecs):
        status, _, stderr = play("fail Password\ntype root\nkeys enter\ntype never\nkeys enter\n")
        assert status == 6
        assert "/steps, line 3: The screen shows 'Password', which a `fail` step names.\n" in stderr
        assert (ord("v"), True) not in keys_of(ecs)

    @pytest.mark.parametrize(
        ("line", "error"),
        [
            ("wiat login:", "unknown step 'wiat'; steps are wait, fail, type, secret, keys, screen, pause."),
            ("wait", "a regular expression is missing."),
            ("wait (", "'(' is not a regular expression: missing ), unterminated subpattern at position 0."),
            ("wait a{99999999999999}", "'a{99999999999999}' is not a regular expression: "),
            ("fail " + "(" * 5000, "is not a regular expression: "),
            ("wait x within soon", "'within soon' must be a time"),
            ("type", "type needs a text; `keys enter` presses Enter."),
            ("type ü", "The keyboard layout us cannot type 'ü'."),
            ("keys", "keys needs at least one key"),
            ("keys entr", "Unknown key 'entr'."),
            ("secret 1x", "secret needs the name of an environment variable"),
            ("screen now", "screen takes no argument."),
            ("pause", "the time of pause must be a time: seconds, or"),
        ],
    )
    def test_a_bad_step_is_refused_with_its_line_before_a_console_is_opened(self, play, ecs, line, error):
        status, stdout, stderr = play(f"# first\n\n{line}\n")
        assert (status, stdout) == (2, "")
        assert ", line 3: " in stderr
        assert error in stderr
        assert not ecs.calls

    def test_a_secret_that_is_not_there_is_refused_before_a_console_is_opened(self, play, ecs):
        status, _, stderr = play("secret NOT_SET\n")
        assert status == 2
        assert "Hint: Set NOT_SET, or run the command on a terminal" in stderr
        assert not ecs.calls

    def test_any_blanks_stand_between_words_and_any_line_end_after_a_step(self, play, screen):
        run = play("\ufeffwait\tlogin: \t within  30s \r\n\r\n\t# x\r\n\ttype\troot \r\nkeys\tenter\r\nwait Password:")
        assert run.status == 0, run.stderr
        assert "login: root\n" in screen()

    def test_a_step_sees_what_the_output_masks(self, play):
        run = play("type root\nkeys enter\nsecret PW\nkeys enter\nwait root@web-1\nscreen\n", PW="root")
        assert run.status == 0, run.stderr
        assert "root" not in run.stdout
        assert "****@web-1" in run.stdout

    def test_a_dry_run_only_checks(self, play, ecs):
        run = play("wait x\nsecret NOT_SET\n", "--dry-run")
        assert (run.status, run.stdout) == (0, "")
        assert run.stderr.endswith("has 2 steps, and no mistakes.\n")
        assert play("wiat x\n", "-n").status == 2
        assert not ecs.calls

    def test_the_script_can_come_on_stdin(self, typing):
        assert typing("run", "web-1", stdin="wait login:\n").stderr.startswith("Played stdin on web-1 (i-")

    def test_a_file_that_is_not_there_is_a_usage_error(self, typing):
        assert typing("run", "web-1", "/no/such/file").stderr.startswith(
            "Error: Cannot read /no/such/file: No such file"
        )


def test_a_console_that_breaks_meanwhile_is_an_error_with_the_progress(typing, ecs):
    with typing.start("type", "web-1", "a" * 1000) as run:
        wait_until(lambda: len(keys_of(ecs)) > 5, 30)
        ecs.consoles.end_all(CUT)
        status, _, stderr = run.finish()
    assert status == 9
    assert "The connection to the console broke after " in stderr
    assert " of 2000 key events." in stderr


def test_the_demo_plays_a_script(cli):
    run = cli("demo", "run", "web-1", stdin="type root\nkeys enter\nwait Password:\n")
    assert run.status == 0, run.stderr
