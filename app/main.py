"""``streamlit run app/main.py``: a router and nothing else."""

import sys
from pathlib import Path

import streamlit as st

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:  # the app is run from a checkout, not installed
    sys.path.insert(0, ROOT)

from app.garbage import collect_now_and_then  # noqa: E402
from app.sidebar import draw_sidebar  # noqa: E402

st.set_page_config(page_title="MMMIE", page_icon=":material/graphic_eq:", layout="wide")
collect_now_and_then()

# Not in a folder called pages: Streamlit would run such files by themselves, without this one,
# when the first address that a fresh server is asked for is not the start page.
PAGES = {
    "Look": [
        ("overview", "Overview", ":material/home:"),
        ("representations", "Representations", ":material/bubble_chart:"),
        ("mutual_information", "Mutual information", ":material/join_inner:"),
        ("predictions", "Predictions", ":material/fact_check:"),
        ("context_identity", "Context & identity", ":material/forum:"),
    ],
    "Do": [
        ("learn", "Learn", ":material/school:"),
        ("train", "Train", ":material/model_training:"),
        ("compare", "Compare", ":material/compare:"),
        ("data", "Data", ":material/dataset:"),
    ],
}

sections = {
    section: [
        st.Page(f"screens/{file}.py", title=title, icon=icon, default=file == "overview")
        for file, title, icon in entries
    ]
    for section, entries in PAGES.items()
}
page = st.navigation(sections)
draw_sidebar([page for section in sections.values() for page in section])
page.run()
