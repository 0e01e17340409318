"""`MessageConnection`: the parent's end of the pipe to a child, on which nothing ever blocks.

The child's end is a `multiprocessing.connection.Connection`, and so is the format: a length, then the
message. A child may be stopped, or killed, in the middle of a message; here that is a message which is not
complete yet, or the end of the connection. The owner waits for both directions with `poll`.
"""

from __future__ import annotations

import socket
import struct
from collections import deque

_LENGTH = struct.Struct("!i")
_LONG_LENGTH = struct.Struct("!Q")  # after a length of -1
_CHUNK_BYTES = 1 << 18
_LONGEST = 0x7FFFFFFF


class MessageConnection:
    """Sends and receives complete messages over a connected stream socket.

    Parameters
    ----------
    end : socket.socket
        Owned from now on, and made non-blocking.
    """

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._socket = end
        self._received = bytearray()
        self._unsent: deque[memoryview] = deque()
        self._first_is_begun = False

    def fileno(self) -> int:
        """Return the descriptor, for `poll`."""
        return self._socket.fileno()

    @property
    def is_sending(self) -> bool:
        """Whether something waits to be sent: then wait for POLLOUT and call `flush`."""
        return bool(self._unsent)

    @property
    def is_receiving(self) -> bool:
        """Whether a part of a message has arrived."""
        return bool(self._received)

    def send(self, message: bytes) -> None:
        """Send a message, what does not fit into the pipe with later calls of `flush`.

        Raises
        ------
        OSError
            If the other end is gone.
        """
        header = _LENGTH.pack(len(message) if len(message) <= _LONGEST else -1)
        if len(message) > _LONGEST:
            header += _LONG_LENGTH.pack(len(message))
        self._unsent.append(memoryview(header + message))
        self.flush()

    def flush(self) -> None:
        """Send as much of what waits as the pipe takes; OSError as in `send`."""
        while self._unsent:
            first = self._unsent[0]
            try:
                n_sent = self._socket.send(first)
            except BlockingIOError:
                return
            self._first_is_begun = n_sent < len(first)
            if self._first_is_begun:
                self._unsent[0] = first[n_sent:]
            else:
                self._unsent.popleft()

    def drop_unsent(self) -> None:
        """Forget what waits to be sent, except the rest of a message that is begun."""
        begun = list(self._unsent)[: int(self._first_is_begun)]
        self._unsent = deque(begun)

    def receive(self) -> bytes | None:
        """Return the next message, or None if it has not arrived completely.

        Raises
        ------
        EOFError
            If the other end is closed, also in the middle of a message.
        OSError
            If the connection is broken.
        """
        while (message := self._next_message()) is None:
            try:
                chunk = self._socket.recv(_CHUNK_BYTES)
            except BlockingIOError:
                return None
            if not chunk:
                raise EOFError
            self._received += chunk
        return message

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def _next_message(self) -> bytes | None:
        """Take a complete message out of what has arrived."""
        begin = _LENGTH.size
        if len(self._received) < begin:
            return None
        (length,) = _LENGTH.unpack_from(self._received)
        if length < 0:
            begin += _LONG_LENGTH.size
            if len(self._received) < begin:
                return None
            (length,) = _LONG_LENGTH.unpack_from(self._received, _LENGTH.size)
        end = begin + length
        if len(self._received) < end:
            return None
        with memoryview(self._received) as view:
            message = bytes(view[begin:end])
        del self._received[:end]
        return message
