import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.durations import in_words, parse_time
from ecsvnc.settings import values


@pytest.mark.parametrize("text", ["cn-hangzhou", "us-east-1", "cn-zhengzhou-jva", "x", "new-planet-7"])
def test_any_well_formed_region_id_is_taken_known_or_not(text):
    assert values.region_id(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "cn_hangzhou", "CN-HANGZHOU", "cn-hangzhou.evil.com", "a/b", "a@b", "a:1", "-a", "a-", "a\n", "a" * 64, "é"],
)
def test_what_could_change_a_host_name_is_no_region_id(text):
    with pytest.raises(ValueError, match="must be a region id"):
        values.region_id(text)


def test_all_is_no_region():
    with pytest.raises(ValueError, match="must be one region's id"):
        values.region_id("all")


@given(st.text())
def test_a_region_id_is_always_one_host_label(text):
    try:
        label = values.region_id(text)
    except ValueError:
        return
    assert label.isascii()
    assert not set(label) & set("./:@\\?#% \t\r\n")


@pytest.mark.parametrize(
    "text",
    [
        "https://ecs.example.com",
        "https://ecs.example.com:8443",
        "https://ecs-{region}.example.com",
        "http://127.0.0.1:8080",
        "http://localhost:1",
        "http://[::1]:8080",
    ],
)
def test_an_endpoint_is_a_scheme_and_a_host(text):
    assert values.endpoint(text) == text
    assert values.endpoint(text + "/") == text


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("ecs.example.com", "must be a URL"),
        ("ftp://ecs.example.com", "must be a URL"),
        ("https://", "must be a URL"),
        ("https://ecs example.com", "must be a URL"),
        ("https://ecs.example.com\n", "must be a URL"),
        ("https://ecs.example.com:99999", "must be a URL"),
        ("https://ecs.example.com:0", "must be a URL"),
        ("https://[::1", "must be a URL"),
        ("https://a\x1b31m.example.com", "must be a URL"),
        ("https://-a.example.com", "must be a URL"),
        ("http://x.localhost", "plain http:// is for loopback only"),
        ("https://{other}.example.com", "must be a URL"),
        ("{region}://ecs.example.com", "must be a URL"),
        ("http://ecs.example.com", "plain http:// is for loopback only"),
        ("http://127.0.0.1.example.com", "plain http:// is for loopback only"),
        ("https://user:secret@ecs.example.com", "user name or password"),
        ("https://ecs.example.com/#x", "fragment"),
        ("https://ecs.example.com/path", "without a path"),
        ("https://ecs.example.com?x=1", "without a path"),
    ],
)
def test_an_invalid_endpoint_is_refused_with_the_rule(text, rule):
    with pytest.raises(ValueError, match=rule):
        values.endpoint(text)


def test_a_known_console_page_becomes_its_url():
    assert values.console_page("0.0.8") == "https://g.alicdn.com/aliyun/ecs-console-vnc2/0.0.8/index.html"
    assert values.console_page("0.0.7") == "https://g.alicdn.com/aliyun/ecs-console-vnc/0.0.7/index.html"


@pytest.mark.parametrize("text", ["https://x.example/vnc/index.html?a=b", "http://localhost:8080/console/index.html"])
def test_a_console_page_may_have_a_path_and_a_query(text):
    assert values.console_page(text) == text


@pytest.mark.parametrize(
    "text", ["0.0.9", "javascript:alert(1)", "http://x.example/", "https://x.example/#f", "https://u@x.example/", ""]
)
def test_an_invalid_console_page_is_refused(text):
    with pytest.raises(ValueError, match="must"):
        values.console_page(text)


TIMES = [("60", 60), ("0.5", 0.5), (".5", 0.5), ("5.", 5), ("90s", 90), ("1.1m", 66), ("30m", 1800), ("1h", 3600)]


@pytest.mark.parametrize(("text", "time_s"), TIMES)
@pytest.mark.parametrize("parse", [parse_time, values.timeout_s, values.keepalive_s])
def test_a_time_is_seconds_or_has_a_unit(parse, text, time_s):
    assert parse(text) == time_s


def test_a_time_may_be_milliseconds():
    assert parse_time("500ms") == 0.5


def test_a_time_of_more_than_a_week_is_refused():
    assert parse_time("168h") == 7 * 86400
    with pytest.raises(ValueError, match="at most 7 days"):
        parse_time("169h")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.5, "0.5 seconds"), (1, "1 second"), (95, "95 seconds"), (1200, "20 minutes"), (18000, "5 hours")],
)
def test_a_time_in_words_is_one_number(seconds, words):
    assert in_words(seconds) == words


@pytest.mark.parametrize(
    "text",
    ["-1", "1e3", "nan", "inf", "1_0", " 5", "5 s", "5S", "1d", "1h30m", "s", ".", ".s", "1.5.5", "", "٣"],
)
def test_an_invalid_time_is_refused(text):
    with pytest.raises(ValueError, match="must be a time"):
        parse_time(text)


@pytest.mark.parametrize("text", ["0", "0.0", "0s", "3601", "61m", "1d", "soon"])
def test_an_invalid_timeout_is_refused(text):
    with pytest.raises(ValueError, match="must be"):
        values.timeout_s(text)


def test_a_port_is_a_number_that_a_socket_takes():
    assert [values.port(text) for text in ("0", "5900", "65535")] == [0, 5900, 65535]


@pytest.mark.parametrize("text", ["", "-1", "65536", "0x50", "5900.0", " 80", "http"])
def test_an_invalid_port_is_refused(text):
    with pytest.raises(ValueError, match="must be a whole number from 0 to 65535"):
        values.port(text)


def test_keepalive_can_be_turned_off():
    assert values.keepalive_s("0") == 0.0


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "a\0b"])
def test_an_invalid_command_is_refused(text):
    with pytest.raises(ValueError, match="one line"):
        values.command_line(text)


@pytest.mark.parametrize("parse", [values.command_line, values.console_page])
def test_what_is_not_utf_8_is_refused_since_no_config_file_could_hold_it(parse):
    with pytest.raises(ValueError, match="must be"):
        parse("https://example.com/\udcff")


def test_network_is_one_of_two():
    assert (values.network("public"), values.network("vpc")) == ("public", "vpc")
    with pytest.raises(ValueError, match="public or vpc"):
        values.network("internal")
