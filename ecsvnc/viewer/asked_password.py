"""The VNC password of an instance, for which the user is prompted while the proxy serves."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future


class AskedPassword:
    """Lets the main thread prompt for a viewer's thread: only the main thread gets Ctrl-C at a prompt.

    `prompt` asks the user, and returns None if no password was typed. The answer is kept for the run, unless the
    console rejects it.
    """

    def __init__(self, prompt: Callable[[], str | None]) -> None:
        self._prompt = prompt
        self._questions: queue.SimpleQueue[Future[str | None]] = queue.SimpleQueue()
        self._typed: str | None = None

    def __call__(self) -> str | None:
        """The password. Waits for the user; must not be called on the thread that calls `answer`."""
        if self._typed is None:
            question: Future[str | None] = Future()
            self._questions.put(question)
            return question.result()
        return self._typed

    def forget(self) -> None:
        """The console rejected it: ask again next time."""
        self._typed = None

    def answer(self, *, within_s: float) -> None:
        """Prompt the user if a thread asks within this time. Raises what the prompt raises, such as for Ctrl-C."""
        try:
            question = self._questions.get(timeout=within_s)
        except queue.Empty:
            return
        try:
            if self._typed is None:  # else another viewer asked meanwhile
                self._typed = self._prompt()
        finally:
            question.set_result(self._typed)
