"""A text encoder makes what its network says of each transcript; what is unsafe is refused."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmmie.errors import InputError
from mmmie.model.config import TextEncoderSettings
from mmmie.model.text_encoder import FOLDER, load_text_encoder, saved_network, saved_tokenizer
from mmmie.model.text_features import shared_folder, transcripts_of, with_text_features
from tests.model.tiny_bert import tiny_bert

pytest.importorskip("transformers")
SAID = ["The film was good", "", "bad 10", "it was not so bad", "so"]


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("hub") / "bert")


def settings(folder, **changes):
    return TextEncoderSettings(name=str(folder), **changes)


def slow(folder, transcript):
    """One transcript alone, through transformers: (L, d)."""
    from transformers import AutoModel, AutoTokenizer

    ids = AutoTokenizer.from_pretrained(folder)(transcript, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return AutoModel.from_pretrained(folder).eval()(ids).last_hidden_state[0].numpy()


def test_every_pooling_gives_what_the_network_says_of_each_transcript_alone(bert):
    alone = [slow(bert, transcript) for transcript in SAID]
    found = load_text_encoder(settings(bert)).features(SAID)
    assert list(np.diff(found.offsets)) == [len(alone[0]), 0, *(len(a) for a in alone[2:])]
    for row in (0, 2, 3, 4):
        assert found.of(row) == pytest.approx(alone[row], abs=1e-5)
    first = load_text_encoder(settings(bert, pooling="first")).features(SAID)
    assert first.values == pytest.approx(np.stack([a[0] for a in alone]), abs=1e-5)
    mean = load_text_encoder(settings(bert, pooling="mean")).features(SAID)
    assert mean.values == pytest.approx(np.stack([a.mean(0) for a in alone]), abs=1e-5)
    assert first.offsets is None and np.ptp(alone[0]) > 1


def test_long_transcripts_are_cut_with_their_last_token_kept(bert):
    found = load_text_encoder(settings(bert, max_length=3))
    assert list(found.tokens(["the film was bad"]).values[:, 0]) == [2, 10, 3]
    with pytest.raises(InputError, match=r"max_length` is 129, but it takes at most 128"):
        load_text_encoder(settings(bert, max_length=129))


def test_the_source_tells_encoders_and_their_use_apart(bert, tmp_path):
    other = tiny_bert(tmp_path / "bert", seed=1)
    found = [settings(bert), settings(other), settings(bert, pooling="mean"),
             settings(bert, max_length=9)]  # fmt: skip
    sources = [load_text_encoder(one).modality().source for one in found]
    assert len(set(sources)) == 4
    assert sources[0] == load_text_encoder(settings(bert)).modality().source
    assert str(bert.parent) not in sources[0]


def test_features_are_made_once_and_replace_those_of_the_corpus(
    bert, make_corpus, tmp_path, monkeypatch
):
    monkeypatch.setenv("MMMIE_CACHE", str(tmp_path))
    corpus, encoder = make_corpus(), load_text_encoder(settings(bert))
    made = encoder.modality()
    found = with_text_features(corpus, made, lambda: encoder, shared_folder())
    assert list(found.modalities) == ["text", "audio"] and found.modalities["text"].dim == 32
    assert found.features["text"].values == pytest.approx(
        encoder.features(list(corpus.utterances["transcript"])).values
    )
    assert isinstance(found.features["text"].values, np.memmap)
    assert found.data_fingerprint == corpus.fingerprint != found.fingerprint
    assert found.select(np.array([3])).origin.fingerprint == (
        corpus.select(np.array([3])).fingerprint
    )

    def never():
        raise AssertionError

    again = with_text_features(found, made, never, shared_folder())
    assert again.fingerprint == found.fingerprint and again.origin is corpus
    alone = with_text_features(corpus.with_modalities(["audio"]), made, never, shared_folder())
    assert list(alone.modalities) == ["audio", "text"]
    table = corpus.utterances.assign(transcript="so")
    with pytest.raises(AssertionError):  # other words are other features
        with_text_features(replace(corpus, utterances=table), made, never, shared_folder())
    (file,) = tmp_path.glob("text-*")
    file.write_bytes(file.read_bytes()[:100])
    mended = with_text_features(corpus, made, lambda: encoder, shared_folder())
    assert mended.fingerprint == found.fingerprint


def test_utterances_without_words_lack_the_modality_and_a_corpus_without_any_is_refused(
    make_corpus,
):
    corpus = make_corpus()
    table = corpus.utterances.assign(transcript=[None, " "] * 30)
    table.loc[3, "transcript"] = "so"
    assert transcripts_of(replace(corpus, utterances=table)) == [*[""] * 3, "so", *[""] * 56]
    for without in (table.assign(transcript=""), table.drop(columns="transcript")):
        with pytest.raises(InputError, match="no utterance has a `transcript`"):
            transcripts_of(replace(corpus, utterances=without))


def pickled(folder):
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")


def changed(**changes):
    def change(folder):
        raw = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**raw, **changes}))

    return change


def truncated(folder):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:2000])


def own_code(folder):
    names = {name: "modeling.Mine" for name in ("AutoConfig", "AutoModel")}
    changed(model_type="mine", auto_map=names)(folder)
    (folder / "modeling.py").write_text("raise SystemExit('run')\nclass Mine: pass")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (pickled, r"no model.safetensors; pickled weights are not opened: .*save_pretrained"),
        (truncated, "cannot be opened as a text encoder"),
        (own_code, "cannot be opened as a text encoder"),
        (changed(num_hidden_layers=3), r"its weights lack `encoder.layer.2"),
        (changed(vocab_size=7), "cannot be opened as a text encoder"),
        (lambda folder: (folder / "config.json").write_text("{"), "cannot be opened|valid JSON"),
        (lambda folder: (folder / "config.json").unlink(), "no config.json"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "cannot be opened|tokenizer"),
    ],
)
def test_what_cannot_or_may_not_be_opened_is_one_line(tmp_path, spoil, words):
    folder = tiny_bert(tmp_path / "bert")
    spoil(folder)
    with pytest.raises(InputError, match=words) as raised:
        load_text_encoder(settings(folder))
    assert "\n" not in str(raised.value)


def test_names_are_folders_or_repositories(monkeypatch, bert):
    import huggingface_hub

    with pytest.raises(InputError, match="there is no such folder"):
        load_text_encoder(settings("/no/such/bert"))
    with pytest.raises(InputError, match="has no `revision`"):
        load_text_encoder(settings(bert, revision="main"))

    def download(repo_id, *, revision, allow_patterns):
        assert (repo_id, revision) == ("owner/bert", "v1")
        assert not any(pattern in ("*", "*.bin", "*.py") for pattern in allow_patterns)
        return str(bert)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    found = load_text_encoder(settings("owner/bert", revision="v1"))
    assert found.modality().source.startswith("owner/bert (")

    def offline(*arguments, **named):
        raise ConnectionError("no\nnetwork")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(InputError, match=r"hf://bert-x: is no folder and cannot be fetched \(no"):
        load_text_encoder(settings("bert-x"))


def test_without_the_extra_one_line_names_it(monkeypatch, bert):
    import sys

    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(InputError, match=r"needs the package transformers; run `pip .*\[text\]"):
        load_text_encoder(settings(bert))


def test_a_saved_encoder_is_built_again_without_its_folder_or_a_network(
    bert, tmp_path, monkeypatch
):
    encoder = load_text_encoder(settings(bert))
    encoder.save(tmp_path / FOLDER)
    assert str(bert.parent) not in (tmp_path / FOLDER / "config.json").read_text()

    def offline(*arguments):
        raise AssertionError("asked the network")

    monkeypatch.setattr(socket.socket, "connect", offline)
    held = sum(p.numel() for p in encoder.network.parameters())
    network = saved_network(tmp_path / FOLDER, encoder.settings, held)
    network.load_state_dict(encoder.network.state_dict())
    assert encoder.digest(network) == encoder.digest()
    tokenizer = saved_tokenizer(tmp_path / FOLDER, encoder.settings)
    assert tokenizer.encode("so bad").tokens == ["[CLS]", "so", "bad", "[SEP]"]
    for claims in ({"num_hidden_layers": 10**9}, {"hidden_size": 10**7, "num_attention_heads": 1}):
        changed(**claims)(tmp_path / FOLDER)
        with pytest.raises(InputError, match="is of another network"):
            saved_network(tmp_path / FOLDER, encoder.settings, held)
