"""The commands of docs/formats.md, on files of those names in those formats."""

from pathlib import Path

import numpy as np
import pytest

from mmmie.cli import main
from mmmie.corpus.folder import open_corpus_folder
from tests.datasets import layouts

LINES = (Path(__file__).parents[2] / "docs" / "formats.md").read_text().splitlines()
COMMANDS = [line.split()[1:] for line in LINES if line.startswith("mmmie data ")]
SEQUENCES = {"text": "sequence", "audio": "sequence", "vision": "sequence"}


@pytest.fixture
def files(make_corpus, tmp_path, monkeypatch):
    """What the documentation speaks of, in the working folder; how many utterances each has."""
    monkeypatch.chdir(tmp_path)
    corpus = make_corpus(levels=SEQUENCES, splits=("train", "valid", "test"), conversations=6)
    corpus.utterances["label"] = corpus.utterances["label"].astype(np.float32).astype(float)
    layouts.write_pickle(layouts.mmsa(corpus), Path("unaligned_50.pkl"))
    layouts.write_pickle(layouts.mult(corpus), Path("mosi_data.pkl"))
    layouts.write_pickle(layouts.segments(corpus, words="strings"), Path("mosi.pkl"))
    Path("datasets/MOSI").mkdir(parents=True)
    for split, part in layouts.segments(corpus, lengths=True).items():
        layouts.write_pickle(part, Path(f"datasets/MOSI/{split}.pkl"))
    dialogues = make_corpus(
        levels={"text": "utterance", "audio": "utterance"},
        classes=("neutral", "positive", "negative"),
        splits=("train", "train", "test"),
        conversations=6,
    )
    meld = layouts.contextual(dialogues, meld=True)
    layouts.write_pickle(meld, Path("MELD_features_raw.pkl"), 2)
    layouts.csd(corpus, Path("my-csd-folder"))
    layouts.table_with_npy(corpus, Path("my-folder"))
    layouts.saved_dataset(corpus, Path("my-dataset"))
    unlabelled = corpus.utterances[["id", "conversation", "position"]]
    layouts.table_with_npy(corpus, Path("new"))
    unlabelled.to_csv("new/labels.csv", index=False)
    return len(corpus)


def test_every_documented_command_works(files, capsys):
    pytest.importorskip("h5py")
    tried_elsewhere = {"extract", "demo", "example", "get"}
    shown = [words for words in COMMANDS if not tried_elsewhere & set(words)]
    assert len(shown) >= 10
    for words in shown:
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = capsys.readouterr()
        assert ended.value.code == 0 and not said.err, (words, said.err)
        assert str(files) in said.out
        if words[1] == "convert":
            assert len(open_corpus_folder(words[-1])) == files
