import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.errors import UsageError
from ecsvnc.openapi.endpoints import Endpoints, check_region_id, endpoint_host
from ecsvnc.region_ids import REGION_IDS


@pytest.mark.parametrize(
    ("product", "region_id", "network", "host"),
    [
        ("ecs", "cn-beijing", "public", "ecs.cn-beijing.aliyuncs.com"),
        ("ecs", "cn-some-new-region", "public", "ecs.cn-some-new-region.aliyuncs.com"),
        ("ecs", "cn-hangzhou", "public", "ecs-cn-hangzhou.aliyuncs.com"),
        ("ecs", "cn-shanghai-finance-1", "public", "ecs-cn-hangzhou.aliyuncs.com"),
        ("ecs", "cn-north-2-gov-1", "public", "ecs.aliyuncs.com"),
        ("ecs", "cn-edge-1", "public", "ecs.cn-qingdao-nebula.aliyuncs.com"),
        ("ecs", "eu-west-1-oxs", "public", "ecs.cn-shenzhen-cloudstone.aliyuncs.com"),
        ("ecs", "cn-zhangjiakou-na62-a01", "public", "ecs.cn-zhangjiakou.aliyuncs.com"),
        ("ecs", "cn-shanghai-internal-test-1", "public", "ecs-cn-hangzhou.aliyuncs.com"),
        ("ecs", "cn-qingdao-nebula-b01", "public", "ecs-cn-hangzhou.aliyuncs.com"),
        ("ecs", "cn-hangzhou", "vpc", "ecs-vpc.cn-hangzhou.aliyuncs.com"),
        ("ecs", "cn-north-2-gov-1", "vpc", "ecs-vpc.cn-north-2-gov-1.aliyuncs.com"),
        ("sts", "cn-hangzhou", "public", "sts.cn-hangzhou.aliyuncs.com"),
        ("sts", "cn-hangzhou", "vpc", "sts-vpc.cn-hangzhou.aliyuncs.com"),
        ("sts", "", "public", "sts.aliyuncs.com"),
    ],
)
def test_the_host_of_a_product_in_a_region(product, region_id, network, host):
    assert endpoint_host(product, region_id, network) == host


def test_every_known_region_has_a_valid_id_and_a_host_below_aliyuncs_com():
    assert len(REGION_IDS) == len(set(REGION_IDS)) == 40
    for region_id in REGION_IDS:
        assert check_region_id(region_id) == region_id
        assert endpoint_host("ecs", region_id).endswith(".aliyuncs.com")


@pytest.mark.parametrize(
    "text",
    ["", " ", "-cn", "cn-", "cn hangzhou", "cn.hangzhou", "evil.com/", "a@b", "cn-hangzhou#", "ünicode", "x" * 64],
)
def test_what_would_change_the_host_is_no_region_id(text):
    with pytest.raises(UsageError):
        check_region_id(text)


def test_a_region_id_is_taken_in_any_case_and_with_blanks_around_it():
    assert check_region_id(" CN-Hangzhou ") == "cn-hangzhou"


@given(st.text(max_size=80))
def test_no_text_leads_signed_calls_out_of_aliyuncs_com(text):
    try:
        origin = Endpoints().origin("ecs", text)
    except UsageError:
        return
    from urllib.parse import urlsplit

    parts = urlsplit(origin)
    assert (parts.hostname or "").endswith(".aliyuncs.com")
    assert parts.path == parts.query == parts.fragment == ""
    assert parts.username is None


@pytest.mark.parametrize(
    ("override", "origin"),
    [
        ("https://ecs.example.com", "https://ecs.example.com"),
        ("https://ECS.Example.com:443/", "https://ecs.example.com"),
        ("https://ecs.example.com:8443", "https://ecs.example.com:8443"),
        ("https://ecs.{region}.example.com", "https://ecs.cn-beijing.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:9", "http://[::1]:9"),
    ],
)
def test_the_users_own_endpoint_wins_over_the_rule(override, origin):
    assert Endpoints(override=override, network="vpc").origin("ecs", "cn-beijing") == origin


def test_an_override_is_for_its_own_product():
    endpoints = Endpoints(override="https://ecs.example.com", sts_override="https://sts.example.com")
    assert endpoints.origin("sts", "cn-beijing") == "https://sts.example.com"
    assert Endpoints(override="https://ecs.example.com").origin("sts", "") == "https://sts.aliyuncs.com"


def test_the_region_that_is_put_into_an_override_is_checked():
    with pytest.raises(UsageError):
        Endpoints(override="https://{region}.example.com").origin("ecs", "evil.com/")
