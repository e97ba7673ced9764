"""asciinema's player, in Chromium: what it shows of a recording.

    with Chromium() as browser:
        player = CastPlayer(browser, recording)
        player.rows_at(1.5)

Of the package mkdocs-asciinema-player only the player itself is used, a script; it is the smallest that has it.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from support.browser import Chromium

_CREATE = """
(async () => {
    const place = document.createElement("div");
    document.body.replaceChildren(place);
    const options = {fit: false, preload: true, poster: "npt:0:0"};
    window.player = AsciinemaPlayer.create({data: DATA}, place, options);
    await player.play();
    await player.pause();
    return await player.getDuration();
})()
"""

_ROWS = """
(async () => {
    await player.seek(AT);
    // It draws in the next frame of the browser.
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    return [...document.querySelectorAll(".ap-term-text .ap-line")].map(
        line => [...line.children].map(
            piece => [parseInt(piece.style.getPropertyValue("--offset")), piece.textContent]));
})()
"""


class CastPlayer:
    """Plays `recording`, the text of an asciicast. Without the player the calling test is skipped."""

    def __init__(self, browser: Chromium, recording: str) -> None:
        self._browser = browser
        browser.evaluate(f"{_script()}; window.AsciinemaPlayer = AsciinemaPlayer; null")
        self.duration_s = browser.evaluate(_CREATE.replace("DATA", json.dumps(recording)))

    def rows_at(self, at_s: float) -> list[str]:
        """The rows of text at this time of the recording, without the blanks at their ends."""
        return [_row(pieces) for pieces in self._browser.evaluate(_ROWS.replace("AT", str(at_s)))]


def _script() -> str:
    # The module itself cannot be imported: it needs mkdocs.
    spec = importlib.util.find_spec("mkdocs_asciinema_player")
    if spec is None:
        pytest.skip("asciinema's player is not installed (pip install --no-deps mkdocs-asciinema-player)")
    return Path(spec.submodule_search_locations[0], "assets/asciinema-player.min.js").read_text("utf-8")


def _row(pieces: list[tuple[int, str]]) -> str:
    row = ""
    for offset, text in pieces:
        row = row.ljust(offset) + text
    return row.rstrip()
