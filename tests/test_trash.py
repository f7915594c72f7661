"""Deleting a run can be taken back for a day, by one rename, whatever else happens meanwhile."""

from pathlib import Path

import pytest

from transformer.run_files.trash import KEPT_FOR, TRASH, bring_back, sweep, throw_away, thrown_away


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(name)
    return tmp_path


def test_there_and_back(root: Path) -> None:
    assert throw_away(root, "one", now=1000.0)
    assert not (root / "one").exists()
    assert [(thrown.name, thrown.when) for thrown in thrown_away(root)] == [("one", 1000.0)]
    assert bring_back(root, "one")
    assert (root / "one" / "config.json").read_text() == "one"
    assert thrown_away(root) == []
    assert not bring_back(root, "one")


def test_of_two_who_delete_one_is_the_first(root: Path) -> None:
    assert throw_away(root, "one")
    assert not throw_away(root, "one")
    assert len(thrown_away(root)) == 1


def test_a_name_may_be_deleted_again_and_again(root: Path) -> None:
    for n in range(3):
        throw_away(root, "one", now=1000.0)
        (root / "one").mkdir()
        (root / "one" / "config.json").write_text(f"one {n}")
    assert len(thrown_away(root)) == 3
    assert not bring_back(root, "one"), "its place is taken"
    throw_away(root, "one", now=2000.0)
    assert bring_back(root, "one")
    assert (root / "one" / "config.json").read_text() == "one 2", "the one that was deleted last"


def test_it_is_gone_after_a_day(root: Path) -> None:
    throw_away(root, "one", now=0.0)
    throw_away(root, "two", now=100.0)
    assert sweep(root, now=KEPT_FOR - 1) == []
    assert sweep(root, now=KEPT_FOR + 50) == ["one"]
    assert not bring_back(root, "one")
    assert bring_back(root, "two")


def test_what_is_no_deleted_run_is_left_alone(root: Path) -> None:
    (root / TRASH / "notes").mkdir(parents=True)
    (root / TRASH / "x@y").write_text("?")
    assert thrown_away(root) == []
    assert sweep(root, now=1e12) == []
    assert (root / TRASH / "notes").exists()
    assert thrown_away(root / "nowhere") == []
