"""A real server over a copy of the small county, and a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = {"wide": {"width": 1440, "height": 1000}, "phone": {"width": 390, "height": 844}}

# As ``opencmc demo`` does it: published first, then served.
SERVE = """
import sys
from pathlib import Path
from opencmc.cli.serve import publish_home, serve_home
publish_home(Path(sys.argv[1]), demo=True)
serve_home(Path(sys.argv[1]), port=int(sys.argv[2]), demo=True)
"""


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[str]:
    """The address of ``opencmc serve`` over a copy of the county, with demonstration accounts.

    ``OPENCMC_SCREENSHOTS`` names the home of a county of the usual size, whose pictures go into the documentation.
    """
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(os.environ.get("OPENCMC_SCREENSHOTS") or request.getfixturevalue("county_home"), home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OPENCMC_", "DJANGO_"))}
    environment["PYTHONPATH"] = str(repository / "src")
    log = home.parent / "server.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(home), str(port)], env=environment, stdout=output, stderr=output
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, running, log)
        yield address
    finally:
        running.terminate()
        running.wait(timeout=20)


def _wait_for(address: str, running: subprocess.Popen, log: Path) -> None:
    for _ in range(1200):
        if running.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text(encoding='utf-8')[-2000:]}")
        try:
            with urllib.request.urlopen(f"{address}/sign-in/", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"the server did not answer: {log.read_text(encoding='utf-8')[-2000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("需要 Chromium：Debian 用 apt install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """``signed_in("director", "phone")``: a page of that demonstration account. Complaints of the console gather in
    ``page.complaints``."""
    contexts: dict[tuple[str, str], BrowserContext] = {}

    def open_page(username: str, size: str = "wide") -> Page:
        key = (username, size)
        if key not in contexts:
            contexts[key] = browser.new_context(
                viewport=SIZES[size],
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                base_url=server,
                reduced_motion="reduce",
            )
            entry = contexts[key].new_page()
            entry.goto("/sign-in/")
            entry.locator(f"button[name=username][value={username}]").click()
            entry.wait_for_url("**/")
            entry.close()
        page = contexts[key].new_page()
        page.bring_to_front()
        page.complaints = []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda e: page.complaints.append(str(e)))
        return page

    yield open_page
    for context in contexts.values():
        context.close()
