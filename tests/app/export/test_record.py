"""What a page drew is in its record, in order, and what is drawn again takes its old place."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.export import record as module
from app.export.record import (
    Drawing,
    Footer,
    Group,
    Heading,
    Number,
    PageRecord,
    Picture,
    Table,
    Verbatim,
    Words,
    filling,
    recorded,
)
from app.parts.page_text import MOST_ROWS


def script():
    import pandas as pd
    import plotly.graph_objects as go
    import streamlit as st

    from app.export.record import recorded, redrawn
    from app.parts import page_text as say
    from app.parts.drawings import draw
    from app.parts.figures import figure
    from app.parts.fragment import fragment

    @fragment
    def counted():
        st.session_state["runs"] = runs = st.session_state.get("runs", 0) + 1
        say.finding(f"Drawn {runs} times")
        st.button("Again", key="again")

    with recorded():
        heading, later = st.empty(), st.empty()
        say.title("A question?", place=heading)
        left, right = st.columns([2, 1])
        say.number("MAE", "0.21", "+0.1", place=right)
        with later.container(), redrawn("later"):
            say.finding("gone")
        with left:
            figure(
                go.Figure(go.Scatter(x=[1], y=[2])),
                key="one",
                caption="12 utterances.",
                explanation="Every dot is **one**.",
                data=pd.DataFrame({"x": [1]}),
                alt="A dot.",
            )
        st.text_input("A control", "not in a report")
        counted()
        say.verbatim("<b>a transcript</b>")
        say.grid(
            pd.DataFrame({"id": [f"u{i}" for i in range(250)], "error": 1 / 3, "hidden": 1}),
            hide_index=True,
            column_order=["error", "hidden", "id"],
            column_config={
                "error": st.column_config.NumberColumn("Error", format="%.2f"),
                "hidden": None,
            },
        )
        say.table(pd.DataFrame({"a": [1.23456]}, index=["row"]))
        draw("<svg></svg>", key="drawn")
        say.title("The finding", place=heading)
        with later.container(), redrawn("later"):
            say.caption("in its place")


def flat(parts):
    for part in parts:
        yield from flat(part.parts) if isinstance(part, Group) else (part,)


def parts_of(app):
    assert not app.exception
    return list(flat(app.session_state["page_record"].complete()))


@pytest.fixture
def app():
    return AppTest.from_function(script).run(timeout=60)


def test_the_page_is_kept_in_order_without_its_controls(app):
    parts = parts_of(app)
    kinds = [type(part) for part in parts]
    assert kinds == [
        *(Heading, Number, Words, Picture, Footer, Heading, Verbatim, Table, Table, Drawing)
    ]
    assert parts[0] == Heading("The finding", 1)
    assert parts[1:3] == [Number("MAE", "0.21", "+0.1"), Words("in its place", "caption")]
    assert parts[3].alt == "A dot." and parts[3].figure.data[0].y == (2,)
    assert (parts[4].caption, parts[4].explanation) == ("12 utterances.", "Every dot is **one**.")
    assert parts[6] == Verbatim("<b>a transcript</b>")


def test_tables_are_written_as_on_the_screen(app):
    frame, small = (part for part in parts_of(app) if isinstance(part, Table))
    assert list(frame.columns) == ["Error", "id"] and list(frame.numeric) == [True, False]
    assert frame.rows[0] == ("0.33", "u0")
    assert (len(frame.rows), frame.more) == (MOST_ROWS, 250 - MOST_ROWS)
    assert list(small.columns) == ["index", "a"] and small.rows == [("row", "1.23")]


def test_a_new_run_begins_a_new_record(app):
    before = parts_of(app)
    app.run()
    after = parts_of(app)
    assert len(after) == len(before) and Heading("Drawn 2 times", 3) in after


def test_a_fragment_replaces_its_own_part(app, monkeypatch):
    """Streamlit keeps the arguments of a fragment, the group among them, for its next run."""
    record: PageRecord = app.session_state["page_record"]
    (group,) = (
        part
        for part in record.page.parts
        if isinstance(part, Group) and Heading("Drawn 1 times", 3) in part.parts
    )
    place = record.page.parts.index(group)
    from app.parts import page_text as say

    monkeypatch.setattr(st, "session_state", {"page_record": record})
    monkeypatch.setattr(st, "query_params", {"utterance": "b"})
    with filling(group):
        say.finding("Drawn alone")
    assert record.page.parts[place] is group and group.parts == [Heading("Drawn alone", 3)]
    assert record.open is record.page and record.query == {"utterance": "b"}


def test_whoever_asks_while_a_page_is_drawn_gets_all_of_it_and_its_address(monkeypatch):
    session = {}
    monkeypatch.setattr(st, "session_state", session)
    monkeypatch.setattr(st, "query_params", {"utterance": "a"})
    monkeypatch.setattr(module, "_LONGEST_RUN_SECONDS", 20)
    with ThreadPoolExecutor() as pool:
        with pytest.raises(ValueError), recorded():  # a page that fails is complete as well
            asked = pool.submit(session["page_record"].complete)
            with pytest.raises(TimeoutError):
                asked.result(0.2)
            module.add(Words("the last of it"))
            raise ValueError
        assert asked.result(5) == [Heading("MMMIE", 1), Words("the last of it")]
    assert session["page_record"].query == {"utterance": "a"}


def test_outside_the_app_nothing_is_recorded(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})
    module.add(Words("to nobody"))
    with filling(Group()):
        module.add(Words("to nobody"))
    assert st.session_state == {}
