"""One look a run, renewal before the end, and never another identity."""

import threading

import pytest

from ecsvnc.credentials.chain import REFRESH_BEFORE_S, RETRY_AFTER_S, CredentialChain
from ecsvnc.credentials.found import Absent, Found
from ecsvnc.errors import ConnectError, CredentialsError
from ecsvnc.openapi.access_key import AccessKey


class Scripted:
    """A source that answers as told, one answer a look; the last one again and again."""

    def __init__(self, *answers, name="the script"):
        self.name = name
        self.answers = list(answers)
        self.looks = 0

    def find(self):
        self.looks += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def key(name, expires_at=None):
    return Found(AccessKey(name, "s3cret", "t0ken" if expires_at else None), f"source of {name}", expires_at)


@pytest.fixture
def chain_of(scene):
    return lambda *sources: CredentialChain(lambda: [(one.name, one.find) for one in sources], scene.runtime)


def test_the_first_that_has_any_is_used_and_later_ones_are_not_asked(chain_of):
    absent, first, later = Scripted(Absent("nothing")), Scripted(key("first")), Scripted(key("later"))
    chain = chain_of(absent, first, later)
    assert chain.access_key().id == "first"
    assert (absent.looks, later.looks) == (1, 0)


def test_an_error_is_final_and_later_ones_are_not_asked(chain_of):
    later = Scripted(key("later"))
    chain = chain_of(Scripted(CredentialsError("half")), later)
    with pytest.raises(CredentialsError, match="half"):
        chain.access_key()
    assert later.looks == 0


def test_no_credentials_names_every_source_with_its_reason(chain_of):
    chain = chain_of(Scripted(Absent("empty"), name="one"), Scripted(Absent("gone"), name="two"))
    with pytest.raises(CredentialsError) as caught:
        chain.access_key()
    assert caught.value.what == "No credentials found. Looked in: one (empty); two (gone)."
    assert "ecsvnc config login" in caught.value.hint


def test_a_key_has_its_source(chain_of):
    assert chain_of(Scripted(key("x"))).access_key().source == "source of x"


def test_permanent_credentials_are_found_once_a_run(chain_of, scene):
    source = Scripted(key("x"))
    chain = chain_of(source)
    chain.access_key()
    scene.at_s += 30 * 24 * 3600
    chain.access_key()
    assert source.looks == 1


def test_parallel_requests_look_once(chain_of):
    source = Scripted(key("x"))
    chain = chain_of(source)
    threads = [threading.Thread(target=chain.access_key) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert source.looks == 1


def test_temporary_credentials_are_renewed_before_their_end_and_not_earlier(chain_of, scene):
    end = scene.at_s + 3600
    chain = chain_of(Scripted(key("old", end), key("new", end + 3600)))
    assert chain.access_key().id == "old"
    scene.at_s = end - REFRESH_BEFORE_S - 1
    assert chain.access_key().id == "old"
    scene.at_s = end - REFRESH_BEFORE_S
    assert chain.access_key().id == "new"
    assert chain.found().expires_at == end + 3600


def test_renewal_asks_the_source_that_had_them_though_an_earlier_one_has_some_by_now(chain_of, scene):
    end = scene.at_s + 3600
    earlier = Scripted(Absent("not yet"), key("somebody else"))
    chain = chain_of(earlier, Scripted(key("old", end), key("new", end + 3600)))
    chain.access_key()
    scene.at_s = end - 1
    assert chain.access_key().id == "new"
    assert earlier.looks == 1


def test_when_renewal_fails_the_old_ones_serve_until_their_end_and_it_is_tried_again(chain_of, scene):
    end = scene.at_s + 3600
    source = Scripted(key("old", end), ConnectError("STS is down."), key("new", end + 3600))
    chain = chain_of(source)
    chain.access_key()
    scene.at_s = end - REFRESH_BEFORE_S
    assert chain.access_key().id == "old"
    assert scene.warnings == ["The credentials from source of old could not be renewed yet: STS is down."]
    assert chain.access_key().id == "old"
    assert source.looks == 2
    scene.at_s += RETRY_AFTER_S
    assert chain.access_key().id == "new"


@pytest.mark.parametrize("answer", [ConnectError("down"), Absent("the file is gone"), CredentialsError("half")])
def test_after_their_end_a_failed_renewal_is_the_error(chain_of, scene, answer):
    end = scene.at_s + 3600
    chain = chain_of(Scripted(key("old", end), answer))
    chain.access_key()
    scene.at_s = end
    with pytest.raises((ConnectError, CredentialsError)):
        chain.access_key()


def test_credentials_that_have_ended_are_never_used(chain_of, scene):
    with pytest.raises(CredentialsError, match="source of old expired at 2027-01-15 07:59:59 UTC"):
        chain_of(Scripted(key("old", scene.at_s - 1)), Scripted(key("other"))).access_key()
