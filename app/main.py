"""``streamlit run app/main.py``: a router and nothing else."""

import sys
from pathlib import Path

import streamlit as st

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:  # the app is run from a checkout, not installed
    sys.path.insert(0, ROOT)

from app.export.record import recorded  # noqa: E402
from app.garbage_collection import clear_leftovers, collect_now_and_then  # noqa: E402
from app.loading import runs_folder  # noqa: E402
from app.pages import PAGES, START  # noqa: E402
from app.sidebar import draw_sidebar  # noqa: E402

st.set_page_config(page_title="MMMIE", page_icon=":material/graphic_eq:", layout="wide")
collect_now_and_then()
clear_leftovers(runs_folder() / "corpora")
sections: dict[str, list] = {}
for page in PAGES.values():
    start = page.slug == START
    shown = st.Page(page.file, title=page.title, icon=page.icon, default=start, url_path=page.slug)
    sections.setdefault(page.section, []).append(shown)
current = st.navigation(sections)
with recorded():
    draw_sidebar([page for section in sections.values() for page in section])
    current.run()
