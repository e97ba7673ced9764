"""The list of instances that one chooses from: typed at on a pipe, and read off the screen of a terminal emulator."""

from __future__ import annotations

import io
import threading
import time

import pyte
import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from ecsvnc.cli.candidates import Candidates
from ecsvnc.cli.choose import choose_instance
from ecsvnc.ecs.instance import Instance
from ecsvnc.errors import ConnectError

COLUMNS, ROWS = 90, 8
UP, DOWN, ESCAPE, ENTER, CTRL_C = "\x1b[A", "\x1b[B", "\x1b", "\r", "\x03"


def instance(number, name="web", region="cn-hangzhou", status="Running"):
    address = (f"203.0.113.{number}",)
    return Instance(f"i-{number:020}", name, region, status, "linux", public_ips=address)


WEB, WIN, DUP = instance(1, "web-1"), instance(2, "win-1", "cn-beijing"), instance(3, "dup", "eu-central-1", "Stopped")
FEW = [WEB, WIN, DUP]


class Screen(io.StringIO):
    """What was drawn last, as a person sees it."""

    def __init__(self):
        super().__init__()
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self._screen)

    def write(self, text):
        self._stream.feed(text)
        return len(text)

    @property
    def rows(self):
        return [row.rstrip() for row in self._screen.display]


def choose(*steps, instances=FEW, refresh=None, columns=COLUMNS):
    """The choice when keys are typed, each after a text has appeared on the screen: `choose("dup", DOWN, "> ", ENTER)`.

    Returns the rows of the screen before the last keys, too.
    """
    screen, rows = Screen(), []
    output = Vt100_Output(screen, lambda: Size(ROWS, columns), term="xterm-256color")
    with create_pipe_input() as pipe:

        def type_keys():
            for text, keys in zip(steps[::2], steps[1::2], strict=True):
                until = time.monotonic() + 20
                while not any(text in row for row in screen.rows) and time.monotonic() < until:
                    time.sleep(0.005)
                rows[:] = screen.rows
                pipe.send_text(keys)

        threading.Thread(target=type_keys, daemon=True).start()
        return choose_instance(instances, refresh=refresh, input=pipe, output=output), rows


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (ENTER, DUP),  # by name
        (DOWN + ENTER, WEB),
        (DOWN * 9 + ENTER, WIN),
        (DOWN * 9 + UP + ENTER, WEB),
        (UP * 3 + ENTER, DUP),
        ("win" + ENTER, WIN),
        ("BEIJ" + ENTER, WIN),
        ("stopped" + ENTER, DUP),
        ("113.1" + ENTER, WEB),
        ("1 running web" + ENTER, WEB),
        ("x\x7fw" + DOWN + ENTER, WIN),
        ("nothing" + ENTER + "\x7f" * 7 + ENTER, DUP),
        (DOWN + "w" + ENTER, WEB),  # the mark stays with its instance
    ],
)
def test_one_types_to_filter_and_walks_with_arrows(keys, chosen):
    assert choose("to filter", keys)[0] == chosen


@pytest.mark.parametrize("keys", [CTRL_C, ESCAPE, "web" + CTRL_C])
def test_ctrl_c_and_escape_choose_nothing(keys):
    with pytest.raises(KeyboardInterrupt):
        choose("to filter", keys)


def test_the_columns_stand_below_each_other():
    _, rows = choose("to filter", DOWN, "> web", ENTER)
    assert rows[:5] == [
        "Instance:",
        "  NAME   ID                      REGION        STATE    ADDRESS",
        "  dup    i-00000000000000000003  eu-central-1  Stopped  203.0.113.3",
        "> web-1  i-00000000000000000001  cn-hangzhou   Running  203.0.113.1",
        "  win-1  i-00000000000000000002  cn-beijing    Running  203.0.113.2",
    ]
    assert rows[-1].startswith("3 of 3")


@pytest.mark.parametrize(
    ("columns", "titles", "row"),
    [
        (67, "NAME   ID                      REGION        STATE    ADDRESS", None),
        (60, "NAME   ID                      REGION        STATE", None),
        (40, "NAME   REGION        STATE", "  web-1  cn-hangzhou   Running"),
        (21, "NAME   REGION", None),
        (12, "NAME", "  web-1"),
    ],
)
def test_no_cell_is_cut_at_the_margin(columns, titles, row):
    _, rows = choose("3 of 3", ENTER, columns=columns)
    assert rows[1] == f"  {titles}"
    assert row is None or row in rows


def test_a_long_name_is_shortened_where_there_is_no_room_for_it():
    _, rows = choose("1 of 1", ENTER, instances=[instance(1, "web-of-a-very-long-name")], columns=40)
    assert rows[2] == "> web-of-a-very-l…  cn-hangzhou  Running"


@pytest.mark.parametrize(
    ("columns", "last"),
    [
        (80, "3 of 3  type to filter, ↑↓ to move, Enter to choose, Esc to cancel"),
        (40, "3 of 3  Enter to choose, Esc to cancel"),
        (20, "3 of 3"),
    ],
)
def test_the_last_line_says_as_much_as_the_screen_has_room_for(columns, last):
    _, rows = choose("3 of 3", ENTER, columns=columns)
    assert rows[-1] == last


def test_of_more_than_the_screen_holds_the_marked_one_is_shown():
    many = [instance(number, f"web-{number:03}") for number in range(500)]
    chosen, rows = choose("to filter", DOWN * 300, "> web-300", UP * 2, "> web-298", ENTER, instances=many)
    assert chosen.name == "web-298"
    assert [row.split()[-4] for row in rows[2:-1]] == [one.id for one in many[296:301]]


def test_the_list_is_replaced_when_the_service_has_answered():
    go = threading.Event()

    def refresh():
        assert go.wait(20)
        return [WEB, instance(9, "new-9")], ""

    threading.Timer(0.1, go.set).start()
    chosen, rows = choose("Asking every region", DOWN, "new-9", ENTER, instances=[WEB, DUP], refresh=refresh)
    assert chosen == WEB  # which was marked
    assert "2 of 2" in rows[-1]


def test_what_the_service_refused_is_shown_and_the_list_stays():
    def refresh():
        raise ConnectError("No\x1b[2Jnetwork.")

    assert choose(r"No\x1b[2Jnetwork.", ENTER, refresh=refresh)[0] == DUP


def test_a_mark_follows_its_instance_when_the_list_is_replaced():
    candidates = Candidates([WEB, WIN])
    candidates.move(1)
    candidates.replace([DUP, WEB, WIN, instance(7, "a")])
    assert candidates.chosen == WIN
    candidates.replace([DUP])
    assert candidates.chosen == DUP
    candidates.replace([])
    assert candidates.chosen is None
