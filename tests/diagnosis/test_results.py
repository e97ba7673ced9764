import pytest

from ecsvnc.diagnosis.results import failed, first_failure, note, ok, skipped, verdict
from ecsvnc.ecs.describe_instances import DescribeInstances
from ecsvnc.errors import ConfigurationError, CredentialsError, NetworkError


def named(name, result):
    return result._replace(name=name)


GOOD = named("credentials", ok("Fine."))
NO_NETWORK = named("endpoint", failed(NetworkError("It is down.", hint="Plug it in.")))
NO_BROWSER = named("browser", note("There is none.", "Install one."))
NO_LOOK_UP = named(DescribeInstances.ram_action(), note("Denied."))


def test_the_first_failure_gives_the_exit_status():
    wrong_key = failed(CredentialsError("Wrong."))
    assert first_failure([GOOD, NO_BROWSER, NO_NETWORK, wrong_key]) is NO_NETWORK.failure
    assert first_failure([GOOD, wrong_key, NO_NETWORK]) is wrong_key.failure
    assert first_failure([GOOD, note("None."), skipped("x")]) is None


def test_the_check_to_fix_first_is_the_first_that_failed():
    results = [NO_BROWSER, NO_NETWORK, skipped("x"), named("x", failed(ConfigurationError("Bad.")))]
    assert verdict(results, "web-1") == (
        "This machine cannot open the console of web-1 yet. First fix `endpoint` (see above)."
    )
    assert verdict(results, None) == "This machine cannot open a console yet. First fix `endpoint` (see above)."


@pytest.mark.parametrize(
    ("results", "instance", "said"),
    [
        ([GOOD], "web-1", "This machine can open the console of web-1."),
        ([GOOD, NO_BROWSER], "web-1", "This machine can open the console of web-1."),
        ([GOOD, NO_LOOK_UP], "i-1", "This machine can open the console of i-1, by its id only."),
        ([GOOD], None, "All checks passed. Name an INSTANCE to also try a ticket."),
        ([GOOD, NO_BROWSER], None, "No check failed. Name an INSTANCE to also try a ticket."),
        ([NO_LOOK_UP], None, "Consoles can be opened by instance id only. Name an INSTANCE to also try a ticket."),
    ],
)
def test_a_note_does_not_prevent_a_console(results, instance, said):
    assert verdict(results, instance) == said
