"""What every page and tab of a run costs the server: processor seconds, figures, memory.

    python benchmarks/every_page.py large --keep FOLDER   # or any other runs
    MMMIE_RUNS=FOLDER/runs python benchmarks/page_cost.py large --split train

Without a browser, in Streamlit's own test harness: the first opening of each page, a second run of
it, and each of its tabs or steps. Where a run named NAME-no-identity is there, Compare holds it
beside. Processor time does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import logging
import resource
import time
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.testing.v1 import AppTest

from app.pages import PAGES

ROOT = Path(__file__).resolve().parents[1]
TABS = {
    "predictions": "predictions_tab",
    "context_identity": "context_tab",
    "compare": "compare_tab",
    "data": "data_tab",
}
STEPS = 8  # of the lesson


def main() -> None:
    """Open the app on a run and visit its pages; one row each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run")
    parser.add_argument("--split", default="valid")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    drawn = _figures()
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=600)
    app.query_params["checkpoint"] = f"runs/{options.run}"
    app.query_params["compare"] = f"runs/{options.run}-no-identity"
    app.query_params["split"] = options.split
    print("| place | processor s | figures MB | peak memory GB |\n|---|---|---|---|")

    def run(place: str) -> None:
        drawn[0], started = 0, time.process_time()
        app.run()
        seconds = time.process_time() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        faults = [entry.value for entry in (*app.exception, *app.error)]
        print(
            f"| {place} | {seconds:.1f} | {drawn[0] / 1e6:.1f} | {peak:.2f} |", *faults, flush=True
        )

    run("first opening")
    for slug, page in PAGES.items():
        app.switch_page(page.file)
        run(slug)
        run(f"{slug} again")
        for name in [tab.label for tab in app.tabs][1:] if slug in TABS else []:
            app.session_state[TABS[slug]] = name
            run(f"{slug}: {name}")
        for step in range(1, STEPS) if slug == "learn" else ():
            app.session_state["lesson_step"] = step
            run(f"learn, step {step + 1}")


def _figures() -> list[int]:
    """A cell that counts the bytes of all figures that are drawn from now on."""
    size, draw = [0], st.plotly_chart

    def counted(figure: Any, *arguments: Any, **settings: Any) -> Any:
        size[0] += len(figure.to_json())
        return draw(figure, *arguments, **settings)

    st.plotly_chart = counted
    return size


if __name__ == "__main__":
    main()
