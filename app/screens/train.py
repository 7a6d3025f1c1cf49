"""Train it now, watch it, stop it, keep it."""

import streamlit as st

from app import loading
from app.components.layout import wide_columns
from app.components.new_run import new_run_form
from app.components.run_list import run_list
from app.components.run_live import live_run
from mmmie.jobs import list_runs

st.title("Train it, watch it, stop it, keep it")
runs = {run.path.name: run for run in list_runs(loading.runs_folder())}
left, right = wide_columns([1, 2], key="train-columns", least=300, gap="large")
with right:
    wanted = st.session_state.pop("watch", None)
    if wanted in runs:
        st.session_state["run"] = wanted
    if st.session_state.get("run") not in runs:
        st.session_state.pop("run", None)
    if runs:
        name = st.selectbox("Run", list(runs), key="run", bind="query-params")
        live_run(runs[str(name)])
        run_list(loading.runs_folder())
    else:
        st.info(
            "No run yet. Start one on the left: the demo corpus needs no data, and a quick look "
            "takes a minute or two.",
            icon=":material/model_training:",
        )
with left:  # last, because a fault in the form ends the page
    new_run_form()
