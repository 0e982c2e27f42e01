"""What a network's specification says about its traits, without building it.

A page offers analyses by this, in its own process, which never loads a network. Where nothing is said here, the
analysis itself looks at the network (`traits.py`) and says why not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dnacore.extractors.labels import may_have_head

#: How timm's names begin for networks whose activation functions are all smooth, or nearly all.
SMOOTH = (
    "vit_", "deit", "beit", "eva", "swin", "convnext", "mixer", "cait", "xcit", "poolformer", "davit", "maxvit",
    "tf_efficientnet_b", "efficientnet_b", "tf_efficientnetv2", "efficientnetv2", "dnacore:sd_vae",
)  # fmt: skip


def why_not(needs: Sequence[str], specification: Mapping[str, Any]) -> str | None:
    """A sentence that begins with "it" and says why one of these needs cannot be met; None where all may be."""
    architecture = str(specification.get("architecture", ""))
    if "gradients" in needs and (precision := specification.get("precision", "fp32")) != "fp32":
        return f"gradients need full precision, and it was extracted in {precision}. Choose it in fp32."
    if "head" in needs and not may_have_head(specification):
        return "it has no trained classifier head, so there is no class to ask about."
    if "rectifiers" in needs and architecture.startswith(SMOOTH):
        return "it has no ReLU to guide, so the picture would be a plain gradient. Ask for the gradient instead."
    return None
