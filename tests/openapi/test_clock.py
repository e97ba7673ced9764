import pytest

from ecsvnc.openapi.clock import offset_in_words


@pytest.mark.parametrize(
    ("offset_s", "words"),
    [
        (31, "31 seconds behind"),
        (-119, "119 seconds ahead"),
        (1200, "20 minutes behind"),
        (-7300, "2 hours ahead"),
        (3 * 86400, "3 days behind"),
    ],
)
def test_an_offset_is_reported_in_one_number_and_from_this_machines_side(offset_s, words):
    assert offset_in_words(offset_s) == words
