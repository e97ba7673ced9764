"""A console as a program uses it: a screen kept up to date, a keyboard, and connections that are restored.

    with ConsoleClient(tickets, options, settings=…, runtime=…) as console:
        console.settle()                        the picture in console.framebuffer is up to date

It runs on the thread that calls it, and does nothing between two calls: its user calls `wait`, `process_for` or
`settle` in a loop. Only connecting has a thread of its own (`connect`), so that every call returns in time.

The first picture can be black, or old (`settling`).
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from ecsvnc.console.connect import ConsoleConnect
from ecsvnc.console.endings import RECONNECT, why_closed
from ecsvnc.console.keepalive import Keepalive, Policy
from ecsvnc.console.nonblocking import READ, WRITE, HasFileno, wait_ready
from ecsvnc.console.reconnects import Reconnects
from ecsvnc.console.shown_console import ConsoleFacts, ShownConsole
from ecsvnc.durations import in_words
from ecsvnc.errors import ConsoleError, EcsvncError, RfbError
from ecsvnc.rfb import client_requests as requests
from ecsvnc.rfb.framebuffer import Framebuffer
from ecsvnc.rfb.server_messages import ServerMessages
from ecsvnc.settings.table import KEEPALIVE
from ecsvnc.settings.values import DEFAULT_MAX_IDLE_S
from ecsvnc.settings.vnc_password import vnc_password_source

if TYPE_CHECKING:
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.resolve import Settings
    from ecsvnc.tickets.instance_tickets import InstanceTickets

_LOOK_EVERY_S = 0.2  # whether connecting takes too long


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """What a user or command asks of a console.

    `bytes_per_pixel` is the framebuffer's (see `Framebuffer`). `vnc_password` is the instance's, given for this run;
    without it, the stored one is used if the console asks. `max_idle_s` is how many seconds without keys a console is
    kept open, `reconnect_within_s` how many to try to reconnect, and `answer_within_s` how many it may take to answer.
    """

    bytes_per_pixel: int = 1
    vnc_password: str | None = field(default=None, repr=False)
    max_idle_s: float = DEFAULT_MAX_IDLE_S
    reconnect_within_s: float = 120.0
    answer_within_s: float = 15.0


class ConsoleClient:
    """One session with the console of an instance, from `with` to its end; for one thread.

    It opens with a place in the budget, a ticket and a handshake, and raises what these raise. The keyring is only read
    if the console asks for a password.
    """

    def __init__(
        self,
        tickets: InstanceTickets,
        options: ConsoleOptions,
        *,
        settings: Settings,
        runtime: Runtime,
    ) -> None:
        self.framebuffer = Framebuffer(0, 0, options.bytes_per_pixel)
        """The screen. It stays the same object until the console changes its size or is connected again."""
        self.version = 0  # grows with every update of it
        self.connections = 0
        """How many connections there have been. If it grows while keys are sent, some of them were lost."""
        self.failure = ""  # why it could not be connected again, since the connection broke
        self._tickets = tickets
        self._options = options
        self._vnc_password = vnc_password_source(options.vnc_password, tickets.instance_id, settings)
        self._runtime = runtime
        self._keepalive = Keepalive(Policy(settings[KEEPALIVE], options.max_idle_s), now=runtime.monotonic())
        self._reconnects = Reconnects(options.reconnect_within_s)
        self._connecting: ConsoleConnect | None = None
        self._console: ShownConsole | None = None
        self._connect_at_s, self._close_codes = 0.0, list[int]()
        self._has_own_format = False  # the console ignores which pixel format is asked for
        self._wakened, self._waker = socket.socketpair()
        self._wakened.setblocking(False)

    def __enter__(self) -> Self:
        try:
            while not self.is_open:
                self.wait(self._options.answer_within_s)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the WebSocket and the connection, within about a second. QEMU lifts the keys that are held."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self._console is not None:
            self._console.end(self._runtime)
        self._connecting = self._console = None
        self._wakened.close()
        self._waker.close()

    # The screen

    @property
    def is_open(self) -> bool:
        """Whether the console is connected now; if not, it is being connected."""
        return self._console is not None and self._console.is_open

    @property
    def now(self) -> float:
        """The seconds of its clock, which never jumps."""
        return self._runtime.monotonic()

    def wait(self, timeout_s: float, *others: HasFileno, writing: HasFileno | None = None) -> set[object]:
        """Process what comes, until there is news or `timeout_s` are over. Returns which of the others are ready.

        News: an update of the screen, one of `others` can be read, `writing` can be read or written, and that the
        connection broke or was restored. Raises ConsoleError when it is given up, and why it cannot be connected.
        """
        wanted = dict.fromkeys(others, READ) | ({writing: READ | WRITE} if writing is not None else {})
        deadline, state = self.now + timeout_s, (self.version, self.is_open)
        while True:
            ready = self._work(wanted, max(0.0, deadline - self.now)) & wanted.keys()
            if ready or state != (self.version, self.is_open) or self.now >= deadline:
                return ready

    def process_for(self, seconds: float) -> None:
        """Process what comes for so long. Raises as `wait`."""
        deadline = self.now + seconds
        while (left_s := deadline - self.now) > 0:
            self.wait(left_s)

    def settle(self) -> None:
        """Wait until the screen is up to date: it rests, or changes all the time.

        Raises as `wait`, and ConsoleError if the console does not send its screen.
        """
        began_at_s = self.now
        while (left_s := self._settled_at_s(began_at_s) - self.now) > 0:
            self.wait(left_s)

    # The keyboard

    def send_key(self, keysym: int, *, is_down: bool) -> None:
        """Send a key by what is on it (X11's keysym). Raises ConsoleError if the console is not open now."""
        self._open_console().send_key(requests.key_event(keysym, is_down=is_down), self.now)

    def send_extended_key(self, keysym: int, scancode: int, *, is_down: bool) -> None:
        """Send a key by its place too (XT scan code). Only with `has_extended_keys`. Raises as `send_key`."""
        message = requests.extended_key_event(keysym, scancode, is_down=is_down)
        self._open_console().send_key(message, self.now)

    @property
    def has_extended_keys(self) -> bool:
        """Whether the console takes keys by their place. It says so with its first updates."""
        return self._console is not None and self._console.has_extended_keys

    @property
    def has_caps_lock(self) -> bool | None:
        """Whether Caps Lock is on in the instance; None if the console does not tell."""
        return self._console.messages.has_caps_lock if self._console is not None else None

    # What the console is

    def round_trip_s(self) -> float:
        """Seconds from a request that is always answered to its answer. Raises as `wait`, and if none comes."""
        began_at_s, version, console = self.now, self.version, self._open_console()
        console.probe()
        while self.version == version:
            if self._console is not console or self.now >= began_at_s + self._options.answer_within_s:
                raise ConsoleError("The console did not answer a request for its screen.", hint=RECONNECT)
            self.wait(self._options.answer_within_s)
        return self.now - began_at_s

    @property
    def facts(self) -> ConsoleFacts:
        """What is known of the console. Raises ConsoleError if it is not open now."""
        return self._open_console().facts(self._close_codes)

    # One turn of the loop

    def _work(self, others: Mapping[HasFileno, int], timeout_s: float) -> set[object]:
        """Wait for what comes, at most so long, and process it. Returns all that is ready."""
        now = self.now
        if self._console is None and self._connecting is None and now >= self._connect_at_s:
            self._connecting = ConsoleConnect(self._tickets, self._vnc_password, self._wake, runtime=self._runtime)
        wanted: dict[HasFileno, int] = {self._wakened: READ, **others}
        if self._console is not None:
            wanted[self._console.stream] = READ if self._console.stream.has_sent_all else READ | WRITE
        ready = wait_ready(wanted, min(timeout_s, self._due_in_s(now)))
        if self._wakened in ready:
            self._wakened.recv(4096)
        if self._connecting is not None:
            self._take_connected(self._connecting)
        if self._console is not None:
            self._process(self._console)
        return ready

    def _due_in_s(self, now: float) -> float:
        """When there is something to do although nothing comes."""
        if self._console is None:
            return _LOOK_EVERY_S if self._connecting is not None else max(0.0, self._connect_at_s - now)
        if self._console.stream.holds_received:
            return 0.0
        due_in_s = self._keepalive.due_in_s(now) if self._console.is_open else None
        return self._options.answer_within_s if due_in_s is None else due_in_s

    def _wake(self) -> None:
        """End a wait: connecting has ended. Called on its thread."""
        with contextlib.suppress(OSError):  # closed: there is no wait any more
            self._waker.send(b"\0")

    def _take_connected(self, connecting: ConsoleConnect) -> None:
        now = self.now
        try:
            if not connecting.is_done:
                connecting.check_time()
                return
            stream = connecting.result()
        except EcsvncError as error:
            self._connecting = None
            if not self.connections:
                raise
            self._connect_at_s = now + self._reconnects.failed(error, now=now)
            self.failure = f"Cannot connect again yet: {error.what}"
            self._runtime.reporter.info(self.failure)
            return
        self._connecting = None
        if stream is not None:
            messages = ServerMessages(self._options.bytes_per_pixel, has_own_format=self._has_own_format)
            self._console = ShownConsole(stream, connecting, messages, keepalive=self._keepalive, now=now)

    def _process(self, console: ShownConsole) -> None:
        now = self.now
        was_open, version = console.is_open, console.version
        try:
            console.work(now)
        except RfbError as error:
            if not console.messages.may_have_own_format:
                hint = error.hint or "Use a VNC viewer: `ecsvnc open --viewer`."
                raise error.reworded(error.what, hint=hint) from None
            self._has_own_format, self._connect_at_s, self._console = True, now, None
            console.stream.send_close()
            console.stream.close()
            self._runtime.reporter.info("The console seems to ignore the pixel format. Connecting again for its own.")
            return
        if console.is_open and not was_open:
            self.connections += 1
        if console.version != version:
            self.framebuffer = console.messages.framebuffer
            self.version += 1
        if console.has_ended:
            self._lose(console, now)
        elif not console.is_open and now >= console.connected_at_s + self._options.answer_within_s:
            raise ConsoleError("The console accepted the ticket, but did not answer.", hint=RECONNECT)

    def _lose(self, console: ShownConsole, now: float) -> None:
        """The connection broke: connect again when that is due, or raise ConsoleError."""
        self._console, self.failure = None, ""
        console.stream.close()
        code, reason = console.close_code_and_reason
        self._close_codes.append(code)
        idle_s = self._keepalive.idle_s(now)
        words = why_closed(code, reason, idle_s=idle_s)
        if not self.connections:
            raise ConsoleError(words, hint=RECONNECT)
        if self._keepalive.ends_in_s(now) == 0:
            raise ConsoleError(
                f"No keys for {in_words(idle_s)} (--max-idle): the console was not kept open. {words}", hint=RECONNECT
            )
        self._connect_at_s = now + self._reconnects.lost(code, words, lasted_s=now - console.connected_at_s, now=now)
        self._runtime.reporter.info(f"{words} Connecting again.")

    def _settled_at_s(self, began_at_s: float) -> float:
        """From when on the picture can be taken, by what is known now."""
        now, console = self.now, self._console
        if console is not None and (settled_at_s := console.settled_at_s(began_at_s, now)) is not None:
            return settled_at_s
        if console is not None and now >= max(began_at_s, console.connected_at_s) + self._options.answer_within_s:
            raise ConsoleError("The console did not send its screen.", hint=RECONNECT)
        return now + self._options.answer_within_s

    def _open_console(self) -> ShownConsole:
        if self._console is None or not self._console.is_open:
            raise ConsoleError("The connection to the console is broken, and is being restored.", hint=RECONNECT)
        return self._console
