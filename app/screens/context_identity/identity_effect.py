"""What interventions on identity do: to one prediction, and to the error over the split."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import state
from app.parts import say
from app.parts.drawings import drawn_figure
from app.parts.figures import figure
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.parts.numbers import listed
from app.parts.slice_names import slice_contents, slice_titles
from app.parts.style import three_digits
from app.screens.context_identity.intervention_figures import (
    attended_figure,
    attended_finding,
    null_sentence,
    slice_change_figure,
    slice_changes,
    slices_finding,
)
from app.screens.context_identity.trained_without import Retrained
from app.screens.context_identity.window_attention import (
    TRAINED_WORDS,
    VARIANT_WORDS,
    effect_figure,
)
from app.utterance.conversation import label_limits
from app.utterance.window import attention_svg, class_prediction_svg, prediction_svg
from app.utterance.window_chat import named_places
from mmmie.analysis.ask.context_use import attention_shares, neighbour_share, window_places
from mmmie.analysis.ask.identity_change import (
    RETRAINED,
    identity_changes,
    retrained_changes,
    strongest_change,
    without_effect,
)
from mmmie.analysis.ask.intervention_names import INTERVENTIONS
from mmmie.analysis.outputs import TRAINED


def effective(view: state.View) -> list[str]:
    """The interventions that can change this model; all where none can."""
    inert = without_effect(view.checkpoint.info.config.model, view.outputs)
    return [name for name in INTERVENTIONS if name not in inert]


def choose_variant(view: state.View, other: Retrained | None) -> str | None:
    """What to compare the model as trained with; None where nothing can change it."""
    offered = [*effective(view), *([RETRAINED] if other is not None else [])]
    if not offered:
        return None
    if st.session_state.get("intervention") not in offered:
        st.session_state.pop("intervention", None)
    return str(
        st.selectbox(
            "Compare the model as trained with",
            offered,
            format_func=lambda name: _long_name(name, other),
            key="intervention",
            bind="query-params",
            help="An intervention leaves the weights and changes what the identity embedding is "
            "told. A model that was trained without identity could learn other ways.",
        )
    )


def draw_prediction(view: state.View, other: Retrained | None) -> None:
    """The prediction of the primary utterance as trained and under every variant."""
    outputs, row, label = view.outputs, view.primary, view.corpus.label
    found = {VARIANT_WORDS[v]: outputs.output[v][row] for v in [TRAINED, *effective(view)]}
    if other is not None:
        found[VARIANT_WORDS[RETRAINED]] = other.outputs.output[TRAINED][row]
    one = view.frame.iloc[row]
    alt = "Prediction of the utterance as trained and under every intervention on identity"
    explanation = (
        "The model stays as trained; only what its identity embedding is told changes, or its "
        "neighbours are hidden. The further a mark moves from the dotted line, the more this "
        "prediction rests on what was taken away."
    )
    if other is not None:
        explanation += f" The last row is another model: {plain(other.name)}, {plain(other.how)}."
    if label.classes is None:
        values = {name: float(value) for name, value in found.items()}
        truth = float(one["label"])
        say.finding(_prediction_title(values, truth))
        limits = label_limits(label, view.frame["label"].to_numpy())
        drawing = prediction_svg(values, truth, label, limits, alt=alt)
        data = pd.DataFrame({"variant": values.keys(), "prediction": values.values()})
    else:
        say.finding(_class_title(found, str(one["label"]), list(label.classes)))
        drawing = class_prediction_svg(found, str(one["label"]), list(label.classes), alt=alt)
        data = pd.DataFrame(found, index=list(label.classes)).T.rename_axis("variant")
        data = data.reset_index()
    drawn_figure(
        drawing,
        key="prediction-under-interventions",
        caption=f"Utterance {plain(str(one['id']))}, the target of the window.",
        explanation=explanation,
        data=data.assign(truth=one["label"]),
    )


def draw_attention(view: state.View, variant: str, other: Retrained | None) -> None:
    """Attention as trained, under one intervention and in the model trained without identity."""
    outputs, row = view.outputs, view.primary
    if outputs.window.shape[1] == 1:
        return
    names = named_places(window_places(view.corpus, outputs, row))
    tables = {TRAINED_WORDS: attention_shares(outputs, row)}
    everywhere = {TRAINED_WORDS: neighbour_share(outputs)}
    if variant != RETRAINED:
        tables[VARIANT_WORDS[variant]] = attention_shares(outputs, row, variant)
        everywhere[VARIANT_WORDS[variant]] = neighbour_share(outputs, variant)
    modalities = list(outputs.modalities)
    if other is not None:
        theirs = window_places(view.corpus, other.outputs, row)
        names = dict(sorted({**named_places(theirs), **names}.items()))
        tables[VARIANT_WORDS[RETRAINED]] = attention_shares(other.outputs, row)
        everywhere[VARIANT_WORDS[RETRAINED]] = neighbour_share(other.outputs)
        modalities = list(dict.fromkeys([*modalities, *other.outputs.modalities]))
    say.finding(attention_title(tables))
    means = [f"{share[view.within].mean():.0%}" for share in everywhere.values()]
    drawn_figure(
        attention_svg(
            tables,
            names,
            modalities,
            alt="Attention on every utterance of the window, one panel a variant",
        ),
        key="attention",
        caption=f"Last layer, mean over heads; one utterance. Over {_sample(view)} neighbours get "
        f"{listed(means)}.",
        explanation=(
            "Each bar is an utterance of the window, divided by modality; the bars of a panel "
            "sum to 100 %. Beside it the same weights are told something else about identity, or "
            "another model was trained without. Where panels are alike, identity does not steer "
            "attention here."
        ),
        data=pd.concat([t.assign(variant=name) for name, t in tables.items()]),
    )


def attention_title(tables: dict[str, pd.DataFrame]) -> str:
    """How much attention goes to neighbours under every variant, if there are any.

    Args:
        tables: what a variant is called → `attention_shares`, as trained first.
    """
    if all((shares["offset"] == 0).all() for shares in tables.values()):
        return "It has no neighbours: all attention stays on it"
    mine = {name: f"{_on_neighbours(t):.0%}" for name, t in tables.items()}
    first, *rest = mine
    return f"Neighbours get {mine[first]} of the attention as trained, " + listed(
        [f"{mine[name]} under “{plain(name)}”" for name in rest]
    )


def _on_neighbours(shares: pd.DataFrame) -> float:
    return float(shares.loc[shares["offset"] != 0, "share"].sum())


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


def draw_effect(view: state.View, other: Retrained | None) -> None:
    """The effect of every intervention over the split, in all utterances and in slices."""
    changes = _changes(view, other)
    inert = without_effect(view.checkpoint.info.config.model, view.outputs)
    say.finding(effect_title(changes, "off", inert.get("off")))
    if other is not None:
        say.words(_retrained_sentence(changes, other.name, other.how))
    variants = {v: VARIANT_WORDS[v] for v in [TRAINED, *effective(view)]}
    if other is not None:
        variants[RETRAINED] = VARIANT_WORDS[RETRAINED]
    names = [str(n) for n in changes["slice"].unique() if n != "all"]
    words = _titles(view, changes)
    chosen: list[str] = []
    if names:
        chosen = st.multiselect(
            "Slices",
            names,
            default=_most_and_least(changes, list(variants)),
            max_selections=2,
            format_func=lambda name: words[name],
            key=f"slices-{view.choice.name}-{view.split}-{view.slice}",
            wrap=True,
            help="At most two beside all utterances.",
        )
    counts = changes.groupby("slice")["n"].first()
    # a space that does not break: the count stays in one piece where the title is wrapped
    panels = {n: f"{words[n]} (n\u00a0=\u00a0{counts[n]:,})" for n in ("all", *chosen)}
    figure(
        effect_figure(changes, panels, variants, _error_words(view)),
        key="identity-effect",
        caption=f"On {_sample(view)}; paired 95 % intervals of the change by drawing "
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
        reasons = "; ".join(f"{VARIANT_WORDS[v]}: {why}" for v, why in inert.items())
        say.caption(f"Left out, because they cannot change this model: {reasons}.")


def draw_slices(view: state.View, variant: str, other: Retrained | None) -> None:
    """What one intervention does in every part of the split, and where attention goes."""
    changes = _changes(view, other)
    left, right = wide_columns(2, key="slices-and-attention", least=320, gap="large")
    with left:
        _draw_slices(view, changes, variant)
    if view.outputs.window.shape[1] > 1:
        with right:
            _draw_attended(view, changes)


def _draw_slices(view: state.View, changes: pd.DataFrame, variant: str) -> None:
    rows = slice_changes(changes, variant)
    say.finding(f"“{VARIANT_WORDS[variant].capitalize()}”, part by part")
    say.words(f"{slices_finding(rows)}. {plain(null_sentence(rows))}")
    classes = view.corpus.label.classes is not None
    unit = "change of the error" if classes else "change of the error, in label units"
    figure(
        slice_change_figure(rows, _titles(view, rows), unit),
        key="identity-slices",
        caption=f"On {_sample(view)}; paired 95 % intervals by drawing conversations; pale: the "
        f"change may be chance. Each interval stands alone: of {len(rows)} about one in twenty "
        "excludes 0 by chance.",
        explanation=(
            "Every dot is how much the error changes against the model as trained, in one part of "
            "the split; right of the line it grows. Choose the intervention above. **Replies** "
            "are turns after another speaker's; a label **as the speaker's last** repeats what "
            "the same speaker showed last in this conversation, within a tenth of the range. "
            "Parts of fewer than ten "
            "utterances are left out, and parts may overlap. " + _error_explained(view)
        ),
        data=rows,
        alt="Change of the error under one intervention, one row a part of the split",
    )


def _draw_attended(view: state.View, changes: pd.DataFrame) -> None:
    everything = changes[changes["slice"] == "all"]
    names = {v: VARIANT_WORDS[v] for v in [TRAINED, *effective(view)]}
    say.finding("Where does the readout look?")
    say.words(f"{plain(attended_finding(everything, names))}.")
    figure(
        attended_figure(everything, names),
        key="attended",
        caption=f"Attention of the last layer, mean over heads and over {_sample(view)}.",
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


def _changes(view: state.View, other: Retrained | None) -> pd.DataFrame:
    """Every intervention, and the model trained without identity, within the slice filter."""
    return _measured(
        view.checkpoint.fingerprint,
        view.corpus.fingerprint,
        view.split,
        view.slice,
        "" if other is None else other.fingerprint,
        view,
        other,
    )


def _sample(view: state.View) -> str:
    """The utterances that effects are measured on, such as ``the valid split, ambiguous``."""
    if view.slice == state.EVERYTHING:
        return f"the {view.split} split"
    return f"the {view.split} split, {_slice_title(view)}"


def _slice_title(view: state.View) -> str:
    return slice_titles(state.slice_masks(view.corpus, view.split))[view.slice]


def _titles(view: state.View, changes: pd.DataFrame) -> dict[str, str]:
    """What slices are called; all of them together are the slice filter's, where there is one."""
    words = slice_titles(changes["slice"].unique())
    if view.slice != state.EVERYTHING:
        words["all"] = f"all {_slice_title(view)}"
    return words


