"""Watching a training in real browsers: what stays, how late it is, and what it costs.

    python benchmarks/watching.py server states live     # any of the parts below
    python benchmarks/watching.py ten --browsers 10

server: the server is killed (-9) while a run that was started by a click trains; a new one must
show every epoch, in a new browser and in the tab that was open. states: how soon a refreshed and a
second browser show the state and the curves of a run. ten: how long widgets of the Train page
take while ten sessions watch a run. cost: processor seconds a second of server and browser for
that, and whether anything is polled after the end. ratio: widgets of other pages while a run trains
and while it pauses, in turns. priority: what a trainer takes of a core that
another process wants. live: from the line of an epoch in metrics.jsonl to its drawing.

Runs are of the default model on the demo corpus, in a temporary folder. The sessions beside the
browser's speak the websocket protocol without a browser, see `sessions`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from browser import (
    chromium,
    dashboard,
    free_port,
    next_utterance,
    other_colour,
    settle,
)
from playwright.sync_api import Browser, Page
from sessions import sessions

from mmmie.jobs import launch, list_runs, observe
from mmmie.jobs.priority import stand_back
from mmmie.jobs.steer import steer
from mmmie.training.config import load_config
from mmmie.training.run_folder import ENDED, RunFolder, read_metrics

VIEWPORT = {"width": 1440, "height": 900}
WATCHERS = 9
LONG = ["training.epochs=1000", "training.patience=1000", "training.mi_check_every=0"]
COST_SECONDS = 15.0
WAIT_SECONDS = 180.0

# What a reader sees of a run: the words of its state, and the epochs of its curve.
SEEN = """
() => {
  const graph = document.querySelector('.st-key-training .js-plotly-plot');
  const line = graph && graph._fullData && graph._fullData.find((t) => t.name === 'whole loss');
  const main = document.querySelector('[data-testid="stMain"]');
  return {
    epochs: line && line.x ? Array.from(line.x) : [],
    words: main ? main.innerText : '',
  };
}
"""
# Notes when the curve of the whole loss has got longer, after the picture was painted.
NOTE_EPOCHS = f"""
window.epochsDrawn = {{}};
setInterval(() => {{
  const epochs = ({SEEN})().epochs;
  const last = epochs[epochs.length - 1];
  if (last && !(last in window.epochsDrawn)) {{
    window.epochsDrawn[last] = 0;
    requestAnimationFrame(() => requestAnimationFrame(() => {{
      window.epochsDrawn[last] = Date.now() / 1000;
    }}));
  }}
}}, 10);
"""
# Notes when the page last asked the server, and when it heard from it.
NOTE_MESSAGES = """
const send = WebSocket.prototype.send;
window.asked = []; window.heard = [];
WebSocket.prototype.send = function (data) {
  if (!this.noted) {
    this.noted = true;
    this.addEventListener('message', () => window.heard.push(performance.now()));
  }
  window.asked.push(performance.now());
  return send.call(this, data);
};
"""


def main() -> None:
    """Run the chosen parts and print what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="+", choices=list(PARTS))
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--browsers", type=int, default=1, help="of the ten sessions")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for part in options.parts:
        print(f"-- {part}")
        with tempfile.TemporaryDirectory() as folder, _all_ended(Path(folder) / "runs") as runs:
            PARTS[part](runs, options)


def server(runs: Path, options: argparse.Namespace) -> None:
    """Kill the server of a run that was started by a click, and open another."""
    port = free_port()
    with chromium() as browser:
        old = _open(browser)
        with dashboard(runs, port) as (url, pid):
            old.goto(f"{url}/train")
            old.get_by_role("button", name="Take a quick look").click(timeout=60_000)
            _wait(lambda: len(list_runs(runs)) == 1)
            run = list_runs(runs)[0]
            _wait(lambda: len(read_metrics(run.path)) >= 2)
            os.kill(pid, signal.SIGKILL)
            killed = len(read_metrics(run.path))
            _wait(lambda: len(read_metrics(run.path)) > killed)
        with dashboard(runs, port) as (url, _):
            up = time.perf_counter()
            back = len(read_metrics(run.path))
            _wait(lambda: len(_epochs(old)) >= back)
            tab = time.perf_counter() - up
            new = _open(browser)
            new.goto(f"{url}/train")
            _wait(lambda: len(_epochs(new)) >= back)
            print(f"killed after epoch {killed}, a new server after epoch {back}")
            print(f"the tab that was open shows epochs {_epochs(old)} {tab:.1f} s after that")
            _wait(lambda: _state(run) in ENDED)
            epochs = list(range(1, len(read_metrics(run.path)) + 1))
            for name, page in (("open tab", old), ("new browser", new)):
                _wait(lambda page=page: "Finished after" in page.evaluate(SEEN)["words"])
                _wait(lambda page=page: _epochs(page) == epochs)
                print(f"{name}: {_state(run)}, epochs {_epochs(page)} of {len(epochs)}: no gap")


