"""Placeholder."""

import streamlit as st

st.title("context_identity")
