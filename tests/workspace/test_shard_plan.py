"""Which images go through the network again when a folder changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dnacore.workspace.store.shard_plan import MIXED, FileRow, Member, Shard, groups, plan, top_folder


def rows(*paths: str, prefix: str = "") -> list[FileRow]:
    return [FileRow(i, path, 1, 0, f"{prefix}{path}") for i, path in enumerate(paths)]


def done(files: list[FileRow], **options) -> list[Shard]:
    """Run a plan as if every shard succeeded."""
    work = plan(files, [], **options)
    return [Shard(n, tuple(Member(f.hash, f.path) for f in todo)) for n, todo in enumerate(work.todo, 1)]


def flat(n: int) -> list[str]:
    return [f"{i:04d}.jpg" for i in range(n)]


def test_a_second_run_extracts_nothing() -> None:
    files = rows(*flat(1000))
    shards = done(files)
    assert [len(s.members) for s in shards] == [512, 488]
    assert plan(files, shards).todo == ()


def test_ten_new_images_anywhere_are_ten_images_to_extract() -> None:
    shards = done(rows(*flat(1000)))
    grown = rows(*sorted(flat(1000) + [f"{i * 97:04d}b.jpg" for i in range(10)]))
    work = plan(grown, shards)
    assert len(work.keep) == 2
    assert [len(todo) for todo in work.todo] == [10]


def test_deleting_one_image_redoes_its_shard_alone() -> None:
    shards = done(rows(*flat(1000)))
    work = plan([f for f in rows(*flat(1000)) if f.path != "0700.jpg"], shards)
    assert [s.id for s in work.keep] == [1]
    assert [len(todo) for todo in work.todo] == [487]


def test_a_renamed_image_is_known_by_its_bytes() -> None:
    shards = done(rows("a.jpg", "b.jpg"))
    work = plan([FileRow(0, "z/renamed.jpg", 1, 0, "a.jpg"), FileRow(1, "b.jpg", 1, 0, "b.jpg")], shards)
    assert work.todo == ()
    assert [m.path for m in work.keep[0].members] == ["z/renamed.jpg", "b.jpg"]


def test_changed_bytes_under_the_same_name_are_a_new_image() -> None:
    shards = done(rows("a.jpg", "b.jpg"))
    work = plan([FileRow(0, "a.jpg", 1, 0, "other"), FileRow(1, "b.jpg", 1, 0, "b.jpg")], shards)
    assert work.keep == ()
    assert sorted(f.path for todo in work.todo for f in todo) == ["a.jpg", "b.jpg"]


def test_a_copy_is_an_image_of_its_own() -> None:
    shards = done(rows("a.jpg"))
    work = plan([FileRow(0, "a.jpg", 1, 0, "a.jpg"), FileRow(1, "copy.jpg", 1, 0, "a.jpg")], shards)
    assert [f.path for todo in work.todo for f in todo] == ["copy.jpg"]
    assert plan([FileRow(1, "copy.jpg", 1, 0, "a.jpg")], shards).todo == ()


def test_large_top_folders_have_shards_of_their_own_and_small_ones_share() -> None:
    files = rows(*(f"big/{p}" for p in flat(40)), *(f"s{i}/x/{j}.png" for i in range(5) for j in range(20)), "root.png")
    shards = done(files, size=64)
    folders = [{top_folder(m.path) for m in s.members} for s in shards]
    assert {"big/"} in folders
    assert all(not ("big/" in f and len(f) > 1) for f in folders)
    for small in range(5):  # each small folder whole in one shard
        assert sum(f"s{small}/" in f for f in folders) == 1


def test_a_folder_that_outgrows_sharing_leaves_the_shard_it_shared() -> None:
    small = [f"a/{p}" for p in flat(20)] + [f"b/{p}" for p in flat(20)]
    shards = done(rows(*small))
    assert len(shards) == 1
    work = plan(rows(*small, *(f"a/new{p}" for p in flat(20))), shards)
    kinds = [{top_folder(f.path) for f in todo} for todo in work.todo]
    assert work.keep == ()
    assert all(len(kind) == 1 for kind in kinds)


names = st.lists(
    st.tuples(st.sampled_from(["", "a/", "b/", "c/d/"]), st.integers(0, 99)).map(lambda t: f"{t[0]}{t[1]}.png"),
    unique=True,
)


@given(before=names, after=names, size=st.integers(1, 9), own=st.integers(1, 12))
def test_every_present_image_ends_up_in_exactly_one_shard(
    before: list[str], after: list[str], size: int, own: int
) -> None:
    shards = done(rows(*sorted(before)), size=size, own=own)
    files = rows(*sorted(after))
    work = plan(files, shards, size=size, own=own)
    covered = [m.path for s in work.keep for m in s.members] + [f.path for todo in work.todo for f in todo]
    assert sorted(covered) == sorted(after)
    assert all(work.todo)
    group = groups(after, own)
    for members in [[m.path for m in s.members] for s in work.keep] + [[f.path for f in t] for t in work.todo]:
        kinds = {group[top_folder(path)] for path in members}
        assert len(kinds) == 1
        if kinds != {MIXED}:
            assert len({top_folder(path) for path in members}) == 1


@given(before=names, after=names)
def test_shards_that_lost_nothing_and_share_nothing_they_should_not_are_kept(
    before: list[str], after: list[str]
) -> None:
    shards = done(rows(*sorted(before)), size=5, own=1000)
    work = plan(rows(*sorted(after)), shards, size=5, own=1000)
    whole = {s.id for s in shards if {m.path for m in s.members} <= set(after)}
    assert {s.id for s in work.keep} == whole


def test_many_renamed_copies_of_one_file_are_matched_without_looking_at_all_of_them_each_time() -> None:
    compared = 0

    class Path(str):
        def __lt__(self, other: str) -> bool:
            nonlocal compared
            compared += 1
            return str.__lt__(self, other)

    shards = [Shard(1, tuple(Member("same", f"old/{i:04d}.jpg") for i in range(500)))]
    renamed = [FileRow(i, Path(f"new/{i:04d}.jpg"), 1, 0, "same") for i in reversed(range(500))]
    work = plan(renamed, shards)
    assert [m.path for m in work.keep[0].members] == [f"new/{i:04d}.jpg" for i in range(500)]
    assert compared < 500 * 20