def states(runs: Path, options: argparse.Namespace) -> None:
    """How soon a refreshed and a second browser show where a run is."""
    with _training(runs, launched=True) as run, dashboard(runs) as (url, _), chromium() as browser:
        _wait(lambda: len(read_metrics(run.path)) >= 3)
        page = _open(browser)
        page.goto(f"{url}/train")
        _wait(lambda: len(_epochs(page)) >= 3)
        found: dict[str, list[tuple[float, float]]] = {"refreshed": [], "second browser": []}
        for _ in range(options.times):
            found["refreshed"].append(_until_seen(page, run, page.reload))
            second = _open(browser)
            visit = lambda: second.goto(f"{url}/train")  # noqa: B023, E731
            found["second browser"].append(_until_seen(second, run, visit))
            second.context.close()
        for what, seconds in found.items():
            _say(f"{what}, state and epoch", [words for words, _ in seconds])
            _say(f"{what}, curves", [curves for _, curves in seconds])


def ten(runs: Path, options: argparse.Namespace) -> None:
    """Widgets of the Train page while ten sessions watch a run."""
    with _training(runs) as run, dashboard(runs) as (url, _), chromium() as browser:
        _wait(lambda: len(read_metrics(run.path)) >= 3)
        pages = [_open(browser, NOTE_MESSAGES) for _ in range(options.browsers)]
        page = pages[0]
        for one in pages:
            one.goto(f"{url}/train")
            _wait(lambda one=one: len(_epochs(one)) >= 3)
        for others in (0, WATCHERS + 1 - options.browsers):
            with sessions(url, "train", others):
                page.wait_for_timeout(3000)
                preset, seed, share = [], [], []
                for i in range(options.times):
                    name, epochs = (("quick look", "5"), ("full model", "20"))[i % 2]
                    preset.append(_preset(page, name, epochs))
                    share.append(_servers_share(page))
                    seed.append(_seed(page, i + 1))
                    share.append(_servers_share(page))
            watched = f"{others} more sessions and {options.browsers} browsers"
            _say(f"{watched}: preset to its epochs", preset)
            _say(f"{watched}: seed to the name", seed)
            _say(f"{watched}: the server's share of both", share)


def cost(runs: Path, options: argparse.Namespace) -> None:
    """Processor time of watching, and what is asked of the server after the end."""
    with _training(runs, launched=True) as run, dashboard(runs) as (url, pid):
        _wait(lambda: len(read_metrics(run.path)) >= 3)
        for count in (0, 1, WATCHERS + 1):
            with sessions(url, "train", count) as opened:
                time.sleep(3)
                opened.seen.clear()
                processor = _processor_share([psutil.Process(pid)])
                each = max(count, 1) * COST_SECONDS
                print(
                    f"{count} sessions: {processor:.3f} s of the server a second; each "
                    f"{opened.seen['script_finished'] / each:.1f} runs, "
                    f"{(opened.seen.total() - opened.seen['bytes']) / each:.0f} messages "
                    f"and {opened.seen['bytes'] / each / 1000:.1f} kB a second"
                )
        with chromium() as browser:
            page = _open(browser)
            page.goto(f"{url}/train")
            settled = page.wait_for_selector(".st-key-training .js-plotly-plot", timeout=60_000)
            assert settled is not None
            page.wait_for_timeout(5000)
            print(f"one tab: {_processor_share(_browsers()):.3f} s of the browser a second")
        with sessions(url, "train", WATCHERS + 1) as opened:
            steer(run.path, "stop")
            _wait(lambda: _state(run) in ENDED)
            time.sleep(20)  # each draws its page anew at the end
            opened.seen.clear()
            processor = _processor_share([psutil.Process(pid)])
            print(
                f"{WATCHERS + 1} sessions after the end: {processor:.3f} s of the server a "
                f"second, {opened.seen['script_finished']} runs in {COST_SECONDS:.0f} s"
            )


