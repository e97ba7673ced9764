"""How the relay compares with socat, in the same run: `python tests/benchmarks/relay.py [--mib 1024]`.

A console that sends as fast as it can and a viewer that throws everything away stand on both sides, each a process of
its own: with the relay between them (WebSocket to TCP, after a whole RFB handshake), with the local page's (WebSocket
to WebSocket), and with socat (TCP to TCP). Printed are the ratios, and the limits that they have to keep:

    throughput, 64 KiB messages   at least that of socat; to the page, 0.8 of it
    CPU time, 64 KiB messages     at most that of socat; to the page, reported only
    memory                        its peak within 30 MiB of what it was when the stream began
    a key press                   adds less than 1 ms at the median, less than 3 ms at the 99th percentile
    1 KiB messages                reported only
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import http.client
import os
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from ecsvnc.browser.local_page import LocalPage
from ecsvnc.browser.page_console import PageConsole
from ecsvnc.browser.presence import PresenceLimits
from ecsvnc.console.keepalive import Policy
from ecsvnc.rfb.handshake import ClientHandshake, ServerHandshake, State
from ecsvnc.runtime import Runtime
from ecsvnc.settings.resolve import Settings
from ecsvnc.settings.table import KEEPALIVE
from ecsvnc.tickets.ticket import Ticket, VncUrl
from ecsvnc.viewer.proxy_server import ProxyOptions, ProxyServer

KEY_EVENT = struct.pack(">BBxxI", 4, 1, 0x61)
ANSWER_BYTES = 32
KEYS = 1000
LIMITS = {"throughput": 1.0, "page_throughput": 0.8, "cpu": 1.0, "memory_mib": 30.0, "median_ms": 1.0, "p99_ms": 3.0}


# The console: a server of its own process


def console(port: int, message_bytes: int, total_bytes: int) -> None:
    """Answer key presses until the viewer says (by a key up) that the stream may begin; then send it."""
    listener = socket.create_server(("127.0.0.1", port))
    print("ready", flush=True)
    sock, _ = listener.accept()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peek = sock.recv(4, socket.MSG_PEEK)
    if peek == b"GET ":
        receive, frame = _websocket(sock)
    else:
        receive, frame = lambda: sock.recv(65536), bytes
    pressed = 0
    while True:
        data = receive()
        if data.endswith(b"go"):
            break
        pressed += data.count(KEY_EVENT)
        for _ in range(data.count(KEY_EVENT)):
            sock.sendall(frame(bytes(ANSWER_BYTES)))
    together = max(1, 256 * 1024 // message_bytes)
    piece = frame(bytes(message_bytes)) * together
    for _ in range(total_bytes // (message_bytes * together)):
        sock.sendall(piece)
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(65536):
        pass


def _websocket(sock: socket.socket):
    """Both handshakes; then a function that receives and one that frames."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += sock.recv(65536)
    key = re.search(rb"(?i)sec-websocket-key: (\S+)", request)[1]
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    sock.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Protocol: binary\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    protocol = ServerProtocol(state=1, max_size=None)

    def receive() -> bytes:
        protocol.receive_data(sock.recv(65536))
        return b"".join(frame.data for frame in protocol.events_received())

    def frame(data: bytes) -> bytes:
        return Frame(Opcode.BINARY, data).serialize(mask=False)

    handshake = ServerHandshake(password=None, challenge=b"")
    sock.sendall(frame(handshake.greeting()))
    while not handshake.is_done:
        answer = handshake.receive(receive())
        if handshake.state is State.VERDICT:
            answer += handshake.accept()
        if answer:
            sock.sendall(frame(answer))
    return receive, frame


# The relay: as `ecsvnc proxy --no-auth` serves it


def relay(console_port: int) -> None:
    """Serve until stdin is closed; then say the memory's growth, in KiB."""
    runtime = Runtime.of_this_process()
    settings = Settings(runtime, options={KEEPALIVE.key: 20.0})
    options = ProxyOptions(max_idle_s=3600.0, asks_password=False)
    tickets = _tickets(console_port, runtime)
    server = ProxyServer(tickets, options, settings=settings, runtime=runtime)
    server.start()
    print(server.port, flush=True)
    _measure_memory()


