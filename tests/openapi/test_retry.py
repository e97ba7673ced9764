import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.errors import ConnectError, ProxyError, TlsError, UnexpectedAnswerError
from ecsvnc.openapi.retry import MAX_ATTEMPTS, RetryClass, class_of_answer, class_of_error, delay_before_next

TRANSIENT = frozenset({"InstanceNotReady"})


def delay(patience, **changed):
    facts = {"attempts": 1, "left_s": 60.0, "retry_after_s": None, "random_fraction": 0.0}
    return delay_before_next(patience, **{**facts, **changed})


@pytest.mark.parametrize(
    ("status", "code", "patience"),
    [
        (400, "Throttling", RetryClass.WHOLE_BUDGET),
        (400, "Throttling.User", RetryClass.WHOLE_BUDGET),
        (503, "Throttling.Api", RetryClass.WHOLE_BUDGET),
        (403, "InstanceNotReady", RetryClass.WHOLE_BUDGET),
        (500, "InternalError", RetryClass.A_FEW_ATTEMPTS),
        (503, "ServiceUnavailable", RetryClass.A_FEW_ATTEMPTS),
        (502, "", RetryClass.A_FEW_ATTEMPTS),
        (403, "IncorrectInstanceStatus", RetryClass.NEVER),
        (403, "Forbidden.RAM", RetryClass.NEVER),
        (400, "SignatureNonceUsed", RetryClass.NEVER),
        (404, "InvalidInstanceId.NotFound", RetryClass.NEVER),
        (200, "", RetryClass.NEVER),
    ],
)
def test_the_retry_class_depends_on_the_code_then_on_5xx(status, code, patience):
    assert class_of_answer(status, code, TRANSIENT) is patience


def test_a_code_is_transient_only_for_the_action_that_says_so():
    assert class_of_answer(403, "InstanceNotReady", frozenset()) is RetryClass.NEVER


@pytest.mark.parametrize("error", [TlsError("x"), ProxyError("x"), UnexpectedAnswerError("x")])
def test_what_will_be_the_same_next_time_is_not_tried_again(error):
    assert class_of_error(error) is RetryClass.NEVER


def test_a_connection_that_failed_is_tried_again():
    assert class_of_error(ConnectError("x")) is RetryClass.A_FEW_ATTEMPTS


def test_without_patience_there_is_no_next_attempt_whatever_the_service_asks():
    assert delay(RetryClass.NEVER, retry_after_s=0.1) is None


def test_a_few_attempts_are_five():
    assert delay(RetryClass.A_FEW_ATTEMPTS, attempts=MAX_ATTEMPTS - 1) is not None
    assert delay(RetryClass.A_FEW_ATTEMPTS, attempts=MAX_ATTEMPTS) is None
    assert delay(RetryClass.WHOLE_BUDGET, attempts=1000) is not None
    assert MAX_ATTEMPTS == 5


def test_the_wait_doubles_from_a_quarter_second_up_to_eight():
    longest = [delay(RetryClass.WHOLE_BUDGET, attempts=n, random_fraction=1.0) for n in range(1, 9)]
    assert longest == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_chance_shortens_a_wait_to_no_less_than_half():
    assert delay(RetryClass.A_FEW_ATTEMPTS, attempts=3, random_fraction=0.0) == 0.5
    assert delay(RetryClass.A_FEW_ATTEMPTS, attempts=3, random_fraction=0.5) == 0.75


def test_a_wait_that_the_service_asks_for_is_kept_and_never_shortened():
    assert delay(RetryClass.WHOLE_BUDGET, retry_after_s=3.0) == 3.0
    assert delay(RetryClass.A_FEW_ATTEMPTS, retry_after_s=3.0, random_fraction=0.5) == pytest.approx(3.15)


def test_a_wait_longer_than_what_is_left_fails_at_once():
    assert delay(RetryClass.WHOLE_BUDGET, retry_after_s=60.0) is None
    assert delay(RetryClass.WHOLE_BUDGET, attempts=6, left_s=4.0) is None


@given(
    st.sampled_from([RetryClass.A_FEW_ATTEMPTS, RetryClass.WHOLE_BUDGET]),
    st.integers(1, 10_000),
    st.floats(0, 1e6),
    st.none() | st.floats(0.001, 1e6),
    st.floats(0, 1, exclude_max=True),
)
def test_a_wait_always_leaves_time_and_is_never_shorter_than_asked(patience, attempts, left_s, retry_after_s, fraction):
    wait_s = delay_before_next(
        patience, attempts=attempts, left_s=left_s, retry_after_s=retry_after_s, random_fraction=fraction
    )
    if wait_s is not None:
        assert 0 < wait_s <= left_s
        assert retry_after_s is None or wait_s >= retry_after_s