def ratio(runs: Path, options: argparse.Namespace) -> None:
    """Widgets of two pages while a run trains, against the same while it pauses."""
    with _training(runs, launched=True) as run, dashboard(runs) as (url, _), chromium() as browser:
        _wait(lambda: len(read_metrics(run.path)) >= 1)
        page = _open(browser)
        page.goto(f"{url}/predictions?checkpoint=demo")
        for title in ("Predictions", "Representations"):
            page.locator(f'[data-testid="stSidebarNavLink"]:has-text("{title}")').click()
            page.wait_for_timeout(2000)
            settle(page)
            for name, act in (("next utterance", next_utterance), ("colour by", other_colour)):
                page.evaluate("() => document.activeElement.blur()")  # a list takes the keys
                act(page), act(page)  # the first fill caches
                seconds: dict[str, list[float]] = {"pause": [], "resume": []}
                for i in range(2 * options.times):
                    wish = ("pause", "resume")[i // 2 % 2]  # two in a row of each
                    steer(run.path, wish)
                    _wait(lambda wish=wish: _state(run) == _AFTER[wish])
                    page.wait_for_timeout(300)
                    seconds[wish].append(act(page))
                idle, busy = (statistics.median(seconds[w]) for w in ("pause", "resume"))
                print(
                    f"{title}, {name}: {1000 * idle:.0f} ms idle, {1000 * busy:.0f} ms while a "
                    f"run trains: {busy / idle:.2f} times, over {len(seconds['pause'])} each"
                )


_AFTER = {"pause": "paused", "resume": "running"}


def live(runs: Path, options: argparse.Namespace) -> None:
    """From the line of an epoch to the curve that has it."""
    with _training(runs, launched=True) as run, dashboard(runs) as (url, _), chromium() as browser:
        _wait(lambda: len(read_metrics(run.path)) >= 2)
        page = _open(browser, NOTE_EPOCHS)
        page.goto(f"{url}/train")
        _wait(lambda: len(_epochs(page)) >= 2)
        first = len(read_metrics(run.path)) + 2
        written = _line_times(run, first, 2 * options.times)
        page.wait_for_timeout(3000)
        drawn = {int(k): v for k, v in page.evaluate("window.epochsDrawn").items()}
        missed = [epoch for epoch in written if epoch not in drawn]
        late = [drawn[epoch] - at for epoch, at in written.items() if epoch in drawn]
        print(f"epochs {first} to {max(written)}; never drawn as the last one: {missed}")
        _say("line to curve", late)


def priority(runs: Path, options: argparse.Namespace) -> None:
    """What a trainer takes of one core from somebody who wants all of it."""
    core = min(os.sched_getaffinity(0))
    busy = [sys.executable, "-c", f"import os; os.sched_setaffinity(0, [{core}])\nwhile True: pass"]
    ways: dict[str, Callable[[int], object]] = {
        "not lowered": lambda pid: None,
        "niceness 10 alone": lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 10),
        "as launched": stand_back,
    }
    for name, lower in ways.items():
        with subprocess.Popen(busy) as page, subprocess.Popen(busy, start_new_session=True) as run:
            lower(run.pid)
            time.sleep(4)
            page_seconds, run_seconds = (_processor([psutil.Process(p.pid)]) for p in (page, run))
            page.kill(), run.kill()
        print(f"{name}: the trainer got {run_seconds / (page_seconds + run_seconds):.2f} of both")


PARTS: dict[str, Callable[[Path, argparse.Namespace], None]] = {
    "server": server,
    "states": states,
    "ten": ten,
    "cost": cost,
    "ratio": ratio,
    "live": live,
    "priority": priority,
}


@contextlib.contextmanager
def _all_ended(runs: Path) -> Iterator[Path]:
    """A folder for runs, none of which outlives what is measured."""
    try:
        yield runs
    finally:
        for run in list_runs(runs):
            if _state(run) not in ENDED:
                steer(run.path, "stop")
                _wait(lambda run=run: _state(run) in ENDED)


