"""PostgreSQL and Redis of our own, on free ports, that can be crashed, frozen and brought back."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PG_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class Missing(RuntimeError):
    """Something without which no test can begin, such as a server program that is not on this machine."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_true, *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.05)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5):
        return True
    return False


def runuser() -> str | None:
    """Root's own program, out of a PATH that may be a plain user's."""
    return shutil.which("runuser") or shutil.which("runuser", path="/usr/sbin:/sbin")


class Postgres:
    """One cluster in a folder of its own. PostgreSQL refuses to run as root, so then it runs as `postgres`."""

    def __init__(self) -> None:
        folder = next((f for f in PG_FOLDERS if (f / "initdb").exists()), None)
        if folder is None:
            found = shutil.which("initdb")
            if found is None:
                raise Missing("PostgreSQL's initdb was not found; install Debian's package postgresql")
            folder = Path(found).parent
        self._bin = folder
        self.port = free_port()
        self._home = Path(tempfile.mkdtemp(prefix="nines-pg-"))
        self._as = []
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self._home, owner.pw_uid, owner.pw_gid)
            self._as = [runuser() or "runuser", "-u", "postgres", "--"]
        self._data = self._home / "data"
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "nines", "--no-sync", "-E", "UTF8")
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port={self.port}\nlisten_addresses='127.0.0.1'\nunix_socket_directories=''\n"
                "max_connections=200\nlogging_collector=off\n"
            )
        self.start()

    def url(self, database: str = "postgres", *, port: int = 0) -> str:
        """The address of one of its databases, through `port` where something stands in between."""
        return f"postgres://nines@127.0.0.1:{port or self.port}/{database}"

    def create_database(self, name: str, *, like: str = "template1") -> None:
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "nines", "-T", like, name)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        subprocess.run(
            [*self._as, str(self._bin / program), *arguments],
            check=check,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            timeout=120,
        )

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self._home / "log"), "-w", "-t", "60", "start")

    def stop(self) -> None:
        """Orderly: sessions are cut, nothing is lost."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "fast", "-w", "stop", check=False)

    def crash(self) -> None:
        """kill -9 of the postmaster and all its children, and recovery from the log at the next start."""
        pids = self._pids()
        self._signal(signal.SIGKILL)
        wait_until(lambda: not any(is_alive(pid) for pid in pids), seconds=20, what="PostgreSQL's processes end")
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _pids(self) -> list[int]:
        with contextlib.suppress(OSError, ValueError):
            master = int((self._data / "postmaster.pid").read_text().split()[0])
            return [master, *children_of(master)]
        return []

    def _signal(self, number: int) -> None:
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def close(self) -> None:
        """For good; the data is thrown away."""
        self.thaw()
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop", check=False)
        shutil.rmtree(self._home, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """Running or stopped; a zombie that nobody has waited for is dead."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def children_of(pid: int) -> list[int]:
    """Direct children, by /proc."""
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


class Redis:
    """A broker that keeps nothing on disk."""

    def __init__(self) -> None:
        if shutil.which("redis-server") is None:
            raise Missing("redis-server was not found; install Debian's package redis-server")
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
        )
        wait_until(lambda: listens(self.port), seconds=20, what="Redis listens")

    def flushall(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as wire:
            wire.sendall(b"FLUSHALL\r\n")
            wire.recv(64)

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait(timeout=20)
            self._process = None
