"""`dc.rank`: order the images of a dataset or folder by their distance to a reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from dnacore.analyses.ranking import distances_to, table
from dnacore.dna.histogram import DNA
from dnacore.neurons.selection import Selection

if TYPE_CHECKING:
    from dnacore.workspace.workspace import Workspace


def rank(
    dataset: str | Path,
    reference: DNA | str | Path,
    unlike: DNA | str | Path | None = None,
    selection: Selection | str | None = None,
    workspace: Workspace | None = None,
    extractor: str | None = None,
) -> pd.DataFrame:
    """Rank the images of a dataset or folder by their distance to a reference, nearest first.

    reference, unlike: a DNA, a dataset's name, a folder, or an image file. What is missing is extracted on the way.
    Returns a DataFrame: rank (from 1), path (absolute), distance (bins), index (the image's number in the dataset).
    Images whose sketch was not kept are left out. Raises BadInput, UnknownName, Mismatch.
    """
    from dnacore.sources.resolver import Sources

    sources = Sources(workspace, extractor, like=[d for d in (reference, unlike) if isinstance(d, DNA)])
    against = sources.dna(reference)
    other = None if unlike is None else sources.dna(unlike)
    files, sketches = sources.sketches(dataset)
    chosen = sources.selection(selection)
    return table(sources.dataset(dataset).folder, files, sketches, distances_to(sketches, against, other, chosen))
