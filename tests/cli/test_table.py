import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.cli.table import Column, table_lines
from ecsvnc.cli.word_wrap import cell_width

COLUMNS = [
    Column("ID"),
    Column("NAME", shortens=True),
    Column("REGION"),
    Column("STATUS"),
    Column("OS"),
    Column("ADDRESS"),
]
WEB = ("i-bp1hzoinajzkh91h0000", "web-1", "cn-hangzhou", "Running", "linux", "203.0.113.10")
LONG = (
    "i-wz9hzoinajzkh91h0001",
    "payments-production-frontend-canary-eu-0001",
    "cn-shenzhen-finance-1",
    "Stopped",
    "",
    "",
)
WIDE = (
    "i-2zehzoinajzkh91h0002",
    "数据库服务器-生产环境-一号机器-备用节点",
    "cn-beijing",
    "Running",
    "windows",
    "10.0.0.9",
)


def cells(text):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def lines(rows, width, **options):
    return list(table_lines(COLUMNS, rows, width=width, **options))


def test_a_table_is_as_wide_as_it_must_be_and_no_wider():
    assert lines([WEB], 1000) == [
        "ID                      NAME   REGION       STATUS   OS     ADDRESS",
        "i-bp1hzoinajzkh91h0000  web-1  cn-hangzhou  Running  linux  203.0.113.10",
    ]


def test_names_are_shortened_where_a_row_is_too_wide_and_get_what_is_left():
    header, *shown = lines([WEB, LONG, WIDE], 100)
    assert header.split() == [column.title for column in COLUMNS]
    assert max(map(cells, shown)) == 100
    assert "  payments-production-…  " in shown[1]
    assert "数据库服务器-" in shown[2]
    assert LONG[1] in lines([LONG], 1000)[1]


def test_a_row_that_is_too_wide_even_so_takes_several_lines():
    assert lines([WEB, LONG], 80) == [
        "ID                      NAME               REGION                 STATUS   OS",
        "  ADDRESS",
        "i-bp1hzoinajzkh91h0000  web-1              cn-hangzhou            Running  linux",
        "  203.0.113.10",
        "i-wz9hzoinajzkh91h0001  payments-product…  cn-shenzhen-finance-1  Stopped",
    ]
    assert lines([WEB, WIDE], 40) == [
        "ID                      NAME",
        "  REGION       STATUS   OS",
        "  ADDRESS",
        "i-bp1hzoinajzkh91h0000  web-1",
        "  cn-hangzhou  Running  linux",
        "  203.0.113.10",
        "i-2zehzoinajzkh91h0002  数据库服务器-生…",
        "  cn-beijing   Running  windows",
        "  10.0.0.9",
    ]


@pytest.mark.parametrize("width", [1, 20, 39, 40, 41, 79, 80, 81, 100, 120, 1000])
def test_columns_stand_below_each_other_whatever_letters_they_have(width):
    rows = [WEB, (*LONG[:4], "linux", "10.0.0.8"), WIDE]
    shown = lines(rows, width)
    height = len(shown) // 4
    table = [shown[start : start + height] for start in range(0, len(shown), height)]
    for number in range(height):
        column = [group[number] for group in table]
        for index, title in enumerate(column_titles(column[0])):
            starts = {
                cells(line[: line.find(text)]) for line, text in zip(column, texts(title, rows), strict=True) if text
            }
            assert len(starts) == 1, (index, title)


def column_titles(line):
    return line.split()


def texts(title, rows):
    index = [column.title for column in COLUMNS].index(title)
    return [title, *(row[index][:5] for row in rows)]


def test_without_a_header_titles_take_no_room():
    assert lines([("a", "b", "c", "d", "e", "f")], 80, has_header=False) == ["a  b  c  d  e  f"]
    assert lines([], 80, has_header=False) == []


def test_colour_changes_no_width():
    def mark(index, text):
        return f"<{text}>" if index == 3 else text

    plain = lines([WEB, LONG], 200)
    marked = lines([WEB, LONG], 200, style=mark, style_title=mark)
    assert [line.replace("<", "").replace(">", "") for line in marked] == plain
    assert "<Running>  linux" in marked[1]


PRINTABLE = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp", "Mn", "Me"])
)


@given(st.lists(st.tuples(*[PRINTABLE] * 6), max_size=5), st.integers(1, 150))
def test_no_line_is_wider_than_the_terminal_unless_one_cell_is(rows, width):
    for line in lines(rows, width):
        assert cell_width(line) <= width or len(line.strip()) <= max(
            len(text) for row in [*rows, *titles()] for text in row
        )


def titles():
    return [[column.title for column in COLUMNS]]