def local_page(console_port: int) -> None:
    """The same, as `ecsvnc open --console-page local` serves it."""
    runtime = Runtime.of_this_process()
    tickets = _tickets(console_port, runtime)
    console = PageConsole(tickets, lambda: None, Policy(20.0, 3600.0), "us", PresenceLimits(), runtime)
    page = LocalPage(console)
    page.start()
    print(page.address, flush=True)
    _measure_memory()


def _tickets(console_port: int, runtime: Runtime) -> SimpleNamespace:
    def take() -> Ticket:
        return Ticket(VncUrl.parse(f"ws://127.0.0.1:{console_port}/"), runtime.now(), runtime.monotonic(), "")

    return SimpleNamespace(instance_id="i-1", name="web-1", region_id=None, claim=lambda is_over: True, take=take)


def _measure_memory() -> None:
    sys.stdin.readline()
    before = _status_kib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the peak so far
    print("measuring", flush=True)
    sys.stdin.read()
    print(_status_kib("VmHWM") - before, flush=True)


def _status_kib(name: str) -> int:
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))[1])


# The viewer, and the measuring


def measure(kind: str, message_bytes: int, total_bytes: int) -> dict[str, float]:
    """One run. Throughput in MB/s, CPU time in s, times of a key press in ms, memory in MiB."""
    console_port, relay_port = _free_ports()
    with contextlib.ExitStack() as processes:
        source = processes.enter_context(_process("console", console_port, message_bytes, total_bytes))
        processes.callback(source.kill)
        source.stdout.readline()
        between = None
        if kind == "socat":
            command = ["socat", f"TCP-LISTEN:{relay_port},reuseaddr,nodelay", f"TCP:127.0.0.1:{console_port},nodelay"]
            between = processes.enter_context(subprocess.Popen(command, stdin=subprocess.DEVNULL))
        elif kind in ("relay", "page"):
            between = processes.enter_context(_process(kind, console_port))
            address = between.stdout.readline().strip()
            relay_port = urlsplit(address).port or int(address)
        else:
            relay_port = console_port
        if between is not None:
            processes.callback(between.kill)
        if kind == "page":
            viewer = processes.enter_context(contextlib.closing(PageViewer(address)))
        else:
            viewer = processes.enter_context(contextlib.closing(Viewer(relay_port)))
        if kind in ("relay", "page"):
            _shake_hands(viewer)
            viewer.send(b"\x01")
        presses = _press_keys(viewer)
        if kind in ("relay", "page"):
            between.stdin.write("\n")
            between.stdin.flush()
            between.stdout.readline()
        cpu_before = _cpu_s(between) if between else 0.0
        viewer.send(KEY_EVENT[:-2] + b"go")
        rate = _drain(viewer.sock, total_bytes)
        figures = {"rate": rate, "cpu": (_cpu_s(between) if between else 0.0) - cpu_before, **presses}
        viewer.close()
        if kind in ("relay", "page"):
            between.stdin.close()
            figures["memory"] = int(between.stdout.readline()) / 1024
    return figures


class Viewer:
    """A viewer on TCP."""

    def __init__(self, port: int) -> None:
        self.sock = _connected(port)
        self.send = self.sock.sendall
        self.close = self.sock.close

    def receive(self) -> bytes:
        return self.sock.recv(65536)


