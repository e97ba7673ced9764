"""The vendor SDKs' credentials file: every character of a value counts, and a wrong file is never skipped."""

import pytest

from ecsvnc.credentials import credentials_file
from ecsvnc.credentials.found import Absent
from ecsvnc.credentials.temporary import parse_expiration
from ecsvnc.errors import ConfigurationError, CredentialsError

SECTION = "[{name}]\ntype = access_key\naccess_key_id = {id}\naccess_key_secret = {secret}\n"


def section(name="default", key_id="LTAI5tSomebody", secret="s3cret"):
    return SECTION.format(name=name, id=key_id, secret=secret)


def find(world):
    return credentials_file.find(world.context())


@pytest.mark.parametrize("secret", ["a%b", "a%(b)s", "100%", "a#b", "#a", "a;b", "a=b", "a:b", "${HOME}", '"quoted"'])
@pytest.mark.parametrize("name", ["credentials", "credentials.ini"])
def test_a_value_is_all_that_follows(world, name, secret):
    world.write(f".alibabacloud/{name}", section(secret=secret))
    assert find(world).access_key.secret == secret


def test_comments_stand_on_lines_of_their_own(world):
    world.write(".alibabacloud/credentials", "# mine\n; too\n" + section())
    assert find(world).access_key.secret == "s3cret"


def test_the_first_of_the_two_names_wins_and_the_second_fills_a_gap(world):
    world.write(".alibabacloud/credentials.ini", section(key_id="second") + section("other", key_id="other"))
    assert find(world).access_key.id == "second"
    world.write(".alibabacloud/credentials", section(key_id="first"))
    assert find(world).access_key.id == "first"
    world.environ["ALIBABA_CLOUD_PROFILE"] = "other"
    assert find(world).access_key.id == "other"


def test_a_section_chosen_by_the_shared_variable_needs_no_aliyun_cli(world):
    """The CLI's rule, that the variable must name a profile of its own, is for those who have such profiles."""
    world.environ["ALIBABA_CLOUD_PROFILE"] = "work"
    world.write(".alibabacloud/credentials", section("work", key_id="work"))
    assert world.chain().access_key().id == "work"


def test_the_variable_names_another_file_which_must_be_there(world):
    path = world.write("elsewhere.ini", section(key_id="elsewhere"))
    world.environ["ALIBABA_CLOUD_CREDENTIALS_FILE"] = str(path)
    assert find(world).access_key.id == "elsewhere"
    world.environ["ALIBABA_CLOUD_CREDENTIALS_FILE"] = str(path) + ".gone"
    with pytest.raises(ConfigurationError, match="names a file that does not exist"):
        find(world)


def test_an_empty_variable_names_no_file(world):
    world.environ["ALIBABA_CLOUD_CREDENTIALS_FILE"] = ""
    assert isinstance(find(world), Absent)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1969-12-31T23:59:59Z", "soon", 7, None]
)
def test_an_invalid_expiry_is_ignored(text):
    assert parse_expiration(text) is None
    assert parse_expiration("2026-11-24T03:44:33Z") == 1795491873


@pytest.mark.parametrize(
    "content",
    [
        b"access_key_id = s3cret\n",
        b"[default]\ns3cret\n",
        b"[default]\n[default]\n",
        b"\xff\xfes3cret",
        b"#" * (2 << 20),
    ],
    ids=["no section", "no value", "twice", "not text", "too large"],
)
def test_an_invalid_file_is_an_error_that_does_not_quote_it(world, content):
    path = world.write(".alibabacloud/credentials", "")
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="cannot be used") as caught:
        find(world)
    assert "s3cret" not in caught.value.what


@pytest.mark.parametrize("kind", ["", "sts", "tomorrows"])
def test_a_type_that_is_invalid_is_a_bad_value_in_a_file(world, kind):
    world.write(".alibabacloud/credentials", section().replace("access_key\n", f"{kind}\n", 1))
    with pytest.raises(ConfigurationError, match=r"The `type` of section \[default\]"):
        find(world)


def test_a_section_without_a_type_is_one_too(world):
    world.write(".alibabacloud/credentials", section().replace("type = access_key\n", ""))
    with pytest.raises(ConfigurationError, match=r"The `type` of section \[default\] .* is missing\."):
        find(world)


def test_a_type_whose_keys_are_no_longer_issued_is_an_error_of_credentials(world):
    world.write(".alibabacloud/credentials", section().replace("access_key\n", "rsa_key_pair\n", 1))
    with pytest.raises(CredentialsError, match=r"The `type` of section .* is rsa_key_pair, which ecsvnc does not"):
        find(world)


def test_a_value_over_two_lines_is_malformed(world):
    world.write(".alibabacloud/credentials", section(secret="one\n  two"))
    with pytest.raises(CredentialsError, match="malformed"):
        find(world)


def test_a_section_that_is_turned_off_is_a_miss(world):
    world.write(".alibabacloud/credentials", section() + "enable = false\n")
    assert "enable = false" in find(world).reason


def test_another_section_is_a_miss_that_names_the_file(world):
    path = world.write(".alibabacloud/credentials", section("other"))
    assert find(world) == Absent(f"no section [default] in {path}")
