import pytest

from ecsvnc.errors import RfbError
from ecsvnc.rfb.vnc_auth import _des, is_right_response, obscured, response_to

# Published vectors of DES. FIPS 46's worked example is the one of every textbook; the others are from NIST SP 800-17,
# table A.1 (variable plaintext), A.2 (variable key) and A.4 (substitution table).
DES_VECTORS = [
    ("133457799BBCDFF1", "0123456789ABCDEF", "85E813540F0AB405"),
    ("0101010101010101", "8000000000000000", "95F8A5E5DD31D900"),
    ("0101010101010101", "0000000000000001", "166B40B44ABA4BD6"),
    ("8001010101010101", "0000000000000000", "95A8D72813DAA94D"),
    ("0101010101010102", "0000000000000000", "869EFD7F9F265A09"),
    ("7CA110454A1A6E57", "01A1D6D039776742", "690F5B0D9A26939B"),
    ("1C587F1C13924FEF", "305532286D6F295A", "63FAC0D034D9F793"),
]


@pytest.mark.parametrize(("key", "plain", "cipher"), DES_VECTORS)
def test_des_gives_the_published_vectors(key, plain, cipher):
    assert _des(bytes.fromhex(key), bytes.fromhex(plain)) == bytes.fromhex(cipher)


# Exchanges between real programs, seen on the wire (published with the tests of github.com/mitchellh/go-vnc).
EXCHANGES = [
    (".", "7fe2e13da4ae109c54c55f5274aadb31", "1d8692711f00243502d391efe9bcc5d5"),
    ("12345678", "138ea42e0e66f3ad2df308c304cdc42a", "5be156fa4949ef56d3f844977327959f"),
    ("abc123", "c63045d2579ee7f2f90c623e524086c6", "a36359e428c87fb3452cd7e0cad6703e"),
]


@pytest.mark.parametrize(("password", "challenge", "response"), EXCHANGES)
def test_the_response_is_that_of_other_vnc_programs(password, challenge, response):
    assert response_to(bytes.fromhex(challenge), password) == bytes.fromhex(response)


def test_a_password_counts_for_eight_bytes():
    challenge = bytes(range(16))
    assert response_to(challenge, "12345678") == response_to(challenge, "123456789")
    assert response_to(challenge, "1234567") != response_to(challenge, "12345678")


def test_only_the_right_response_is_right():
    challenge = bytes(range(16))
    right = response_to(challenge, "Ecs123")
    assert is_right_response(right, challenge, "Ecs123")
    assert not is_right_response(right, challenge, "Ecs124")
    assert not is_right_response(right[:-1], challenge, "Ecs123")
    assert not is_right_response(b"", challenge, "Ecs123")


@pytest.mark.parametrize("challenge", [b"", bytes(8), bytes(17)])
def test_a_challenge_of_another_length_is_refused(challenge):
    with pytest.raises(RfbError):
        response_to(challenge, "Ecs123")


def test_a_password_file_has_the_form_of_vncpasswd():
    """What `vncpasswd -f` writes for the password "password"."""
    assert obscured("password") == bytes.fromhex("dbd83cfd727a1458")
