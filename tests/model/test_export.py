"""An exported program predicts what the model does, and needs torch alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmmie import load_checkpoint
from mmmie.cli import main
from mmmie.errors import InputError
from mmmie.model.export import FACTS, arguments_of
from tests.analysis.untrained import untrained_checkpoint

ALONE = f"""
import sys
sys.modules["mmmie"] = None  # whoever imports it fails
import torch
said = {{"{FACTS}": ""}}
program = torch.export.load(sys.argv[1], extra_files=said).module()
batches = torch.load(sys.argv[2])
torch.save([program(*arguments) for arguments in batches], sys.argv[2])
print(said["{FACTS}"])
"""


@pytest.mark.slow
def test_a_program_run_by_torch_alone_predicts_the_same_for_any_number(
    make_corpus, tmp_path: Path
) -> None:
    levels = {"a.b": "sequence", "audio": "utterance"}
    corpus = make_corpus(levels=levels, classes=("no", "maybe", "yes"), conversations=8)
    untrained_checkpoint(corpus, tmp_path / "checkpoint", readout="summary")
    file, kept = tmp_path / "model.pt2", tmp_path / "batches.pt"
    with pytest.raises(SystemExit) as ended:
        main(["export", str(tmp_path / "checkpoint"), "--out", str(file)])
    assert not ended.value.code

    checkpoint = load_checkpoint(tmp_path / "checkpoint")
    batches = [checkpoint.batch(corpus, rows) for rows in ([7], [0, 4, 5, 39], range(40))]
    batches[1].inputs.present[1, 0] = False
    torch.save([arguments_of(batch) for batch in batches], kept)
    alone = subprocess.run(
        [sys.executable, "-c", ALONE, file, kept], capture_output=True, text=True, cwd=tmp_path
    )
    assert alone.returncode == 0, alone.stderr
    for batch, said in zip(batches, torch.load(kept), strict=True):
        with torch.no_grad():
            wanted = checkpoint.model(batch)
        assert said["prediction"].shape == (len(batch.window), 3)
        torch.testing.assert_close(said["prediction"], wanted.prediction, atol=1e-5, rtol=0)
        torch.testing.assert_close(said["shared"], wanted.codes.invariant.mean, atol=1e-5, rtol=0)
        torch.testing.assert_close(said["own"], wanted.codes.specific.mean, atol=1e-5, rtol=0)
        torch.testing.assert_close(said["fused"], wanted.fused.representation, atol=1e-5, rtol=0)
    facts = json.loads(alone.stdout)
    assert list(facts["modalities"]) == list(levels) and (facts["past"], facts["future"]) == (2, 1)
    assert facts["label"]["classes"] == ["no", "maybe", "yes"]
    assert facts["checkpoint"] == checkpoint.fingerprint


def test_a_folder_that_is_not_there_is_named(make_corpus, tmp_path: Path) -> None:
    checkpoint = untrained_checkpoint(make_corpus(), tmp_path / "checkpoint")
    with pytest.raises(InputError, match="its folder does not exist"):
        checkpoint.export(tmp_path / "no" / "model.pt2")
