"""What a page drew becomes a report, whatever order it was drawn in."""

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.export.page_parts import MOST_ROWS, page_parts
from app.export.report import Group, Heading, Number, Picture, Table, Verbatim, Words


def script():
    import pandas as pd
    import plotly.graph_objects as go
    import streamlit as st

    from app.export.page_record import start_recording
    from app.parts.figures import figure

    with st.sidebar:
        st.write("not of the page")
        start_recording()
    heading = st.empty()
    later = st.empty()
    later.container().subheader("gone")
    left, right = st.columns([2, 1])
    right.metric("MAE", "0.21", "+0.1")
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
    st.html("<style>p {color: red}</style>")
    st.html("<img src=x onerror=alert(1)>")
    st.text("<b>a transcript</b>")
    st.dataframe(
        pd.DataFrame({"id": [f"u{i}" for i in range(250)], "error": 1 / 3, "hidden": 1}),
        hide_index=True,
        column_order=["error", "id"],
        column_config={"error": st.column_config.NumberColumn("Error", format="%.2f")},
    )
    st.table(pd.DataFrame({"a": [1.23456]}, index=["row"]))
    heading.title("The finding")
    later.caption("in its place")
    st.subheader("Over links only")


@pytest.fixture(scope="module")
def page() -> Group:
    app = AppTest.from_function(script).run(timeout=60)
    assert not app.exception
    return page_parts(app.session_state["page_record"].in_order())


def flat(group):
    for part in group.parts:
        yield part
        if isinstance(part, Group):
            yield from flat(part)


def test_the_page_is_held_in_the_order_of_the_screen(page):
    assert page.parts[:2] == [Heading("The finding", 1), Words("in its place", "caption")]
    row = page.parts[2]
    assert row.kind == "row" and [part.weight for part in row.parts] == pytest.approx(
        [2 / 3, 1 / 3]
    )
    left, right = row.parts
    assert right.parts == [Number("MAE", "0.21", "+0.1")]
    picture = left.parts[0]
    assert isinstance(picture, Picture) and picture.alt == "A dot."
    assert Words("12 utterances.", "caption") in flat(left)
    details = next(p for p in flat(left) if isinstance(p, Group) and p.kind == "details")
    assert details.label == "What is this?" and details.parts == [Words("Every dot is **one**.")]


def test_controls_styles_active_html_and_what_was_replaced_are_left_out(page):
    parts = list(flat(page))
    assert Verbatim("<b>a transcript</b>") in parts
    assert [p.text for p in parts if isinstance(p, Heading)] == ["The finding"]
    assert {type(p).__name__ for p in parts} == {
        *("Heading", "Words", "Group", "Number", "Picture", "Verbatim", "Table")
    }


def test_tables_are_written_as_on_the_screen(page):
    frame, small = (p for p in flat(page) if isinstance(p, Table))
    assert list(frame.columns) == ["Error", "id"] and list(frame.numeric) == [True, False]
    assert frame.rows[0] == ("0.33", "u0")
    assert (len(frame.rows), frame.more) == (MOST_ROWS, 250 - MOST_ROWS)
    assert list(small.columns) == ["index", "a"] and small.rows == [("row", "1.23")]


def test_the_next_run_overwrites_the_record():
    app = AppTest.from_function(script).run(timeout=60)
    first = app.session_state["page_record"]
    app.run()
    second = app.session_state["page_record"]
    assert second is not first
    assert len(second.in_order()) == len(first.in_order())
    assert pd.Series([path for path, _ in second.in_order()]).is_unique
