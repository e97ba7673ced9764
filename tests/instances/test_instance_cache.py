import stat
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsvnc.instances.cache import InstanceCache, KnownInstance, UniqueWithin, read_instances
from ecsvnc.runtime import Runtime

WEB = KnownInstance("i-bp1hzoinajzkh91h0000", "cn-hangzhou", "web-1", "linux", 1000.0)
WIN = KnownInstance("i-2ze00000000000000000", "cn-beijing", "win-1", "windows", 1000.0)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "cache" / "instances-0.json"


def cache_of(file):
    return InstanceCache(file, Runtime({}, None, now=lambda: 1000.0))


def test_what_is_remembered_is_there_in_the_next_run(file):
    cache_of(file).remember([WEB, WIN])

    assert cache_of(file).get(WEB.id) == WEB
    assert cache_of(file).named("win-1") == [WIN]
    assert cache_of(file).get("i-unknown") is None


def test_what_the_api_did_not_report_this_time_is_kept(file):
    cache_of(file).remember([WEB])
    cache_of(file).remember([KnownInstance(WEB.id, "cn-hangzhou")])

    assert cache_of(file).get(WEB.id) == WEB


def test_nothing_is_kept_of_an_entry_whose_region_was_wrong(file):
    cache_of(file).remember([WEB])
    cache_of(file).remember([KnownInstance(WEB.id, "cn-beijing")])

    assert cache_of(file).get(WEB.id) == KnownInstance(WEB.id, "cn-beijing", seen_at=1000.0)


def test_a_new_name_replaces_the_old_one(file):
    cache_of(file).remember([WEB])
    cache_of(file).remember([KnownInstance(WEB.id, "cn-hangzhou", "renamed")])

    assert cache_of(file).named("web-1") == []
    assert cache_of(file).named("renamed")[0].os_type == "linux"


def test_how_far_a_name_is_unique_stays_while_the_name_does(file):
    cache_of(file).remember([WEB._replace(unique_within=UniqueWithin.ALL_REGIONS)])
    cache_of(file).remember([WEB, WIN._replace(unique_within=UniqueWithin.REGION)])
    assert [known.unique_within for known in cache_of(file).named("web-1")] == [UniqueWithin.ALL_REGIONS]
    assert [known.unique_within for known in cache_of(file).named("win-1")] == [UniqueWithin.REGION]

    cache_of(file).remember([WEB._replace(name="renamed")])
    assert [known.unique_within for known in cache_of(file).named("renamed")] == [UniqueWithin.UNKNOWN]


def test_what_is_forgotten_is_gone_and_the_rest_stays(file):
    cache_of(file).remember([WEB, WIN])
    cache_of(file).forget(WEB.id, "i-unknown")

    assert cache_of(file).get(WEB.id) is None
    assert cache_of(file).get(WIN.id) == WIN


def test_nothing_is_written_when_nothing_is_new(file):
    cache_of(file).remember([WEB])
    before = file.stat().st_mtime_ns, file.stat().st_ino
    cache_of(file).remember([WEB])
    cache_of(file).forget("i-unknown")

    assert (file.stat().st_mtime_ns, file.stat().st_ino) == before


def test_the_file_is_the_owner_s_alone(file):
    cache_of(file).remember([WEB])

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_runs_at_the_same_time_keep_each_other_s_entries(file):
    ids = [f"i-bp1{number:017}" for number in range(40)]
    threads = [
        threading.Thread(target=lambda i=i: cache_of(file).remember([KnownInstance(i, "cn-hangzhou")])) for i in ids
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(read_instances(file)) == set(ids)


def test_a_cache_that_was_cut_off_at_any_byte_is_no_trouble(file):
    cache_of(file).remember([WEB, WIN])
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert cache_of(file).get(WEB.id) is None
        cache_of(file).remember([WEB])
        assert cache_of(file).get(WEB.id) == WEB


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_content_whatever_breaks_a_run(tmp_path, content):
    file = tmp_path / "any.json"
    file.write_bytes(content)

    assert read_instances(file) == {}


def write_row(file, row, version=2):
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'{{"format": {version}, "instances": {{"{WEB.id}": {row}}}}}')


GOOD_ROW = '["cn-hangzhou", "web-1", "linux", 1000, 0]'


@pytest.mark.parametrize(
    "row",
    [
        '["evil.com/", "name", "linux", 0, 0]',
        '["", "name", "linux", 0, 0]',
        '["cn-hangzhou", 1, "linux", 0, 0]',
        '["cn-hangzhou", "name", null, 0, 0]',
        '["cn-hangzhou", "name", "linux", "now", 0]',
        '["cn-hangzhou", "name", "linux", NaN, 0]',
        '["cn-hangzhou", "name", "linux", 1e999, 0]',
        f'["cn-hangzhou", "name", "linux", {"9" * 400}, 0]',
        f'["cn-hangzhou", "name", "linux", {"9" * 5000}, 0]',
        '["cn-hangzhou", "name", "linux", -1, 0]',
        '["cn-hangzhou", "name", "linux", 0, 3]',
        '["cn-hangzhou", "name", "linux", 0, []]',
        '["cn-hangzhou", "name", "linux", 0]',
        '"cn-hangzhou"',
        "null",
        '{"region": "cn-hangzhou"}',
    ],
)
def test_a_row_that_is_invalid_spoils_the_file_and_nothing_else(file, row):
    write_row(file, GOOD_ROW)
    assert cache_of(file).get(WEB.id) == WEB
    write_row(file, row)

    cache = cache_of(file)
    assert cache.get(WEB.id) is None
    cache.remember([WEB])
    assert cache_of(file).get(WEB.id) == WEB


@pytest.mark.parametrize("version", [1, 3])
def test_a_file_of_another_format_is_not_read(file, version):
    write_row(file, GOOD_ROW, version)

    assert read_instances(file) == {}


def test_a_place_that_cannot_be_a_folder_is_no_trouble(tmp_path):
    (tmp_path / "cache").write_text("a file")

    cache = cache_of(tmp_path / "cache" / "instances.json")
    cache.remember([WEB])
    assert cache.get("i-unknown") is None
