"""The index of jobs: of two who press at once one wins, and what is lost is written again from the folders."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from job_tools import ANNA, BERT, ended, office, recipe, until, wanted
from ui.jobs.folders import Folders, Named
from ui.jobs.job import Job, new_id
from ui.jobs.store import INDEX, NoPlaceError, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(Folders(tmp_path))


def job(owner: str = ANNA, **values: object) -> Job:
    now = time.time()
    base = Job(new_id(), owner, f"copy-{new_id()[:4]}", recipe(), now, now, token=f"token-{new_id()}")
    return Job.from_dict(base.to_dict() | values)


def at_once(n: int, act: Callable[[int], object]) -> list[object]:
    """Let n threads do something at the same moment; give what came of it, errors too."""
    found: list[object] = [None] * n
    gate = threading.Barrier(n)

    def do(i: int) -> None:
        gate.wait()
        try:
            found[i] = act(i)
        except Exception as error:
            found[i] = error

    threads = [threading.Thread(target=do, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_of_many_who_press_at_once_one_wins(tmp_path: Path) -> None:
    stores = [Store(Folders(tmp_path)) for _ in range(3)]  # as many servers
    found = at_once(12, lambda i: stores[i % 3].add(job(), 100, 100))
    assert sum(isinstance(one, Job) for one in found) == 1
    assert sum(isinstance(one, NoPlaceError) for one in found) == 11
    (only,) = stores[0].jobs()
    found = at_once(12, lambda i: stores[i % 3].change(only.id, ("waiting",), state="running", handle=str(i)))
    assert sum(one is not None for one in found) == 1
    assert not [one for one in found if isinstance(one, Exception)]
    for one in stores:
        one.close()


def test_the_same_token_pressed_many_times_at_once_is_one_job(store: Store) -> None:
    found = at_once(10, lambda _: store.add(job(token="the-same-token"), 100, 100))
    assert len({one.id for one in found if isinstance(one, Job)}) == 1
    assert len(store.jobs()) == 1


def test_sixty_visitors_at_once_all_find_a_place(tmp_path: Path) -> None:
    stores = [Store(Folders(tmp_path)) for _ in range(2)]
    found = at_once(60, lambda i: stores[i % 2].add(job(f"{i:064x}"), 100, 100))
    assert all(isinstance(one, Job) for one in found), found
    assert len(stores[0].in_state("waiting")) == 60
    for one in stores:
        one.close()


def test_a_name_that_is_taken_is_not_given_twice(store: Store, tmp_path: Path) -> None:
    (tmp_path / "copy-aaaa").mkdir()
    store.name(Named("copy-bbbb", BERT, "mine"))
    assert store.add(job(name="copy-aaaa"), 100, 100).name != "copy-aaaa"
    assert store.add(job(BERT, name="copy-bbbb"), 100, 100).name != "copy-bbbb"
    third = store.add(job("c" * 64, name="copy-cccc"), 100, 100)
    assert store.add(job("d" * 64, name="copy-cccc"), 100, 100).name != third.name
    assert {one.name for one in store.jobs()} <= {named.name for named in store.named()}


def fill(store: Store) -> tuple[list[Job], list[Named]]:
    for i in range(8):
        one = store.add(job(f"{i:064x}"), 100, 100)
        if i % 2:
            store.change(one.id, ("waiting",), state="running", handle=f"{i}:1:here", started=1.0)
        if i % 4 == 3:
            store.change(one.id, ("running",), state="paused", step=7, worked=3.5)
    store.name(Named("brought-1", ANNA, "Anna's first"))
    return store.jobs(), sorted(store.named())


def remove(index: Path) -> None:
    index.unlink()


def remove_all(index: Path) -> None:
    for part in index.parent.glob(f"{INDEX}*"):
        part.unlink()


def empty(index: Path) -> None:
    index.write_bytes(b"")


def nonsense(index: Path) -> None:
    index.write_bytes(b"not a database, whatever it says " * 200)


def cut(index: Path) -> None:
    index.write_bytes(index.read_bytes()[: index.stat().st_size // 2 + 7])


def flip(index: Path) -> None:
    data = bytearray(index.read_bytes())
    for place in random.Random(1).sample(range(100, len(data)), len(data) // 3):
        data[place] ^= 255
    index.write_bytes(data)


@pytest.mark.parametrize("harm", [remove, remove_all, empty, nonsense, cut, flip])
@pytest.mark.parametrize("at_work", [False, True], ids=["at rest", "while it is open"])
def test_an_index_that_is_lost_or_damaged_is_written_again(
    tmp_path: Path, harm: Callable[[Path], None], at_work: bool
) -> None:
    store = Store(Folders(tmp_path))
    before = fill(store)
    assert len(before[0]) == 8
    if not at_work:
        store.close()
    else:
        Store(Folders(tmp_path)).jobs()
    harm(store.path)
    for again in (store, Store(Folders(tmp_path))):
        assert again.jobs() == before[0]
        assert sorted(again.named()) == before[1]
        one = again.in_state("waiting")[0]
        assert again.change(one.id, ("waiting",), queued=one.queued) == one, "and it can be written to"
        again.close()


def test_a_folder_that_tells_nonsense_costs_only_itself(tmp_path: Path) -> None:
    store = Store(Folders(tmp_path))
    jobs, _ = fill(store)
    store.close()
    remove_all(store.path)
    (tmp_path / ".jobs" / jobs[0].id / "job.json").write_text('{"id": 7}')
    (tmp_path / ".jobs" / jobs[1].id / "job.json").write_bytes(b"\xff\xfe")
    (tmp_path / ".jobs" / jobs[2].id / "job.json").write_text("[" * 100_000)
    (tmp_path / ".jobs" / "../outside.json").write_text("{}")
    (tmp_path / ".jobs" / "names" / "x.json").write_text("[]")
    assert sorted(one.id for one in store.jobs()) == sorted(one.id for one in jobs[3:])


def test_a_full_disk_is_no_damage(store: Store) -> None:
    store.add(job(), 100, 100)
    base = store._opened()
    base.execute("PRAGMA max_page_count = 8")
    found = [at_once(1, lambda _, i=i: store.add(job(f"{i:064x}"), 1000, 1000))[0] for i in range(60)]
    assert any("full" in str(one) for one in found)
    assert {one.id for one in store.jobs()} >= {one.id for one in found if isinstance(one, Job)}
    base.execute("PRAGMA max_page_count = 100000")
    assert store.jobs()
    assert not list(store.path.parent.glob("*damaged*"))


def test_of_two_servers_on_one_folder_one_schedules_and_the_other_takes_over(tmp_path: Path) -> None:
    with office(tmp_path, slots=2) as one, office(tmp_path, slots=2) as other:
        one.open()
        until(lambda: one.scheduler.claim.file)
        other.open()
        asked = [(one, other)[i % 2].start(f"{i:064x}", wanted(steps=30), f"token-{i:04d}") for i in range(8)]
        for each in asked:
            assert ended(other, each).state == "done"
        assert other.scheduler.claim.file is None
        assert not other.runner.children  # pyright: ignore[reportAttributeAccessIssue]
        assert not list(tmp_path.glob(".jobs/*/twice"))
        one.scheduler.end()
        last = one.start(ANNA, wanted(), "token-last")
        assert ended(other, last).state == "done", "the other one has taken over"


def test_what_nobody_needs_is_swept_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.jobs import sweeping

    with office(tmp_path) as jobs:
        jobs.open()
        done = ended(jobs, jobs.start(ANNA, wanted(), "token-one"))
        paused = jobs.start(ANNA, wanted(steps=100_000), "token-two")
        until(lambda: jobs.pace(jobs.get(paused.id)).step > 12)
        jobs.ask(jobs.get(paused.id), "pause")
        ended(jobs, paused)
        jobs.scheduler.end()
        waiting = jobs.start(BERT, wanted(), "token-three")
        orphan, lost = jobs.folders.root / ("0" * 12), jobs.folders.root / ("1" * 12)
        orphan.mkdir()
        (lost / "run").mkdir(parents=True)
        (lost / "run" / "manifest.json").write_text("{}")
        before = {each.id: each for each in jobs.store.jobs()}
        sweeping.sweep(jobs.store, jobs.folders, {})
        assert {each.id: each for each in jobs.store.jobs()} == before, "all of it is young"
        assert orphan.exists()
        monkeypatch.setattr(sweeping, "ORPHAN", -1.0)
        monkeypatch.setattr(sweeping, "RESTING", -1.0)
        monkeypatch.setattr(sweeping, "REMEMBERED", -1.0)
        monkeypatch.setattr(sweeping, "ABSENT", -1.0)
        sweeping.sweep(jobs.store, jobs.folders, {})
        assert jobs.store.get(done.id) is None
        assert (tmp_path / done.name / "manifest.json").exists(), "the run stays"
        resting = jobs.get(paused.id)
        assert (resting.state, resting.wish) == ("waiting", "stop"), "it is to be measured and kept"
        assert (jobs.get(waiting.id).state, jobs.get(waiting.id).message) == ("paused", "jobs.note.absent")
        assert not orphan.exists()
        assert lost.exists(), "a run that nobody knows is not thrown away"
