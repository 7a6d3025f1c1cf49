"""Many people on one server of the dashboard: how long they wait, and what the server grows to.

    python benchmarks/sessions.py --sessions 30 --minutes 3 --every 5 --link
    python benchmarks/sessions.py --sessions 50 --minutes 3 --every 5
    python benchmarks/sessions.py --sessions 3 --minutes 120 --every 4

They speak Streamlit's protocol without a browser, which would take the machine that they measure.
Everybody arrives within `--within` seconds; a click comes about every `--every` seconds from each,
never before the last one is answered. With `--link` all open one address and step from utterance to
utterance; otherwise they choose pages, tabs, options of lists and steps at random, and each starts
a session anew every hundred clicks. Memory is that of the server and its children (PSS where the
system tells it); growth is from the second tenth of the time to the last.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import psutil
import websockets
from browser import dashboard
from common import parser
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from app.pages import PAGES

LINK = {"page": "predictions", "query": {"checkpoint": "demo", "split": "valid"}}
STEPS = ("Next", "Previous")
AGAIN = ForwardMsg.FINISHED_EARLY_FOR_RERUN
CLICKS_OF_A_SESSION = 100
MEMORY_SECONDS = 5
MOST_WAIT = 120


class Visitor:
    """One session: what is on its page, and what it asks next.

    Attributes:
        shown: (kind, label) → id and options of what can be pressed or chosen now.
        faults: what the page said of itself that it should not.
    """

    def __init__(self, socket: websockets.ClientConnection, page: str, query: dict[str, str]):
        self.socket, self.page, self.query = socket, page, query
        self.held: dict[str, ForwardMsg] = {}
        self.shown: dict[tuple[str, str], tuple[str, list[str]]] = {}
        self.faults: list[str] = []
        self._tabs: dict[tuple[int, ...], str] = {}

    async def ask(self, widget: WidgetState | None = None) -> float:
        """Have the page run, with a widget changed or not; seconds until it is whole."""
        asked = BackMsg()
        asked.rerun_script.page_name = self.page
        asked.rerun_script.query_string = urlencode(self.query)
        asked.rerun_script.cached_message_hashes.extend(self.held)
        if widget is not None:
            asked.rerun_script.widget_states.widgets.append(widget)
        if widget is None:
            self.shown, self._tabs = {}, {}
        began = time.perf_counter()
        await self.socket.send(asked.SerializeToString())
        while True:
            message = ForwardMsg()
            data = await asyncio.wait_for(self.socket.recv(), MOST_WAIT)
            assert isinstance(data, bytes)
            message.ParseFromString(data)
            if message.WhichOneof("type") == "ref_hash":
                path = list(message.metadata.delta_path)
                message = self.held[message.ref_hash]
                message.metadata.delta_path[:] = path
            elif message.metadata.cacheable:
                self.held[message.hash] = message
            kind = message.WhichOneof("type")
            if kind == "delta":
                self._look(message)
            elif kind == "page_info_changed":
                self.query = dict(
                    part.split("=", 1) for part in message.page_info_changed.query_string.split("&")
                    if "=" in part
                )  # fmt: skip
            elif kind == "script_finished" and message.script_finished != AGAIN:
                return time.perf_counter() - began

    def _look(self, message: ForwardMsg) -> None:
        path, delta = tuple(message.metadata.delta_path), message.delta
        if delta.WhichOneof("type") == "add_block":
            block = delta.add_block
            if block.HasField("tab_container") and block.tab_container.id:
                self._tabs[path] = block.tab_container.id
                self.shown["tabs", block.tab_container.id] = (block.tab_container.id, [])
            elif block.HasField("tab") and path[:-1] in self._tabs:
                self.shown["tabs", self._tabs[path[:-1]]][1].append(block.tab.label)
            return
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "button" and element.button.label in STEPS:
            one = element.button
            self.shown[kind, one.label] = (one.id, [] if one.disabled else ["x"])
        elif kind == "selectbox" and not element.selectbox.disabled:
            one = element.selectbox
            self.shown[kind, one.label] = (one.id, list(one.options))
        elif kind == "exception":
            self.faults.append(f"{self.page}: {element.exception.message[:120]}")

    async def step(self, chance: random.Random) -> float:
        """Press Next, now and then Previous."""
        names = STEPS if chance.random() < 0.2 else STEPS[:1]
        pressable = [n for n in names if self.shown.get(("button", n), ("", []))[1]]
        name = chance.choice(pressable or [STEPS[1]])
        return await self.ask(WidgetState(id=self.shown["button", name][0], trigger_value=True))

    async def anything(self, chance: random.Random) -> float:
        """Open a page or a tab, choose an option, or step."""
        able = [key for key, (_, options) in self.shown.items() if options]
        if chance.random() < 0.25 or not able:
            self.page = chance.choice(list(PAGES))
            return await self.ask()
        kind, label = chance.choice(able)
        identity, options = self.shown[kind, label]
        if kind == "button":
            return await self.ask(WidgetState(id=identity, trigger_value=True))
        return await self.ask(WidgetState(id=identity, string_value=chance.choice(options)))


class Crowd:
    """All visitors of a server, and what they waited for."""

    def __init__(self, url: str, every: float, link: bool, seed: int) -> None:
        self.address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
        self.every, self.link, self.seed = every, link, seed
        self.first: list[float] = []
        self.clicks: list[float] = []
        self.faults: list[str] = []

    async def first_of_all(self) -> None:
        """Open a page on the fresh server, as whoever hosts it does first."""
        await self._session(random.Random(0), 0)
        print(f"first page of a fresh server: {self.first.pop():.2f} s", flush=True)

    async def stay(self, number: int, until: float, within: float) -> None:
        """One visitor, from its arrival to the end, in one session after another."""
        chance = random.Random(f"{self.seed} {number}")
        await asyncio.sleep(chance.uniform(0, within))
        while time.monotonic() < until:
            try:
                await self._session(chance, until)
            except Exception as error:  # whatever ends a session is a finding
                self.faults.append(f"session {number}: {type(error).__name__} {error}"[:200])
                await asyncio.sleep(self.every)

    async def _session(self, chance: random.Random, until: float) -> None:
        page = LINK["page"] if self.link else chance.choice(list(PAGES))
        async with websockets.connect(
            self.address, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None
        ) as socket:
            visitor = Visitor(socket, str(page), dict(LINK["query"]))  # type: ignore[call-overload]
            self.first.append(await visitor.ask())
            for _ in range(10**9 if self.link else CLICKS_OF_A_SESSION):
                waited = chance.uniform(0.5, 1.5) * self.every
                await asyncio.sleep(max(min(waited, until - time.monotonic()), 0))
                if time.monotonic() >= until:
                    break
                act = visitor.step if self.link else visitor.anything
                self.clicks.append(await act(chance))
            self.faults += visitor.faults


def memory(process: psutil.Process) -> float:
    """MB that a process and its children hold."""
    held = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            full = one.memory_full_info()
            held += getattr(full, "pss", full.rss)
        except psutil.Error:
            continue
    return held / 2**20


async def watch(pid: int, until: float, held: list[float], log: Path | None) -> None:
    """Note the memory of a server from time to time."""
    process = psutil.Process(pid)
    while time.monotonic() < until:
        held.append(memory(process))
        if log is not None:
            with log.open("a") as file:
                used = sum(process.cpu_times()[:2])
                file.write(f"{time.strftime('%H:%M:%S')} {held[-1]:.0f} MB, {used:.0f} s\n")
        await asyncio.sleep(MEMORY_SECONDS)


def say(what: str, seconds: list[float]) -> None:
    """Print median, 95th percentile and maximum."""
    if seconds:
        late = sorted(seconds)[int(0.95 * (len(seconds) - 1))]
        middle = statistics.median(seconds)
        print(
            f"{what}: median {middle:.2f} s, 95% within {late:.2f} s, at most {max(seconds):.2f} s "
            f"({len(seconds):,})"
        )


async def crowded(crowd: Crowd, options: object, pid: int, held: list[float]) -> None:
    """Let everybody in, and wait until the time is over."""
    await crowd.first_of_all()
    until = time.monotonic() + 60 * options.minutes  # type: ignore[attr-defined]
    within, count = options.within, options.sessions  # type: ignore[attr-defined]
    watching = watch(pid, until, held, options.log)  # type: ignore[attr-defined]
    await asyncio.gather(watching, *(crowd.stay(n, until, within) for n in range(count)))


def main() -> None:
    """Start a server, let them in, print; exit status 1 where a session ended or a page failed."""
    asked = parser(__doc__)
    asked.add_argument("--sessions", type=int, default=30)
    asked.add_argument("--minutes", type=float, default=3)
    asked.add_argument("--every", type=float, default=5, help="seconds between the clicks of each")
    asked.add_argument("--within", type=float, default=5, help="seconds in which they arrive")
    asked.add_argument("--link", action="store_true", help="all open one address and step")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--log", type=Path, help="a file for the memory over time")
    options = asked.parse_args()
    with dashboard() as (url, pid):
        crowd = Crowd(url, options.every, options.link, options.seed)
        held: list[float] = []
        asyncio.run(crowded(crowd, options, pid, held))
        used = sum(psutil.Process(pid).cpu_times()[:2])
    say("first page", crowd.first)
    say("step" if options.link else "click", crowd.clicks)
    tenth = max(len(held) // 10, 1)
    early, late = statistics.fmean(held[tenth : 2 * tenth]), statistics.fmean(held[-tenth:])
    print(f"memory: at most {max(held):.0f} MB; {early:.0f} early, {late:.0f} late", end=" ")
    print(f"({100 * (late / early - 1):+.0f}%); the server used its processor {used:.0f} s")
    print(f"faults: {crowd.faults[:5] or 'none'}")
    sys.exit(1 if crowd.faults else 0)


if __name__ == "__main__":
    main()
