"""Demo datasets drawn by code: no download, no licence, and attributes that are true by construction.

`design` plans the attributes, `canvas` is the drawing surface; `faces/`, `streets/` and `landscapes/` draw; `datasets`
names them, `album` writes them as files, and `ahead` does so in a process of its own while something else is going on.
"""

from __future__ import annotations

from .ahead import Ahead
from .album import ATTRIBUTES_FILE, draw
from .datasets import DemoDataset, attributes, demo_datasets, image

__all__ = ["ATTRIBUTES_FILE", "Ahead", "DemoDataset", "attributes", "demo_datasets", "draw", "image"]
