import pytest

from ecsvnc.region_ids import REGION_IDS, is_region_id, likely_region


@pytest.mark.parametrize(
    ("text", "region_id"),
    [
        ("cn-hangzou", "cn-hangzhou"),
        ("cn-hangzhou-h", "cn-hangzhou"),
        ("ap-southeast-1a", "ap-southeast-1"),
        ("cn-bejing", "cn-beijing"),
        ("hangzhou", "cn-hangzhou"),
        ("eu-central", "eu-central-1"),
        ("cn-shangahi", "cn-shanghai"),
    ],
)
def test_a_misspelt_region_and_a_zone_are_known_for_what_they_mean(text, region_id):
    assert is_region_id(text)
    assert likely_region(text) == region_id


@pytest.mark.parametrize("text", ["ap-southeast-9", "us-east-2", "cn-nowhere", "xx-new-5"])
def test_a_region_that_may_be_new_is_not_taken_for_another(text):
    assert likely_region(text) is None


@pytest.mark.parametrize("region_id", REGION_IDS)
def test_a_region_is_no_mistake_and_one_wrong_letter_is_recognised(region_id):
    assert likely_region(region_id) is None
    assert likely_region(f"{region_id[:2]}{region_id[3:]}") == region_id
