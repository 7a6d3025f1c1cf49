"""``streamlit run app/main.py``: a router and nothing else."""

import sys
from pathlib import Path

import streamlit as st

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:  # the app is run from a checkout, not installed
    sys.path.insert(0, ROOT)

from app.access.visit import draw_login, must_log_in  # noqa: E402
from app.export.record import recorded  # noqa: E402
from app.garbage_collection import clear_leftovers, collect_now_and_then  # noqa: E402
from app.loading import runs_folder  # noqa: E402
from app.pages import PAGES, START  # noqa: E402
from app.sidebar import draw_sidebar  # noqa: E402
from mmmie.hosting import read_only  # noqa: E402

st.set_page_config(page_title="MMMIE", page_icon=":material/graphic_eq:", layout="wide")
collect_now_and_then()
if not read_only():
    clear_leftovers(runs_folder() / "corpora")
sections: dict[str, list] = {}
for page in PAGES.values():
    start = page.slug == START
    shown = st.Page(page.file, title=page.title, icon=page.icon, default=start, url_path=page.slug)
    sections.setdefault(page.section, []).append(shown)
locked = must_log_in()
current = st.navigation(sections, position="hidden" if locked else "sidebar")
if locked:
    draw_login()
with recorded():
    pages = [page for section in sections.values() for page in section]
    draw_sidebar(pages, chooses=current is not pages[0])
    current.run()
