"""Colours, type and the plotly template: one visual language for every page, in light and in dark.

A dataset has one colour everywhere, taken in order from a list whose first eight can be told apart where they overlap,
by colour-blind viewers too. Distances use one sequential scale (light = near, dark = far), signed differences one
diverging scale with a neutral middle.
"""

from __future__ import annotations

import streamlit as st

from ui.app.palette import DARK


def is_dark() -> bool:
    """Whether the visitor's browser shows the dark theme."""
    return st.context.theme.type == "dark"


PRESENT = "present"


def presenting() -> bool:
    """Whether this visit is presenting to a room, with larger type and pictures."""
    return st.session_state.get(PRESENT) is not None


PLOT_CONFIG = {
    "displaylogo": False,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
    "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "visual-dna"},
}
BARE_CONFIG = {"displaylogo": False, "displayModeBar": False}

CSS = """
[data-testid="stMainBlockContainer"] { max-width: 1360px; padding-left: 2.5rem; padding-right: 2.5rem; }
.stApp { font-feature-settings: "tnum" 1, "cv11" 1; }
h1 { letter-spacing: -0.015em; padding: 0 !important; }
h2, h3 { letter-spacing: -0.01em; }
.vds-lead { font-size: 15px; opacity: .72; margin: 0 0 0.4rem; max-width: 82ch; text-wrap: pretty; line-height: 1.5; }
.vds-question { font-size: 15px; font-weight: 600; margin: .1rem 0 .3rem; text-wrap: pretty; }
.vds-found { font-size: 20px; font-weight: 500; line-height: 1.35; letter-spacing: -0.01em; margin: 0.2rem 0 0.3rem; text-wrap: pretty; }
.vds-exact { font-size: 13px; opacity: .72; margin: 0 0 .3rem; font-variant-numeric: tabular-nums; text-wrap: pretty; }
.vds-caption { font-size: 13px; opacity: .72; max-width: 72ch; margin: 0 0 .2rem; text-wrap: pretty; }
.vds-name { display: inline-flex; align-items: center; gap: .5em; font-weight: 600; }
.vds-dot { width: .72em; height: .72em; border-radius: 50%; flex: none; }
.vds-row { display: flex; flex-wrap: wrap; justify-content: space-between; column-gap: 1em; font-size: 13px; }
.vds-row span:last-child { font-variant-numeric: tabular-nums; text-align: right; min-width: 0; margin-left: auto; }
.vds-row span:last-child { overflow-wrap: anywhere; }
.vds-row > span:first-child:not(:last-child) { max-width: 100%; overflow-wrap: break-word; word-break: normal; }
[data-testid="stMultiSelect"] [data-tag] {
  background: color-mix(in srgb, currentColor 9%, transparent); color: inherit;
}
[data-testid="stMultiSelect"] [data-tag] :is(span, button, svg) { color: inherit; }
[data-testid="stMultiSelect"] [data-tag]::before {
  content: ""; width: .62em; height: .62em; border-radius: 50%; margin: 0 .45em 0 0; flex: none;
}
[data-testid="stMultiSelect"] :has(> [data-testid="stMultiSelectTagsContainer"]) { max-height: 21rem; }
[data-testid="stSidebar"] [data-testid="stVerticalBlock"] { gap: .6rem; }
.vds-large { background: color-mix(in srgb, currentColor 6%, transparent); border-radius: 4px; }
.vds-large img { display: block; width: 100%; max-height: 66vh; object-fit: contain; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { color: inherit; font-size: 13px; }
[data-testid="stCaptionContainer"] { opacity: .74; }
[data-testid="stSelectbox"] input { text-overflow: ellipsis; }
/* A link to the page one is on is a link like any other, not the menu's mark of where one is. */
[data-testid="stMain"] [data-testid="stPageLink-NavLink"]:not(:hover):not(:focus-visible) { background-color: transparent; }
[data-testid="stMain"] [data-testid="stPageLink-NavLink"] :is(p, span) { font-weight: 400; }
.vds-line { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: 13px; }
[data-testid="stMain"] hr { margin: .6rem 0 .4rem; }
.vds-quiet { opacity: .72; }
.vds-table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
.vds-scroll { overflow-x: auto; }
.vds-table :is(th, td) {
  text-align: right; padding: .35rem 0 .35rem 1rem;
  border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent);
}
.vds-table :is(th, td):first-child { text-align: left; padding-left: 0; }
.vds-table th { font-weight: 500; opacity: .78; }
.st-key-breadcrumb { font-size: 13px; min-height: 0; }
.st-key-breadcrumb a { padding: 0; min-height: 0; }
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}
.stButton button p, .stPopover button p, [data-testid="stPopover"] button p { white-space: normal; }
@media (max-width: 1100px) {
  [data-testid="stMainBlockContainer"] { padding-left: 1.5rem; padding-right: 1.5rem; }
  [data-testid="stSidebar"][data-collapsed="false"] { width: 208px !important; min-width: 208px !important; }
  [data-testid="stMultiSelect"] [data-tag] { font-size: 12px; padding-left: 4px; padding-right: 2px; }
  [data-testid="stMultiSelectTagsContainer"] { padding-right: 0; }
}
@media (min-width: 641px) and (max-width: 1100px) { /* a dataset's name, and below it what there is of it */
  [data-testid="stHorizontalBlock"]:has(> [class*="st-key-look-"]) { row-gap: 0; }
  [class*="st-key-look-"] { flex: 1 1 calc(100% - 2.5rem); }
  [class*="st-key-look-"] button, [class*="st-key-look-"] button > div { justify-content: flex-start; text-align: left; }
  [class*="st-key-look-"] + [data-testid="stElementContainer"] { margin-left: 1.6rem; }
  [class*="st-key-look-"] + [data-testid="stElementContainer"] .vds-line { text-align: left !important; }
}
@media (max-width: 640px) {
  :is(.st-key-heatmap, .st-key-start-heatmap, .st-key-dataset-map, .st-key-by_layer) { overflow-x: auto; }
  :is(.st-key-heatmap, .st-key-start-heatmap, .st-key-dataset-map, .st-key-by_layer) > * { min-width: 600px; }
  [data-testid="stPageLink"] :is(p, span) { white-space: normal; }
}
"""


