"""Train it now, watch it, stop it, keep it."""

import streamlit as st

from app import loading, state
from app.parts import page_text as say
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.runs.live_run import live_run
from app.runs.new_run_form import first_look, new_run_form
from app.screens.train.run_list import run_list
from mmmie.hosting import read_only
from mmmie.jobs import list_runs

say.title("Train it, watch it, stop it, keep it")
with state.readable_errors():  # their folder may be closed
    runs = {run.name: run for run in list_runs(loading.runs_folder())}
watched, form = wide_columns(
    [2.6, 1], key="train-columns", least=270, gap="medium", from_right=True
)
with watched:
    if (gone := st.session_state.get("deleted")) is not None:
        st.toast(f"{plain(gone)} is deleted", icon=":material/delete:")
    wanted = st.session_state.pop("watch", None)
    if wanted in runs:
        st.session_state["run"] = wanted
    state.forget_unless("run", runs)
    if runs:
        name = st.selectbox("Run", list(runs), key="run", bind="query-params")
        live_run(runs[str(name)])
        run_list()
    else:
        with st.container(border=True):
            st.subheader("No run yet")
            if read_only():
                st.write("This server is read-only, and nothing was trained on it so far.")
                st.stop()
            st.write(
                "The demo corpus needs no data, and five epochs of it take a minute or two. Loss, "
                "validation, mutual information and a map of the codes appear here epoch by epoch; "
                "the run continues when you close the page."
            )
            if st.button("Take a quick look", type="primary", icon=":material/play_arrow:"):
                with state.readable_errors():
                    first_look()
                st.rerun()
with form:  # last, because a fault in the form ends the page
    st.subheader("New run")
    new_run_form()
st.session_state.pop("deleted", None)  # a page that is begun anew half-way says it again
