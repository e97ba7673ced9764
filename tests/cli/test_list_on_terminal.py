"""`ecsvnc list` as a person sees it: on terminals of several widths, with colour and without."""

from __future__ import annotations

import re

import pytest
from support.ecs.faults import Fault

from ecsvnc.cli.word_wrap import cell_width

TITLES = ["ID", "NAME", "REGION", "STATUS", "OS", "ADDRESS"]
NAMES = {"web-1": "数据库-一号", "db-1": "payments-production-frontend-0001"}


@pytest.fixture
def shown(ecs, in_process):
    """`shown("list", columns=40)`: what a run on a terminal showed, and the rows that can be read at its end."""
    for before, name in NAMES.items():
        ecs.fleet.named(before).name = name

    def shown(*arguments, columns=80, **kind):
        run = in_process.on_terminal(*arguments, size=(columns, 50), **kind)
        assert run.status == 0, run.written
        return run.written, run.rows

    return shown


def words(ecs, *, shortened):
    return sorted(
        word
        for each in ecs.fleet
        for word in (
            each.id,
            shortened if each.name == NAMES["db-1"] else each.name,
            each.region_id,
            each.status,
            each.os_type,
            next(iter((*each.public_ips, *filter(None, [each.eip]), *each.private_ips))),
        )
    )


@pytest.mark.parametrize(
    ("columns", "height", "shortened"),
    [(40, 3, "payments-produc…"), (80, 2, "payments-production-fro…"), (200, 1, NAMES["db-1"])],
)
def test_no_word_is_broken_and_no_line_is_too_wide(ecs, shown, columns, height, shortened):
    _, rows = shown("list", columns=columns)
    assert " ".join(rows[:height]).split() == TITLES
    assert sorted(" ".join(rows[height:]).split()) == words(ecs, shortened=shortened)
    assert len(rows) == 6 * height
    assert max(map(cell_width, rows)) <= columns


def test_progress_is_shown_before_a_region_answers_and_nothing_of_it_stays(ecs, shown):
    ecs.faults.add(Fault(delay_s=0.3, times=None))
    text, rows = shown("list", "dup")
    assert "Listing instances (0 seconds)" in text
    assert len(rows) == 3


def test_states_have_colours_and_titles_are_bold(shown):
    text, _ = shown("list")
    assert re.search("\x1b\\[32mRunning\x1b\\[0m", text)
    assert re.search("\x1b\\[31mStopped\x1b\\[0m", text)
    assert re.search("\x1b\\[1mREGION\x1b\\[0m", text)


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_colour_there_is_the_same_text(shown, environ):
    text, rows = shown("list", **environ)
    assert not re.search("\x1b\\[[0-9;]*m", text)
    assert rows == shown("list")[1]
