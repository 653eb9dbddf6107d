"""smtplib with a total deadline for each mail, and a note of how far a mail has come."""

import os
import smtplib
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any


class Deadline:
    """Ends a connection when a moment (of time.monotonic) has come. smtplib's own timeout starts anew with every byte.

    One thread watches a connection for as long as it lives: a new moment for each mail wakes it seldom.
    """

    def __init__(self, ends: float) -> None:
        self._ends = ends
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        threading.Thread(target=self._wait, daemon=True).start()

    def put_off(self, ends: float) -> None:
        """End it later than was said before."""
        self._ends = ends

    def watch(self, connection: socket.socket) -> None:
        """End this connection in time."""
        with self._lock:
            # A second handle on it: STARTTLS takes the first one away, and a TLS socket has no other.
            self._connection = socket.socket(fileno=os.dup(connection.fileno()))
        if time.monotonic() >= self._ends:
            self._cut()

    def close(self) -> None:
        """Watch no more."""
        self._closed.set()
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None

    def _wait(self) -> None:
        while (left := self._ends - time.monotonic()) > 0:
            if self._closed.wait(left):
                return
        self._cut()

    def _cut(self) -> None:
        with self._lock:
            if self._connection:
                with suppress(OSError):  # the server may have been quicker
                    self._connection.shutdown(socket.SHUT_RDWR)


class Client(smtplib.SMTP):
    """A connection that is made under a deadline. `begun`: the server may have seen a mail's words."""

    begun = False

    def __init__(self, deadline: Deadline, *where: Any, **options: Any) -> None:
        self._start(deadline)
        super().__init__(*where, **options)

    def _start(self, deadline: Deadline) -> None:
        self.deadline = deadline
        # What was said ahead and has not been taken up yet, command and words; and of which mail.
        self._ahead: deque[tuple[str, str]] = deque()
        self._of: tuple[str, str, int] | None = None

    def say_ahead(self, sender: str, rcpt: str, size: int) -> None:
        """Say from whom and (RFC 2920) to whom the next mail is, and do not wait for the answers: `hand_over` reads
        them where it is that very mail, and else tells the server to forget it. `size` in bytes."""
        self._of = sender, rcpt, size
        options = f" size={size}" if self.has_extn("size") else ""
        self._ahead.append(("mail", f"FROM:{smtplib.quoteaddr(sender)}{options}"))
        if self.has_extn("pipelining"):
            self._ahead.append(("rcpt", f"TO:{smtplib.quoteaddr(rcpt)}"))
        self.send("".join(f"{command} {words}\r\n" for command, words in self._ahead))

    def hand_over(self, sender: str, rcpt: str, message: bytes) -> None:
        """Send one mail; raise as smtplib.SMTP.sendmail does."""
        self.begun = False
        if self._ahead and self._of != (sender, rcpt, len(message)):
            self._never_mind()
        self.sendmail(sender, [rcpt], message)

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Send a command, unless it has been said ahead."""
        if self._ahead and self._ahead[0] == (cmd, args):
            self._ahead.popleft()
            return
        if self._ahead:
            self._never_mind()
        super().putcmd(cmd, args)

    def _never_mind(self) -> None:
        unread = len(self._ahead)
        self._ahead.clear()
        for _ in range(unread):
            self.getreply()
        self.rset()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        # A mail is four small packets each way, and none should wait for the other's receipt.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.deadline.watch(connection)
        return connection

    def close(self) -> None:
        """Let go of the connection."""
        super().close()
        self._ahead.clear()
        self.deadline.close()

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the words of a mail (RFC 5321 section 4.1.1.4)."""
        self.begun = True
        return super().data(msg)


class SslClient(smtplib.SMTP_SSL, Client):
    """The same with TLS from the first byte: SMTP_SSL wraps the socket it gets from Client."""

    def __init__(self, deadline: Deadline, *where: Any, **options: Any) -> None:
        self._start(deadline)
        smtplib.SMTP_SSL.__init__(self, *where, **options)