def _long_name(variant: str, other: Retrained | None) -> str:
    if variant == RETRAINED and other is not None:
        return f"{VARIANT_WORDS[variant]}: {other.name}"
    return f"{VARIANT_WORDS[variant]}: {INTERVENTIONS[variant]}"


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
    change, low, high = (
        f"{row[name]:+.3g}".replace("-", "−") for name in ("change", "low", "high")
    )
    sure = row["low"] > 0 or row["high"] < 0
    verdict = "" if sure else ", which may be chance"
    return (
        f"Trained on the same corpus, but {plain(how)}: **{plain(name)}** changes the error on "
        f"all utterances by {change} [{low}, {high}]{verdict}."
    )


def _most_and_least(changes: pd.DataFrame, variants: list[str]) -> list[str]:
    """The slice whose error can be changed most, and the one whose error changes least."""
    rows = changes[changes["variant"].isin(variants) & (changes["slice"] != "all")]
    most = rows["change"].abs().groupby(rows["slice"]).max().sort_values(ascending=False)
    names = [str(name) for name in most.index]
    return names if len(names) < 3 else [names[0], names[-1]]


@st.cache_data(show_spinner="Measuring every intervention", max_entries=32)
def _measured(
    fingerprint: str,
    corpus: str,
    split: str,
    part: str,
    other: str,
    _view: state.View,
    _other: Retrained | None,
) -> pd.DataFrame:
    changes = identity_changes(_view.corpus, _view.outputs, _view.within)
    if _other is None:
        return changes
    more = retrained_changes(_view.corpus, _view.outputs, _other.outputs, _view.within)
    return pd.concat([changes, more], ignore_index=True)
