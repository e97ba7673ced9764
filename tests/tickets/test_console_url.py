from urllib.parse import parse_qs, urlsplit

from ecsvnc.tickets.console_url import console_url
from ecsvnc.tickets.ticket import VncUrl

PAGE = "https://g.alicdn.com/aliyun/ecs-console-vnc2/0.0.8/index.html"
SAMPLE = "wss%3A%2F%2Fhz01-vncproxy.aliyun.com%2Fwebsockify%2F%3Fs%3DDvh%252FIA%252BYc73"


def url(**changes):
    values = {"page": PAGE, "vnc_url": VncUrl.parse(SAMPLE), "instance_id": "i-bp1hzoinajzkh91h0000"}
    return console_url(**{**values, "is_windows": False, **changes})


def test_the_url_is_the_documented_one_with_the_api_s_bytes():
    assert url() == f"{PAGE}?vncUrl={SAMPLE}&instanceId=i-bp1hzoinajzkh91h0000&isWindows=false"


def test_windows_is_lower_case_true_and_a_password_comes_last():
    assert url(is_windows=True, password="Ecs123").endswith("&isWindows=true&password=Ecs123")


def test_a_page_with_a_query_of_its_own_keeps_it():
    assert url(page="https://ecs.console.example/vnc?lang=en").startswith(
        "https://ecs.console.example/vnc?lang=en&vncUrl="
    )


def test_a_page_that_parses_its_query_gets_the_websocket_url_decoded_once():
    query = parse_qs(urlsplit(url()).query)

    assert query["vncUrl"] == ["wss://hz01-vncproxy.aliyun.com/websockify/?s=Dvh%2FIA%2BYc73"]
