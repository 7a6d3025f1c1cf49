"""Two processes train as one: the same terms, gradients and rules, whoever is stopped or dies."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mmmie.corpus.folder import save_corpus_folder
from mmmie.datasets import load_corpus
from mmmie.errors import InputError
from mmmie.training.checkpoint_files import load_model, read_checkpoint_info
from mmmie.training.devices.distribution import Ranks, make_accelerator, process_rank
from mmmie.training.objective.bounds import LOWER, UPPER
from mmmie.training.run import train
from mmmie.training.run_folder import RunFolder, read_metrics
from tests.training.devices.ranks_worker import (
    SMALL,
    SURE,
    config,
    first_step,
    gradients,
    weighted_step,
)

pytestmark = pytest.mark.slow

WORKER = Path(__file__).with_name("ranks_worker.py")
ROOT = Path(__file__).resolve().parents[3]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


@pytest.fixture
def small(make_corpus, tmp_path):
    corpus = make_corpus(
        conversations=24, levels={"text": "sequence", "audio": "utterance", "vision": "utterance"}
    )
    save_corpus_folder(corpus, tmp_path / "corpus")
    return tmp_path / "corpus"


def variables(rank, port):
    """What torchrun tells one of two processes."""
    told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2}
    told |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return {name: str(value) for name, value in told.items()}


def start(rank, port, arguments):
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        env=environment() | variables(rank, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def weights(path):
    return load_model(read_checkpoint_info(path)).state_dict()


def test_two_processes_are_as_one(small, tmp_path):
    port = free_port()
    given = [WORKER, small, tmp_path, free_port()]
    processes = [start(rank, port, given) for rank in (0, 1)]
    said = [process.communicate(timeout=290)[0] for process in processes]
    assert (tmp_path / "found-1.json").exists(), said
    first, second = (json.loads((tmp_path / f"found-{r}.json").read_text()) for r in (0, 1))

    # every bound has the value and the gradient of one process
    for found in (first, second):
        assert len(found["bounds"]) == 2 * max(len(LOWER), len(UPPER))
        for name, difference in found["bounds"].items():
            assert difference < 1e-5, name

    # and so has a whole step, on every rank
    trainer, terms, rows, targets = first_step(load_corpus(small))
    assert [rows % 2, targets % 2] != [0, 0]  # else nothing is uneven
    assert first["shares"] == second["shares"] == [rows, targets]
    assert any("of_inputs" in name for name in gradients(trainer))
    weighted, of_classes, _, _ = weighted_step(load_corpus(small))
    for key, file, one, own in (
        ("terms", "gradients", trainer, terms),
        ("weighted", "weighted", weighted, of_classes),
    ):
        alone = gradients(one)
        for rank, found in enumerate((first, second)):
            assert found[key] == pytest.approx({k: float(v) for k, v in own.items()}, abs=1e-5)
            together = torch.load(tmp_path / f"{file}-{rank}.pt", weights_only=True)
            assert set(together) == set(alone)
            for name, gradient in alone.items():
                assert torch.allclose(together[name], gradient, atol=1e-5), name

    # their noise differs; other work is refused by both
    assert first["noise"] != second["noise"]
    assert "process 1 of 2" in first["refused"] and first["refused"] == second["refused"]

    # resumed after a stop within an epoch, bit for bit; and by a single process
    whole, part = weights(tmp_path / "whole" / "last"), weights(tmp_path / "part" / "last")
    assert all(torch.equal(whole[k], part[k]) for k in whole)
    lines = [read_metrics(tmp_path / name) for name in ("whole", "part")]
    assert [{**m, "seconds": 0} for m in lines[0]] == [{**m, "seconds": 0} for m in lines[1]]
    assert RunFolder(tmp_path / "left").read_status().state == "stopped"
    resumed = train(small, tmp_path / "left", device="cpu", resume=True)
    assert resumed.read_status().state == "finished"
    assert [m["epoch"] for m in read_metrics(resumed.path)] == [1, 2]

    # the first paused after its third step, so the second waited; SIGTERM to one stopped both
    assert len(first["pauses"]) == len(second["pauses"]) == 4
    for found in (first, second):
        assert found["pauses"][2] > 0.35
    assert RunFolder(tmp_path / "steered").read_status().state == "stopped"
    weights(tmp_path / "steered")

    # on the command line they train like one process
    told = "".join(said)
    assert "finished after epoch 1" in told
    assert told.count(f": {tmp_path / 'both'}\n") == 1  # one of them speaks
    train(small, tmp_path / "one", config(*SURE, epochs=1), device="cpu")
    (both,), (one,) = (read_metrics(tmp_path / name) for name in ("both", "one"))
    assert both["train/loss"] == pytest.approx(one["train/loss"], rel=1e-4)
    assert both["valid/mae"] == pytest.approx(one["valid/mae"], rel=1e-3)
    status = RunFolder(tmp_path / "both").read_status()
    assert (status.state, status.progress) == ("finished", 1.0)
    assert status.device in ("cpu", "cuda:0")

    # one died, and the run says so
    status = RunFolder(tmp_path / "lost").read_status()
    assert status.state == "failed" and "another process" in status.error
    assert processes[1].returncode == 9


def test_torchrun_says_what_the_two_processes_were_told(tmp_path):
    script = tmp_path / "tell.py"
    script.write_text(
        "import json, os\n"
        f"names = {sorted(variables(0, 0))!r}\n"
        "with open(os.environ['RANK'] + '.json', 'w') as file:\n"
        "    json.dump({name: os.environ[name] for name in names}, file)\n"
    )
    port = free_port()
    launcher = ["-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_port", port]
    command = [sys.executable, *map(str, launcher), str(script)]
    subprocess.run(command, cwd=tmp_path, env=environment(), timeout=290, check=True)
    for rank in (0, 1):
        assert json.loads((tmp_path / f"{rank}.json").read_text()) == variables(rank, port)


@pytest.mark.parametrize(("count", "ranks"), [(7, 2), (8, 2), (1, 3), (5, 4)])
def test_shares_put_together_are_the_rows(count, ranks):
    rows = np.arange(10, 10 + count)
    shares = []
    for index in range(ranks):
        one = Ranks()
        one.index, one.count = index, ranks
        shares.append(one.own(rows))
    assert len({len(share) for share in shares}) == 1
    assert np.concatenate(shares)[:count].tolist() == rows.tolist()


def test_a_plain_training_is_one_of_one():
    assert process_rank() == 0
    assert Ranks().agree(True) and not Ranks().agree(False)


def test_more_processes_than_gpus_are_refused(monkeypatch):
    for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"):
        monkeypatch.setenv(name, "3")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(InputError, match="torchrun starts 3 processes for 2 GPU"):
        make_accelerator("auto")


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
def test_torchrun_trains_on_two_gpus(small, tmp_path):
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    settings = [word for one in SMALL for word in ("--set", one)]
    train_it = ["-m", "mmmie", "train", "--data", str(small), "--device", "cuda", *settings]
    subprocess.run(
        [sys.executable, *command, *train_it, "--epochs", "2", "--out", str(tmp_path / "run")],
        env=environment(),
        check=True,
        timeout=280,
    )
    assert RunFolder(tmp_path / "run").read_status().state == "finished"
    assert read_metrics(tmp_path / "run")[-1]["device_memory"] > 0
