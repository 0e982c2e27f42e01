"""Figures: arrays and names in, one plotly figure out.

Imports `ui.app` for colours and words; no Streamlit, no state.
"""