class PageViewer:
    """The local page in a browser."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        client = http.client.HTTPConnection(parts.hostname, parts.port)
        client.request("GET", parts.path)
        cookie = client.getresponse().getheader("set-cookie").partition(";")[0]
        client.close()
        self.sock = _connected(parts.port)
        self.close = self.sock.close
        self._protocol = ClientProtocol(parse_uri(f"ws://{parts.netloc}{parts.path}/console"), max_size=None)
        request = self._protocol.connect()
        request.headers["Origin"] = f"http://{parts.netloc}"
        request.headers["Cookie"] = cookie
        self._protocol.send_request(request)
        self._flush()

    def send(self, data: bytes) -> None:
        self._protocol.send_binary(data)
        self._flush()

    def receive(self) -> bytes:
        while True:
            self._protocol.receive_data(self.sock.recv(65536))
            events = self._protocol.events_received()
            if data := b"".join(event.data for event in events if getattr(event, "opcode", None) is Opcode.BINARY):
                return data

    def _flush(self) -> None:
        self.sock.sendall(b"".join(self._protocol.data_to_send()))


def _press_keys(viewer: Viewer | PageViewer) -> dict[str, float]:
    times = []
    for _ in range(KEYS):
        began = time.perf_counter()
        viewer.send(KEY_EVENT)
        left = ANSWER_BYTES
        while left:
            left -= len(viewer.receive())
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    return {"median": statistics.median(times), "p99": times[len(times) * 99 // 100]}


def _drain(viewer: socket.socket, total_bytes: int) -> float:
    buffer, got, began = bytearray(1024 * 1024), 0, time.perf_counter()
    while got < total_bytes and (count := viewer.recv_into(buffer)):
        got += count
    if got < total_bytes:
        raise SystemExit(f"only {got} of {total_bytes} bytes arrived")
    return got / (time.perf_counter() - began) / 1e6


def _shake_hands(viewer: Viewer | PageViewer) -> None:
    handshake = ClientHandshake(password=lambda: None)
    while not handshake.is_done:
        if answer := handshake.receive(viewer.receive()):
            viewer.send(answer)


def _connected(port: int) -> socket.socket:
    for _ in range(100):
        try:
            viewer = socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.05)
            continue
        viewer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return viewer
    raise SystemExit("nobody listens")


def _process(role: str, *arguments: int) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--role", role, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _cpu_s(process: subprocess.Popen[str]) -> float:
    """User and system time of a running process."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def compare(mib: int, rounds: int) -> bool:
    """Print the ratios; whether every limit was kept."""
    runs = {"direct": [], "socat": [], "relay": [], "page": []}
    for _ in range(rounds):  # they take turns: a slow moment of the machine strikes all of them
        for kind, figures in runs.items():
            figures.append(measure(kind, 64 * 1024, mib * 1024 * 1024))
    best = {kind: {name: _best(figures, name) for name in figures[0]} for kind, figures in runs.items()}
    small = {kind: measure(kind, 1024, mib * 1024 * 1024 // 8) for kind in ("socat", "relay")}
    found = {
        "throughput": best["relay"]["rate"] / best["socat"]["rate"],
        "page_throughput": best["page"]["rate"] / best["socat"]["rate"],
        "cpu": best["relay"]["cpu"] / best["socat"]["cpu"],
        "memory_mib": max(figures["memory"] for figures in [*runs["relay"], *runs["page"]]),
        "median_ms": best["relay"]["median"] - best["direct"]["median"],
        "p99_ms": best["relay"]["p99"] - best["direct"]["p99"],
    }
    print(f"{mib} MiB in messages of 64 KiB, best of {rounds}")
    for kind in ("socat", "relay", "page"):
        print(f"  {kind:6} {best[kind]['rate']:6.0f} MB/s, CPU {best[kind]['cpu']:.2f} s")
    kept = True
    for name, value in found.items():
        is_least = name.endswith("throughput")
        is_kept = value >= LIMITS[name] if is_least else value <= LIMITS[name]
        kept = kept and is_kept
        sign = ">=" if is_least else "<="
        print(f"  {name:15} {value:6.2f}  (limit {sign} {LIMITS[name]:g}) {'' if is_kept else '  MISSED'}")
    print(f"{mib // 8} MiB in messages of 1 KiB")
    for kind, figures in small.items():
        print(f"  {kind:6} {figures['rate']:6.0f} MB/s, CPU {figures['cpu']:.2f} s")
    print(f"  throughput  {small['relay']['rate'] / small['socat']['rate']:6.2f}")
    return kept


def _best(figures: list[dict[str, float]], name: str) -> float:
    return (max if name == "rate" else min)(figure[name] for figure in figures)


def main() -> None:
    """Run one of the roles, or the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=1024, help="how much to send (default: 1024)")
    parser.add_argument("--rounds", type=int, default=3, help="how often; the best counts (default: 3)")
    parser.add_argument("--role", choices=["console", "relay", "page"], help=argparse.SUPPRESS)
    parser.add_argument("numbers", type=int, nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        {"console": console, "relay": relay, "page": local_page}[options.role](*options.numbers)
        return
    if shutil.which("socat") is None:
        raise SystemExit("socat is not installed")
    sys.exit(0 if compare(options.mib, options.rounds) else 1)


if __name__ == "__main__":
    main()
