from __future__ import annotations

from pathlib import Path

from mmmie.analysis.training_estimate import PastRun, estimate_time, past_runs
from mmmie.training.config import config_toml, load_config
from mmmie.training.run_folder import RunFolder, Status


def test_the_run_that_is_most_alike_tells() -> None:
    config = load_config(overrides=["training.epochs=10", "training.seed=3"])
    past = [
        PastRun("wide", "cpu", load_config(overrides=["model.dim=128"]), 9.0),
        PastRun("alike", "cpu", load_config(overrides=["model.dropout=0.5"]), 2.0),
        PastRun("gpu", "cuda", load_config(), 0.1),
        PastRun("elsewhere", "cpu", load_config(overrides=["data=/elsewhere"]), 1.0),
    ]
    found = estimate_time(config, "cpu", past)
    assert found is not None
    assert (found.source, found.total_seconds, found.other_settings) == ("alike", 20.0, ())
    rough = estimate_time(config, "cpu", past[:1])
    assert rough is not None
    assert rough.other_settings == ("model.dim",)
    assert estimate_time(config, "mps", past) is None


def test_what_runs_cost_is_the_median_of_their_latest_epochs(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "a")
    run.create()
    run.config.write_text(config_toml(load_config()))
    run.write_status(Status("finished", device="cuda:0"))
    assert past_runs([run]) == []
    for epoch, seconds in enumerate([100.0, 1.0, 2.0, 3.0, 50.0, 2.0], start=1):
        run.append_metrics({"epoch": epoch, "seconds": seconds})
    (found,) = past_runs([run])
    assert (found.name, found.device, found.seconds) == ("a", "cuda", 2.0)
