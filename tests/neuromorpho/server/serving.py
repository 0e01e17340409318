"""The HTTP server: loopback only, one thread for each connection, all of them ended by `stop`.

A connection is kept alive and answers go out in one piece without Nagle's delay, so what a
client measures is the client. A faulty delivery waits on the server's own event, never sleeps, so that
`stop` ends it at once; `stop` then shuts every open connection and joins its thread.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from tests.neuromorpho.server.endpoints import Api
from tests.neuromorpho.server.faults import Faults
from tests.neuromorpho.server.files import Files
from tests.neuromorpho.server.holdings import Holdings
from tests.neuromorpho.server.journal import Journal, Seen
from tests.neuromorpho.server.recorded import Recorded
from tests.neuromorpho.server.reply import HTML, Delivery, Question, Reply, error
from tests.neuromorpho.server.switches import Switches

DEFAULT_MADE = 120
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_HOME = b"<!DOCTYPE html>\n<html><body><h1>NeuroMorpho.Org on loopback</h1></body></html>\n"


class Server:
    """A NeuroMorpho.Org of one's own.

    Parameters
    ----------
    records
        Given records, of any shape; each needs a neuron_id.
    n_made
        How many cells to make beside them. If nothing is given or recorded, 120.
    data
        Folder of recorded answers to add; None for none, so that counts are the same everywhere.
    switches
        Behaviours that are not recorded of the real server.
    port
        0 for any that is free.
    keep
        How many made records are kept as text once they were asked for, 1.6 kB each; by default none,
        so that a test that measures its memory measures no server.

    Attributes
    ----------
    faults : Faults
        What goes wrong; may be changed at any time.
    holdings : Holdings
        What it holds: ``ids``, ``record(id)``, ``measures(id)``, ``id_of_name(name)``.
    files : Files
        ``swc(id)``, ``original(id)``, ``suffix(id)``: what a download must be equal to.
    """

    def __init__(
        self,
        records: Iterable[Mapping[str, Any]] | None = None,
        *,
        n_made: int = 0,
        data: Path | str | None = None,
        switches: Switches | None = None,
        port: int = 0,
        keep: int = 0,
    ) -> None:
        if records is None and data is None and not n_made:
            n_made = DEFAULT_MADE
        recorded = Recorded.read(Path(data)) if data is not None else None
        self.holdings = Holdings(records or (), n_made, recorded, keep)
        self.api = Api(self.holdings, switches or Switches())
        self.files = Files(self.holdings)
        self.faults = Faults(self._answer)
        self.journal = Journal()
        self._port = port
        self._http: _Http | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Its root, ``http://127.0.0.1:PORT``; after `stop`, where it was."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def switches(self) -> Switches:
        """Behaviours that are not recorded of the real server; may be replaced at any time."""
        return self.api.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self.api.switches = switches

    @property
    def requests(self) -> list[Seen]:
        """Every request since the last reset."""
        return self.journal.seen

    @property
    def max_in_flight(self) -> int:
        """How many requests were being answered at the same time at most."""
        return self.journal.max_in_flight

    def count(self, pattern: str = "") -> int:
        """Return how many requests had a path with this in it (or like it, with wildcards)."""
        return self.journal.count(pattern)

    def peak_per_second(self) -> int:
        """Return the most requests that came within any one second."""
        return self.journal.peak_per_second()

    def reset(self) -> None:
        """Forget the requests and take away the faults."""
        self.journal.reset()
        self.faults.clear()

    def start(self) -> Server:
        """Answer from now on, in threads of its own; on the same port after a `stop`."""
        if self._http is not None:
            raise RuntimeError(f"The server already runs at {self.url}.")
        self.holdings.grow_all_shapes()
        self._http = _Http(("127.0.0.1", self._port), self)
        self._port = self._http.server_address[1]
        self._thread = threading.Thread(
            target=self._http.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="neuromorpho-server",
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection and end every thread; nothing if it does not run."""
        if self._http is None or self._thread is None:
            return
        self._http.shutdown()
        self._thread.join()
        self._http.close_all()
        self._http, self._thread = None, None

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def answer(self, question: Question, agent: str) -> Reply:
        """Return the answer to a request, faults and all."""
        if not agent and self.switches.agent == "refused":
            return Reply(403, b"<html><body>403 Forbidden</body></html>", HTML)
        return self.faults.apply(question, self._answer(question))

    def _answer(self, question: Question) -> Reply:
        if question.path.startswith("/moved/"):
            question = Question(question.method, question.target[6:], question.body)
        match question.parts:
            case ["api", *_]:
                return self.api.answer(question)
            case []:
                return Reply(200, _HOME, HTML)
            case [page] if page.endswith(".jsp"):
                return error(question, 403, "Programs may not read these pages (terms of use)")
            case _:
                return self.files.answer(question)


