import threading

import pytest

from ecsvnc.background import in_background


def test_the_result_and_the_error_come_through_the_future():
    assert in_background(divmod, 7, 2).result(5) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        in_background(divmod, 7, 0).result(5)


def test_even_an_exit_is_the_callers_to_handle():
    def leave():
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        in_background(leave).result(5)


def test_the_thread_has_a_name_and_never_keeps_the_process_alive():
    thread = in_background(threading.current_thread, name="request").result(5)
    assert thread.daemon
    assert thread.name == "request"