# Sizes in presenter mode, stated in docs/presenting.md.
ROOM = """
:root { font-size: 19px !important; }
.stApp { --vds-small: 18px; }
:is([data-testid="stSidebar"], [data-testid="stExpandSidebarButton"], .st-key-page-corner, .st-key-tour, .st-key-breadcrumb) {
  display: none !important;
}
[data-testid="stMainBlockContainer"] { max-width: none; padding-top: 1rem; padding-bottom: 6rem; }
h1 { font-size: 40px !important; }
h2, h3 { font-size: 28px !important; }
.vds-lead { font-size: 24px; max-width: none; }
.vds-question { font-size: clamp(22px, 2vw, 28px); line-height: 1.25; margin: 0; }
.vds-found { font-size: clamp(26px, 2.4vw, 34px); line-height: 1.25; }
:is(.vds-caption, .vds-exact, .vds-row, .vds-table, .vds-line) { font-size: 18px; }
:is(.vds-lead, .vds-caption, .vds-exact, .vds-quiet) { opacity: .85; }
[data-testid="stMain"] :is(label p, button p, input, [data-testid="stSelectbox"] div) { font-size: 18px; }
[data-testid="stMain"]:has(.vds-question) :is(.vds-lead, .st-key-two-in-a-row, .st-key-neuron-knobs) { display: none; }
[data-testid="stColumn"]:has(.st-key-page-corner) { display: none; }
[data-testid="stMain"]:has(.vds-question) h1 { font-size: 20px !important; font-weight: 500; letter-spacing: 0; opacity: .85; }
@media (max-width: 640px) {
  [data-testid="stElementContainer"]:has([data-testid="stPlotlyChart"]) { overflow-x: auto; }
  [data-testid="stElementContainer"]:has([data-testid="stPlotlyChart"]) > * { min-width: 640px; }
}
.st-key-presenter { position: fixed; left: 0; right: 0; bottom: 0; z-index: 95; padding: .3rem 2.5rem; }
[data-testid="stMain"] [data-testid="stMultiSelect"] [data-tag] { font-size: 18px; }
[data-testid="stMain"] [data-testid="stButtonGroup"] button { padding-left: .75em; padding-right: .75em; }
.st-key-presenter { flex-wrap: nowrap; }
.st-key-presenter > :has(.vds-quiet) { flex: 1 1 0; min-width: 0; }
.st-key-presenter .vds-quiet { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
@media (max-width: 1100px) {
  .st-key-presenter { padding: .2rem 1.5rem; }
  .st-key-presenter kbd { display: none; }
}
"""


def apply() -> None:
    """Put the shared style sheet on the page."""
    # The accent is light on the dark ground, so that it can be read there; what stands on it must then be dark.
    primary = 'button[data-testid*="stBaseButton-primary"]:not(:disabled)'
    on_accent = f"{primary} * {{ color: {DARK.ground}; }}" if is_dark() else ""
    st.html(f"<style>{CSS}{ROOM if presenting() else ''}{on_accent}</style>")
