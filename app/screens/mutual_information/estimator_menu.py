"""The estimators to choose from, as the catalogue names and explains them."""

from __future__ import annotations

import streamlit as st

from app.screens.mutual_information.bound_sides import SIDES
from mmmie.mi.catalogue import CATALOGUE


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
