import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsvnc.errors import RfbError, VncPasswordError
from ecsvnc.rfb.handshake import ClientHandshake, SecurityType, ServerHandshake, State, Version
from ecsvnc.rfb.vnc_auth import response_to

CHALLENGE = bytes(range(16))
V3_3, V3_7, V3_8 = (version.value for version in Version)
OK = bytes(4)


def server(password="secret12"):
    return ServerHandshake(password=password, challenge=CHALLENGE)


def client(password=None):
    return ClientHandshake(password=lambda: password)


def reason(text):
    return struct.pack(">I", len(text)) + text


# --- towards a viewer

SERVER_DIALOGUES = [
    # (password, [(viewer says, we say)...])
    ("secret12", [(V3_8, b"\x01\x02"), (b"\x02", CHALLENGE), (response_to(CHALLENGE, "secret12"), b"")]),
    ("secret12", [(V3_7, b"\x01\x02"), (b"\x02", CHALLENGE), (response_to(CHALLENGE, "secret12"), b"")]),
    ("secret12", [(V3_3, b"\x00\x00\x00\x02" + CHALLENGE), (response_to(CHALLENGE, "secret12"), b"")]),
    (None, [(V3_8, b"\x01\x01"), (b"\x01", b"")]),
    (None, [(V3_7, b"\x01\x01"), (b"\x01", b"")]),
    (None, [(V3_3, b"\x00\x00\x00\x01")]),
]


@pytest.mark.parametrize(("password", "dialogue"), SERVER_DIALOGUES)
def test_the_handshake_with_a_viewer_reaches_the_verdict_in_each_version(password, dialogue):
    handshake = server(password)
    assert handshake.greeting() == V3_8
    for heard, said in dialogue:
        assert handshake.receive(heard) == said
    assert handshake.state is State.VERDICT
    assert handshake.knows_password
    accepted = handshake.accept()
    version = Version(dialogue[0][0])
    assert accepted == (OK if version is Version.V3_8 or password else b"")
    assert handshake.is_done


@pytest.mark.parametrize(("password", "dialogue"), SERVER_DIALOGUES)
def test_a_refusal_is_encoded_as_each_version_defines(password, dialogue):
    handshake = server(password)
    for heard, _ in dialogue:
        handshake.receive(heard)
    refused = handshake.refuse("Stopped.")
    version = Version(dialogue[0][0])
    assert (
        refused
        == {
            Version.V3_8: b"\x00\x00\x00\x01" + reason(b"Stopped."),
            Version.V3_7: b"\x00\x00\x00\x01" if password else b"",
            Version.V3_3: b"\x00\x00\x00\x01" if password else b"",
        }[version]
    )
    assert not handshake.is_done


@pytest.mark.parametrize(
    "response", [bytes(16), response_to(CHALLENGE, "secret13"), response_to(bytes(16), "secret12")]
)
def test_a_wrong_response_is_not_accepted(response):
    handshake = server()
    handshake.receive(V3_8 + b"\x02" + response)
    assert handshake.state is State.VERDICT
    assert not handshake.knows_password


def test_nothing_is_offered_before_the_viewer_sent_its_version():
    handshake = server()
    assert handshake.receive(V3_8[:11]) == b""
    assert not handshake.has_version
    assert not handshake.knows_password


def test_a_viewer_can_be_refused_before_a_password_is_asked_for():
    for version, refusal in ((V3_3, bytes(4)), (V3_7, b"\0"), (V3_8, b"\0")):
        handshake = server()
        handshake.refuse_after_version("Another viewer is connected.")
        assert handshake.receive(version) == refusal + reason(b"Another viewer is connected.")
        assert handshake.state is State.REFUSED


def test_a_security_type_that_was_not_offered_is_refused():
    for password, chosen in (("secret12", 1), (None, 2), ("secret12", 0), ("secret12", 19)):
        with pytest.raises(RfbError):
            server(password).receive(V3_8 + bytes([chosen]))


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01", b"RFC", b"RFB 003.00x\n", b"RFB 003.008\r"]
)
def test_what_is_not_rfb_is_refused_at_once(garbage):
    with pytest.raises(RfbError):
        server().receive(garbage)
    with pytest.raises(RfbError):
        client().receive(garbage)


