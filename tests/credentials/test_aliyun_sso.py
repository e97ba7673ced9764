"""CloudSSO and OAuth: the CLI's cached key, a new one for its access token, and never its refresh token."""

import json

import pytest
from credential_world import CannedSender, expiration

from ecsvnc.errors import ConfigurationError, CredentialsError, UnexpectedAnswerError

EXCHANGE = {
    "CloudSSO": "https://signin.example.com/cloud-credentials",
    "OAuth": "https://oauth.aliyun.com/v1/exchange",
}
NEW_KEY = {"AccessKeyId": "STS.new", "AccessKeySecret": "new-s3cret", "SecurityToken": "new-t0ken"}
MODES = pytest.mark.parametrize("mode", ["CloudSSO", "OAuth"])


def profile(world, mode, *, cached_for_s=-60, token_for_s=3600, **more):
    now = int(world.now())
    return {
        "name": "it",
        "mode": mode,
        "access_key_id": "STS.cached",
        "access_key_secret": "cached-s3cret",
        "sts_token": "cached-t0ken",
        "sts_expiration": now + cached_for_s,
        "access_token": "access-t0ken",
        "cloud_sso_access_token_expire": now + token_for_s,
        "cloud_sso_sign_in_url": "https://signin.example.com/start?x=1",
        "cloud_sso_account_id": "1000000000000001",
        "cloud_sso_access_config": "ac-1",
        "oauth_access_token": "access-t0ken",
        "oauth_access_token_expire": now + token_for_s,
        "oauth_refresh_token": "refresh-t0ken",
        "oauth_site_type": "CN",
        **more,
    }


def serving(mode, *, status=200, key=None):
    key = {**NEW_KEY, "Expiration": expiration(3600)} if key is None else key
    body = {"CloudCredential": key} if mode == "CloudSSO" else key
    return CannedSender({EXCHANGE[mode]: (status, json.dumps(body).encode())})


def find(world):
    return world.chain().found()


@MODES
def test_a_cached_key_is_used_without_a_request(world, mode):
    world.sender = serving(mode)
    world.write_aliyun(profile(world, mode, cached_for_s=1800))
    found = find(world)
    assert (found.access_key.id, found.access_key.security_token) == ("STS.cached", "cached-t0ken")
    assert found.expires_at == pytest.approx(world.now() + 1800, abs=5)
    assert world.sender.requests == []


@MODES
@pytest.mark.parametrize("cached_for_s", [-60, 30])
def test_one_that_has_ended_or_is_about_to_is_exchanged_and_written_nowhere(world, mode, cached_for_s):
    world.sender = serving(mode)
    path = world.write_aliyun(profile(world, mode, cached_for_s=cached_for_s))
    before = path.read_bytes()
    found = find(world)
    assert (found.access_key.id, found.access_key.secret) == ("STS.new", "new-s3cret")
    assert found.expires_at == pytest.approx(world.now() + 3600, abs=5)
    (request,) = world.sender.requests
    assert (request.method, request.url) == ("POST", EXCHANGE[mode])
    assert request.headers["authorization"] == "Bearer access-t0ken"
    assert b"refresh" not in request.body
    if mode == "CloudSSO":
        assert json.loads(request.body) == {"AccountId": "1000000000000001", "AccessConfigurationId": "ac-1"}
    assert path.read_bytes() == before


def test_the_oauth_endpoint_may_write_its_keys_with_a_small_letter(world):
    key = {name[0].lower() + name[1:]: value for name, value in NEW_KEY.items()}
    world.sender = serving("OAuth", key={**key, "expiration": expiration(3600)})
    world.write_aliyun(profile(world, "OAuth"))
    assert find(world).access_key.id == "STS.new"


def test_the_international_site_is_another_host(world):
    url = "https://oauth.alibabacloud.com/v1/exchange"
    world.sender = CannedSender({url: (200, json.dumps({**NEW_KEY, "Expiration": expiration(60)}).encode())})
    world.write_aliyun(profile(world, "OAuth", oauth_site_type="INTL"))
    assert find(world).access_key.id == "STS.new"


@MODES
def test_when_the_sign_in_has_ended_the_refresh_token_is_left_to_the_cli_and_the_user_is_sent_there(world, mode):
    world.sender = serving(mode)
    world.write_aliyun(profile(world, mode, token_for_s=-1))
    with pytest.raises(CredentialsError, match=r"The sign-in of the aliyun CLI's profile 'it'") as caught:
        find(world)
    assert f"aliyun configure --mode {mode} --profile it" in caught.value.hint
    assert world.sender.requests == []


@MODES
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_exchange_sends_the_user_there_too(world, mode, status):
    world.sender = serving(mode, status=status)
    world.write_aliyun(profile(world, mode))
    with pytest.raises(CredentialsError, match=f"no longer accepted .HTTP status {status}.") as caught:
        find(world)
    assert f"aliyun configure --mode {mode} --profile it" in caught.value.hint
    assert "t0ken" not in caught.value.what


@MODES
def test_an_answer_that_is_invalid_is_a_network_error_and_an_incomplete_one_an_incomplete_credential(world, mode):
    world.write_aliyun(profile(world, mode))
    world.sender = CannedSender({EXCHANGE[mode]: (200, b"<html>")})
    with pytest.raises(UnexpectedAnswerError):
        find(world)
    world.sender = serving(mode, status=503)
    with pytest.raises(UnexpectedAnswerError):
        find(world)
    world.sender = serving(mode, key=NEW_KEY)
    with pytest.raises(CredentialsError, match="Incomplete credentials"):
        find(world)


@MODES
def test_in_a_long_run_a_key_that_the_cli_renewed_meanwhile_is_read(world, mode):
    real_now, offset_s = world.now, 0
    world.now = lambda: real_now() + offset_s
    world.sender = serving(mode)
    path = world.write_aliyun(profile(world, mode, cached_for_s=600))
    chain = world.chain()
    assert chain.found().access_key.id == "STS.cached"
    renewed = profile(world, mode, cached_for_s=7200, access_key_id="STS.renewed")
    # Which profile is the current one changed too: that is for the next run.
    path.write_text(json.dumps({"current": "someone-else", "profiles": [renewed]}))
    offset_s = 400
    assert chain.found().access_key.id == "STS.renewed"
    assert world.sender.requests == []


@pytest.mark.parametrize(
    "url", ["", "http://signin.example.com/", "https://user:pw@signin.example.com/", "ftp://x", "https://[x"]
)
def test_an_access_token_goes_to_no_address_but_an_https_one(world, url):
    world.sender = serving("CloudSSO")
    world.write_aliyun(profile(world, "CloudSSO", cloud_sso_sign_in_url=url))
    with pytest.raises((CredentialsError, ConfigurationError), match="cloud_sso_sign_in_url"):
        find(world)
    assert world.sender.requests == []


@MODES
def test_a_token_that_would_add_a_header_is_refused(world, mode):
    world.sender = serving(mode)
    world.write_aliyun(profile(world, mode, access_token="a\r\nx: y", oauth_access_token="a\r\nx: y"))
    with pytest.raises(CredentialsError, match="malformed"):
        find(world)
    assert world.sender.requests == []
