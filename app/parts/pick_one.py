"""One of a few options, side by side; a single one needs no choosing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.parts.names import plain


def pick_one(label: str, options: Sequence[str], *, key: str, first: str | None = None) -> str:
    """Draw the options as a segmented control, which is left out where there is only one.

    Args:
        first: the option chosen at the start; the first one if left out.
    """
    if len(options) == 1:
        return options[0]
    return str(
        st.segmented_control(
            label, options, default=first or options[0], required=True, format_func=plain,
            key=key, wrap=True,
        )
    )  # fmt: skip


def telling_modality(modalities: Sequence[str]) -> str:
    """The modality to begin with: voice and face say more at a glance than numbers of words."""
    return next((name for name in modalities if name != "text"), modalities[0])
