"""What the sidebar offers to take away: the page as a report, the selection as a file."""

from __future__ import annotations

import io
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import pandas as pd
import streamlit as st

from app import loading, state
from app.export.record import PageRecord, current_record
from app.export.report import Facts, report_html
from app.pages import START
from app.parts.slice_names import slice_titles
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.corpus import Corpus
from mmmie.csv_export import csv_text
from mmmie.training.config import config_toml


def draw_exports(checkpoint: Checkpoint, corpus: Corpus) -> None:
    """Draw the button with what can be exported; nothing is made before the reader asks for it."""
    record = current_record()
    split, part = str(st.session_state["split"]), str(st.session_state["slice"])
    with st.popover("Export", icon=":material/ios_share:", width="stretch"):
        if record is not None:
            _page(record, checkpoint, _view_facts(corpus, split, part))
        _utterances(checkpoint, corpus, split, part)


def _page(record: PageRecord, checkpoint: Checkpoint, view: dict[str, str]) -> None:
    st.markdown("**This page**")
    address = st.context.url or ""
    # The address leaves out what is as it would be without choosing; that may change later.
    fixed = {key: str(st.session_state[key]) for key in ("checkpoint", "split")}
    page = urlsplit(address).path.strip("/").rpartition("/")[2] or START

    def report() -> str:
        parts = record.complete()
        card = checkpoint.info.folder / "card.md"
        facts = Facts(
            address=f"{address}?{urlencode({**fixed, **record.query})}" if address else "",
            view={"Checkpoint": f"{checkpoint.info.name} ({checkpoint.fingerprint})", **view},
            card=card.read_text("utf-8").partition("\n")[2] if card.is_file() else "",
            configuration=config_toml(checkpoint.info.config),
        )
        return report_html(parts, facts)

    _download("Report (HTML)", report, f"mmmie-{page}.html", "text/html", ":material/article:")
    st.caption(
        "One file: the findings, figures (still interactive, with their data), maps and tables of "
        "this page, the checkpoint's card and configuration, and the link to this view."
    )


def _view_facts(corpus: Corpus, split: str, part: str) -> dict[str, str]:
    chosen = state.selection()
    facts = {
        "Corpus": f"{corpus.name} ({corpus.fingerprint})",
        "Split": split,
        "Slice": slice_titles(state.slice_masks(corpus, split)).get(part, part),
        "Colour by": str(st.session_state["colour"]),
    }
    named = {"Utterance": chosen.primary, "Pinned": chosen.pinned}
    return facts | {name: value for name, value in named.items() if value}


def _utterances(checkpoint: Checkpoint, corpus: Corpus, split: str, part: str) -> None:
    ids = state.selection().ids
    known = corpus.utterances["id"].isin(ids)
    if known.any():
        wanted = corpus.utterances.loc[known, "id"]
        name = "selection"
        title = f"**Selection**: {len(wanted):,} utterance{'s' * (len(wanted) != 1)}"
    else:
        mask = state.slice_masks(corpus, split).get(part)
        rows = corpus.rows(split)
        wanted = corpus.utterances["id"].iloc[rows if mask is None else rows[mask]]
        name = split
        title = f"**All {len(wanted):,} utterances** shown; none is selected"
    st.markdown(title)

    def table() -> pd.DataFrame:
        return selection_frame(checkpoint, corpus, wanted)

    with st.container(horizontal=True, gap="small"):
        _download("Ids", lambda: "\n".join(wanted) + "\n", f"{name}-ids.txt", "text/plain")
        _download("CSV", lambda: csv_text(table()), f"{name}.csv", "text/csv")
        _download(
            "Parquet",
            lambda: parquet_bytes(table()),
            f"{name}.parquet",
            "application/vnd.apache.parquet",
        )
    st.caption("All columns of the corpus, with prediction and error of this checkpoint.")


def selection_frame(checkpoint: Checkpoint, corpus: Corpus, ids: pd.Series) -> pd.DataFrame:
    """Utterances with prediction and error, whichever splits they are in."""
    rows = corpus.utterances[corpus.utterances["id"].isin(ids)]
    frames = [
        loading.open_outputs(checkpoint, corpus, split).frame(corpus)
        for split in rows["split"].unique()
    ]
    everything = pd.concat(frames).set_index("id", drop=False)
    return everything.loc[ids.tolist()].reset_index(drop=True)


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """A table as a Parquet file; columns of mixed types are written as text."""
    from pandas.api.types import infer_dtype

    mixed = [c for c in table if infer_dtype(table[c], skipna=True).startswith("mixed")]
    stream = io.BytesIO()
    table.astype({c: str for c in mixed}).to_parquet(stream, index=False)
    return stream.getvalue()


def _download(
    label: str,
    make: Callable[[], str | bytes],
    file: str,
    kind: str,
    icon: str = ":material/download:",
) -> None:
    st.download_button(
        label,
        data=make,
        file_name=file,
        mime=kind,
        key=f"export-{label}",
        icon=icon,
        on_click="ignore",
    )
