"""Records what a window onto a console shows, from `start` to `stop`."""

from __future__ import annotations

from pathlib import Path

from ecsvnc.attach.recording import Recording
from ecsvnc.attach.screen_window import ScreenWindow
from ecsvnc.runtime import Runtime


class Recorder:
    """At most one recording at a time. `recording` is one that has been started already."""

    def __init__(self, window: ScreenWindow, recording: Recording | None, runtime: Runtime) -> None:
        self._window = window
        self._recording = recording
        self._runtime = runtime

    @property
    def path(self) -> Path | None:
        """Where it records to; None while it does not."""
        return None if self._recording is None else self._recording.path

    def start(self, path: Path, *, title: str) -> None:
        """Begin, with what is shown now. Raises UsageError and OSError as Recording does."""
        self._recording = Recording.start(path, title=title, runtime=self._runtime)
        self.record()

    def record(self) -> None:
        """The screen has changed. Raises OSError, as for a full disk; the recording has ended then."""
        if self._recording is None:
            return
        try:
            self._recording.show(self._window.whole)
        except OSError:
            self.stop()
            raise

    def stop(self) -> None:
        """End the recording, if there is one, and report its path."""
        if self._recording is not None:
            recording, self._recording = self._recording, None
            if recording.close():
                self._runtime.reporter.notice(f"Recorded to {recording.path}.")
