import pytest

from ecsvnc.settings.profile_keys import CREDENTIAL_KEYS, PROFILE_KEYS, PROFILE_KEYS_BY_NAME, STARTING_POINTS

VALID = [
    ("credential_process", "vault-helper --json 'a b'"),
    ("ecs_ram_role", "console-operator"),
    ("ecs_ram_role", ""),
    ("source_profile", "work.eu@2"),
    ("role_arn", "acs:ram::1234567890123456:role/console"),
    ("role_session_name", "alice@example.com"),
    ("external_id", "a/b:c=d"),
]
INVALID = [
    ("credential_process", "", "must be a command on one line"),
    ("credential_process", "a 'b", "must not have an unbalanced quote"),
    ("credential_process", "a\nb", "must be a command on one line"),
    ("ecs_ram_role", "acs:ram::1:role/x", "not an ARN"),
    ("source_profile", "", "must be a profile's name"),
    ("source_profile", "a b", "must be a profile's name"),
    ("role_arn", "console", "such as acs:ram::1234567890123456:role/NAME"),
    ("role_arn", "acs:ram::1:user/x", "such as"),
    ("role_session_name", "x", "2 to 64"),
    ("external_id", "x", "2 to 1224"),
]


@pytest.mark.parametrize(("key", "text"), VALID)
def test_a_valid_value_is_taken_unchanged(key, text):
    assert PROFILE_KEYS_BY_NAME[key].parse(text) == text


@pytest.mark.parametrize(("key", "text", "rule"), INVALID)
def test_an_invalid_value_is_refused_with_the_rule_and_not_repeated(key, text, rule):
    with pytest.raises(ValueError, match=rule) as refused:
        PROFILE_KEYS_BY_NAME[key].parse(text)
    assert len(text) < 3 or text not in str(refused.value)


def test_every_key_is_tried():
    assert {key for key, _ in VALID} == {key for key, *_ in INVALID} == {one.key for one in PROFILE_KEYS}


def test_where_credentials_start_is_among_the_keys():
    assert set(STARTING_POINTS) <= set(CREDENTIAL_KEYS)
    assert not any("secret" in key for key in CREDENTIAL_KEYS)
