"""A small corpus, a small experiment on it, and a runner without processes."""

import pytest

from mmmie.corpus.folder import save_corpus_folder
from mmmie.datasets import load_corpus
from mmmie.experiments import local
from mmmie.experiments.trial import run_trial

TEXT = """
name = "small one"
seeds = {seeds}
split = "valid"
reference = "full <model>"
baselines = ["constant"]
[base.training]
epochs = {epochs}
patience = 30
mi_check_every = 0
[base.model]
dim = 8
heads = 2
[configurations."full <model>"]
[configurations."without identity | embedding"]
model.identity.enabled = false
"""


@pytest.fixture
def data(make_corpus, tmp_path):
    """The path of a small corpus with a 0/1 column."""
    corpus = make_corpus(conversations=24)
    corpus.utterances["ambiguous"] = [i % 4 == 0 for i in range(len(corpus))]
    corpus.utterances["ambiguous"] = corpus.utterances["ambiguous"].astype(int)
    save_corpus_folder(corpus, tmp_path / "corpus")
    return str(tmp_path / "corpus")


@pytest.fixture
def write(tmp_path):
    """Write the small experiment file, with more text at its end."""

    def write(more="", *, seeds=2, epochs=1):
        file = tmp_path / "small.toml"
        text = TEXT.replace("{seeds}", str(seeds)).replace("{epochs}", str(epochs))
        file.write_text(text + more, "utf-8")
        return file

    return write


@pytest.fixture
def in_process(monkeypatch):
    """Run trials one after the other in this process; the folders that were run."""
    ran = []

    def run(folders, data, progress, *, processes, device, keep_runs, label):
        for folder in folders:
            run_trial(folder, load_corpus(data, label=label), device="cpu", keep_run=keep_runs)
            ran.append(folder.path.relative_to(folder.path.parents[1]).as_posix())
            progress.ended(folder)

    monkeypatch.setattr(local, "run_local", run)
    return ran
