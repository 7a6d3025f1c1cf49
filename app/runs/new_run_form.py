"""The form that starts a run in a process of its own."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from app import loading, state
from app.access.rights import claim
from app.access.typed_path import typed_path
from app.corpora.known_corpora import corpus_words, known_corpora, remember_corpus
from app.parts.names import plain
from app.runs.actions import CLONE, check_may_start, count_start
from app.runs.devices import device_options, free_memory, gpu_of, gpus, used_device
from app.runs.run_words import estimate_words, memory_words
from app.runs.setting_fields import config_of, differences, settings_form
from mmmie.analysis.training_estimate import PastRun, estimate_time, past_runs
from mmmie.errors import InputError
from mmmie.hosting import read_only, refuse_if_read_only
from mmmie.jobs import launch
from mmmie.reading import is_text
from mmmie.training.config import Config, load_config
from mmmie.training.objective.task_settings import check_task
from mmmie.training.run_folder import RunFolder

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
_STARTED = "runs-started"
_MOST_RUNS = 50
_COPIED = "train-copied"
_HELD_BY_PAGE = {"data", "label", "init", "model.modalities", "training.epochs", "training.seed"}


def name_fault(name: str, folder: Path) -> str | None:
    """What is wrong with the name of a new run inside `folder`; None if nothing is."""
    if not name:
        return "Give the run a name."
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        return (
            f"“{name}” is not a name for a run: use letters, digits, dots, dashes and underscores, "
            f"not a dot or dash first, at most {_LONGEST_NAME}."
        )
    if os.path.lexists(folder / name):
        return f"A run called “{name}” exists already: “{_next_name(name, folder)}” is free."
    return None


def free_name(corpus: str, preset: str, seed: int, folder: Path) -> str:
    """A name that says what the run is and is not taken."""
    copied = preset.startswith("copy of ")
    base = preset.removeprefix("copy of ") if copied else Path(corpus).name
    kind = [] if copied or preset == "full model" else [preset]
    words = [base, *kind, *([f"seed{seed}"] * bool(seed))]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(words)).strip("-.").lower() or "run"
    return _next_name(name, folder) if os.path.lexists(folder / name) else name


def _next_name(name: str, folder: Path) -> str:
    stem, _, number = name.rpartition("-")
    if not (stem and number.isdigit()):
        stem, number = name, "1"
    count = int(number) + 1
    while os.path.lexists(folder / f"{stem}-{count}"):
        count += 1
    return f"{stem}-{count}"


def new_run_form() -> None:
    """Draw the form; a change redraws the form alone, a start the page with the run watched.

    A read-only server has none.
    """
    if read_only():
        st.info("This server is read-only: runs can be looked at, not started.")
        return
    if CLONE in st.session_state:
        _take_over(*st.session_state.pop(CLONE))
    st.fragment(_draw)()


def _draw() -> None:
    folder = loading.runs_folder()
    corpus = _corpus_box()
    modalities = _modalities_box(corpus) if corpus else []
    presets, copied = _presets()
    preset = st.selectbox(
        "Preset",
        list(presets),
        key="train-preset",
        help="The full model, a short run of it, one of the ablations, or a copy of a run.",
    )
    seed_box, epochs_box = st.columns(2)
    # Its value may come from a copied run, so it is given no other.
    seed = seed_box.number_input(
        "Seed", 0, 2**31 - 1, key="train-seed", help="Of weights, batches and noise."
    )
    form = f"{preset}-{copied.count if copied and preset == copied.preset else 0}"
    planned = presets[preset].get("training.epochs", Config().training.epochs)
    epochs = epochs_box.number_input(
        "Epochs", 1, 10_000, planned, key=f"train-epochs-{form}", help="At most; see patience."
    )
    offered = free_name(corpus, preset, int(seed), folder)
    name = st.text_input(
        "Name",
        offered,
        key=f"train-name-{offered}-{st.session_state.get(_STARTED, 0)}",
        help=f"The run is kept in {plain(str(folder.resolve()))}.",
    )
    device, used = _device_box()
    with st.expander("All settings", icon=":material/tune:"):
        chosen = settings_form(presets[preset], _HELD_BY_PAGE, key=f"set-{form}")
    values = {
        **chosen,
        "training.epochs": int(epochs),
        "training.seed": int(seed),
        "data": corpus or "demo",
        "label": loading.label_said(corpus),
        **({"model.modalities": modalities} if modalities else {}),
    }
    with state.readable_errors():
        config = config_of(values)
    _say_differences(config, copied if copied and preset == copied.preset else None)
    fault = name_fault(str(name), folder)
    if fault:
        st.error(plain(fault), icon=":material/report:")
    elif corpus:
        estimate = estimate_time(config, used, _past(_stamps()))
        st.caption(plain(estimate_words(estimate, used, config.data)))
    ready = not fault and bool(corpus)
    if st.button("Start training", type="primary", icon=":material/play_arrow:",
                 width="stretch", disabled=not ready):  # fmt: skip
        with state.readable_errors():
            start_run(config, folder / str(name), device)
        st.session_state["watch"] = str(name)
        st.session_state[_STARTED] = st.session_state.get(_STARTED, 0) + 1  # a fresh field
        st.rerun()


def first_look() -> None:
    """Start a short run on the demo corpus; the button of the empty page."""
    folder = loading.runs_folder()
    name = free_name("demo", "quick look", 0, folder)
    start_run(config_of(PRESETS["quick look"]), folder / name, "auto")
    st.session_state["watch"] = name


def start_run(config: Config, out: Path, device: str) -> None:
    """Check the corpus, then train in a process of its own.

    Raises:
        InputError: the corpus is missing, has faults or lacks a split, or this session or this
            machine has too many runs, or the server is read-only; nothing is started.
    """
    refuse_if_read_only("start a run")
    loading.check_encoder(config)
    corpus = loading.open_data(config.data, label=config.label)
    for split in ("train", "valid"):
        corpus.rows(split)
    wanted = config.model.modalities or list(corpus.modalities)
    corpus.with_modalities([name for name in wanted if name != config.model.text_modality])
    check_task(corpus.label, config.objective.task)
    if config.model.dim % config.model.heads:
        raise InputError(
            f"model.heads is {config.model.heads}, which does not divide model.dim "
            f"{config.model.dim}; change one"
        )
    check_may_start()
    launch(config, out, device=device)
    claim(out)
    count_start(out)


@dataclass(frozen=True)
class _Copied:
    """The run that the form was filled from; `count` tells one filling from the next."""

    preset: str
    config: Config
    values: dict[str, Any]
    count: int


def _presets() -> tuple[dict[str, dict[str, Any]], _Copied | None]:
    copied: _Copied | None = st.session_state.get(_COPIED)
    presets = {**PRESETS, **({copied.preset: copied.values} if copied else {})}
    state.forget_unless("train-preset", presets)
    return presets, copied


def _take_over(path: str, changes: dict[str, Any]) -> None:
    """Fill the form with the configuration of a run, before its widgets are drawn."""
    run = RunFolder(path)
    try:
        config = load_config(run.config)
    except InputError as error:
        st.toast(plain(str(error)), icon=":material/report:")
        return
    before: _Copied | None = st.session_state.get(_COPIED)
    preset = f"copy of {run.name}"
    values = {key: value for key, _, value in differences(config)} | changes
    count = before.count + 1 if before else 1
    st.session_state[_COPIED] = _Copied(preset, config, values, count)
    st.session_state["train-preset"] = preset
    st.session_state["train-seed"] = config.training.seed
    if config.data != "demo" and config.data not in known_corpora():
        remember_corpus(config.data)
    st.session_state["wanted_corpus"] = config.data
    loading.say_label(config.data, config.label)
    if config.model.modalities:
        st.session_state[f"train-modalities-{config.data}"] = list(config.model.modalities)
    else:
        st.session_state.pop(f"train-modalities-{config.data}", None)


def _device_box() -> tuple[str, str]:
    """The chosen device, and which one that is here."""
    found = gpus()
    options = device_options(found)
    state.forget_unless("train-device", options)
    device = str(
        st.selectbox(
            "Device", options, key="train-device", help="auto takes the GPU where there is one."
        )
    )
    used = used_device(device, options)
    gpu = gpu_of(used, found)
    memory = free_memory(used, found)
    words = [used if device == "auto" else "", gpu.name if gpu else ""]
    if memory is not None:
        words.append(f"{memory_words(memory[0])} of {memory_words(memory[1])} memory free")
    st.caption(plain(": ".join(filter(None, words))))
    return device, used


def _stamps() -> tuple[tuple[str, int], ...]:
    """The runs of this machine and when their metrics were last written."""
    runs = [run for run in loading.runs() if is_text(run.path)][:_MOST_RUNS]
    found = ((str(run.path), loading.stamp_of(run.metrics_file)) for run in runs)
    return tuple((path, stamp) for path, stamp in found if stamp)  # 0 before the first epoch


@st.cache_data(show_spinner=False, max_entries=16)
def _past(runs: tuple[tuple[str, int], ...]) -> list[PastRun]:
    return past_runs([RunFolder(path) for path, _ in runs])


def _corpus_box() -> str:
    known = known_corpora()
    wanted = st.session_state.pop("wanted_corpus", None)
    if wanted in known:
        st.session_state["train-corpus"] = wanted
    state.forget_unless("train-corpus", [*known, _ANOTHER])
    picked = st.selectbox(
        "Corpus",
        [*known, _ANOTHER],
        key="train-corpus",
        format_func=lambda p: p if p == _ANOTHER else corpus_words(p),
        help="The demo, or a corpus folder; the Data page shows what is in one.",
    )
    if picked != _ANOTHER:
        return str(picked)
    path = typed_path("Corpus folder", key="train-path", placeholder="/path/to/corpus")
    if path:
        try:
            loading.open_data(path)
        except InputError as error:
            st.error(plain(str(error)), icon=":material/report:")
            return ""
        remember_corpus(path)
    return path


def _modalities_box(path: str) -> list[str]:
    """The modalities to use; an empty list means all."""
    with state.readable_errors():
        held = list(loading.open_data(path).modalities)
    if len(held) == 1:
        return []
    key = f"train-modalities-{path}"
    st.session_state.setdefault(key, held)
    chosen = st.pills(
        "Modalities",
        held,
        selection_mode="multi",
        format_func=plain,
        key=key,
        wrap=True,
        help="What the model reads: all modalities of the corpus or some.",
    )
    kept = [name for name in held if name in chosen]
    return [] if kept == held else kept


def _say_differences(config: Config, copied: _Copied | None) -> None:
    found = differences(config)
    if not found:
        st.caption("All settings are at their defaults.")
        return
    changed = {key for key, _, _ in differences(config, copied.config)} if copied else set()
    lines = [
        f"- `{key}`: {plain(str(was))} → **{plain(str(now))}**"
        f"{' (changed in the copy)' if key in changed else ''}"
        for key, was, now in found
    ]
    st.caption("Not at the default:\n" + "\n".join(lines))
