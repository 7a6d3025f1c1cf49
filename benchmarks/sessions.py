"""Sessions of the dashboard without a browser: they speak the websocket protocol of Streamlit.

Ten browsers would take the machine that they are to measure. What a session asks of the server is
the same: it opens a page, runs its fragments as often as the server wants, and remembers the
large messages that the server then need not send again.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_OPENED_SECONDS = 60


class Sessions:
    """Sessions that look at one page.

    Attributes:
        seen: kind of message → how many came, over all sessions; `bytes` counts their length.
        faults: what ended sessions that should have gone on.
    """

    def __init__(self, url: str, page: str, count: int) -> None:
        self.seen: Counter[str] = Counter()
        self.faults: list[str] = []
        self._address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
        self._page, self._count = page, count
        self._opened = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()), daemon=True)

    def start(self) -> None:
        """Open all sessions and wait until each has its page.

        Raises:
            TimeoutError: one has not after a minute.
        """
        self._thread.start()
        for _ in range(100 * _OPENED_SECONDS):
            if self._opened == self._count:
                return
            self._done.wait(0.01)
        raise TimeoutError(f"{self._opened} of {self._count} sessions: {self.faults}")

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    async def _watch(self) -> None:
        await asyncio.gather(*(self._session() for _ in range(self._count)))

    async def _session(self) -> None:
        polls: dict[str, asyncio.Task[None]] = {}
        held: set[str] = set()
        finished = False
        try:
            async with websockets.connect(
                self._address, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None
            ) as socket:
                await socket.send(self._ask(held))
                while not self._done.is_set():
                    try:
                        data = await asyncio.wait_for(socket.recv(), 0.2)
                    except TimeoutError:
                        continue
                    message = self._take(data)
                    if message.metadata.cacheable:
                        held.add(message.hash)
                    kind = message.WhichOneof("type")
                    if kind == "auto_rerun" and message.auto_rerun.fragment_id not in polls:
                        polls[message.auto_rerun.fragment_id] = asyncio.create_task(
                            self._poll(socket, held, message.auto_rerun)
                        )
                    elif kind == "stop_auto_rerun":
                        _cancel(polls, list(message.stop_auto_rerun.fragment_ids))
                    elif kind == "new_session" and not message.metadata.run.fragment_ids:
                        _cancel(polls, list(polls))  # the whole page runs anew
                    elif kind == "script_finished" and not finished:
                        finished = True
                        self._opened += 1
        except Exception as error:  # told at the end: a thread has nobody to raise to
            self.faults.append(repr(error))
        finally:
            _cancel(polls, list(polls))

    def _take(self, data: str | bytes) -> ForwardMsg:
        assert isinstance(data, bytes)
        message = ForwardMsg()
        message.ParseFromString(data)
        self.seen[str(message.WhichOneof("type"))] += 1
        self.seen["bytes"] += len(data)
        return message

    async def _poll(
        self, socket: websockets.ClientConnection, held: set[str], wish: object
    ) -> None:
        fragment, interval = wish.fragment_id, wish.interval  # type: ignore[attr-defined]
        while True:
            await asyncio.sleep(interval)
            await socket.send(self._ask(held, fragment))

    def _ask(self, held: set[str], fragment: str = "") -> bytes:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.page_name = self._page
        rerun.fragment_id = fragment
        rerun.is_auto_rerun = bool(fragment)
        rerun.cached_message_hashes.extend(held)
        return bytes(message.SerializeToString())


def _cancel(polls: dict[str, asyncio.Task[None]], fragments: list[str]) -> None:
    for fragment in fragments:
        if fragment in polls:
            polls.pop(fragment).cancel()


@contextlib.contextmanager
def sessions(url: str, page: str, count: int) -> Iterator[Sessions]:
    """Sessions at work; none for a count of 0."""
    opened = Sessions(url, page, count)
    opened.start()
    try:
        yield opened
    finally:
        opened.stop()
        if opened.faults:
            raise RuntimeError(f"{len(opened.faults)} sessions ended: {opened.faults[0]}")
