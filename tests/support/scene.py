"""A made-up world for tests: a clock that moves only when someone sleeps, and messages that are remembered."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from ecsvnc.runtime import Runtime


@dataclass
class Scene:
    """`now` and `monotonic` are `at_s` seconds; `sleep` moves it on. Safe for threads."""

    at_s: float = 1_800_000_000.0
    platform: str = "linux"
    environ: dict[str, str] = field(default_factory=dict)
    home: Path = Path("/nowhere")
    warnings: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    def __post_init__(self):
        self._lock = threading.Lock()
        self.runtime = Runtime(
            environ=self.environ,
            home=self.home,
            platform=self.platform,
            now=lambda: self.at_s,
            monotonic=lambda: self.at_s,
            sleep=self.sleep,
            reporter=self,
        )

    def sleep(self, seconds):
        with self._lock:
            self.at_s += max(0.0, seconds)

    def warn(self, text):
        self.warnings.append(text)

    notice = warn

    def info(self, text):
        self.details.append(text)

    debug = info
