import pytest

from ecsvnc.console.settling import settled_at_s


@pytest.mark.parametrize(
    ("began", "first", "changed", "updates", "is_one_colour", "settled"),
    [
        pytest.param(0, 1, 1, 1, False, 1.45, id="the first picture, which may be old"),
        pytest.param(0, 1, 1.3, 2, False, 1.5, id="an update followed it, and it rests"),
        pytest.param(0, 1, 1.9, 9, False, 2.0, id="it changes all the time"),
        pytest.param(0, 1, 1, 1, True, 4.0, id="black, and nothing follows"),
        pytest.param(0, 1, 3.9, 9, True, 4.0, id="black, whatever follows"),
        pytest.param(0, 1, 3.5, 2, False, 2.0, id="the true picture after a long black one is late already"),
        pytest.param(50, 1, 49, 30, False, 50.2, id="later, such as after a key"),
        pytest.param(50, 1, 50.1, 31, False, 50.3, id="later, with an echo"),
        pytest.param(50, 1, 50.95, 40, False, 51.0, id="later, while it changes all the time"),
        pytest.param(50, 1, 40, 30, True, 50.2, id="later, and blank"),
    ],
)
def test_when_a_picture_is_up_to_date(*, began, first, changed, updates, is_one_colour, settled):
    at_s = settled_at_s(began, first, changed, updates=updates, is_one_colour=is_one_colour)
    assert at_s == pytest.approx(settled)
