"""The choice of estimators, and the questions and controls of the estimator lab."""

from __future__ import annotations

import streamlit as st

from app.parts.numbers import listed
from app.screens.mutual_information.recorded_bounds import SIDES
from mmmie.analysis.bounds.lab_tasks import FAMILIES, MOST_ESTIMATORS, LabSettings
from mmmie.mi.catalogue import CATALOGUE

PRESETS = (
    LabSettings(
        estimators=("infonce", "l1out", "doe"),
        question="Why does InfoNCE stop at ln B?",
    ),
    LabSettings(
        family="spiral",
        dim=5,
        nats=(3.5,),
        estimators=("club", "l1out", "infonce"),
        steps=1000,
        question="Is CLUB an upper bound while q underfits?",
    ),
    LabSettings(
        family="cubic",
        nats=(6.0,),
        estimators=("club", "doe", "infonce"),
        steps=1000,
        question="What does a cubic do to a Gaussian q?",
    ),
    LabSettings(
        estimators=("nwj", "js", "smile"),
        question="Why is NWJ so noisy?",
    ),
)

STAIRCASE, ONE = "Staircase", "One value"
_STAIRS = 5
_BATCHES = [16, 32, 64, 128, 256, 512]
_STEPS = [100, 300, 600, 1000, 2000, 4000]
_CRITICS = {"separable": "separable: f(x) · g(y)", "joint": "joint: f(x, y), slow"}


def fill_in(settings: LabSettings) -> None:
    """Set every control; only before they are drawn, so in a callback."""
    st.session_state.update(
        lab_family=settings.family,
        lab_truth=STAIRCASE if len(settings.nats) > 1 else ONE,
        lab_nats=max(settings.nats),
        lab_dim=settings.dim,
        lab_estimators=list(settings.estimators),
        lab_batch=settings.batch_size,
        lab_steps=settings.steps,
        lab_ranks=settings.transform == "copula",
        lab_critic=settings.critic,
        lab_closed=settings.from_closed_form,
        lab_seed=settings.seed,
    )


def controls() -> LabSettings:
    """Draw every control and return what they say; it may be out of range."""
    family = st.selectbox(
        "Task",
        list(FAMILIES),
        format_func=lambda name: FAMILIES[name].title,
        key="lab_family",
        bind="query-params",
    )
    kind = st.segmented_control(
        "Truth",
        [STAIRCASE, ONE],
        default=STAIRCASE,
        required=True,
        key="lab_truth",
        bind="query-params",
        help="On a staircase the truth rises in five steps while the estimators keep learning.",
    )
    left, right = st.columns(2)
    with left:
        nats = levels(str(kind), _nats(kind == STAIRCASE))
    with right:
        dim = _dimensions(str(family))
    estimators = choose_estimators(
        "lab_estimators", list(LabSettings().estimators), MOST_ESTIMATORS
    )
    left, right = st.columns(2)
    batch = left.selectbox(
        "Batch size", _BATCHES, index=_BATCHES.index(64), key="lab_batch", bind="query-params"
    )
    steps = right.selectbox(
        "Steps per level", _STEPS, index=_STEPS.index(300), key="lab_steps", bind="query-params"
    )
    ranks = st.toggle(
        "Ranks instead of values",
        key="lab_ranks",
        bind="query-params",
        help="Copula transform: every value becomes the normal quantile of its rank in its "
        "column. The truth stays the same.",
    )
    with st.popover("More", icon=":material/tune:", type="tertiary"):
        critic = st.selectbox(
            "Critic",
            list(_CRITICS),
            format_func=lambda name: _CRITICS[name],
            key="lab_critic",
            bind="query-params",
            help=f"For {listed([f.title for f in CATALOGUE.values() if f.learns == 'critic'])}.",
        )
        closed = st.toggle(
            "Start from a Gaussian fit",
            key="lab_closed",
            bind="query-params",
            help="Networks start at the fit of a Gaussian in closed form, as they do on data. "
            "Otherwise they start from nothing, so that learning is seen.",
        )
        seed = st.number_input(
            "Seed", min_value=0, max_value=9999, value=0, key="lab_seed", bind="query-params"
        )
    return LabSettings(
        family=str(family),
        dim=dim,
        nats=nats,
        estimators=tuple(estimators),
        batch_size=int(batch or 64),
        steps=int(steps or 300),
        critic=str(critic),
        transform="copula" if ranks else "none",
        seed=int(seed),
        from_closed_form=bool(closed),
    )


def levels(truth: str, nats: float) -> tuple[float, ...]:
    """The truth on every level: one value, or five even steps up to it.

    Example:
        >>> levels("Staircase", 10.0), levels("One value", 10.0)
        ((2.0, 4.0, 6.0, 8.0, 10.0), (10.0,))
    """
    if truth == ONE:
        return (nats,)
    return tuple(round(nats * stair / _STAIRS, 3) for stair in range(1, _STAIRS + 1))


def _nats(staircase: bool) -> float:
    return float(
        st.number_input(
            "Up to, nats" if staircase else "Nats",
            min_value=0.1,
            max_value=20.0,
            value=10.0,
            step=0.5,
            format="%g",
            key="lab_nats",
            bind="query-params",
        )
    )


def _dimensions(family: str) -> int:
    least, most = FAMILIES[family].dims
    dim = st.number_input(
        "Dimensions",
        min_value=1,
        max_value=100,
        value=20,
        key="lab_dim",
        bind="query-params",
        disabled=least == most,
        help="Columns of x, and of y.",
    )
    return least if least == most else int(dim)


def choose_estimators(key: str, default: list[str], most: int | None = None) -> list[str]:
    """Draw the menu and return the names chosen, in the order of the choice."""
    return st.multiselect(
        "Estimators",
        list(CATALOGUE),
        default=default,
        max_selections=most,
        format_func=estimator_label,
        key=key,
        wrap=True,
        bind="query-params",
        help=estimators_explained(),
    )


def estimator_label(name: str) -> str:
    """An estimator in a menu: its title and the sign of its side."""
    facts = CATALOGUE[name]
    return f"{facts.title} {SIDES[facts.bound].sign}"


def estimators_explained() -> str:
    """How each works, what to know, and where it is from, one line each."""
    return "\n".join(
        f"- **{facts.title}**: {facts.how}; {facts.to_know}. {facts.paper}"
        for facts in CATALOGUE.values()
    )
