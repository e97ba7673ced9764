import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.errors import ConfigurationError
from ecsvnc.http.proxies import find_proxy

ECS = "https://ecs.cn-beijing.aliyuncs.com/?a=b"


def proxy_for(url, environ):
    proxy = find_proxy(url, environ)
    return proxy and proxy.url


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        (ECS, {}, None),
        (ECS, {"HTTPS_PROXY": "http://p:3128"}, "http://p:3128"),
        (ECS, {"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:1"}, "http://low:1"),
        (ECS, {"https_proxy": "", "HTTPS_PROXY": "http://up:1"}, None),
        (ECS, {"HTTPS_PROXY": "  "}, None),
        (ECS, {"HTTP_PROXY": "http://p:3128"}, None),
        (ECS, {"ALL_PROXY": "socks5h://p:1080"}, "socks5h://p:1080"),
        (ECS, {"ALL_PROXY": "http://all:1", "HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        (ECS, {"HTTPS_PROXY": "p.example.com:3128"}, "http://p.example.com:3128"),
        ("wss://vnc.aliyun.com/", {"HTTPS_PROXY": "http://p:3128"}, "http://p:3128"),
        ("ws://vnc.aliyun.com/", {"HTTPS_PROXY": "http://p:3128"}, None),
        ("ws://vnc.aliyun.com/", {"HTTP_PROXY": "http://p:3128"}, "http://p:3128"),
        ("http://creds.example.com/", {"HTTP_PROXY": "http://p:3128"}, "http://p:3128"),
    ],
)
def test_which_variable_counts(url, environ, proxy):
    assert proxy_for(url, environ) == proxy


EVERYTHING = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"), "http://dead:1")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "[::1]", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize("scheme", ["http", "https", "ws", "wss"])
def test_loopback_is_never_proxied(scheme, host):
    assert proxy_for(f"{scheme}://{host}:8080/x", EVERYTHING) is None


def test_the_metadata_service_is_never_proxied():
    assert proxy_for("http://100.100.100.200/latest/meta-data/", EVERYTHING) is None


@pytest.mark.parametrize(
    ("no_proxy", "exempt"),
    [
        ("*", True),
        ("aliyuncs.com", True),
        (".aliyuncs.com", True),
        ("*.aliyuncs.com", True),
        ("ALIYUNCS.COM", True),
        ("a.example, aliyuncs.com", True),
        ("a.example aliyuncs.com", True),
        ("aliyuncs.com:443", True),
        ("ecs.cn-beijing.aliyuncs.com", True),
        ("aliyuncs.com:8443", False),
        ("yuncs.com", False),
        ("cn-beijing.aliyuncs.com.evil", False),
        (",, ,", False),
        (".", False),
        ("", False),
    ],
)
def test_no_proxy_covers_a_domain_and_what_is_below_it(no_proxy, exempt):
    environ = {"HTTPS_PROXY": "http://p:3128", "NO_PROXY": no_proxy}
    assert (proxy_for(ECS, environ) is None) is exempt


@pytest.mark.parametrize(
    ("url", "no_proxy", "exempt"),
    [
        ("https://10.1.2.3/", "10.0.0.0/8", True),
        ("https://11.1.2.3/", "10.0.0.0/8", False),
        ("https://10.1.2.3/", "10.1.2.3", True),
        ("https://[fd00::1]/", "fd00::/8", True),
        ("https://[fd00::1]:8443/", "[fd00::1]:8443", True),
        ("https://[fd00::1]/", "fd00::1", True),
        ("https://name.example/", "10.0.0.0/8", False),
        ("https://10.1.2.3/", "10.0.0.0/99", False),
    ],
)
def test_no_proxy_takes_addresses_and_networks(url, no_proxy, exempt):
    environ = {"HTTPS_PROXY": "http://p:3128", "no_proxy": no_proxy}
    assert (proxy_for(url, environ) is None) is exempt


@pytest.mark.parametrize(
    "value", ["ftp://p:1", "http://", "http://p:port", "http://[::1", "http://p:0", "http://p q:1"]
)
def test_a_value_that_is_no_proxy_is_a_configuration_error_that_names_the_variable_only(value):
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as caught:
        proxy_for(ECS, {"HTTPS_PROXY": value})
    assert value not in caught.value.what


def test_a_proxy_is_named_without_its_password():
    proxy = find_proxy(ECS, {"HTTPS_PROXY": "http://user:hunter2@proxy.example.com:3128"})
    assert proxy is not None
    assert proxy.name == "http://proxy.example.com:3128"
    assert proxy.variable == "HTTPS_PROXY"
    assert "hunter2" not in repr(proxy)
    assert find_proxy(ECS, {"https_proxy": "http://[fd00::1]:1"}).name == "http://[fd00::1]:1"


@given(st.text(max_size=60))
def test_no_no_proxy_raises(text):
    assert proxy_for(ECS, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": text}) in {None, "http://p:1"}


@given(st.text(max_size=60))
def test_no_proxy_variable_raises_anything_but_a_configuration_error(text):
    try:
        proxy = find_proxy(ECS, {"HTTPS_PROXY": text})
    except ConfigurationError:
        return
    assert proxy is None or proxy.name.isprintable()
