"""One WebSocket of the local page, from its opening to its end: at most one console.

    page ── RFB, security type None ──▶ PageSession ── RFB, VNC authentication if asked for ──▶ console

It takes a ticket, connects the console, and relays. When the console is gone, the page is told why, and whether to
connect again by itself; it does so with a new WebSocket. This one stays open until the page closes it: an open
WebSocket shows that the page is open.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

from ecsvnc.browser import page_messages as messages
from ecsvnc.browser.page_messages import Bye, Cancel, Ended, Keyboard, Paste, Typed
from ecsvnc.browser.page_typing import PageTyping
from ecsvnc.console.connect import ConsoleConnect
from ecsvnc.console.endings import ECS_IDLE_LIMIT_S, IDLE, RECONNECT, EndedBy, why_closed
from ecsvnc.console.nonblocking import READ, WRITE, wait_ready
from ecsvnc.console.relay import Relay
from ecsvnc.errors import EcsvncError, RfbError
from ecsvnc.keyboard.layout_names import LAYOUT_NAMES
from ecsvnc.rfb.handshake import ServerHandshake, State
from ecsvnc.tickets.budget import CONSOLES

if TYPE_CHECKING:
    from ecsvnc.browser.page_console import PageConsole
    from ecsvnc.browser.page_stream import PageStream
    from ecsvnc.console.websocket import WebSocketStream

_LOOK_EVERY_S = 0.2
_TELL_WAIT_AFTER_S = 1.0
_HANDSHAKE_WITHIN_S = 15.0
_OTHER_TAB = "This console was opened in another tab."
_UNREADABLE = 1002
_GOING_AWAY = 1001


class PageSession:
    """Serves one page on the thread that calls `run`. `stop` and `close` may be called from others."""

    def __init__(self, stream: PageStream, page: PageConsole) -> None:
        self._stream = stream
        self._page = page
        self._runtime = page.runtime
        self._lock = threading.Lock()
        self._relay: Relay | None = None
        self._typing: PageTyping | None = None
        self._handshake: ServerHandshake | None = None
        self._stop_reason = ""
        self._is_over = False
        self._said_goodbye = False
        self._heard_at_s = self._pinged_at_s = self._runtime.monotonic()
        self._wakened, self._waker = socket.socketpair()
        self._wakened.setblocking(False)

    def run(self) -> None:
        """Serve the page until it is closed, or `close` is called."""
        page, tickets = self._page, self._page.tickets
        page.presence.connected(self._runtime.monotonic())
        try:
            self._stream.tell(
                messages.hello(
                    tickets.instance_id,
                    instance_name=tickets.name,
                    region_id=tickets.region_id,
                    layouts=LAYOUT_NAMES,
                    layout=page.layout,
                    command=page.command,
                )
            )
            ended = self._show_console()
            if ended is not None:
                self._stream.tell(ended.message(self._runtime.program))
            while not self._is_over:
                self._turn(page.limits.ping_s)
        finally:
            self._take_texts()
            self._stream.send_close(_GOING_AWAY)
            said_goodbye = self._said_goodbye or (self._stream.has_ended and not self._stream.is_broken)
            page.presence.left(self._runtime.monotonic(), said_goodbye=said_goodbye)
            self._wakened.close()
            self._waker.close()

    def stop(self, reason: str) -> None:
        """End its console, from another thread, and tell the page why."""
        with self._lock:
            self._stop_reason = self._stop_reason or reason
            relay = self._relay
        if relay is not None:
            relay.stop(reason)
        self._wake()

    def close(self) -> None:
        """Close the connection to the page, from another thread: this process ends."""
        self._is_over = True
        self.stop("The command ended.")

    # The console

    def _show_console(self) -> Ended | None:
        """Show the console until it ends. Returns what to tell the page then, None if the page is closed."""
        page = self._page
        if not page.active.acquire(self, end_other_for=_OTHER_TAB):
            return Ended("Another tab still uses this console.", RECONNECT)
        try:
            connecting = ConsoleConnect(page.tickets, page.vnc_password, self._wake, runtime=self._runtime)
            console = self._wait_connected(connecting)
            if console is None:
                return self._stopped()
            with console:
                return self._relay_to(console, connecting)
        except EcsvncError as error:
            return page.not_connected(error)
        finally:
            page.active.release()

    def _wait_connected(self, connecting: ConsoleConnect) -> WebSocketStream | None:
        tell_at_s: float | None = self._runtime.monotonic() + _TELL_WAIT_AFTER_S
        while not connecting.is_done:
            if tell_at_s is not None and connecting.waits_for_place and self._runtime.monotonic() >= tell_at_s:
                tell_at_s = None
                self._stream.tell(messages.state(f"Waiting: ECS allows {CONSOLES} consoles a minute to one instance."))
            connecting.check_time()
            self._turn(_LOOK_EVERY_S)
            if self._is_over or self._stop_reason:
                connecting.cancel()
                return None
        return connecting.result()

    def _relay_to(self, console: WebSocketStream, connected: ConsoleConnect) -> Ended | None:
        page, began_at_s = self._page, self._runtime.monotonic()
        early = self._greet_page()
        if early is None:
            console.send_close()
            return self._stopped()
        relay = Relay(self._stream, console, policy=page.policy, timed=self, runtime=self._runtime)
        self._typing = PageTyping(relay, self._tell_typed, self._runtime)
        with self._lock:
            self._relay = relay
            stop_reason = self._stop_reason
        if stop_reason:
            relay.stop(stop_reason)
        page.shown += 1
        self._runtime.reporter.info("The page is connected to the console.")
        ending = relay.run(early, connected.handshake.rest)
        self._typing.break_off()
        self._relay = self._typing = None
        if ending.by is not EndedBy.CONSOLE:
            page.left()
            self._runtime.reporter.info("The page closed the console." if ending.by is EndedBy.VIEWER else ending.words)
            self._is_over = self._is_over or ending.by is EndedBy.VIEWER
            return self._stopped()
        code, idle_s = console.close_code or 0, relay.idle_s
        words = why_closed(code, connected.without_ticket(console.close_reason), idle_s=idle_s)
        is_idle = not relay.keeps_open and (code == IDLE or idle_s >= ECS_IDLE_LIMIT_S)
        return page.lost(code, words, is_idle=is_idle, since_s=began_at_s)

    def _stopped(self) -> Ended | None:
        if self._is_over or not self._stop_reason:
            return None
        return Ended(self._stop_reason, "It can be used in one tab at a time.")

    # The page

    def _greet_page(self) -> bytes | None:
        """Do the handshake with the page. Returns what it has sent after that, None if the session is to end."""
        deadline = self._runtime.monotonic() + _HANDSHAKE_WITHIN_S
        handshake = ServerHandshake(password=None, challenge=b"")
        self._handshake = handshake
        self._stream.put([handshake.greeting()])
        while handshake.state is not State.VERDICT:
            self._turn(_LOOK_EVERY_S)
            if self._runtime.monotonic() >= deadline:
                self._leave(_UNREADABLE, "no RFB handshake")
            if self._is_over or self._stop_reason:
                return None
        self._handshake = None
        self._stream.put([handshake.accept()])
        return handshake.rest

    def _turn(self, timeout_s: float) -> None:
        """While no console is relayed: process what the page sends, once. Ends the session if the page is closed."""
        stream, now = self._stream, self._runtime.monotonic()
        due_in_s = self.due_in_s(now)
        wait_s = 0.0 if stream.holds_received else min(timeout_s, timeout_s if due_in_s is None else due_in_s)
        wait_ready({stream: READ if stream.has_sent_all else READ | WRITE, self._wakened: READ}, wait_s)
        with contextlib.suppress(BlockingIOError):
            self._wakened.recv(64)
        stream.flush()
        for piece in stream.receive():
            self._take_rfb(bytes(piece))
        self.work(self._runtime.monotonic())
        self._is_over = self._is_over or (stream.has_ended and not stream.holds_received)

    def _take_rfb(self, data: bytes) -> None:
        if self._handshake is None:  # before the console's greeting, or after its end
            return
        try:
            self._stream.put([self._handshake.receive(data)])
        except RfbError:
            self._leave(_UNREADABLE, "not RFB")

    def due_in_s(self, now: float) -> float | None:
        """See `Timed`."""
        limits = self._page.limits
        dues = [self._heard_at_s + limits.silent_s - now]
        if self._stream.has_sent_all:
            dues.append(self._pinged_at_s + limits.ping_s - now)
        if self._typing is not None and (typing_s := self._typing.due_in_s()) is not None:
            dues.append(typing_s)
        return max(0.0, min(dues))

    def work(self, now: float) -> None:
        """See `Timed`."""
        self._take_texts()
        is_unread = self._relay is not None and not self._relay.may_read_viewer
        if self._stream.has_spoken or is_unread:
            self._stream.has_spoken = False
            self._heard_at_s = now
            self._page.presence.heard(now)
        if now >= self._heard_at_s + self._page.limits.silent_s:
            self._runtime.reporter.info("The page no longer answers.")
            self._leave(_GOING_AWAY, "no answer")
        elif now >= self._pinged_at_s + self._page.limits.ping_s and self._stream.has_sent_all:
            self._pinged_at_s = now
            self._stream.ping()
        if self._typing is not None:
            self._typing.work()

    def finish(self) -> None:
        """See `Timed`."""
        if self._typing is not None:
            self._typing.finish()

    def _take_texts(self) -> None:
        texts, self._stream.texts = self._stream.texts, []
        for text in texts:
            self._take_text(text)

    def _take_text(self, text: bytes) -> None:
        try:
            message = messages.page_message(text)
        except ValueError:
            self._leave(_UNREADABLE, "not a message of the page")
            return
        match message:
            case Bye():
                self._said_goodbye = True
            case Keyboard() if self._typing is not None:
                self._typing.learn(message)
            case Cancel() if self._typing is not None:
                self._typing.cancel()
            case Paste() if self._typing is not None:
                self._typing.paste(message)
            case Paste():
                what = "There is no console to type on. Nothing was typed."
                self._tell_typed(Typed(0, len(message.text), is_over=True, what=what, hint=RECONNECT))

    def _tell_typed(self, typed: Typed) -> None:
        """Tell how far typing is, unless the page is too slow to read it; its end in any case."""
        if self._stream.has_sent_all or typed.is_over:
            self._stream.tell(typed.message())

    def _leave(self, code: int, reason: str) -> None:
        """End the session: the page does not keep to the protocol, or no longer answers."""
        self._is_over = True
        self._stream.send_close(code, reason)
        if self._relay is not None:
            self._relay.stop(f"The connection to the page was closed: {reason}.")

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # closed: it has ended
            self._waker.send(b"\0")
