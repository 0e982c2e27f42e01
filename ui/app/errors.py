"""What a person sees when something goes wrong: one sentence and the next step, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler

import streamlit as st

from dnacore.errors import Damaged, DnaError, Mismatch
from ui.app import navigation, reads, words

LOG = "dashboard.log"


@contextmanager
def guarded() -> Iterator[None]:
    """Show errors raised in the block where it would have drawn."""
    try:
        yield
    except Exception as error:
        report(error)


def report(error: Exception) -> bool:
    """Show an error on the page and, if it was not meant for a person, keep its details in the log. Returns True."""
    if isinstance(error, DnaError):
        st.error(words.as_markdown(str(error)))
        if isinstance(error, Damaged | Mismatch):
            navigation.link("datasets", "Extract again")
        return True
    _logger().error("Unexpected error on a page", exc_info=error)
    st.error(
        f"This part of the page could not be drawn ({type(error).__name__}). Your data is untouched. "
        f"Reload the page; if it happens again, the details are in {LOG} in the workspace folder."
    )
    return True


@st.cache_resource
def _logger() -> logging.Logger:
    logger = logging.getLogger("visual_dna.dashboard")
    logger.setLevel(logging.INFO)
    handler = RotatingFileHandler(reads.workspace().root / LOG, maxBytes=1_000_000, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    return logger
