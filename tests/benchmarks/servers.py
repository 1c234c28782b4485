"""Benchmarks: real servers of this run's own (PostgreSQL, Redis) on free ports of the loopback, and child processes.
Whatever is started here is ended here, by its own process group."""

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tests.faults.servers import runuser

ROOT = Path(__file__).resolve().parents[2]


class CannotMeasure(Exception):
    """A part did not start; the sentence says which and what it said."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, child: "subprocess.Popen[bytes]", log: Path, *, seconds: float = 30.0) -> None:
    """Until something listens there; CannotMeasure if the child ends first or the time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if child.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    said = log.read_text(errors="replace")[-2000:]
    raise CannotMeasure(f"nothing listens on port {port}; {log.stem} said:\n{said}")


@contextlib.contextmanager
def process(
    name: str, command: Sequence[str], *, folder: Path, env: Mapping[str, str] | None = None, grace: float = 15.0
) -> "Iterator[subprocess.Popen[bytes]]":
    """A child in a session of its own, its output in `folder`/name.log. TERM at the end, KILL after `grace` seconds."""
    with (folder / f"{name}.log").open("ab") as output:
        child = subprocess.Popen(
            list(command),
            cwd=ROOT,
            env=dict(env or os.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        _end(child, grace)


def _end(child: "subprocess.Popen[bytes]", grace: float) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=grace)
    child.wait(timeout=grace)


def cpu_seconds(pid: int) -> float | None:
    """CPU that a process and all its descendants have used so far, ended ones too; None where /proc does not tell."""
    try:
        parents, used = {}, {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                    parents[int(entry)] = int(fields[1])
                    used[int(entry)] = sum(int(ticks) for ticks in fields[11:15])
    except OSError:
        return None
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(used.get(one, 0) for one in family) / os.sysconf("SC_CLK_TCK")


def log_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.log"


# ---- PostgreSQL ----------------------------------------------------------------------------------------------
def postgres_binary(name: str) -> str | None:
    """The newest initdb or postgres of this machine; Debian keeps them out of PATH."""
    installed = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: float(path.split("/")[4]))
    return installed[-1] if installed else shutil.which(name)


def can_start_postgres() -> bool:
    is_there = bool(postgres_binary("initdb") and postgres_binary("postgres"))
    return is_there and (os.geteuid() != 0 or bool(runuser() and _unprivileged()))


def _unprivileged() -> str | None:
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[tuple[str, int]]:
    """A fresh PostgreSQL with its default settings; gives its DATABASE_URL and process id. It refuses to run as root,
    so root lends it to an unprivileged user."""
    data, port = folder / "postgres", free_port()
    data.mkdir()
    become: list[str] = []
    if os.geteuid() == 0:
        user = _unprivileged()
        assert user is not None
        become = [runuser() or "runuser", "-u", user, "--"]
        folder.chmod(0o711)
        shutil.chown(data, user)
    initdb, server = postgres_binary("initdb"), postgres_binary("postgres")
    assert initdb
    assert server
    made = subprocess.run(
        [*become, initdb, "-D", str(data), "-A", "trust", "-U", "nines", "-E", "UTF8", "--locale", "C"],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
    )
    if made.returncode:
        raise CannotMeasure(f"initdb failed: {made.stderr.strip()}")
    listen = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
    with process("postgres", [*become, server, "-D", str(data), *listen], folder=folder) as child:
        wait_for_port(port, child, log_of(folder, "postgres"))
        url = f"postgres://nines@127.0.0.1:{port}/postgres"
        _when_it_answers(url)
        with database_on(url) as own:
            yield own, child.pid


def _when_it_answers(url: str) -> None:
    import psycopg

    deadline = time.monotonic() + 20
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise CannotMeasure(f"PostgreSQL does not answer: {error}") from error
            time.sleep(0.1)


@contextlib.contextmanager
def database_on(url: str) -> Iterator[str]:
    """A database of this run's own on the server of `url`, dropped at the end: figures never touch anybody's data."""
    import psycopg

    name = f"nines_bench_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


# ---- Redis ---------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A fresh Redis that keeps nothing on disk; gives its REDIS_URL."""
    port = free_port()
    server = shutil.which("redis-server")
    assert server is not None
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with process("redis", command, folder=folder) as child:
        wait_for_port(port, child, log_of(folder, "redis"))
        yield f"redis://127.0.0.1:{port}/0"


def versions(environment: Mapping[str, str]) -> list[str]:
    """What was measured on: machine, interpreter, packages, servers."""
    import platform
    from importlib.metadata import version

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("Django", "celery", "gunicorn", "psycopg"))
    lines = [
        f"machine: {cores} cores, {memory:.1f} GiB, {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, {packages}",
    ]
    if url := environment.get("DATABASE_URL"):
        import psycopg

        with psycopg.connect(url) as connection:
            number = connection.info.server_version
        lines.append(f"database: PostgreSQL {number // 10000}.{number % 10000}")
    else:
        import sqlite3

        lines.append(
            f"database: SQLite {sqlite3.sqlite_version} (no PostgreSQL found; the goals are set for PostgreSQL)"
        )
    if url := environment.get("REDIS_URL"):
        from redis import Redis

        broker = f"broker: Redis {Redis.from_url(url).info('server')['redis_version']}, prefork worker"
    else:
        broker = "broker: files in a folder, worker of threads"
    return [*lines, broker]
