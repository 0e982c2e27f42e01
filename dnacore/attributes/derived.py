"""Attributes that come from elsewhere than a table: sub-folders, a person's own tags, a network's words."""

from __future__ import annotations

TAG, BETWEEN = "tag", "; "  # the name of the attribute of tags, and what separates several tags
FOLDER = "folder"  # the name of the attribute of sub-folders, unless the table has a column of that name
