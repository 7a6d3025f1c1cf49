"""The form that starts a run in a process of its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import streamlit as st

from app import loading, state
from app.components.known_corpora import corpus_words, known_corpora, remember_corpus
from app.components.settings_form import config_of, differences, settings_form
from app.views.names import plain
from mmmie.errors import InputError
from mmmie.jobs import launch
from mmmie.training.config import Config

PRESETS: dict[str, dict[str, Any]] = {
    "full model": {},
    "quick look": {"training.epochs": 5},
    "without identity": {"model.identity.enabled": False},
    "without MI maximisation": {"objective.maximise.enabled": False},
    "without MI minimisation": {"objective.minimise.enabled": False},
    "without context": {"model.context.enabled": False},
}
_ANOTHER = "another folder …"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_LONGEST_NAME = 100
_HELD_BY_PAGE = {"data", "model.modalities", "training.epochs", "training.seed"}


def name_fault(name: str, folder: Path) -> str | None:
    """What is wrong with the name of a new run inside `folder`; None if nothing is."""
    if not name:
        return "Give the run a name."
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        return (
            f"“{name}” is no name for a run: use letters, digits, dots, dashes and underscores, "
            f"not a dot or dash first, at most {_LONGEST_NAME}."
        )
    if (folder / name).exists():
        return f"A run called “{name}” exists already: choose another name."
    return None


def free_name(corpus: str, preset: str, seed: int, folder: Path) -> str:
    """A name that says what the run is and is not taken."""
    base = "demo" if corpus == "demo" else Path(corpus).name
    words = [base, *([] if preset == "full model" else [preset]), *([f"seed{seed}"] * bool(seed))]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(words)).strip("-.").lower() or "run"
    count, free = 2, name
    while (folder / free).exists():
        free, count = f"{name}-{count}", count + 1
    return free


def new_run_form() -> None:
    """Draw the form; on start the run is chosen to be watched."""
    folder = loading.runs_folder()
    corpus = _corpus_box()
    modalities = _modalities_box(corpus) if corpus else []
    preset = st.selectbox(
        "Preset",
        list(PRESETS),
        key="train-preset",
        help="The full model, a short run of it, or one of the ablations.",
    )
    seed_box, epochs_box = st.columns(2)
    seed = seed_box.number_input(
        "Seed", 0, 2**31 - 1, 0, key="train-seed", help="Of weights, batches and noise."
    )
    planned = PRESETS[preset].get("training.epochs", Config().training.epochs)
    epochs = epochs_box.number_input(
        "Epochs", 1, 10_000, planned, key=f"train-epochs-{preset}", help="At most; see patience."
    )
    name = st.text_input(
        "Name",
        free_name(corpus, preset, int(seed), folder),
        key=f"train-name-{corpus}-{preset}-{seed}-{len(_taken(folder))}",
        help=f"The run is kept in {folder.resolve()}.",
    )
    device = st.selectbox(
        "Device",
        ["auto", "cpu", "cuda", "mps"],
        key="train-device",
        help="auto takes the GPU where there is one.",
    )
    with st.expander("All settings", icon=":material/tune:"):
        chosen = settings_form(PRESETS[preset], _HELD_BY_PAGE, key=f"set-{preset}")
    values = {
        **chosen,
        "training.epochs": int(epochs),
        "training.seed": int(seed),
        "data": corpus or "demo",
        **({"model.modalities": modalities} if modalities else {}),
    }
    with state.readable_errors():
        config = config_of(values)
    _say_differences(config)
    fault = name_fault(str(name), folder)
    if fault:
        st.error(plain(fault), icon=":material/report:")
    ready = not fault and bool(corpus)
    if st.button("Start training", type="primary", icon=":material/play_arrow:",
                 width="stretch", disabled=not ready):  # fmt: skip
        with state.readable_errors():
            start_run(config, folder / str(name), str(device))
        st.session_state["watch"] = str(name)
        st.rerun()


def start_run(config: Config, out: Path, device: str) -> None:
    """Check the corpus, then train in a process of its own.

    Raises:
        InputError: the corpus is missing, has faults or lacks a split; nothing is started.
    """
    corpus = loading.open_data(config.data)
    for split in ("train", "valid"):
        corpus.rows(split)
    corpus.with_modalities(config.model.modalities or list(corpus.modalities))
    if config.model.dim % config.model.heads:
        raise InputError(
            f"model.heads is {config.model.heads}, which does not divide model.dim "
            f"{config.model.dim}; change one"
        )
    launch(config, out, device=device)


def _corpus_box() -> str:
    known = known_corpora()
    wanted = st.session_state.pop("wanted_corpus", None)
    if wanted in known:
        st.session_state["train-corpus"] = wanted
    if st.session_state.get("train-corpus") not in [*known, _ANOTHER]:
        st.session_state.pop("train-corpus", None)
    picked = st.selectbox(
        "Corpus",
        [*known, _ANOTHER],
        key="train-corpus",
        format_func=lambda p: p if p == _ANOTHER else corpus_words(p),
        help="The demo, or a corpus folder; the Data page shows what is in one.",
    )
    if picked != _ANOTHER:
        return str(picked)
    path = st.text_input("Corpus folder", key="train-path", placeholder="/path/to/corpus").strip()
    if path:
        try:
            loading.open_data(path)
        except InputError as error:
            st.error(plain(str(error)), icon=":material/report:")
            return ""
        remember_corpus(path)
    return path


def _modalities_box(path: str) -> list[str]:
    """The modalities to use; none stands for all."""
    with state.readable_errors():
        held = list(loading.open_data(path).modalities)
    if len(held) == 1:
        return []
    chosen = st.pills(
        "Modalities",
        held,
        selection_mode="multi",
        default=held,
        key=f"train-modalities-{path}",
        help="What the model reads; all or some of the corpus.",
    )
    kept = [name for name in held if name in chosen]
    return [] if kept == held else kept


def _say_differences(config: Config) -> None:
    found = differences(config)
    if not found:
        st.caption("All settings are at their defaults.")
        return
    lines = [f"- `{key}`: {was} → **{plain(str(now))}**" for key, was, now in found]
    st.caption("Not at the default:\n" + "\n".join(lines))


def _taken(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