@contextlib.contextmanager
def _training(runs: Path, *, launched: bool = False) -> Iterator[RunFolder]:
    """A run from the command line, or, where priorities matter, launched as the page does it."""
    run = RunFolder(runs / "watched")
    if launched:
        config = load_config(overrides=LONG)
        config.data = "demo"
        launch(config, run.path, device="cpu")
    else:
        settings = [word for setting in LONG for word in ("--set", setting)]
        command = [sys.executable, "-m", "mmmie", "train", "--data", "demo", "--quiet", *settings]
        subprocess.Popen(
            [*command, "--out", str(run.path), "--device", "cpu"],
            stdin=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    yield run


def _open(browser: Browser, script: str = "") -> Page:
    """A browser without a past."""
    context = browser.new_context(viewport=VIEWPORT)
    if script:
        context.add_init_script(script)
    return context.new_page()


def _epochs(page: Page) -> list[int]:
    return [int(epoch) for epoch in page.evaluate(SEEN)["epochs"]]


def _until_seen(page: Page, run: RunFolder, visit: Callable[[], object]) -> tuple[float, float]:
    """Seconds until a page shows state and epoch, and until it shows the curves, of now."""
    epochs = len(read_metrics(run.path))
    started = time.perf_counter()
    visit()
    words, curves = 0.0, 0.0
    while not (words and curves):
        seen = page.evaluate(SEEN)
        shown = [f"\n{epoch} of 1000" in seen["words"] for epoch in (epochs, epochs + 1)]
        if not words and any(shown) and "running" in seen["words"]:
            words = time.perf_counter() - started
        if not curves and len(seen["epochs"]) >= epochs:
            assert seen["epochs"] == list(range(1, len(seen["epochs"]) + 1)), seen["epochs"]
            curves = time.perf_counter() - started
        if time.perf_counter() - started > WAIT_SECONDS:
            raise SystemExit(f"not seen: {seen['words'][:400]}")
        page.wait_for_timeout(20)
    return words, curves


def _preset(page: Page, name: str, epochs: str) -> float:
    """From the choice of a preset to the number of epochs that it brings."""
    box = page.locator('[data-testid="stSelectbox"]', has_text="Preset")
    box.locator("input").click()
    page.wait_for_timeout(400)
    return _until_value(page, "Epochs", epochs, f'role=option[name="{name}"]')


def _seed(page: Page, seed: int) -> float:
    """From a seed to the name that it gives the run."""
    box = page.get_by_label("Seed", exact=True)
    box.fill(str(seed))
    page.wait_for_timeout(400)
    return _until_value(page, "Name", f"seed{seed}", None, box.press)


def _until_value(
    page: Page,
    label: str,
    value: str,
    click: str | None,
    press: Callable[[str], None] | None = None,
) -> float:
    """Seconds, by the browser's clock, from an act to a value that ends so in a field."""
    page.evaluate(
        """([label, value]) => {
          window.asked.length = window.heard.length = 0;
          window.acted = window.changed = 0;
          const act = () => { window.acted = window.acted || performance.now(); };
          for (const kind of ['mousedown', 'keydown'])
            document.addEventListener(kind, act, { once: true, capture: true });
          const look = () => {
            const field = document.querySelector(`input[aria-label="${label}"]`);
            if (window.acted && field && field.value.endsWith(value))
              window.changed = performance.now();
            else requestAnimationFrame(look);
          };
          look();
        }""",
        [label, value],
    )
    if click:
        page.locator(click).first.click()
    elif press:
        press("Enter")
    page.wait_for_function("() => window.changed > 0", timeout=30_000, polling=20)
    return float(page.evaluate("() => window.changed - window.acted")) / 1000


def _servers_share(page: Page) -> float:
    """From the first question after the act to the last answer before the change."""
    return (
        float(
            page.evaluate(
                """() => Math.max(...window.heard.filter((t) => t < window.changed))
                - Math.min(...window.asked.filter((t) => t > window.acted))"""
            )
        )
        / 1000
    )


def _line_times(run: RunFolder, first: int, count: int) -> dict[int, float]:
    """Epoch → when its line was there, for `count` epochs from `first` on."""
    known = len(read_metrics(run.path))
    times: dict[int, float] = {}
    size = run.metrics_file.stat().st_size
    while len(times) < count:
        time.sleep(0.003)
        now = run.metrics_file.stat().st_size
        if now != size:
            at, size = time.time(), now
            known += 1
            if known >= first:
                times[known] = at
    return times


def _processor_share(processes: list[psutil.Process]) -> float:
    """Processor seconds a second over a while."""
    before, began = _processor(processes), time.perf_counter()
    time.sleep(COST_SECONDS)
    return (_processor(processes) - before) / (time.perf_counter() - began)


def _processor(processes: list[psutil.Process]) -> float:
    seconds = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            seconds += times.user + times.system
    return seconds


def _browsers() -> list[psutil.Process]:
    return [p for p in psutil.Process().children(recursive=True) if "chrom" in p.name()]


def _state(run: RunFolder) -> str | None:
    status = observe(run)
    return status.state if status else None


def _wait(condition: Callable[[], bool]) -> None:
    began = time.perf_counter()
    while not condition():
        if time.perf_counter() - began > WAIT_SECONDS:
            raise SystemExit("waited too long")
        time.sleep(0.02)


def _say(what: str, seconds: list[float]) -> None:
    print(
        f"{what}: median {1000 * statistics.median(seconds):.0f} ms, "
        f"{1000 * min(seconds):.0f} to {1000 * max(seconds):.0f} over {len(seconds)}"
    )


if __name__ == "__main__":
    main()