@pytest.mark.parametrize(
    ("line", "version"),
    [
        (b"RFB 003.003\n", Version.V3_3),
        (b"RFB 003.004\n", Version.V3_3),
        (b"RFB 003.005\n", Version.V3_3),
        (b"RFB 003.006\n", Version.V3_3),
        (b"RFB 003.007\n", Version.V3_7),
        (b"RFB 003.008\n", Version.V3_8),
        (b"RFB 003.016\n", Version.V3_3),
        (b"RFB 003.889\n", Version.V3_8),
        (b"RFB 004.001\n", Version.V3_8),
        (b"RFB 005.000\n", Version.V3_8),
        (b"RFB 000.000\n", Version.V3_3),
    ],
)
def test_each_version_is_mapped_to_its_handshake(line, version):
    assert client().receive(line) == version.value
    handshake = server()
    handshake.receive(line)
    assert handshake.version is version


def test_what_comes_after_the_handshake_is_kept_for_later():
    handshake = server(None)
    handshake.receive(V3_7 + b"\x01" + b"\x01early")
    assert handshake.rest == b"\x01early"


def test_a_viewer_that_does_not_wait_is_bounded():
    handshake = server(None)
    with pytest.raises(RfbError):
        handshake.receive(V3_8 + b"\x01" + bytes(70_000))


def test_a_server_handshake_needs_a_whole_challenge():
    with pytest.raises(RfbError):
        ServerHandshake(password="x", challenge=b"short")


# --- towards a console


@pytest.mark.parametrize(
    ("said", "password", "answers", "security_type"),
    [
        ([V3_8, b"\x01\x01", OK], None, [V3_8, b"\x01", b""], SecurityType.NONE),
        ([V3_8, b"\x02\x02\x01", OK], "Ecs123", [V3_8, b"\x01", b""], SecurityType.NONE),
        ([V3_7, b"\x01\x01"], None, [V3_7, b"\x01"], SecurityType.NONE),
        ([V3_3, b"\0\0\0\x01"], None, [V3_3, b""], SecurityType.NONE),
        (
            [V3_8, b"\x02\x13\x02", CHALLENGE, OK],
            "Ecs123",
            [V3_8, b"\x02", response_to(CHALLENGE, "Ecs123"), b""],
            SecurityType.VNC_AUTHENTICATION,
        ),
        (
            [V3_3, b"\0\0\0\x02", CHALLENGE, OK],
            "Ecs123",
            [V3_3, b"", response_to(CHALLENGE, "Ecs123"), b""],
            SecurityType.VNC_AUTHENTICATION,
        ),
    ],
)
def test_a_console_is_answered_in_each_version(said, password, answers, security_type):
    handshake = client(password)
    assert [handshake.receive(piece) for piece in said] == answers
    assert handshake.is_done
    assert handshake.security_type is security_type


@pytest.mark.parametrize(
    ("said", "password", "message"),
    [
        (V3_8 + b"\x00" + reason(b"Too many"), None, "The console refused the connection: Too many"),
        (V3_3 + bytes(4) + reason(b"Too many"), None, "The console refused the connection: Too many"),
        (V3_8 + b"\x01\x01" + b"\0\0\0\x01" + reason(b"No"), None, "The console refused the connection: No"),
        (V3_8 + b"\x01\x02", None, "requires a VNC password and none is stored"),
        (V3_8 + b"\x02\x13\x10", "Ecs123", r"does not support \(19, 16\)"),
        (V3_3 + b"\0\0\0\x1e", "Ecs123", r"does not support \(30\)"),
        (V3_8 + b"\x01\x02" + CHALLENGE + b"\0\0\0\x01" + reason(b""), "x", r"rejected the VNC password\.$"),
        (V3_8 + b"\x01\x02" + CHALLENGE + b"\0\0\0\x01" + reason(b"wrong "), "x", r"the VNC password: wrong\.$"),
        (V3_8 + b"\x01\x02" + CHALLENGE + b"\0\0\0\x01" + reason(b"Wrong!"), "x", r"the VNC password: Wrong!$"),
        (V3_8 + b"\x01\x02" + CHALLENGE + b"\0\0\0\x01" + reason(b"Wrong\0"), "x", r"the VNC password: Wrong\.$"),
        (V3_3 + b"\0\0\0\x02" + CHALLENGE + b"\0\0\0\x02", "x", r"rejected the VNC password\.$"),
    ],
)
def test_a_console_that_refuses_is_quoted(said, password, message):
    with pytest.raises(RfbError, match=message):
        client(password).receive(said)


