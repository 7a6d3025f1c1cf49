"""The checks of a corpus in words."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from app.screens.data.channels import channels_title
from app.screens.data.checks import Check, checks, checks_table, checks_title
from app.screens.data.figures import turns_title
from mmmie.analysis.corpora import quality
from mmmie.corpus import Corpus

MakeCorpus = Callable[..., Corpus]


def found_in(corpus: Corpus) -> dict[str, Check]:
    tables = {
        "gaps": quality.gaps(corpus),
        "channels": quality.channel_table(corpus),
        "transcripts": quality.repeated_transcripts(corpus),
        "features": quality.repeated_features(corpus),
        "shifts": quality.label_shifts(corpus),
        "turns": quality.conversation_lengths(corpus),
    }
    found = checks(tables, list(corpus.modalities), corpus.label.classes is not None)
    return {check.what: check for check in found}


def test_a_sound_corpus_has_nothing_to_know(make_corpus: MakeCorpus) -> None:
    found = found_in(make_corpus(conversations=60))
    assert [what for what, check in found.items() if check.found] == []
    assert checks_title(list(found.values())) == f"Nothing to worry about in {len(found)} checks"


def test_what_is_found_is_named(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(conversations=60, levels={"audio": "utterance"})
    valid, train = corpus.rows("valid"), corpus.rows("train")
    values = corpus.features["audio"].values
    values[:, 3] = 1
    values[valid[0]] = values[train[0]]
    corpus.utterances.loc[valid[:5], "speaker"] = None
    corpus.utterances.loc[valid, "label"] += 2
    corpus.utterances.loc[[train[3], valid[3]], "transcript"] = "<b>one</b> two three four *five*"
    found = found_in(corpus)
    assert found["Constant channels"].finding == "1 of audio (channel 3)"
    assert "1 of them in another split: a leak" in found["Copied features"].finding
    assert found["Unknown speakers"].finding == "5 of valid (5.0%)"
    assert "above train" in found["Labels of the splits"].finding
    said = found["Same words in two splits"].finding
    assert "1 of valid" in said and "\\<b\\>" in said and "\\*five\\*" in said
    table = checks_table(list(found.values()))
    marks = [":material/warning:" in mark for mark in table[" "]]
    assert marks == sorted(marks, reverse=True) and sum(marks) == 5
    assert checks_title(list(found.values())).startswith("5 of ")


def test_a_missing_class_is_named(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(conversations=60, classes=("no", "yes"))
    corpus.utterances.loc[corpus.rows("valid"), "label"] = "no"
    said = found_in(corpus)["Labels of the splits"]
    assert said.found and "of utterances away from train, without yes" in said.finding


def test_what_a_corpus_does_not_have_is_no_finding(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(conversations=60, speakers=False)
    del corpus.utterances["transcript"]
    found = found_in(corpus)
    assert found["Unknown speakers"] == Check(
        "Unknown speakers", False, "the corpus has no speakers"
    )
    assert "Same words in two splits" not in found


@pytest.mark.parametrize(("value", "channel"), [(1.0, None), (90.0, "channel 2")])
def test_the_channel_with_most_far_out_is_named(
    make_corpus: MakeCorpus, value: float, channel: str | None
) -> None:
    corpus = make_corpus(conversations=60, levels={"audio": "utterance"})
    corpus.features["audio"].values[:20, 2] = value
    title = channels_title(quality.channel_table(corpus), "audio")
    assert "audio" in title and ((channel or "channel 2") in title) == (channel is not None)


def test_conversations_of_one_length_are_not_said_to_span_a_range() -> None:
    assert turns_title(pd.DataFrame({"turns": [5, 5]})) == "Every conversation has 5 utterances"
    mixed = turns_title(pd.DataFrame({"turns": [2, 5, 7]}))
    assert mixed == "The median conversation has 5 utterances, all have 2 to 7"
