"""Placeholder."""

import streamlit as st

st.title("mutual_information")