@pytest.mark.parametrize(
    ("said", "is_about_password"),
    [
        (V3_8 + b"\x00" + reason(b"Too many"), False),
        (V3_8 + b"\x01\x01" + b"\0\0\0\x01" + reason(b"No"), False),
        (V3_8 + b"\x01\x02" + CHALLENGE + b"\0\0\0\x01" + reason(b"No"), True),
    ],
)
def test_an_error_is_about_the_vnc_password_only_if_the_console_required_it(said, is_about_password):
    with pytest.raises(RfbError) as caught:
        client("Ecs123").receive(said)
    assert isinstance(caught.value, VncPasswordError) is is_about_password


@pytest.mark.parametrize("said", [[V3_8, b"\x02\x02\x01", OK], [V3_7, b"\x01\x01"], [V3_3, b"\0\0\0\x01"]])
def test_no_password_is_looked_up_if_the_console_requires_none(said):
    def unexpected():
        raise AssertionError

    handshake = ClientHandshake(password=unexpected)
    for piece in said:
        handshake.receive(piece)
    assert handshake.is_done


def test_errors_of_looking_up_the_password_are_raised():
    def locked():
        raise PermissionError

    with pytest.raises(PermissionError):
        ClientHandshake(password=locked).receive(V3_8 + b"\x01\x02")


def test_a_reason_without_an_end_is_cut():
    handshake = client()
    with pytest.raises(RfbError) as caught:
        handshake.receive(V3_8 + b"\x00" + b"\xff\xff\xff\xff" + b"x" * 2000)
    assert len(caught.value.what) < 1200


# --- both


@given(st.lists(st.binary(max_size=40), max_size=8), st.sampled_from([None, "Ecs123"]))
def test_any_bytes_give_output_or_an_rfb_error(pieces, password):
    for handshake in (server(password), client(password)):
        try:
            for piece in pieces:
                handshake.receive(piece)
        except RfbError:
            continue


@given(st.sampled_from(list(Version)), st.lists(st.binary(max_size=40), max_size=8), st.sampled_from([None, "Ecs123"]))
def test_any_bytes_after_a_valid_start_give_output_or_an_rfb_error(version, pieces, password):
    for handshake in (server(password), client(password)):
        handshake.receive(version.value)
        try:
            for piece in pieces:
                handshake.receive(piece)
        except RfbError:
            continue


@given(st.sampled_from(list(Version)), st.sampled_from([None, "Ecs123"]), st.integers(1, 50), st.integers(1, 50))
def test_the_two_sides_understand_each_other_in_any_pieces(version, password, up, down):
    upstream, downstream = server(password), client(password)
    to_client = bytearray(version.value)  # as a server of that version greets
    upstream.greeting()
    to_server = bytearray()
    for _ in range(200):
        piece = bytes(to_client[:down])
        del to_client[:down]
        to_server += downstream.receive(piece)
        piece = bytes(to_server[:up])
        del to_server[:up]
        to_client += upstream.receive(piece)
        if upstream.state is State.VERDICT:
            to_client += upstream.accept()
    assert downstream.is_done
    assert upstream.is_done
    assert upstream.knows_password
    assert (downstream.rest, upstream.rest) == (b"", b"")
