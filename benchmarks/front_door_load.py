"""A load of HTTP requests over kept connections from one process: sockets and epoll, nothing in between."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """``taken``: seconds of each answer, sorted; ``wrong``: status → how many that were not expected, with one body."""

    seconds: float = 0.0
    taken: list[float] = field(default_factory=list)
    wrong: dict[int, int] = field(default_factory=dict)
    sample: str = ""

    @property
    def rate(self) -> float:
        return len(self.taken) / self.seconds if self.seconds else 0.0

    def at(self, share: float) -> float:
        return self.taken[min(len(self.taken) - 1, int(len(self.taken) * share))] * 1000 if self.taken else 0.0


class _Line:
    __slots__ = ("buffer", "sent", "socket", "started", "wanted")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.sent, self.wanted, self.started = b"", b"", 0, 0.0


def drive(
    port: int, request: Callable[[int], bytes | None], *, seconds: float, lines: int, good: frozenset[int],
    first: int = 0, told: Callable[[bytes, int, bytes], None] | None = None,
) -> Outcome:  # fmt: skip
    """Ask ``request(n)`` for n = first, … over so many connections until the time is over or it gives ``None``.
    ``told(sent, status, received)`` hears every answer."""
    found, number = Outcome(), first
    epoll = select.epoll()
    open_: dict[int, _Line] = {}
    for _ in range(lines):
        line = _Line(port)
        open_[line.socket.fileno()] = line
        epoll.register(line.socket.fileno(), select.EPOLLIN)
    begin = time.perf_counter()
    until = begin + seconds
    waiting = 0
    for line in open_.values():
        if (content := request(number)) is not None:
            number, waiting = number + 1, waiting + 1
            line.started, line.sent = time.perf_counter(), content
            line.socket.sendall(content)
    while waiting:
        for descriptor, _event in epoll.poll(5):
            line = open_[descriptor]
            received = line.socket.recv(262_144)
            if not received:
                raise SystemExit("the server closed a connection")
            line.buffer += received
            if not line.wanted:
                end = line.buffer.find(b"\r\n\r\n")
                if end < 0:
                    continue
                head = line.buffer[:end].lower()
                at = head.find(b"content-length:")
                stop = head.find(b"\r\n", at)
                line.wanted = end + 4 + int(head[at + 15 : stop if stop > 0 else None])
            if len(line.buffer) < line.wanted:
                continue
            now = time.perf_counter()
            status = int(line.buffer[9:12])
            found.taken.append(now - line.started)
            if status not in good:
                found.wrong[status] = found.wrong.get(status, 0) + 1
                found.sample = found.sample or line.buffer.decode("utf-8", "replace")[-600:]
            if told is not None:
                told(line.sent, status, line.buffer)
            line.buffer, line.wanted = b"", 0
            waiting -= 1
            content = request(number) if now < until else None
            if content is not None:
                number, waiting = number + 1, waiting + 1
                line.started, line.sent = now, content
                line.socket.sendall(content)
    found.seconds = time.perf_counter() - begin
    for line in open_.values():
        line.socket.close()
    epoll.close()
    found.taken.sort()
    return found


def http(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    if method != "GET":
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
