"""Speakers are told apart across conversations, or not at all."""

import numpy as np
import pytest

from mmmie.analysis.codes.speaker_probe import speaker_task, speaker_told
from mmmie.analysis.errors.resampling import conversation_codes


def task_of(corpus):
    rows = np.arange(len(corpus))
    groups = conversation_codes(corpus, rows)
    return speaker_task(corpus, rows, groups), groups


def test_a_voice_is_found_in_other_conversations(make_corpus):
    corpus = make_corpus(conversations=20, length=6)
    task, groups = task_of(corpus)
    assert (task.speakers, task.chance, task.reason) == (2, 0.5, None)
    random = np.random.default_rng(0)
    voice = random.normal(size=(2, 4))[task.who] + 0.1 * random.normal(size=(120, 4))
    told = speaker_told([{"s": voice, "z": random.normal(size=(120, 4))}], task, groups)
    assert told["s"].mean() > 0.95
    assert told["z"].mean() < 0.65


def test_the_room_of_a_conversation_is_no_voice(make_corpus):
    """Two new speakers a conversation: a code that knows the conversation knows nobody."""
    corpus = make_corpus(conversations=20)
    corpus.utterances["speaker"] = [f"p{i // 5}" for i in range(100)]
    task, groups = task_of(corpus)
    assert "one conversation cannot be told" in task.reason
    assert (task.speakers, task.chance) == (0, None)
    assert speaker_told([{"z": np.eye(100)}], task, groups) == {}


def test_seldom_and_unknown_speakers_take_no_part(make_corpus):
    corpus = make_corpus(conversations=20)
    corpus.utterances.loc[:3, "speaker"] = "Cy"
    corpus.utterances.loc[4, "speaker"] = None
    task, groups = task_of(corpus)
    assert task.speakers == 2
    assert (task.who[:5] == -1).all() and (task.who[5:] >= 0).all()
    told = speaker_told([{"z": np.random.default_rng(0).normal(size=(100, 3))}], task, groups)
    assert (told["z"][:5] == 0).all()
    assert task.chance == pytest.approx(max(np.bincount(task.who[5:])) / 95)


def test_no_speakers_no_task(make_corpus):
    task, _ = task_of(make_corpus(speakers=False))
    assert task.reason == "no speaker is known"
