"""What interventions on identity do: to one prediction, and to the error over the split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app import loading, state
from app.components.figures import figure
from app.components.layout import wide_columns
from app.views.context import (
    TRAINED_WORDS,
    class_prediction_figure,
    effect_figure,
    prediction_figure,
)
from app.views.conversation import label_limits
from app.views.identity_effect import (
    attended_figure,
    attended_finding,
    null_sentence,
    slice_change_figure,
    slice_changes,
    slices_finding,
)
from app.views.names import plain
from app.views.slice_words import slice_contents, slice_titles
from app.views.style import three_digits
from mmmie.analysis.checkpoints import Checkpoint
from mmmie.analysis.configurations import configuration_diff, describe_difference
from mmmie.analysis.identity_change import (
    RETRAINED,
    identity_changes,
    retrained_changes,
    strongest_change,
    without_effect,
)
from mmmie.analysis.intervention_names import INTERVENTIONS
from mmmie.analysis.outputs import TRAINED
from mmmie.errors import InputError
from mmmie.training.checkpoint import CheckpointInfo


def effective(view: state.View) -> list[str]:
    """The interventions that can change this model; all where none can."""
    inert = without_effect(view.checkpoint.info.config.model, view.outputs)
    return [name for name in INTERVENTIONS if name not in inert]


def draw_prediction(view: state.View) -> None:
    """The prediction of the primary utterance as trained and under every intervention."""
    variants = [TRAINED, *effective(view)]
    words = {**INTERVENTIONS, TRAINED: TRAINED_WORDS}
    outputs, row, label = view.outputs, view.primary, view.corpus.label
    one = view.frame.iloc[row]
    explanation = (
        "The model stays as trained; only what its identity embedding is told changes, or its "
        "neighbours are hidden. The further a mark moves from the dotted line, the more this "
        "prediction rests on what was taken away."
    )
    if label.classes is None:
        values = {words[v]: float(outputs.output[v][row]) for v in variants}
        truth = float(one["label"])
        st.subheader(_prediction_title(values, truth))
        limits = label_limits(label, view.frame["label"].to_numpy())
        fig = prediction_figure(values, truth, label, limits)
        data = pd.DataFrame({"variant": values.keys(), "prediction": values.values()})
    else:
        shares = {words[v]: outputs.output[v][row] for v in variants}
        st.subheader(_class_title(shares, str(one["label"]), list(label.classes)))
        fig = class_prediction_figure(shares, str(one["label"]), list(label.classes))
        data = pd.DataFrame(shares, index=list(label.classes)).T.rename_axis("variant")
        data = data.reset_index()
    figure(
        fig,
        key="prediction-under-interventions",
        caption=f"Utterance {plain(str(one['id']))}, the target of the window.",
        explanation=explanation,
        data=data.assign(truth=one["label"]),
        alt="Prediction of the utterance as trained and under every intervention on identity",
    )


def _prediction_title(values: dict[str, float], truth: float) -> str:
    trained = values[TRAINED_WORDS]
    others = {name: v for name, v in values.items() if name != TRAINED_WORDS}
    if not others:
        return f"It predicts {three_digits(trained)} where the truth is {three_digits(truth)}"
    name = max(others, key=lambda n: abs(others[n] - trained))
    moved = others[name] - trained
    if abs(moved) < 0.01:
        return f"Nothing moves this prediction from {three_digits(trained)}"
    return (
        f"The prediction moves most under “{plain(name)}”: {three_digits(trained)} → "
        f"{three_digits(others[name])} (truth {three_digits(truth)})"
    )


def _class_title(shares: dict[str, Any], truth: str, classes: list[str]) -> str:
    place = classes.index(truth)
    values = {name: float(p[place]) for name, p in shares.items()}
    trained = values.pop(TRAINED_WORDS)
    said = f"probability of {plain(truth)}, the truth, is {trained:.2f}"
    if not values:
        return f"The {said}"
    name = max(values, key=lambda n: abs(values[n] - trained))
    if abs(values[name] - trained) < 0.01:
        return f"The {said}, and nothing moves it"
    return f"The {said}; under “{plain(name)}” it is {values[name]:.2f}"


def draw_effect(view: state.View) -> None:
    """The effect of every intervention over the split, in all utterances and in slices."""
    changes = _changes(view.checkpoint.fingerprint, view.corpus.fingerprint, view.split, view)
    inert = without_effect(view.checkpoint.info.config.model, view.outputs)
    st.subheader(effect_title(changes, "off", inert.get("off")))
    other = _trained_without(view)
    if other is not None:
        outputs = loading.open_outputs(other, view.corpus, view.split)
        changes = pd.concat(
            [changes, retrained_changes(view.corpus, view.outputs, outputs)], ignore_index=True
        )
        how = describe_difference(other.info, view.checkpoint.info)
        st.markdown(_retrained_sentence(changes, other.info.name, how))
    variants = {TRAINED: TRAINED_WORDS, **{v: INTERVENTIONS[v] for v in effective(view)}}
    if other is not None:
        variants[RETRAINED] = f"trained without: {other.info.name}"
    names = [str(n) for n in changes["slice"].unique() if n != "all"]
    words = slice_titles(changes["slice"])
    chosen: list[str] = []
    if names:
        chosen = st.multiselect(
            "Slices",
            names,
            default=_most_and_least(changes, list(variants)),
            max_selections=2,
            format_func=lambda name: words[name],
            key=f"slices-{view.choice.name}-{view.split}",
            help="At most two beside all utterances.",
        )
    counts = changes.groupby("slice")["n"].first()
    panels = {n: f"{words[n]} (n = {counts[n]:,})" for n in ("all", *chosen)}
    figure(
        effect_figure(changes, panels, variants, _error_words(view)),
        key="identity-effect",
        caption=f"{view.split} split; paired 95 % intervals of the change by drawing "
        "conversations; pale: the change may be chance.",
        explanation=(
            "The thin line is the model as trained. Every dot is the same model with something "
            "else told to its identity embedding, or with its neighbours hidden; its bar is the "
            "95 % interval of the change, from 1,000 draws of whole conversations. A model that "
            "was **trained** without identity could learn other ways, so its error is the fairer "
            "ablation; it stands in the last row where there is one on the same corpus. "
            + _error_explained(view)
        ),
        data=changes,
        alt="Error as trained and under every intervention, for all utterances and for slices",
    )
    if inert:
        reasons = "; ".join(f"{INTERVENTIONS[v]}: {why}" for v, why in inert.items())
        st.caption(f"Left out, because they cannot change this model: {reasons}.")


def draw_slices(view: state.View, variant: str) -> None:
    """What one intervention does in every part of the split, and where attention goes."""
    changes = _changes(view.checkpoint.fingerprint, view.corpus.fingerprint, view.split, view)
    left, right = wide_columns(2, key="slices-and-attention", least=320, gap="large")
    with left:
        _draw_slices(view, changes, variant)
    if view.outputs.window.shape[1] > 1:
        with right:
            _draw_attended(view, changes)


def _draw_slices(view: state.View, changes: pd.DataFrame, variant: str) -> None:
    rows = slice_changes(changes, variant)
    st.subheader(f"“{INTERVENTIONS[variant].capitalize()}”, part by part")
    st.markdown(f"{slices_finding(rows)}. {plain(null_sentence(rows))}")
    classes = view.corpus.label.classes is not None
    unit = "change of the error" if classes else "change of the error, in label units"
    figure(
        slice_change_figure(rows, slice_titles(rows["slice"]), unit),
        key="identity-slices",
        caption=f"{view.split} split; paired 95 % intervals by drawing conversations; pale: the "
        f"change may be chance. Each interval stands alone: of {len(rows)} about one in twenty "
        "excludes 0 by chance.",
        explanation=(
            "Every dot is how much the error of the same model changes when its identity "
            "embedding is told something else, in one part of the split; right of the line the "
            "error grows. Choose the intervention above. **Replies** are turns after another "
            "speaker's; a label **as the speaker's last** repeats what the same speaker showed "
            "last in this conversation, within a tenth of the range. Parts of fewer than ten "
            "utterances are left out, and parts may overlap. " + _error_explained(view)
        ),
        data=rows,
        alt="Change of the error under one intervention, one row a part of the split",
    )


def _draw_attended(view: state.View, changes: pd.DataFrame) -> None:
    everything = changes[changes["slice"] == "all"]
    names = {TRAINED: TRAINED_WORDS, **{v: INTERVENTIONS[v] for v in effective(view)}}
    st.subheader("Where does the readout look?")
    st.markdown(f"{plain(attended_finding(everything, names))}.")
    figure(
        attended_figure(everything, names),
        key="attended",
        caption=f"Attention of the last layer, mean over heads and over the {view.split} split.",
        explanation=(
            "How the attention of the readout is divided between the target's own tokens and "
            "those of its neighbours, by whose they are. How much of it **has moved** against "
            "the model as trained is on each bar: the total variation distance, which also "
            "counts what moves between neighbours of the same kind. Attention says what is "
            "looked at, not what it does to the prediction."
        ),
        data=everything[everything["variant"].isin(names)],
        alt="Shares of attention on the target and its neighbours, one row a variant",
    )


def effect_title(changes: pd.DataFrame, variant: str, inert: str | None) -> str:
    """What removing identity does to the error, as a finding."""
    if inert is not None:
        return f"There is no identity to remove: {inert}"
    everything = changes[(changes["variant"] == variant) & (changes["slice"] == "all")].iloc[0]
    found = strongest_change(changes, variant)
    if found is None:
        trained = everything["error"] - everything["change"]
        return (
            "Removing identity makes no difference that could not be chance: the error goes "
            f"from {three_digits(trained)} to {three_digits(everything['error'])}"
        )
    moved = "rises" if found["change"] > 0 else "falls"
    where = plain(slice_contents(changes["slice"])[found["slice"]])
    return (
        f"Without identity the error on {where} {moved} from "
        f"{three_digits(found['trained'])} to {three_digits(found['error'])}"
    )


def _error_words(view: state.View) -> str:
    if view.corpus.label.classes is not None:
        return "error, 1 − probability of the true class"
    return "mean absolute error, in label units"


def _error_explained(view: state.View) -> str:
    if view.corpus.label.classes is None:
        return ""
    return (
        "For classes the error of an utterance is 1 minus the probability of its true class: it "
        "moves before the named class does, so it needs fewer utterances than a share of "
        "mistakes."
    )


def _retrained_sentence(changes: pd.DataFrame, name: str, how: str) -> str:
    row = changes[(changes["variant"] == RETRAINED) & (changes["slice"] == "all")].iloc[0]
    interval = f"[{row['low']:+.3g}, {row['high']:+.3g}]"
    sure = row["low"] > 0 or row["high"] < 0
    verdict = "" if sure else ", which may be chance"
    return (
        f"Trained on the same corpus, but {plain(how)}: **{plain(name)}** changes the error on "
        f"all utterances by {row['change']:+.3g} {interval}{verdict}."
    )


def _most_and_least(changes: pd.DataFrame, variants: list[str]) -> list[str]:
    """The slice whose error can be changed most, and the one whose error changes least."""
    rows = changes[changes["variant"].isin(variants) & (changes["slice"] != "all")]
    most = rows["change"].abs().groupby(rows["slice"]).max().sort_values(ascending=False)
    names = [str(name) for name in most.index]
    return names if len(names) < 3 else [names[0], names[-1]]


def closest_without_identity(
    mine: CheckpointInfo, others: Sequence[CheckpointInfo]
) -> CheckpointInfo | None:
    """The checkpoint on the same corpus, trained without identity, that differs least otherwise.

    Returns:
        The first of the closest; None where there is none, or where `mine` has no identity.
    """
    if not mine.config.model.identity.enabled:
        return None
    fitting = [
        info
        for info in others
        if not info.config.model.identity.enabled
        and info.corpus["fingerprint"] == mine.corpus["fingerprint"]
    ]
    return min(fitting, key=lambda info: len(configuration_diff(mine, info)), default=None)


def _trained_without(view: state.View) -> Checkpoint | None:
    found: dict[str, Checkpoint] = {}
    for choice in state.choices().values():
        try:
            checkpoint = loading.open_checkpoint(choice)
        except InputError:
            continue
        found[str(checkpoint.info.folder)] = checkpoint
    closest = closest_without_identity(
        view.checkpoint.info, [checkpoint.info for checkpoint in found.values()]
    )
    return found[str(closest.folder)] if closest is not None else None


@st.cache_data(show_spinner="Measuring every intervention", max_entries=32)
def _changes(fingerprint: str, corpus: str, split: str, _view: state.View) -> pd.DataFrame:
    return identity_changes(_view.corpus, _view.outputs)
