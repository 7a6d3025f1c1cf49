"""Bring your own corpus: the format in short, a folder checked, training one click away."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import loading
from app.access.opened import keep_opened
from app.access.typed_path import typed_path
from app.corpora.known_corpora import remember_corpus
from app.corpora.upload import show_faults, upload_corpus
from app.pages import switch_to
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.screens.data.contents import summary_of
from app.screens.data.reading import draw_notes, reading_lines
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.errors import InputError
from mmmie.hosting import read_only

TABS = ("What is in it", "Read a conversation", "Bring your own")
TABS_KEY = "data_tab"

FORMAT = """
A corpus is a **folder of three files**; the rows of the features are in the order of the table.

- `corpus.json`: `format`, `name`, `label` (regression with a `range`, or classification with
  `classes`) and `modalities`, each with its `dim`, its `level` (utterance or sequence) and, if
  you like, the names of its `channels`.
- `utterances.csv`, one row per utterance: `id`, `conversation`, `position`, `split` (train, valid
  or test) and `label`; if known `speaker`, `transcript`, `start`, `end`. Any further column
  becomes a filter and a colour and, with two to ten values, slices.
- `features.safetensors`: at utterance level one tensor `<modality>` (N, dim); at sequence level
  `<modality>` (all steps, dim) and `<modality>.offsets`, int64 (N + 1).

Positions count up without gaps in a conversation, and a whole conversation is in one split.
"""

EXAMPLE = """
import json
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import save_file

folder = Path("my-corpus")
folder.mkdir()
(folder / "corpus.json").write_text(json.dumps({
    "format": "mmmie-corpus/1",
    "name": "my-corpus",
    "label": {"name": "sentiment", "kind": "regression", "range": [-3, 3]},
    "modalities": {
        "text": {"dim": 8, "level": "utterance"},
        "audio": {"dim": 4, "level": "sequence"},
    },
}))
rows = [
    {
        "id": f"c{c}_{i}", "conversation": f"c{c}", "position": i,
        "split": "train" if c < 8 else "valid", "label": float((c + i) % 7 - 3),
        "speaker": ["Ann", "Bob"][i % 2], "transcript": "so it goes",
    }
    for c in range(12) for i in range(6)
]
pd.DataFrame(rows).to_csv(folder / "utterances.csv", index=False)
random = np.random.default_rng(0)
steps = random.integers(5, 20, len(rows))
save_file(
    {
        "text": random.normal(size=(len(rows), 8)).astype(np.float32),
        "audio": random.normal(size=(steps.sum(), 4)).astype(np.float32),
        "audio.offsets": np.concatenate([[0], np.cumsum(steps)]).astype(np.int64),
    },
    folder / "features.safetensors",
)
""".strip()


def bring_corpus() -> None:
    """Draw the boxes for a zip and a folder, what is wrong with either, and the format."""
    if read_only():
        st.info(
            "This server is read-only: open a corpus of your own on a dashboard of your own.",
            icon=":material/visibility:",
        )
    else:
        st.subheader("Upload a corpus or name its folder, and train on it")
    left, right = wide_columns(2, key="bring-columns", gap="large")
    with left:
        uploaded = upload_corpus()
        if isinstance(uploaded, InputError):
            show_faults(uploaded, "file")
        elif uploaded is not None:
            _offer(uploaded, "upload")
    with right:
        path = typed_path(
            "Corpus folder or file",
            key="bring-path",
            placeholder="/path/to/my-corpus",
            help="On the machine that runs this dashboard; it is read where it is: a corpus "
            "folder, or any format that the program reads.",
        )
        if path:
            _offer(str(Path(path).expanduser()), "folder")
    st.subheader("What a corpus is")
    st.markdown(FORMAT)
    with st.expander("A minimal example to copy", icon=":material/content_copy:"):
        st.code(EXAMPLE, language="python")


def _offer(path: str, key: str) -> None:
    """Open a corpus; say what is wrong with it, or how it was read and what can be done with it."""
    place = st.container()
    said = st.text_input(
        "What the label is, if it was read wrongly",
        loading.label_said(path),
        key=f"label-{key}-{path}",
        placeholder="kind=regression,range=-3:3",
        help="What the label is, in place of a guess: kind=regression,range=-3:3 for numbers, or "
        "kind=classification,classes=sad:happy for classes, in the order of their numbers; "
        "name=… calls it, or names the column that holds it. Each part may be left out.",
    ).strip()
    with place:
        try:
            corpus = loading.open_data(path, label=said)
        except InputError as error:
            show_faults(error)
            return
        loading.say_label(path, said)
        remember_corpus(path)
        summary = summary_of(corpus)
        st.success(
            f"{plain(corpus.name)} was read: {len(corpus):,} utterances.", icon=":material/check:"
        )
        st.markdown("\n".join(f"- {line}" for line in reading_lines(summary)))
        draw_notes(summary["notes"])
    if key == "upload":
        st.caption(f"Kept in {plain(path)}.")
    with st.container(horizontal=True):
        if st.button(
            "Train on it", type="primary", icon=":material/model_training:", key=f"train-{key}"
        ):
            st.session_state["wanted_corpus"] = path
            switch_to("train")
        st.button(
            "Look at it",
            icon=":material/visibility:",
            key=f"look-{key}",
            on_click=_look,
            args=(path,),
        )


def _look(path: str) -> None:
    st.session_state["data-corpus"] = path
    st.session_state[TABS_KEY] = TABS[0]


def moved_corpus(checkpoint: Checkpoint, error: InputError) -> None:
    """Ask where the corpus of a checkpoint is now, and keep the answer, for later sessions too."""
    held = checkpoint.info.corpus
    with st.container(border=True):
        st.subheader(f"Where is the corpus {plain(held['name'])} now?")
        st.write(plain(str(error)))
        path = typed_path("Its folder", key="moved-path", placeholder="/path/to/corpus")
        if not path:
            return
        found = str(Path(path).expanduser())
        try:
            corpus = loading.fitted_corpus(checkpoint, loading.open_data(found))
        except InputError as fault:
            show_faults(fault)
            return
        if corpus.data_fingerprint != held["fingerprint"]:
            st.warning(
                "It fits the checkpoint, but its content is not what the checkpoint was trained "
                "on: numbers will differ.",
                icon=":material/difference:",
            )
        if st.button("Use it", type="primary", icon=":material/check:"):
            moved = st.session_state.get("moved_corpora", {})
            st.session_state["moved_corpora"] = {**moved, held["fingerprint"]: found}
            keep_opened()
            st.rerun()
