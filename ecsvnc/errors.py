"""Every failure that ecsvnc foresees, as one tree.

    EcsvncError
    ├── UsageError                  an invalid argument or option
    ├── ConfigurationError          a bad file, a bad value in a file or variable, an unknown profile
    ├── CredentialsError            missing, incomplete, wrong or expired credentials, a locked keyring
    │   └── PermissionDeniedError   the credentials are valid, the permission is missing
    ├── NotFoundError
    │   ├── InstanceNotFoundError   no such instance (in that region, for that account)
    │   ├── WrongRegionError        the instance exists, in another region than was asked
    │   ├── RegionNotFoundError     no such region
    │   ├── EndpointRegionError     this endpoint does not serve that region
    │   └── AmbiguousNameError      more than one instance has the name or address
    ├── StateError                  the instance's state does not allow it, or --wait ran out
    │   └── InstanceNotReadyError   transient: the console is not ready yet
    ├── ServiceError                the service is failing, or refused for a reason of its own
    │   └── ThrottledError          too many requests
    ├── NetworkError
    │   ├── ConnectError            DNS, refused, reset, cut off, timed out: worth another attempt
    │   ├── TlsError                the certificate cannot be trusted, or TLS failed
    │   ├── ProxyError              the proxy refused or cannot be used
    │   ├── ClockError              this machine's clock is off, and could not be corrected
    │   └── UnexpectedAnswerError   not the API's answer: HTML, a redirect, too large, an invalid VncUrl
    ├── ConsoleError                the console refused, expired or broke the connection
    │   └── RfbError                a side sent something other than the expected RFB
    │       └── VncPasswordError    the console requires a VNC password that is not known, or rejected it
    ├── ResourceError               this machine has no thread, memory or disk space left, or stdout is closed
    ├── LaunchError                 no browser or viewer started or connected
    ├── InterruptError              Ctrl-C
    └── BugError                    a failure that ecsvnc does not expect

Which exit code each becomes is one table, in `ecsvnc.cli.exit_codes`. Anything outside the tree is a bug, and is
reported as a BugError.
"""

from __future__ import annotations

import re
from typing import Self

_OWN_COMMAND = re.compile("`ecsvnc (?!demo\\b)")


def with_program(text: str, program: str) -> str:
    """The text with the commands that it quotes (`ecsvnc list`) as they are typed for this run: `ecsvnc demo list`."""
    return _OWN_COMMAND.sub(f"`{program} ", text)


class EcsvncError(Exception):
    """A failure that a user can understand and act on.

    `what` says in one line what happened, `hint` what to do next, `request_id` is the service's id of the refused
    request, and `code` its error code (`InvalidInstanceId.NotFound`). None of them contains a secret, a signature
    or a ticket. They may contain text from a server, which is escaped when it is printed.
    """

    def __init__(self, what: str, *, hint: str = "", request_id: str = "", code: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.request_id = request_id
        self.code = code

    def reworded(self, what: str, *, hint: str | None = None) -> Self:
        """The same failure with another text; the hint stays unless another is given."""
        hint = self.hint if hint is None else hint
        return type(self)(what, hint=hint, request_id=self.request_id, code=self.code)


class UsageError(EcsvncError):
    """An invalid argument or option."""


class ConfigurationError(EcsvncError):
    """A bad file, a bad value in a file or variable, an unknown profile."""


class CredentialsError(EcsvncError):
    """Credentials are missing, incomplete, wrong or expired, or the keyring is locked."""


class PermissionDeniedError(CredentialsError):
    """The credentials are valid; the permission is missing."""


class NotFoundError(EcsvncError):
    """The instance or region does not exist."""


class InstanceNotFoundError(NotFoundError):
    """No such instance, in that region, for that account."""


class WrongRegionError(NotFoundError):
    """The instance exists, in another region."""


class RegionNotFoundError(NotFoundError):
    """No such region."""


class EndpointRegionError(NotFoundError):
    """This endpoint does not serve that region."""


class AmbiguousNameError(NotFoundError):
    """More than one instance has the name or address.

    `summary` and `candidates` are the same as a table: name, id, region, state and address of each.
    """

    summary: str = ""
    candidates: tuple[tuple[str, ...], ...] = ()


class StateError(EcsvncError):
    """The instance's state does not allow it. `state` is a clause that names both, empty if the state is not known."""

    state = ""


class InstanceNotReadyError(StateError):
    """The console is not ready yet; the service says to try again later."""


class ServiceError(EcsvncError):
    """The service is failing, or refused for a reason of its own."""


class ThrottledError(ServiceError):
    """Too many requests."""


class NetworkError(EcsvncError):
    """The service could not be reached, or something else answered."""


class ConnectError(NetworkError):
    """DNS failed, or the connection was refused, reset, cut off or timed out: worth another attempt."""


class TlsError(NetworkError):
    """The server's certificate cannot be trusted, or TLS failed."""


class ProxyError(NetworkError):
    """The proxy refused, or cannot be used."""


class ClockError(NetworkError):
    """This machine's clock is off, and could not be corrected from the answer."""


class UnexpectedAnswerError(NetworkError):
    """Something answered that is not the API: HTML, a redirect, too large a body, an invalid VncUrl."""


class ConsoleError(EcsvncError):
    """The console refused, expired or broke the connection."""


class RfbError(ConsoleError):
    """One side of a VNC connection sent something other than RFB, or the two have nothing in common."""


class VncPasswordError(RfbError):
    """The console requires a VNC password that is not known, or rejected it."""


class ResourceError(EcsvncError):
    """This machine has no thread, memory or disk space left for the program, or stdout is closed."""


class LaunchError(EcsvncError):
    """No browser or viewer started or connected."""


class InterruptError(EcsvncError):
    """The user pressed Ctrl-C."""


class BugError(EcsvncError):
    """A failure that ecsvnc does not expect."""