class _Http(ThreadingHTTPServer):
    """Keeps its connections, so that they can be closed."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: Server) -> None:
        self.owner = owner
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking for the name of this machine, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; whatever else is a fault of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def close_all(self) -> None:
        """Close every connection, then wait for its thread."""
        self.stopping.set()
        with self._lock:
            waiting = list(self._open)
        for connection in waiting:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Reads requests and writes answers, faulty ones too."""

    protocol_version = "HTTP/1.1"
    server_version = "Apache"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    @property
    def _http(self) -> _Http:
        return cast(_Http, self.server)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer whatever verb; the others are this one."""
        owner = self._http.owner
        headers = {key.lower(): value for key, value in self.headers.items()}
        owner.journal.begin(Seen.of(self.command, self.path, headers))
        try:
            length = headers.get("content-length", "0")
            body = self.rfile.read(int(length)) if length.isdecimal() else b""
            question = Question(self.command, self.path, body)
            self._send(owner.answer(question, headers.get("user-agent", "")))
        except OSError:  # the client went away
            self.close_connection = True
        finally:
            owner.journal.end()

    do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = do_GET

    def _wait(self, seconds: float) -> bool:
        """Wait; return whether the server has not been stopped."""
        return not self._http.stopping.wait(seconds)

    def _send(self, reply: Reply) -> None:
        if reply.delay and not self._wait(reply.delay):
            self.close_connection = True
            return
        if reply.delivery is Delivery.DROP:
            self.close_connection = True
            return
        self._send_head(reply)
        if self.command == "HEAD":
            return
        match reply.delivery:
            case Delivery.WHOLE:
                self.wfile.write(reply.body)
            case Delivery.SLOW:
                self._send_slowly(reply)
            case Delivery.ENDLESS:
                self._send_without_end(reply)
            case _:
                self._send_half(reply)
        self.wfile.flush()

    def _send_head(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.media)
        for key, value in reply.headers.items():
            self.send_header(key, value)
        if reply.delivery is Delivery.ENDLESS:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()

    def _send_half(self, reply: Reply) -> None:
        """Send half, and then close, reset, or fall silent."""
        self.close_connection = True
        self.wfile.write(reply.body[: len(reply.body) // 2])
        self.wfile.flush()
        if reply.delivery is Delivery.STALL:
            self._wait(reply.seconds)
        if reply.delivery is Delivery.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            socket.close(self.connection.detach())

    def _send_slowly(self, reply: Reply) -> None:
        steps = 20
        started, size = time.monotonic(), len(reply.body)
        for step in range(1, steps + 1):
            due = started + reply.seconds * step / steps
            if not self._wait(max(0.0, due - time.monotonic())):
                self.close_connection = True
                return
            self.wfile.write(reply.body[size * (step - 1) // steps : size * step // steps])
            self.wfile.flush()

    def _send_without_end(self, reply: Reply) -> None:
        """Send the body in a chunk, then blanks, until one of both sides stops."""
        self.close_connection = True
        chunk = reply.body or b" "
        filler = b"\n" if reply.seconds >= 0.1 else b" " * 65_536
        while True:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
            chunk = filler
            if not self._wait(reply.seconds):
                return
