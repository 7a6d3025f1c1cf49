"""An edited window: no edit is the stored prediction, whole interventions are the stored ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmmie.analysis.ask.identity_edit import edited_prediction
from mmmie.analysis.ask.window_edit import WindowEdit, intervention_edit, neighbours, swapped
from mmmie.analysis.checkpoints import Checkpoint
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus
from mmmie.model.config import ContextSettings
from tests.analysis.untrained import untrained_checkpoint

STORED = ("off", "no_role", "no_speaker", "no_modality", "swap_speaker", "no_context")


def check(
    checkpoint: Checkpoint, corpus: Corpus, outputs: SplitOutputs, variant: str, target: int
) -> None:
    there, relation = outputs.window[target] >= 0, outputs.relation[target]
    edit = WindowEdit()
    if variant != TRAINED:
        edit = intervention_edit(variant, relation, there, outputs.past)
    found = edited_prediction(checkpoint, corpus, int(outputs.rows[target]), edit)
    assert found.output == pytest.approx(outputs.output[variant][target], abs=1e-5)
    assert found.attention == pytest.approx(outputs.attention[variant][target], abs=1e-5)


@pytest.mark.parametrize(
    ("classes", "speakers", "readout"),
    [(None, True, "target"), (None, False, "summary"), (("low", "high"), True, "summary")],
)
def test_edits_agree_with_the_stored_interventions(
    make_corpus: Callable[..., Corpus],
    tmp_path: Path,
    classes: tuple[str, ...] | None,
    speakers: bool,
    readout: str,
) -> None:
    corpus = make_corpus(classes=classes, speakers=speakers, length=4)
    checkpoint = untrained_checkpoint(corpus, tmp_path / "c", readout=readout)
    outputs = checkpoint.outputs(corpus, "valid")
    for variant in (TRAINED, *STORED):
        for target in (0, 2):  # the first of a conversation has no past
            check(checkpoint, corpus, outputs, variant, target)


def test_every_single_change_moves_the_prediction(
    make_corpus: Callable[..., Corpus], tmp_path: Path
) -> None:
    corpus = make_corpus(length=6)
    checkpoint = untrained_checkpoint(corpus, tmp_path / "c")
    row = int(corpus.rows("valid")[3])
    trained = edited_prediction(checkpoint, corpus, row, WindowEdit())
    for edit in (
        WindowEdit(relabel=((-1, 0),)),
        WindowEdit(hidden=(-2,)),
        WindowEdit(shuffle=1),
        WindowEdit(terms_off=("role",)),
    ):
        found = edited_prediction(checkpoint, corpus, row, edit)
        assert abs(found.output - trained.output) > 1e-5, edit
    hidden = edited_prediction(checkpoint, corpus, row, WindowEdit(hidden=(-2,)))
    assert hidden.attention[0] == pytest.approx(0)
    outside = WindowEdit(relabel=((40, 1),), hidden=(-40,))
    assert edited_prediction(checkpoint, corpus, row, outside).output == trained.output


def test_a_window_of_one_takes_any_edit(make_corpus: Callable[..., Corpus], tmp_path: Path) -> None:
    corpus = make_corpus(levels={"text": "utterance"})
    checkpoint = untrained_checkpoint(
        corpus, tmp_path / "c", context=ContextSettings(past=0, future=0)
    )
    outputs = checkpoint.outputs(corpus, "valid")
    there, relation = outputs.window[0] >= 0, outputs.relation[0]
    assert neighbours(there, 0) == ()
    assert swapped(WindowEdit(), relation, 0) == WindowEdit()
    found = edited_prediction(checkpoint, corpus, int(outputs.rows[0]), WindowEdit(shuffle=3))
    assert found.output == pytest.approx(outputs.output[TRAINED][0], abs=1e-6)
    assert np.shape(found.attention) == (1, 1)
