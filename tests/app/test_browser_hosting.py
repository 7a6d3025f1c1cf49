"""Servers in a browser: under which names they open, and one that is fresh and only shows."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import expect

from benchmarks.browser import ROOT, dashboard
from tests.app.browsing import settle, visit
from tests.broken_runs import sound_run


def answer(url: str, host: str) -> str:
    """What a server answers to a browser that asks for the page's stream under a name."""
    port = urlsplit(url).port
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        asked = (
            f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        connection.sendall(asked.encode())
        return connection.recv(100).decode().split()[1]


def test_a_name_that_nobody_allowed_is_refused(server):
    url, _ = server
    port = urlsplit(url).port
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert answer(url, f"{host}:{port}") == "101", host
    for host in ("evil.example", "127.0.0.1.evil.example", "lab.example.org", "evil@localhost"):
        assert answer(url, f"{host}:{port}") == "403", host


def listing(*folders: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for folder in folders:
        for home, _, names in os.walk(folder):
            for path in (Path(home), *(Path(home) / name for name in names)):
                found[str(path)] = (path.lstat().st_mtime_ns, path.lstat().st_size)
    return found


def test_a_read_only_server_opens_at_any_address_and_only_shows(browser, page, tmp_path):
    models, runs, home = tmp_path / "models", tmp_path / "runs", tmp_path / "home"
    shutil.copytree(ROOT / "checkpoints" / "demo", models / "demo")
    shutil.rmtree(models / "demo" / "cache", ignore_errors=True)
    sound_run(runs / "done")
    home.mkdir()
    given = {"MMMIE_CHECKPOINTS": str(models), "HOME": str(home), "MMMIE_NICENESS": "0"}
    options = ("--read-only", "--root", str(models), "--allow-host", "lab.example.org")
    with dashboard(runs, options=options, variables=given) as (url, _):
        assert answer(url, "lab.example.org") == "101"
        assert answer(url, "evil.example") == "403"
        before = listing(models, runs)
        page.goto(f"{url}/data?checkpoint=runs%2Fdone&utterance=c007_03")
        settle(page)
        expect(page.get_by_label("Utterance", exact=True)).to_have_value("c007_03", timeout=60_000)
        expect(page.locator("h1")).to_contain_text("demo")
        assert "/data?" in page.url and "checkpoint=runs%2Fdone" in page.url
        visit(page, "Train")  # the others are opened in other tests
        assert "checkpoint=runs%2Fdone" in page.url
        page.goto(f"{url}/data?checkpoint=/etc")
        expect(page.get_by_test_id("stSidebar").get_by_role("alert")).to_contain_text("/etc")
        assert listing(models, runs) == before
        assert not (home / ".cache" / "mmmie").exists()
