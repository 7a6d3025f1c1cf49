"""Running experiments: what is kept, what is run again, and what is refused."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmmie import load_checkpoint
from mmmie.cli import main
from mmmie.errors import InputError
from mmmie.experiments import local
from mmmie.experiments.folder import TrialFolder, request_of
from mmmie.experiments.run import Experiment
from mmmie.experiments.trial import run_trial
from mmmie.files import write_json
from mmmie.training.callbacks import Callback
from mmmie.training.run import train
from mmmie.training.run_folder import Status, process_start

pytestmark = pytest.mark.slow

FULL, WITHOUT = "full <model>", "without identity | embedding"
QUIET = {"quiet": True, "device": "cpu", "processes": 1}


def table(experiment):
    found = pd.read_csv(experiment.folder.table)
    return found.set_index(["configuration", "seed", "slice", "metric"])["value"].sort_index()


def test_the_table_holds_what_evaluating_the_runs_says(data, write, tmp_path, in_process):
    experiment = Experiment(write(), data, tmp_path / "out")
    experiment.run(**QUIET, keep_runs=True)
    assert {state for _, state in experiment.states()} == {"finished"}
    found = table(experiment)
    for seed in (0, 1):
        checkpoint = load_checkpoint(tmp_path / "out/trials/full-model" / str(seed) / "run")
        assert checkpoint.info.config.training.seed == seed
        metrics = checkpoint.evaluate(experiment.corpus, "valid")
        for metric in ("mae", "corr", "acc7", "f1_nonzero"):
            assert found[FULL, seed, "all", metric] == pytest.approx(metrics[metric], abs=1e-6)
    assert found[FULL, 0, "all", "mae"] != found[FULL, 1, "all", "mae"]
    assert found.loc["constant"].index.get_level_values("seed").unique().tolist() == [0]
    assert found[FULL, 0].loc["ambiguous=1"].index.tolist() == ["mae"]
    whole = pd.read_csv(experiment.folder.table)
    assert whole.columns.tolist()[-3:] == ["n", "seconds", "epoch"]
    assert whole[whole["slice"] == "ambiguous=1"]["n"].unique().tolist() == [10]


def test_weights_go_and_outputs_stay_unless_the_runs_are_kept(data, write, tmp_path, in_process):
    experiment = Experiment(write(seeds=1), data, tmp_path / "out")
    experiment.run(**QUIET)
    trial = tmp_path / "out/trials/full-model/0"
    assert sorted(p.name for p in trial.iterdir()) == [
        "outputs.safetensors", "result.json", "run", "trial.json",
    ]  # fmt: skip
    kept = {p.name for p in (trial / "run").iterdir()}
    assert "metrics.jsonl" in kept and not kept & {"best", "last", "snapshots"}
    # a broken one is named
    (tmp_path / "out/trials/constant/0/outputs.safetensors").write_bytes(b"")
    with pytest.raises(InputError, match="constant/0/outputs.safetensors: cannot be read"):
        experiment.report()


def test_what_is_finished_is_not_run_again_and_new_trials_join(data, write, tmp_path, in_process):
    Experiment(write(seeds=1), data, tmp_path / "out").run(**QUIET)
    first = table(Experiment(write(seeds=1), data, tmp_path / "out"))
    in_process.clear()
    Experiment(write(seeds=1), data, tmp_path / "out").run(**QUIET)
    assert in_process == []
    more = '[configurations."without context"]\nmodel.context.enabled = false\n'
    experiment = Experiment(write(more), data, tmp_path / "out")
    experiment.run(**QUIET)
    assert sorted(in_process) == [
        "full-model/1", "without-context/0", "without-context/1", "without-identity-embedding/1",
    ]  # fmt: skip
    later = table(experiment)
    pd.testing.assert_series_equal(later.loc[first.index], first)


def test_finished_trials_may_not_mean_something_else_nor_be_on_another_scale(
    data, write, tmp_path, in_process
):
    Experiment(write(seeds=1), data, tmp_path / "out").run(**QUIET)
    with pytest.raises(InputError, match=r"training.epochs = 1, now it is 3; name another --out"):
        Experiment(write(seeds=1, epochs=3), data, tmp_path / "out")
    with pytest.raises(InputError, match="corpus fingerprint"):
        Experiment(write(seeds=1), "demo", tmp_path / "out")
    description = Path(data) / "corpus.json"
    said = json.loads(description.read_text("utf-8"))
    for span, same in (([-3, 3], True), ([-3.0, 3.00000001], True), ([-3, 5], False)):
        said["label"]["range"] = span
        description.write_text(json.dumps(said), "utf-8")
        if same:
            Experiment(write(seeds=1), data, tmp_path / "out")
            continue
        with pytest.raises(InputError, match=r"regression in \[-3, 3\], now .* \[-3, 5\]"):
            Experiment(write(seeds=1), data, tmp_path / "out")
    for request in (tmp_path / "out").rglob("trial.json"):  # as older versions wrote it
        kept = json.loads(request.read_text("utf-8"))
        assert kept.pop("corpus label") == "regression in [-3, 3]"
        request.write_text(json.dumps(kept), "utf-8")
    assert {s for _, s in Experiment(write(seeds=1), data, tmp_path / "out").states()} == {
        "finished"
    }


def test_a_failed_trial_stops_no_other_and_is_tried_again(data, write, tmp_path, in_process):
    broken = '[configurations.broken]\n"model.heads" = 3\n'
    experiment = Experiment(write(broken, seeds=1), data, tmp_path / "out")
    experiment.run(**QUIET)
    states = {trial.configuration.name: state for trial, state in experiment.states()}
    assert states == {
        FULL: "finished",
        WITHOUT: "finished",
        "constant": "finished",
        "broken": "failed",
    }
    assert "model.heads is 3" in experiment.folder.html.read_text("utf-8")
    assert "model.heads is 3" in experiment.folder.markdown.read_text("utf-8")
    mended = broken.replace("3", "4")
    experiment = Experiment(write(mended, seeds=1), data, tmp_path / "out")
    experiment.run(**QUIET)
    assert {state for _, state in experiment.states()} == {"finished"}
    assert in_process.count("broken/0") == 2 and in_process.count("full-model/0") == 1


class StopAfter(Callback):
    def on_epoch(self, trainer, metrics, improved):
        if trainer.epoch == 2:
            trainer.stop_reason = "stop"


def test_an_interrupted_trial_ends_as_if_it_had_not_been(data, write, tmp_path):
    experiment = Experiment(write(epochs=4), data)
    trial = experiment.plan.trials[0]
    whole, parted = TrialFolder(tmp_path / "whole"), TrialFolder(tmp_path / "parted")
    for folder in (whole, parted):
        folder.prepare(request_of(experiment.plan, trial, experiment.corpus))
    train(experiment.corpus, parted.run.path, trial.config, device="cpu", callbacks=[StopAfter()])
    assert parted.state == "stopped"
    parted.prepare(request_of(experiment.plan, trial, experiment.corpus))
    for folder in (whole, parted):
        run_trial(folder, experiment.corpus, device="cpu")
        assert folder.state == "finished" and folder.result()["epochs"] == 4
    np.testing.assert_array_equal(whole.output(), parted.output())


def test_one_begun_with_other_settings_starts_anew(data, write, tmp_path):
    first, second = (Experiment(write(epochs=epochs), data) for epochs in (4, 3))
    folder = TrialFolder(tmp_path / "trial")
    folder.prepare(request_of(first.plan, first.plan.trials[0], first.corpus))
    config = first.plan.trials[0].config
    train(first.corpus, folder.run.path, config, device="cpu", callbacks=[StopAfter()])
    folder.prepare(request_of(second.plan, second.plan.trials[0], second.corpus))
    assert folder.state == "waiting"
    run_trial(folder, second.corpus, device="cpu")
    assert folder.result()["epochs"] == 3


def test_two_drivers_keep_off_each_other(data, write, tmp_path, in_process):
    experiment = Experiment(write(seeds=1), data, tmp_path / "out")
    experiment.folder.path.mkdir()
    holder = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        held = {"pid": holder.pid, "started": process_start(holder.pid)}
        write_json(experiment.folder.driver_file, held)
        with pytest.raises(InputError, match=f"process {holder.pid} is running it"):
            experiment.run(**QUIET)
    finally:
        holder.communicate(b"\n")
    experiment.run(**QUIET)
    assert not experiment.folder.driver_file.exists()


def test_a_baseline_must_fit_the_corpus(data, write):
    file = write()
    file.write_text(file.read_text().replace('"constant"', '"ridge-vision"'))
    with pytest.raises(InputError, match="`ridge-vision` does not fit"):
        Experiment(file, data)


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["experiment", *map(str, arguments)])
    return ended.value.code, capsys.readouterr()


def test_the_command_runs_trials_in_processes(data, write, tmp_path, capfd):
    broken = '[configurations.broken]\n"model.heads" = 3\n'
    given = [write(broken, seeds=1, epochs=1), "--data", data, "--out", tmp_path / "out"]
    code, said = call(capfd, *given, "--device", "cpu", "--processes", 2)
    assert code == 1 and said.out.startswith("3 finished, 1 failed: ")
    assert "model.heads is 3" in said.err
    session = json.loads((tmp_path / "out/sessions.jsonl").read_text())
    assert session["ran"] == 4 and session["command"].startswith("mmmie experiment ")
    (tmp_path / "out/report.md").unlink()
    assert call(capfd, *given, "--report-only")[0] == 1
    assert (tmp_path / "out/report.md").exists()


def test_a_dry_run_lists_the_trials_and_writes_nothing(data, write, tmp_path, capsys):
    given = [write(), "--data", data, "--out", tmp_path / "out"]
    code, said = call(capsys, *given, "--dry-run")
    assert code == 0 and said.out.count("waiting") == 5 and f"seed 1    {FULL}" in said.out
    assert not (tmp_path / "out").exists()
    code, said = call(capsys, *given, "--report-only")
    assert code == 2 and said.err.count("\n") == 1 and "run it first" in said.err


def test_a_device_that_is_not_there_is_refused_before_anything_is_written(
    data, write, tmp_path, capsys
):
    given = [write(), "--data", data, "--out", tmp_path / "out", "--device", "gpu"]
    code, said = call(capsys, *given)
    assert code == 2 and "--device gpu: is unknown" in said.err
    assert not (tmp_path / "out").exists()


def test_a_process_that_died_before_it_wrote_anything_counts_as_failed(tmp_path):
    class Dead:
        exitcode = -9

    folder = TrialFolder(tmp_path)
    folder.prepare({"seed": 0})
    local._note_death(local._Worker(folder, Dead(), 0))
    assert folder.state == "failed"
    assert folder.error() == "its process was ended by SIGKILL"


KILLED = """
import multiprocessing, os, signal, time
from mmmie.experiments.local import end_with_driver

def trial(sender):
    end_with_driver()
    sender.send(None)
    time.sleep(30)

receiver, sender = multiprocessing.Pipe()
multiprocessing.get_context("fork").Process(target=trial, args=(sender,)).start()
receiver.recv()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_trial_ends_with_a_driver_that_was_killed():
    driver = subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE)
    assert driver.communicate(timeout=20) == (b"", None)  # its end: the trial held it open
    assert driver.returncode == -9


def test_a_trial_waits_until_an_older_process_has_left_it(tmp_path):
    folder = TrialFolder(tmp_path)
    folder.run.path.mkdir()
    holder = subprocess.Popen(["sleep", "0.5"])
    started = process_start(holder.pid)
    threading.Thread(target=holder.wait).start()
    folder.run.write_status(Status("running", pid=holder.pid, pid_started=started))
    local._wait_until_left(folder)
    assert holder.poll() == 0
