"""A filter in the address, tags on images, names of neurons, and a lasso in the link: what people add, and what keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dnacore as dc
from dnacore.commands.extract import _told
from dnacore.workspace.saved import neuron_notes, piles, tags
from dnacore.workspace.saved.neuron_notes import Note
from tests import small_world
from ui.app import reads, seen, words
from ui.choices.own import neuron_notes as notes


@pytest.fixture
def workspace(workspace_home: Path, tmp_path: Path):
    """The server's workspace with `day`: twelve pictures, hats on the first six, smiles on every second."""
    reads._open.cache_clear()
    opened = small_world.workspace(workspace_home)
    folder = small_world.draw(tmp_path / "day", 12)
    lines = [f"{at:03d}.png,{int(at < 6)},{int(at % 2 == 0)}" for at in range(12)]
    (folder / "attributes.csv").write_text("\n".join(["file,hat,smile", *lines]))
    opened.add_dataset("day", folder)
    small_world.extract(opened, "day")
    yield opened
    reads._open.cache_clear()
    notes._known.clear()


def filtered() -> None:
    import streamlit as st

    from ui.app import reads
    from ui.choices import filter_bar

    dataset = reads.workspace().datasets()[0]
    part = filter_bar.draw(dataset)
    st.text(str(part))
    st.text(len(filter_bar.rows(dataset, part) or ()))


def shown(app: AppTest) -> list[str]:
    assert not app.exception
    return [text.value for text in app.text]


def test_a_filter_comes_from_the_address_and_goes_there(workspace: dc.Workspace) -> None:
    app = AppTest.from_function(filtered, default_timeout=60)
    app.query_params["only"] = ["hat=1", "smile=1"]
    assert shown(app.run()) == ["[hat=1][smile=1]", "3"]
    (bar,) = app.multiselect
    assert bar.options == ["with hat (3)", "with smile (3)"]
    bar.set_value(["smile=1"]).run()
    assert shown(app) == ["[smile=1]", "6"] and app.query_params["only"] in ("smile=1", ["smile=1"])
    assert "without hat (3)" in app.multiselect[0].options
    dataset = workspace.dataset("day")
    tags.add(workspace.catalogue, [(dataset.id, row.index) for row in workspace.files(dataset)[:1]], "mine")
    assert "tagged mine (1)" in app.run().multiselect[0].options


def test_a_part_by_several_conditions_is_a_choice_once_a_link_asks_for_it(workspace: dc.Workspace) -> None:
    def page() -> None:
        import streamlit as st

        from ui.app import reads
        from ui.choices import choices

        st.text(choices.one_dataset("Images of", reads.ready(), "dataset", split=True).said)

    app = AppTest.from_function(page, default_timeout=60)
    app.query_params["dataset"] = "day[hat=1][smile=1]"
    assert shown(app.run()) == ["day with hat and smile"]
    assert not app.warning


def test_images_with_a_tag_are_compared_with_all_others(workspace: dc.Workspace) -> None:
    dataset = workspace.dataset("day")
    rows = workspace.files(dataset)
    tags.add(workspace.catalogue, [(dataset.id, row.index) for row in rows[:4]], "mine")
    tags.add(workspace.catalogue, [(dataset.id, row.index) for row in rows[2:6]], "best")

    def page() -> None:
        import streamlit as st

        from ui.app import reads
        from ui.choices import piles

        chosen = piles.choose([one for one in reads.ready() if one.name == "day"])
        for name, pile in zip(chosen.names, (chosen.with_, chosen.without), strict=True):
            st.text(f"{name}: {pile.dataset.images}")

    app = AppTest.from_function(page, default_timeout=60)
    app.query_params["attribute"], app.query_params["with-tag"] = "tag", "best"
    assert shown(app.run()) == ["day tagged best: 4", f"day not tagged best: {len(rows) - 4}"]


def test_a_neuron_is_called_what_somebody_calls_it(workspace: dc.Workspace) -> None:
    dna = reads.dna(reads.ready()[0])
    layer, index = dna.neuron(5)
    before = words.short(dna, 5)
    neuron_notes.put(workspace.catalogue, dna.calibration.extractor, f"{layer}:{index}", Note("hat brims", "mostly"))
    words.named_by(notes.names_of)
    try:
        assert words.short(dna, 5) == f"{before} (hat brims)"
        assert words.full(dna, 5).startswith("“hat brims”, neuron")
        assert words.short(dna, 6) != before and "hat" not in words.short(dna, 6)
    finally:
        words.named_by(lambda dna: {})


def test_what_was_inside_a_lasso_is_there_again_by_its_link(workspace: dc.Workspace) -> None:
    def page() -> None:
        import streamlit as st

        from ui.app import reads
        from ui.map import lasso, layouts

        st.text(lasso.linked(layouts.population(reads.ready())))

    dataset = workspace.dataset("day")
    inside = tuple((dataset.id, row.index) for row in workspace.files(dataset)[2:4])
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params["lasso"] = piles.save(workspace, piles.Piles(with_=inside))
    assert shown(app.run()) == ["[2, 3]"]
    gone = AppTest.from_function(page, default_timeout=60)
    gone.query_params["lasso"] = "0" * 16
    assert shown(gone.run()) == ["[]"]


def test_counts_are_of_images_that_can_be_read(workspace: dc.Workspace, tmp_path: Path) -> None:
    broken = tmp_path / "day" / "003.png"
    broken.write_bytes(broken.read_bytes()[:60])
    report = small_world.extract(workspace, "day")
    dataset = workspace.dataset("day")
    assert dataset.images == 12 and seen.images(dataset, "again") == report.images == 11
    line = _told(report, None)[1]
    assert "11 images, 11 extracted now and 0 reused" in line and "1 could not be read" in line, line
    app = AppTest.from_function(filtered, default_timeout=60)
    shown(app.run())
    assert "with hat (5)" in app.multiselect[0].options and "without hat (6)" in app.multiselect[0].options
