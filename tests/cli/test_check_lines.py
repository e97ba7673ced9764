import pytest

from ecsvnc.cli.config.checks.lines import exit_status, failed, not_tested, note, ok, verdict
from ecsvnc.errors import ConfigurationError, CredentialsError, LaunchError, NetworkError

GOOD = ok("credentials", "Fine.").needed()
NO_NETWORK = failed("endpoint", NetworkError("It is down.", hint="Plug it in."))
NO_BROWSER = failed("browser", LaunchError("There is none.", hint="Install one."))


def test_a_line_has_its_mark_its_subject_its_result_and_what_to_do():
    assert NO_NETWORK.text == "FAIL  endpoint                    It is down. Plug it in."
    assert not_tested("clock", "no answer.").text == "-     clock                       not tested: no answer."
    assert note("keyring", "None.").text == "note  keyring                     None."


def test_the_exit_status_is_that_of_the_first_line_that_failed():
    wrong_key = failed("credentials", CredentialsError("Wrong."))
    assert exit_status([GOOD, NO_NETWORK, wrong_key]) == 8
    assert exit_status([GOOD, wrong_key, NO_NETWORK]) == 4
    assert exit_status([GOOD, note("keyring", "None."), not_tested("clock", "x")]) == 0


def test_the_one_thing_to_do_is_that_of_the_first_failure_that_matters():
    lines = [NO_BROWSER, NO_NETWORK.needed(), not_tested("ecs:DescribeInstanceVncUrl", "x").needed()]
    assert verdict(lines, "web-1") == (
        "This machine cannot open the console of web-1 yet. What to do (endpoint): Plug it in."
    )


def test_a_failure_without_a_hint_is_told_itself():
    assert verdict([failed("credentials", CredentialsError("Gone.")).needed()], None) == (
        "This machine cannot open a console yet. What to do (credentials): Gone."
    )


def test_what_was_left_out_for_another_failure_is_as_bad_as_the_failure():
    lines = [failed("settings", ConfigurationError("Bad.", hint="Mend it.")), not_tested("credentials", "x").needed()]
    assert verdict(lines, None).endswith("What to do (settings): Mend it.")


@pytest.mark.parametrize(
    ("instance", "said"),
    [
        ("web-1", "This machine can open the console of web-1."),
        (None, "Nothing stands in the way of a console; with an INSTANCE, a ticket is tried too."),
    ],
)
def test_what_a_console_can_do_without_does_not_change_the_verdict(instance, said):
    assert verdict([GOOD], instance) == said
    assert verdict([GOOD, NO_BROWSER], instance) == f"{said} Failed, and not needed for it: browser."
