"""One viewer's session, with a console of the embedded ECS."""

import socket
from types import SimpleNamespace

from ecsvnc.viewer.viewer_session import ViewerSession


def test_a_connection_that_the_system_fails_is_reported_and_is_no_bug(stage):
    with socket.socket() as sock:
        pass  # closed: using it raises EBADF
    viewer = SimpleNamespace(sock=sock, is_gone=False, accept=lambda: b"")
    tickets = SimpleNamespace(claim=stage.claim, take=stage.take_ticket)
    session = ViewerSession(viewer, tickets, lambda: None, policy=None, runtime=stage.runtime)

    session.run()

    assert stage.reporter.warnings == ["The viewer was disconnected: Bad file descriptor."]
