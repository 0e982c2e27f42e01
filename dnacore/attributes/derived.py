"""Columns of a table of attributes that no file of attributes gave: sub-folders, a person's own tags, a network's words."""

from __future__ import annotations

from dnacore.sketches.words import SEES

TAG, BETWEEN = "tag", "; "  # the attribute that a person's own tags are asked for by, and what stands between several
FOLDER = "folder"  # the attribute that sub-folders are asked for by, where a table has none of that name
DERIVED = (SEES, FOLDER, TAG)
