"""What `import dnacore as dc` offers, and what it must not cost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dnacore as dc

SURFACE = [
    "Accumulator", "BadInput", "Calibration", "Cancelled", "Comparison", "DNA", "Damaged", "DnaError", "Explanation",
    "Extractor", "Forgetting", "Gaussian", "Mismatch", "Mixture", "Selection", "Sensitivity", "Unavailable",
    "UnknownName", "Workspace", "attributes_of", "auc", "calibrate", "emd", "emd_avg", "explain", "explain_image",
    "extract", "fd", "forget", "kid", "load_calibration", "load_dna", "load_extractor", "merge", "mixture", "nfd",
    "pairwise", "precision_recall", "rank", "sensitivities", "sensitivity",
]  # fmt: skip


def test_the_public_surface_is_this_list() -> None:
    assert dc.__all__ == SURFACE == sorted(SURFACE)
    assert all(callable(getattr(dc, name)) for name in SURFACE)


def test_no_module_hides_a_public_name() -> None:
    modules = {path.stem for path in Path(dc.__file__).parent.glob("*.py")}
    modules |= {path.parent.name for path in Path(dc.__file__).parent.glob("*/__init__.py")}
    assert not modules & set(SURFACE)


def test_help_imports_no_network_library() -> None:
    code = "import sys, dnacore.commands.parser; sys.exit(any(m in sys.modules for m in ('torch', 'numpy', 'numba', 'streamlit')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(dc.__file__).parents[1]).returncode == 0
