"""What another process finds of a checkpoint, a corpus and a split."""

import json

from mmmie.analysis.bounds.split_of_checkpoint import given_split, opened_split


def test_the_same_is_found_there_with_the_label_that_was_said(saved):
    checkpoint, corpus = saved
    for label in (None, "name=mood"):
        here = checkpoint.corpus(corpus.path, label=label)
        given = json.loads(json.dumps(given_split(checkpoint, here, "valid")))
        found, there, split = opened_split(given)
        assert (found.fingerprint, split) == (checkpoint.fingerprint, "valid")
        assert there.fingerprint == here.fingerprint
        assert (there.label, there.label_said) == (here.label, here.label_said)
    assert there.label.name == "mood"
