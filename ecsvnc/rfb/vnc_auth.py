"""VNC authentication, RFB security type 2 (RFC 6143, section 7.2.2): a challenge of 16 bytes, encrypted with DES.

It is weak (eight bytes of password, DES), but every VNC viewer supports it. The proxy asks for it with a password made
for one run; ecsvnc answers it where the console requires the instance's VNC password, inside TLS.
"""

from __future__ import annotations

import hmac

from ecsvnc.errors import RfbError

CHALLENGE_BYTES = 16
"""Length of the challenge, and of the response to it."""

PASSWORD_BYTES = 8
"""How much of a password is used: the key of DES has eight bytes."""

_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

_FILE_KEY = bytes((23, 82, 107, 6, 35, 78, 88, 7))


def response_to(challenge: bytes, password: str) -> bytes:
    """Encrypt the challenge with the password: what a viewer sends back.

    The password is cut or padded with zero bytes to eight, and each byte is mirrored: every VNC program reads the bits
    of a key byte from the lowest up, which RFC 6143 does not mention.
    Raises RfbError if the challenge does not have 16 bytes.
    """
    if len(challenge) != CHALLENGE_BYTES:
        raise RfbError("The VNC authentication challenge does not have 16 bytes.")
    return _des(_padded(password).translate(_MIRRORED), challenge)


def is_right_response(response: bytes, challenge: bytes, password: str) -> bool:
    """Whether the response proves that its sender knows the password; takes the same time for every wrong one."""
    return hmac.compare_digest(response, response_to(challenge, password))


def obscured(password: str) -> bytes:
    """A password as viewers store it in a file: obscured with a fixed key that is public, not encrypted.

    The form of `vncpasswd` (TigerVNC, TightVNC, TurboVNC).
    """
    return _des(_FILE_KEY.translate(_MIRRORED), _padded(password))


def _padded(password: str) -> bytes:
    return password.encode("utf-8", errors="replace")[:PASSWORD_BYTES].ljust(PASSWORD_BYTES, b"\0")


def _des(key: bytes, blocks: bytes) -> bytes:
    """Encrypt whole blocks of eight bytes with single DES in ECB mode (FIPS 46-3)."""
    # Imported here: only a VNC connection needs it, and it costs more than the rest of a command's start.
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    try:
        from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    except ImportError:  # its place before cryptography 43
        from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES

    # Triple DES encrypts, decrypts and encrypts: with one key three times, that is single DES.
    encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()  # noqa: S305  # the protocol's choice
    return encryptor.update(blocks) + encryptor.finalize()
