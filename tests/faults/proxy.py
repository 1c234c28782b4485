"""Between the product and PostgreSQL: forwards bytes, and at will cuts a connection whose answer has just been
committed, before the product hears of it."""

import contextlib
import socket
import threading

from tests.faults.servers import free_port

ANSWER = b'INSERT INTO "nps_response"'


class CuttingProxy:
    """`cuts_wanted` connections are cut, each after the COMMIT of a transaction that inserted an answer."""

    def __init__(self, target_port: int) -> None:
        self.port, self._target = free_port(), target_port
        self.cuts_wanted, self.cuts_made = 0, 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self._listener.accept()
            except OSError:
                return
            try:
                outer = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                inner.close()
                continue
            outer.settimeout(None)
            _Wire(self, inner, outer).start()

    def may_cut(self) -> bool:
        with self._lock:
            is_wanted = self.cuts_made < self.cuts_wanted
            self.cuts_made += is_wanted
            return is_wanted

    def close(self) -> None:
        self._listener.close()


class _Wire:
    """One connection, with a thread each way."""

    def __init__(self, proxy: CuttingProxy, inner: socket.socket, outer: socket.socket) -> None:
        self._proxy, self._inner, self._outer = proxy, inner, outer
        self._has_answer, self._is_committing = False, False

    def start(self) -> None:
        threading.Thread(target=self._pump, args=(self._inner, self._outer, self._look), daemon=True).start()
        threading.Thread(target=self._pump, args=(self._outer, self._inner, self._judge), daemon=True).start()

    def _look(self, data: bytes) -> bool:
        self._has_answer = self._has_answer or ANSWER in data
        if b"COMMIT" in data:
            self._is_committing, self._has_answer = self._has_answer, False
        elif b"ROLLBACK" in data:
            self._has_answer = False
        return True

    def _judge(self, data: bytes) -> bool:
        """Whether to pass on what the server said. What comes next after COMMIT was sent says that it is done."""
        if self._is_committing and b"COMMIT" in data:
            self._is_committing = False
            return not self._proxy.may_cut()
        return True

    def _pump(self, source: socket.socket, sink: socket.socket, passes) -> None:
        with contextlib.suppress(OSError):
            while (data := source.recv(65536)) and passes(data):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
