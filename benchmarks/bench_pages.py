"""How fast the pages answer: eight people look at the cockpit and at indicator pages at the same time, on loopback.

    python benchmarks/bench_pages.py --home HOME

Serves the home on a free port with the same command as ``opencmc serve``, signs every viewer in, and asks for each page
a fixed number of times. Ends by itself; sends nothing to any other address.
"""

from __future__ import annotations

import argparse
import http.client
import re
import socket
import subprocess
import sys
import threading
import time
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

VIEWERS = 8
ROUNDS = 40
PAGES = {
    "cockpit, year": "/cockpit/?period=2025",
    "cockpit, month": "/cockpit/?period=2025-06",
    "indicator, county": "/indicators/m24_07/?period=2025",
    "indicator, one institution": "/indicators/m24_12/?unit=institution:NH-H1&period=2025",
}


class Viewer:
    """A person with cookies and one kept connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        body = urlencode(form) if form else None
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        text = response.read().decode()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                self._cookies.update({key: morsel.value for key, morsel in SimpleCookie(value).items()})
        return response.status, text

    def sign_in(self) -> None:
        _, page = self.ask("GET", "/sign-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        user = re.search(r'name="username" value="([^"]+)"', page[page.index("posts") :])
        if not token or not user:
            raise SystemExit("the sign-in page shows no demonstration account")
        form = {"csrfmiddlewaretoken": token[1], "username": user[1]}
        status, _ = self.ask("POST", "/sign-in/demonstration/", form)
        if status != 302:
            raise SystemExit(f"signing in answered {status}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_served(server: subprocess.Popen, port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit("the server ended")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the server did not answer within two minutes")


def measure(port: int, path: str) -> tuple[list[float], int]:
    """Seconds of each answer, and the number of answers that were not 200."""
    taken: list[float] = []
    wrong: list[int] = []
    viewers = [Viewer(port) for _ in range(VIEWERS)]
    for viewer in viewers:
        viewer.sign_in()
        viewer.ask("GET", path)

    def look(viewer: Viewer) -> None:
        for _ in range(ROUNDS):
            start = time.perf_counter()
            status, _ = viewer.ask("GET", path)
            taken.append(time.perf_counter() - start)
            if status != 200:
                wrong.append(status)

    threads = [threading.Thread(target=look, args=(viewer,)) for viewer in viewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(taken), len(wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    home = parser.parse_args().home
    port = free_port()
    command = [sys.executable, "-c", "from opencmc.cli.main import main; main()", "serve", "--home", str(home)]
    server = subprocess.Popen([*command, "--port", str(port), "--demonstration-accounts"], stderr=subprocess.DEVNULL)
    try:
        wait_until_served(server, port)
        print(f"{VIEWERS} viewers at once, {VIEWERS * ROUNDS} answers a page, milliseconds")
        for name, path in PAGES.items():
            taken, wrong = measure(port, path)
            p50, p95, worst = (taken[int(len(taken) * share)] * 1000 for share in (0.5, 0.95, 0.999))
            print(f"  {name:28} p50 {p50:6.1f}   p95 {p95:6.1f}   worst {worst:6.1f}   errors {wrong}")
    finally:
        server.terminate()
        server.wait(timeout=30)


if __name__ == "__main__":
    main()
