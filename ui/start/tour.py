"""The guided tour: five steps in a small panel that stays in sight from page to page and blocks nothing.

The steps answer one question on the demo's faces, in as many clicks as there are steps: which neurons see hats, and
which images have one? The step is part of the address, so that a reload goes on with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from ui.app import navigation, palette, reads, theme, words
from ui.components.component import component
from ui.start import demo

KEY, _SAID = "tour", "_tour-address"
FACES, ATTRIBUTE = "faces", "hat"


@dataclass(frozen=True)
class Step:
    """One step: the page it is about, what it speaks of there (a CSS selector), what it says, the choices it makes."""

    page: str
    points: str
    title: str
    text: str
    choices: dict[str, object] = field(default_factory=dict)


STEPS = (
    Step(
        "start",
        ".st-key-start-heatmap",
        "Five steps, one question",
        "**Which neurons see hats, and which images have one?** The demo's cartoon faces answer it, and your own images "
        "can do the same. Click anything on the way; this panel waits.",
    ),
    Step(
        "datasets",
        ".st-key-look-wall",
        "Images with a table",
        "These are the faces, before any question. A table beside them says who wears a hat: 1 is yes. Your own folder "
        "can be added on this page, with or without such a table.",
        {"look": FACES},
    ),
    Step(
        "distances",
        ".st-key-heatmap",
        "Whole datasets",
        "Each square is how far two datasets are apart, over all neurons: light is near, dark is far. But a hat is a "
        "small thing, so all neurons together hardly notice it.",
    ),
    Step(
        "sensitivity",
        ".st-key-sensitive",
        "Neurons that see hats",
        "Faces with a hat against faces without. **The longest bars are the neurons that see hats**; the tick is what "
        "chance would give. Drag “How many neurons” and watch the images sort themselves.",
        {"piles": "attribute", "from": FACES, "attribute": ATTRIBUTE},
    ),
    Step(
        "gallery",
        ".st-key-gallery-bands",
        "Images that have one",
        "**The first images are those with a hat**, found by 20 neurons alone. Choose your own dataset under “Images "
        "of”, and the same neurons look for hats there: the better, the more your images are like these.",
        {
            "dataset": FACES, "like": f"{FACES}[{ATTRIBUTE}=1]", "unlike": f"{FACES}[{ATTRIBUTE}=0]", "neurons": "top",
            "top": 20,
        },
    ),
)  # fmt: skip
_pointer = component(__file__, "pointer.js")
CSS = """
.st-key-tour {
  position: fixed; right: 1.25rem; bottom: 1.25rem; width: 21.5rem; z-index: 90; padding: .9rem 1.1rem .6rem;
  border: 1px solid GROUND_RULE; border-radius: 6px; background: GROUND; box-shadow: 0 6px 24px rgba(0,0,0,.16);
}
.st-key-tour p { font-size: 13px; line-height: 1.5; }
.st-key-tour .vds-tour { font-size: 13px; margin: 0; }
.st-key-tour .vds-tour b { font-size: 15px; }
.vds-pointed { outline: 2px solid ACCENT; outline-offset: 6px; border-radius: 4px; scroll-margin: 90px 0; }
[data-testid="stMainBlockContainer"] { padding-bottom: 15rem; }
@media (max-width: 1100px) { .st-key-tour { width: 19rem; right: .75rem; bottom: .75rem; } }
"""


def begin() -> None:
    """Start the tour at its first step."""
    _go(0)


def draw() -> None:
    """Draw the panel, where somebody is on the tour."""
    given = _asked()
    at = int(given) - 1 if given and given.isdecimal() else -1
    if not 0 <= at < len(STEPS):
        return
    _keep(str(at + 1))
    step, tone = STEPS[at], palette.ink(theme.is_dark())
    st.html(
        f"<style>{CSS.replace('GROUND_RULE', tone.rule).replace('GROUND', tone.ground).replace('ACCENT', tone.accent)}</style>"
    )
    _pointer(key="tour-pointer", data={"selector": step.points, "step": at})
    with st.container(key=KEY, gap="xsmall"):
        st.html(
            f'<p class="vds-tour"><span class="vds-quiet">Step {at + 1} of {len(STEPS)}</span><br><b>{step.title}</b></p>'
        )
        st.markdown(step.text)
        if waiting := _waiting():
            st.caption(waiting)
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            if at and st.button("Back", key="tour-back"):
                _go(at - 1)
            last = at == len(STEPS) - 1
            if st.button("Finish" if last else "Next", key="tour-next", type="primary"):
                close() if last else _go(at + 1)
            if not last and st.button("Close the tour", key="tour-close", type="tertiary"):
                close()


def close() -> None:
    """End the tour; the page stays as it is."""
    st.session_state.pop(KEY, None)
    if KEY in st.query_params:
        del st.query_params[KEY]
    st.rerun()


def _asked() -> str | None:
    # Not part of a shared link: the person who opens one has not asked for a tour.
    given = st.query_params.get(KEY)
    if given and given != st.session_state.get(_SAID):
        st.session_state[KEY] = given
    return st.session_state.get(KEY)


def _keep(step: str) -> None:
    st.session_state[KEY] = st.session_state[_SAID] = step
    if st.query_params.get(KEY) != step:
        st.query_params[KEY] = step


def _go(at: int) -> None:
    step = STEPS[at]
    navigation.go(step.page, **step.choices, **{KEY: str(at + 1)})


def _waiting() -> str | None:
    """What to say where the demo's faces are not there yet."""
    if any(one.name == FACES for one in reads.ready()):
        return None
    current = demo.job()
    if current is not None and current.state == "running":
        left = words.time_left(current.seconds_left)
        return f"The faces are still being prepared ({left}). What is ready is shown already."
    return "The demo's faces are not here for this extractor. Start, “Try it on demo data”, makes them."
