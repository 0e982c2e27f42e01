"""One small workspace for the studies that put images through a network."""

from __future__ import annotations

import pytest

import dnacore as dc
from dnacore.sources.resolver import Sources
from tests import small_world

IMAGES = 24


@pytest.fixture(scope="session")
def small_workspace(tmp_path_factory: pytest.TempPathFactory) -> dc.Workspace:
    """Datasets bright (with two attributes) and dark, of 24 images each, extracted with a small network."""
    with pytest.MonkeyPatch.context() as patch:
        small_world.use_small_network(patch)
        folder = tmp_path_factory.mktemp("studies")
        ws = small_world.workspace(folder / "home")
        for seed, name in enumerate(("bright", "dark")):
            small_world.draw(folder / name, IMAGES, seed, dark=name == "dark")
        rows = [f"{i:03d}.png,{int(i % 2)},{int(i < 12)}" for i in range(IMAGES)]
        (folder / "bright" / "attributes.csv").write_text("file,odd,early\n" + "\n".join(rows) + "\n")
        for name in ("bright", "dark"):
            ws.add_dataset(name, folder / name)
            small_world.extract(ws, name)
    return ws  # outside the `with`: what is patched must not outlive the making


@pytest.fixture
def small_sources(small_workspace: dc.Workspace, monkeypatch: pytest.MonkeyPatch) -> Sources:
    """That workspace, and its network wherever a study asks for one."""
    small_world.use_small_network(monkeypatch)
    return Sources(small_workspace)
