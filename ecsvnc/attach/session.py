"""Shows a console on a terminal and sends it the terminal's keys, until the user detaches."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ecsvnc.attach.canvas import Canvas
from ecsvnc.attach.colours import Depth, sgr_of
from ecsvnc.attach.connection_news import ConnectionNews
from ecsvnc.attach.decode import ESCAPE_S, Decoder, HasKittyKeys, Pasted, Pressed
from ecsvnc.attach.files import path_of, save_png, save_text, suggested_name, text_in
from ecsvnc.attach.keyboard import Keyboard
from ecsvnc.attach.menu import Command, help_text, menu, sysrq_menu
from ecsvnc.attach.overlays import Act, Line, Overlay, Question, View, laid_over, with_status
from ecsvnc.attach.own_terminal import OwnTerminal
from ecsvnc.attach.paste import amount, cleaned, needs_consent
from ecsvnc.attach.recorder import Recorder
from ecsvnc.attach.recording import Recording
from ecsvnc.attach.screen_window import ScreenWindow
from ecsvnc.attach.status import Status
from ecsvnc.console.client import ConsoleClient
from ecsvnc.errors import EcsvncError
from ecsvnc.keyboard.layout import Layout
from ecsvnc.runtime import Runtime

_MENU_KEYS = (Pressed("]", frozenset({"ctrl"})), Pressed("5", frozenset({"ctrl"})))
"""Ctrl-5 sends the same on old terminals, and is there for keyboards that have the bracket on another level."""

_IDLE_S = 60.0

_MESSAGE_S = 0.5
"""How often to look for messages while the console is being connected: by a thread of its own."""


@dataclass(frozen=True, slots=True)
class AttachOptions:
    """The user's options of attach. `name` is the instance's name or id, which files are named after."""

    name: str
    layout: Layout
    depth: Depth
    is_read_only: bool = False
    recording: Recording | None = None


class AttachSession:
    """One console on one terminal. `messages` are for `ConnectionNews`."""

    def __init__(
        self,
        console: ConsoleClient,
        terminal: OwnTerminal,
        options: AttachOptions,
        messages: list[str],
        runtime: Runtime,
    ) -> None:
        self._console = console
        self._terminal = terminal
        self._options = options
        self._runtime = runtime
        self._decoder = Decoder()
        self._keyboard = Keyboard(console, options.layout)
        self._window = ScreenWindow(console, has_colours=options.depth is not Depth.NONE)
        self._recorder = Recorder(self._window, options.recording, runtime)
        self._status = Status()
        self._news = ConnectionNews(console, self._keyboard, self._status, messages)
        self._canvas = Canvas(*terminal.size, sgr_of(options.depth))
        self._overlay: Overlay | None = None
        self._is_over = False
        self._commands: dict[Command, Act] = {
            Command.DETACH: self._detach,
            Command.SYSRQ: lambda: self._open(sysrq_menu(self._do)),
            Command.TYPE_FILE: lambda: self._open(Line("Type which file?", "", self._type_file)),
            Command.SAVE_TEXT: lambda: self._ask_file("Save the text as:", ".txt", self._save_text),
            Command.SAVE_PNG: lambda: self._ask_file("Save the picture as:", ".png", self._save_png),
            Command.RECORD: self._toggle_recording,
            Command.VIEW: self._look_around,
            Command.SUSPEND: self._suspend,
            Command.HELP: lambda: self._open(help_text()),
        }
        self._flush_at_s: float | None = None

    def run(self) -> None:
        """Show it until the user detaches.

        Raises ConsoleError when the console cannot be connected again, and InterruptError if the terminal was closed.
        """
        self._status.say(f"{self._options.name}: Ctrl-] opens the menu, Ctrl-] d detaches.", self._console.now)
        try:
            while not self._is_over:
                self._take_turn()
        finally:
            self._recorder.stop()
        self._keyboard.cancel()  # if the connection breaks meanwhile, the console lifts its keys itself
        while self._console.is_open and (due_in_s := self._keyboard.due_in_s) is not None:
            self._console.process_for(due_in_s)
            self._keyboard.send_due()

    def _take_turn(self) -> None:
        self._news.follow()
        if self._window.look():
            self._try(self._recorder.record)
        self._show()
        writing = None if self._terminal.has_written_all else self._terminal
        self._console.wait(self._due_in_s(), self._terminal, self._terminal.woken, writing=writing)
        self._take_signals()
        self._take_input()
        self._keyboard.send_due()
        self._terminal.flush()

    def _due_in_s(self) -> float:
        now = self._console.now
        flush_in_s = None if self._flush_at_s is None else max(0.0, self._flush_at_s - now)
        message_in_s = None if self._console.is_open else _MESSAGE_S
        times = (message_in_s, flush_in_s, self._keyboard.due_in_s, self._window.due_in_s, self._status.due_in_s(now))
        return min((each for each in times if each is not None), default=_IDLE_S)

    # From the terminal to the console

    def _take_signals(self) -> None:
        received = self._terminal.signals()
        if signal.SIGTSTP in received:
            self._suspend()
        elif signal.SIGCONT in received:
            self._terminal.take_again()
            self._canvas.forget()
        if signal.SIGWINCH in received:
            self._canvas = Canvas(*self._terminal.size, sgr_of(self._options.depth))

    def _take_input(self) -> None:
        now = self._console.now
        data = self._terminal.read()
        events = self._decoder.feed(data) if data else []
        if data:
            self._flush_at_s = now + ESCAPE_S if self._decoder.waits else None
        elif self._flush_at_s is not None and now >= self._flush_at_s:
            self._flush_at_s = None
            events = self._decoder.flush()
        for event in events:
            match event:
                case Pressed():
                    self._press(event)
                case Pasted():
                    self._paste(event.text)
                case HasKittyKeys():
                    self._terminal.use_kitty_keys()

    def _press(self, pressed: Pressed) -> None:
        if pressed == Pressed("h", frozenset({"ctrl"})) and self._terminal.erases_with_ctrl_h:
            pressed = Pressed("backspace")
        if self._overlay is not None:
            if (act := self._overlay.press(pressed)) is not None:
                self._overlay = None
                self._window.follows_cursor = True
                self._try(act)
        elif pressed in _MENU_KEYS:
            if self._keyboard.progress:
                self._keyboard.cancel()
                self._status.say("Stopped typing.", self._console.now)
            else:
                is_recording = self._recorder.path is not None
                self._overlay = menu(self._do, is_recording=is_recording, is_read_only=self._options.is_read_only)
        elif self._may_type():
            self._try(lambda: self._keyboard.press(pressed))

    def _paste(self, text: str) -> None:
        if isinstance(self._overlay, Line):
            self._overlay.paste(text)
        elif self._may_type():
            self._overlay = None
            self._window.follows_cursor = True
            self._try(lambda: self._type(cleaned(text), "Paste"))

    def _may_type(self) -> bool:
        if self._options.is_read_only:
            self._status.say("Nothing is sent: --read-only. Ctrl-] opens the menu.", self._console.now)
        return not self._options.is_read_only

    def _type(self, text: str, verb: str) -> None:
        self._keyboard.check(text)
        if needs_consent(text):
            self._overlay = Question(f"{verb} {amount(text)}?", lambda: self._type_now(text))
        else:
            self._type_now(text)

    def _type_now(self, text: str) -> None:
        self._keyboard.type(text)
        self._status.clear()  # for the progress

    def _try(self, act: Act) -> None:
        """Do what the user asked for; a failure is shown on the status line."""
        try:
            act()
        except EcsvncError as error:
            self._status.say(error.what, self._console.now)
        except OSError as error:
            self._status.say(f"Failed: {error.strerror}.", self._console.now)

    # From the console to the terminal

    def _show(self) -> None:
        if not self._terminal.has_written_all:
            return
        columns, rows = self._canvas.columns, self._canvas.rows
        frame = self._window.frame(columns, rows)
        if self._overlay is not None:
            frame = laid_over(frame, self._overlay.box(columns, rows), rows)
        elif status := self._status.text(self._console.now) or self._keyboard.progress:
            frame = with_status(frame, status, columns, rows)
        if drawn := self._canvas.draw(frame):
            self._terminal.write(drawn)

    # What the menu offers

    def _do(self, chosen: Command | str) -> None:
        if isinstance(chosen, str):
            self._keyboard.press_chord(chosen)
        else:
            self._commands[chosen]()

    def _open(self, overlay: Overlay) -> None:
        self._overlay = overlay

    def _ask_file(self, label: str, suffix: str, act: Callable[[str], None]) -> None:
        """Ask for a new file, and suggest one named after the instance and the time."""
        self._overlay = Line(label, suggested_name(self._options.name, self._runtime.now(), suffix), act)

    def _detach(self) -> None:
        self._is_over = True

    def _look_around(self) -> None:
        self._window.follows_cursor = False
        self._overlay = View(self._move)

    def _toggle_recording(self) -> None:
        if self._recorder.path is None:
            self._ask_file("Record to:", ".cast", lambda name: self._record(path_of(name)))
        else:
            self._status.say(f"Stopped recording to {self._recorder.path}.", self._console.now)
            self._recorder.stop()

    def _suspend(self) -> None:
        self._terminal.suspend()
        self._canvas = Canvas(*self._terminal.size, sgr_of(self._options.depth))

    def _move(self, columns: int, rows: int) -> None:
        self._window.move(columns * max(1, self._canvas.columns // 2), rows * max(1, self._canvas.rows // 2))

    def _type_file(self, name: str) -> None:
        self._type(cleaned(text_in(path_of(name))), "Type")

    def _save_text(self, name: str) -> None:
        save_text(path_of(name), self._window.text)
        self._status.say(f"Saved {name}.", self._console.now)

    def _save_png(self, name: str) -> None:
        save_png(path_of(name), self._console.framebuffer)
        self._status.say(f"Saved {name}, in 256 colours.", self._console.now)

    def _record(self, path: Path) -> None:
        self._recorder.start(path, title=self._options.name)
        self._status.say(f"Recording to {path}.", self._console.now)
