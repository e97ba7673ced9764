"""The handshake of RFB 3.3, 3.7 and 3.8 (RFC 6143, section 7.1, 7.2 and appendix A), as bytes in and bytes out.

    ServerHandshake   us towards a viewer:  VERSION → SECURITY_TYPE → RESPONSE → VERDICT → DONE or REFUSED
    ClientHandshake   us towards a console: VERSION → SECURITY_TYPE → CHALLENGE → RESULT → DONE, or REASON and an error

The server's side stops before its result (VERDICT), so that the caller can first connect the console; then `accept`, or
`refuse` with a reason that the viewer shows. What is sent in each version:

                            3.3              3.7                      3.8
    security types          one, as U32      a list, the client picks as in 3.7
    SecurityResult          not after None   not after None           always
    reason after a failure  no               no                       yes
    refusal before that     U32 0 + reason   U8 0 + reason            as in 3.7

Security types: None (1) and VNC authentication (2). After the handshake comes ClientInit, which is not part of it.

This file is longer than others, so that the two roles can be compared side by side.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from enum import Enum, IntEnum, auto

from ecsvnc.errors import RfbError, VncPasswordError
from ecsvnc.rfb.vnc_auth import CHALLENGE_BYTES, is_right_response, response_to

MAX_REASON_BYTES = 1024
"""The longest reason that is read or sent: it is one line for a person."""

MAX_EARLY_BYTES = 64 * 1024
"""How much a client may send before it knows that the handshake has ended."""

_U32 = struct.Struct(">I")
_VERSION = re.compile(rb"RFB (\d{3})\.(\d{3})\n")
_VERSION_BYTES = 12
_VERSION_START = b"RFB "
_OK = _U32.pack(0)
_FAILED = _U32.pack(1)


class Version(Enum):
    """The three versions of the handshake."""

    V3_3 = b"RFB 003.003\n"
    V3_7 = b"RFB 003.007\n"
    V3_8 = b"RFB 003.008\n"


_KNOWN_VERSIONS = {
    (3, 7): Version.V3_7,
    (3, 8): Version.V3_8,
    (3, 889): Version.V3_8,  # Apple's; it speaks 3.8 with clients that answer 3.8
    (4, 0): Version.V3_8,  # RealVNC's
    (4, 1): Version.V3_8,
    (5, 0): Version.V3_8,
}
"""Any other is treated as 3.3 (section 7.1.1)."""


class SecurityType(IntEnum):
    """The security types that ecsvnc supports (section 7.2)."""

    NONE = 1
    VNC_AUTHENTICATION = 2


class State(Enum):
    """The state of a handshake: what is expected next, or how it ended."""

    VERSION = auto()
    SECURITY_TYPE = auto()
    RESPONSE = auto()
    VERDICT = auto()
    CHALLENGE = auto()
    RESULT = auto()
    REASON = auto()
    DONE = auto()
    REFUSED = auto()


class _Handshake:
    """Common to both sides: a buffer, and a table of steps that each take bytes from it or wait for more."""

    def __init__(self) -> None:
        self.version = Version.V3_3
        self.state = State.VERSION
        self._buffer = bytearray()
        self._steps: dict[State, Callable[[], bytes | None]] = {}

    @property
    def is_done(self) -> bool:
        """Whether the handshake succeeded."""
        return self.state is State.DONE

    @property
    def rest(self) -> bytes:
        """The bytes received after the handshake."""
        return bytes(self._buffer)

    def receive(self, data: bytes) -> bytes:
        """Take the other side's next bytes, split in any way; return what to send to it.

        Raises RfbError for an invalid handshake or if there is no common security type; it must not be used after that.
        """
        self._buffer += data
        answer = bytearray()
        while (step := self._steps.get(self.state)) is not None:
            output = step()
            if output is None:  # the step needs more bytes
                break
            answer += output
        if len(self._buffer) > MAX_EARLY_BYTES:
            raise RfbError("The other side sent data without waiting for the end of the handshake.")
        return bytes(answer)

    def _take(self, count: int) -> bytes | None:
        """The next `count` bytes, or None until they are all there."""
        if len(self._buffer) < count:
            return None
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _take_version(self) -> Version | None:
        # Checked byte by byte, so that a client of another protocol is refused before it sent 12 bytes.
        start = bytes(self._buffer[: len(_VERSION_START)])
        if not _VERSION_START.startswith(start):
            raise _not_rfb()
        line = self._take(_VERSION_BYTES)
        if line is None:
            return None
        numbers = _VERSION.fullmatch(line)
        if numbers is None:
            raise _not_rfb()
        return _KNOWN_VERSIONS.get((int(numbers[1]), int(numbers[2])), Version.V3_3)


class ServerHandshake(_Handshake):
    """Our side towards a viewer: `greeting` first, then `receive` until `state` is VERDICT, then `accept` or `refuse`.

    `password` is what VNC authentication asks for; None offers security type None. `challenge` is 16 bytes, random and
    new for each connection. Construction raises RfbError for a challenge of another length.
    """

    def __init__(self, *, password: str | None, challenge: bytes) -> None:
        super().__init__()
        if password is not None and len(challenge) != CHALLENGE_BYTES:
            raise RfbError(f"VNC authentication needs a challenge of {CHALLENGE_BYTES} bytes.")
        self.has_version = False
        """Whether the viewer has sent its version, and so is a viewer."""
        self.knows_password = False
        """Whether the viewer gave the password, or none is needed. Valid from VERDICT on."""
        self._password = password
        self._challenge = challenge
        self._refusal = ""
        self._security_type = SecurityType.NONE if password is None else SecurityType.VNC_AUTHENTICATION
        self._steps = {
            State.VERSION: self._read_version,
            State.SECURITY_TYPE: self._read_security_type,
            State.RESPONSE: self._read_response,
        }

    def greeting(self) -> bytes:
        """What the server sends first: the highest version."""
        return Version.V3_8.value

    @property
    def asks_password(self) -> bool:
        """Whether the viewer needs a password."""
        return self._password is not None

    def refuse_after_version(self, reason: str) -> None:
        """Refuse the viewer with this reason once it has sent its version; an empty one does nothing."""
        self._refusal = reason

    def accept(self) -> bytes:
        """Accept the viewer at VERDICT. Returns what to send; what the viewer sends next is for the console."""
        self.state = State.DONE
        return _OK if self._sends_result() else b""

    def refuse(self, reason: str) -> bytes:
        """Refuse the viewer at VERDICT. Returns what to send before the connection is closed."""
        self.state = State.REFUSED
        if not self._sends_result():
            return b""
        return _FAILED + (_reason(reason) if self.version is Version.V3_8 else b"")

    def _read_version(self) -> bytes | None:
        version = self._take_version()
        if version is None:
            return None
        self.version = version
        self.has_version = True
        if self._refusal:
            self.state = State.REFUSED
            return _no_security_types(version) + _reason(self._refusal)
        if version is Version.V3_3:
            return _U32.pack(self._security_type) + self._begin_security()
        self.state = State.SECURITY_TYPE
        return bytes([1, self._security_type])

    def _read_security_type(self) -> bytes | None:
        chosen = self._take(1)
        if chosen is None:
            return None
        if chosen[0] != self._security_type:
            raise RfbError(f"The viewer chose security type {chosen[0]}, which was not offered.")
        return self._begin_security()

    def _begin_security(self) -> bytes:
        if self._password is None:
            self.knows_password = True
            self.state = State.VERDICT
            return b""
        self.state = State.RESPONSE
        return self._challenge

    def _read_response(self) -> bytes | None:
        response = self._take(CHALLENGE_BYTES)
        if response is None or self._password is None:
            return None
        self.knows_password = is_right_response(response, self._challenge, self._password)
        self.state = State.VERDICT
        return b""

    def _sends_result(self) -> bool:
        return self.version is Version.V3_8 or self._security_type is not SecurityType.NONE


class ClientHandshake(_Handshake):
    """Our side towards a console: feed `receive` until `is_done`. It picks None before VNC authentication.

    `password` returns the VNC password, or None. It is called only if the console asks for one, and `receive` raises
    what it raises. Raises VncPasswordError, without a hint, if there is no password or the console rejects it.
    """

    def __init__(self, *, password: Callable[[], str | None]) -> None:
        super().__init__()
        self.security_type: SecurityType | None = None
        """The one in use; None until it is known."""
        self.offered: tuple[int, ...] = ()
        """The numbers of the security types that the console offered."""
        self._ask_password = password
        self._password: str | None = None
        self._steps = {
            State.VERSION: self._read_version,
            State.SECURITY_TYPE: self._read_security_types,
            State.CHALLENGE: self._read_challenge,
            State.RESULT: self._read_result,
            State.REASON: self._read_reason,
        }

    def _read_version(self) -> bytes | None:
        version = self._take_version()
        if version is None:
            return None
        self.version = version
        self.state = State.SECURITY_TYPE
        return version.value

    def _read_security_types(self) -> bytes | None:
        if self.version is Version.V3_3:
            decided = self._take(_U32.size)
            return None if decided is None else self._pick([_U32.unpack(decided)[0]])
        if not self._buffer or len(self._buffer) < 1 + self._buffer[0]:
            return None
        count = self._buffer[0]
        return self._pick(list((self._take(1 + count) or b"")[1:]))

    def _pick(self, offered: list[int]) -> bytes:
        self.offered = tuple(offered)
        if not offered or offered == [0]:
            self.state = State.REASON
            return b""
        picked = next((security_type for security_type in SecurityType if security_type in offered), None)
        if picked is None:
            raise _unsupported_security(offered)
        if picked is SecurityType.VNC_AUTHENTICATION:
            self._password = self._ask_password()
            if self._password is None:
                raise VncPasswordError("This console requires a VNC password and none is stored.")
        self.security_type = picked
        needs_no_result = picked is SecurityType.NONE and self.version is not Version.V3_8
        self.state = _AFTER_PICKING[picked] if not needs_no_result else State.DONE
        return b"" if self.version is Version.V3_3 else bytes([picked])

    def _read_challenge(self) -> bytes | None:
        challenge = self._take(CHALLENGE_BYTES)
        if challenge is None or self._password is None:
            return None
        self.state = State.RESULT
        return response_to(challenge, self._password)

    def _read_result(self) -> bytes | None:
        result = self._take(_U32.size)
        if result is None:
            return None
        if result == _OK:
            self.state = State.DONE
            return b""
        if self.version is not Version.V3_8:
            raise self._refused("")
        self.state = State.REASON
        return b""

    def _read_reason(self) -> bytes | None:
        if len(self._buffer) < _U32.size:
            return None
        length = min(_U32.unpack_from(self._buffer)[0], MAX_REASON_BYTES)
        if len(self._buffer) < _U32.size + length:
            return None
        text = bytes(self._buffer[_U32.size : _U32.size + length]).decode("utf-8", errors="replace")
        raise self._refused(text)

    def _refused(self, reason: str) -> RfbError:
        kind: type[RfbError]
        if self.security_type is SecurityType.VNC_AUTHENTICATION:
            kind, what, hint = VncPasswordError, "The console rejected the VNC password", ""
        else:
            kind, what, hint = RfbError, "The console refused the connection", "Try again in a minute."
        reason = reason.strip("\0 \t\r\n")  # servers written in C send the NUL that ends their text
        end = "" if reason.endswith((".", "!", "?")) else "."
        return kind(f"{what}: {reason}{end}" if reason else f"{what}.", hint=hint)


_AFTER_PICKING = {SecurityType.NONE: State.RESULT, SecurityType.VNC_AUTHENTICATION: State.CHALLENGE}


def _no_security_types(version: Version) -> bytes:
    """The empty list of security types that comes before the reason of a refusal (section 7.1.2)."""
    return _U32.pack(0) if version is Version.V3_3 else b"\0"


def _reason(text: str) -> bytes:
    encoded = text.encode("utf-8", errors="replace")[:MAX_REASON_BYTES]
    return _U32.pack(len(encoded)) + encoded


def _not_rfb() -> RfbError:
    return RfbError(
        "The other side does not speak RFB (VNC).",
        hint="`ecsvnc proxy --raw` relays the bytes unchanged.",
    )


def _unsupported_security(offered: list[int]) -> RfbError:
    numbers = ", ".join(map(str, offered))
    return RfbError(
        f"The console requires a security type that ecsvnc does not support ({numbers}).",
        hint="`ecsvnc proxy --raw` leaves the handshake to the viewer.",
    )
