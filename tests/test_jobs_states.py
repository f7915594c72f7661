"""What may happen to a job, and in which order: with workers that learn nothing (fake_worker.py)."""

import contextlib
import dataclasses
import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fake_worker
from job_tools import ANNA, BERT, CARL, ended, office, recipe, until, wanted
from ui.jobs.job import ACTIVE, FOLLOWS, KEPT, STATES, Job, JobState
from ui.jobs.line import in_order, places, startable
from ui.jobs.office import Jobs
from ui.jobs.runner import Ended, ended_in, wish_in
from ui.jobs.scheduler import cause
from ui.pack import RefusedError


def start(jobs: Jobs, visitor: str, token: str = "", **values: object) -> Job:
    token = token or f"token{time.monotonic_ns()}"
    return jobs.start(visitor, wanted(**values), token)


def refusal(act: object) -> tuple[int, str]:
    assert callable(act)
    with pytest.raises(RefusedError) as caught:
        act()
    return caught.value.status, caught.value.key


# --- the table of states ---------------------------------------------------------------------------------------------


def test_every_state_is_reached_and_none_is_left_for_nowhere() -> None:
    reached = {state for follows in FOLLOWS.values() for state in follows}
    assert reached == set(STATES)
    assert set(KEPT) | set(FOLLOWS) == set(STATES)
    assert not set(KEPT) & set(FOLLOWS), "what has its run among the runs is over"
    assert set(ACTIVE) < set(FOLLOWS)


def test_what_cannot_follow_is_never_written(tmp_path: Path) -> None:
    with office(tmp_path) as jobs:
        job = start(jobs, ANNA)
        for state in STATES:
            before = jobs.get(job.id)
            if state not in (before.state, *FOLLOWS[before.state]):
                with pytest.raises(ValueError, match="cannot follow"):
                    jobs.store.change(job.id, STATES, state=state)
                assert jobs.get(job.id) == before


def test_a_run_that_is_being_kept_is_read_where_it_went(tmp_path: Path) -> None:
    """The index hears of the move a moment after it: in between, the run lies at neither of the places it tells."""
    with office(tmp_path) as jobs:
        job = start(jobs, ANNA)
        jobs.store.change(job.id, ("waiting",), state="running")
        before, after = jobs.folders.run_of(job), tmp_path / job.name
        before.mkdir()
        looked: list[Path] = []

        def read(run: Path) -> Path:
            looked.append(run)
            if len(looked) == 1:
                before.rename(after)
            if len(looked) == 3:
                jobs.store.change(job.id, ("running",), state="done", kept=True)
            if not run.exists():
                raise RefusedError(404, "jobs.refuse.no_film")
            return run

        assert jobs.read_run(job.id, read) == after
        assert looked == [before, before, before, after]


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_a_run_that_lies_still_is_read_once(state: JobState, tmp_path: Path) -> None:
    with office(tmp_path) as jobs:
        job = start(jobs, ANNA)
        if state == "running":
            jobs.store.change(job.id, ("waiting",), state=state)
            jobs.folders.run_of(job).mkdir()
        looked: list[Path] = []

        def read(run: Path) -> None:
            looked.append(run)
            raise RefusedError(404, "jobs.refuse.no_film")

        assert refusal(lambda: jobs.read_run(job.id, read)) == (404, "jobs.refuse.no_film")
        assert len(looked) == 1


def test_a_job_reads_what_it_wrote_and_nothing_else() -> None:
    job = Job("0123456789ab", ANNA, "copy-1234", recipe(), 1.0, 2.0, token="x" * 8, message="jobs.ended.target")
    assert Job.from_dict(json.loads(json.dumps(job.to_dict()))) == job
    for field in dataclasses.fields(Job):
        for odd in (None, [], {}, 1.5, "no", True):
            values = {**job.to_dict(), field.name: odd}
            try:
                found = Job.from_dict(values)
            except ValueError:
                continue
            assert found.to_dict() == values
    for odd in (None, [], "x", {}, {"id": "0123456789ab"}, {**job.to_dict(), "id": "../../x"}):
        with pytest.raises(ValueError, match="job"):
            Job.from_dict(odd)


# --- one job ---------------------------------------------------------------------------------------------------------


def test_a_job_runs_to_its_end_and_its_run_lies_among_the_runs(tmp_path: Path) -> None:
    with office(tmp_path) as jobs:
        jobs.open()
        job = ended(jobs, start(jobs, ANNA))
        assert (job.state, job.step, job.kept) == ("done", 40, True)
        assert (tmp_path / job.name / "manifest.json").exists()
        assert not (jobs.folders.of(job.id) / "run").exists()
        assert jobs.runs.owner(job.name) == ANNA
        told = jobs.told(job, ANNA)
        assert told["run"] == job.name
        assert told["says"] == {"key": "jobs.says.done", "values": {"steps": 40}}
        assert [line["step"] for line in jobs.logs.lines(jobs.folders.run_of(job), 0)] == list(range(1, 41))


def test_pause_gives_the_slot_free_and_resume_goes_on_where_it_was(tmp_path: Path) -> None:
    with office(tmp_path, slots=1) as jobs:
        jobs.open()
        first = start(jobs, ANNA, steps=400)
        until(lambda: jobs.pace(jobs.get(first.id)).step > 20)
        second = start(jobs, BERT, steps=20)
        assert jobs.get(second.id).state == "waiting"
        assert jobs.ask(jobs.get(first.id), "pause").wish == "pause"
        assert ended(jobs, first).state == "paused"
        assert not jobs.get(first.id).kept
        assert ended(jobs, second).state == "done", "the slot was free"
        at = jobs.pace(jobs.get(first.id)).step
        assert at >= 20
        assert jobs.ask(jobs.get(first.id), "resume").state == "waiting"
        assert ended(jobs, first).state == "done"
        lines = jobs.logs.lines(tmp_path / first.name, 0)
        assert [line["step"] for line in lines] == list(range(1, 401)), "no step twice, none left out"


def test_who_presses_while_the_scheduler_looks_is_heard(tmp_path: Path) -> None:
    with office(tmp_path) as jobs:
        jobs.open()
        job = start(jobs, ANNA, seed=fake_worker.DEAF, steps=100_000)
        until(lambda: jobs.get(job.id).state == "running")

        def press(n: int) -> None:
            wish = ("pause", "resume")[n % 2]
            jobs.scheduler.wake()
            with contextlib.suppress(RefusedError):  # it does what it is told already
                jobs.ask(jobs.get(job.id), wish)

        with ThreadPoolExecutor(4) as visitors:
            list(visitors.map(press, range(400)))
        for wish, said in (("pause", "pause"), ("resume", "go"), ("pause", "pause"), ("stop", "stop")):
            with contextlib.suppress(RefusedError):
                jobs.ask(jobs.get(job.id), wish)
            assert jobs.get(job.id).wish == said
            assert fake_worker.wished(jobs.folders.of(job.id)) == said


def test_stop_pressed_while_a_job_comes_to_its_pause_is_not_lost(tmp_path: Path) -> None:
    with office(tmp_path) as jobs:
        jobs.open()
        job = start(jobs, ANNA, seed=fake_worker.DEAF, steps=100_000)
        until(lambda: jobs.pace(jobs.get(job.id)).step > 20)
        jobs.ask(jobs.get(job.id), "pause")
        jobs.ask(jobs.get(job.id), "stop")
        jobs.scheduler.end()
        jobs.scheduler.finish(jobs.get(job.id), Ended("paused", "", 20))
        after = jobs.get(job.id)
        assert (after.state, after.wish) == ("waiting", "stop")


def test_stop_keeps_what_is_there_whatever_the_job_was_doing(tmp_path: Path) -> None:
    with office(tmp_path, slots=1) as jobs:
        jobs.open()
        running = start(jobs, ANNA, steps=100_000)
        waiting = start(jobs, BERT)
        jobs.ask(waiting, "stop")
        never = jobs.get(waiting.id)
        assert (never.state, never.kept, never.message) == ("stopped", False, "jobs.ended.never")
        until(lambda: jobs.pace(jobs.get(running.id)).step > 20)
        jobs.ask(jobs.get(running.id), "stop")
        stopped = ended(jobs, running)
        assert (stopped.state, stopped.kept) == ("stopped", True)
        assert stopped.step > 20
        paused = start(jobs, ANNA, steps=100_000)
        until(lambda: jobs.pace(jobs.get(paused.id)).step > 20)
        jobs.ask(jobs.get(paused.id), "pause")
        at = jobs.pace(ended(jobs, paused)).step
        after = jobs.ask(jobs.get(paused.id), "stop")
        assert (after.state, after.wish) == ("waiting", "stop"), "a worker must measure it"
        stopped = ended(jobs, paused)
        assert (stopped.state, stopped.kept, stopped.step) == ("stopped", True, at), "and takes no further step"


def test_that_it_has_stopped_is_said_before_it_is_measured(tmp_path: Path) -> None:
    with office(tmp_path) as jobs:
        jobs.open()
        job = start(jobs, ANNA, seed=fake_worker.SLOW, steps=100_000)
        until(lambda: jobs.pace(jobs.get(job.id)).step > 3)
        jobs.ask(jobs.get(job.id), "stop")
        until(lambda: jobs.told(jobs.get(job.id), ANNA)["says"]["key"] == "jobs.says.measuring")
        assert jobs.get(job.id).state == "running"
        at = jobs.pace(jobs.get(job.id)).step
        assert (ended(jobs, job).step, ended(jobs, job).state) == (at, "stopped")


def test_what_makes_no_sense_any_more_is_refused(tmp_path: Path) -> None:
    with office(tmp_path) as jobs:
        jobs.open()
        job = ended(jobs, start(jobs, ANNA))
        for wish in ("pause", "resume", "stop"):
            assert refusal(lambda wish=wish: jobs.ask(job, wish)) == (409, "jobs.refuse.state")
        assert refusal(lambda: jobs.ask(job, "explode")) == (422, "jobs.refuse.wish")
        assert refusal(lambda: jobs.get("0" * 12)) == (404, "jobs.refuse.job")


@pytest.mark.parametrize(
    ("seed", "state", "message"),
    [
        (fake_worker.DIES, "failed", "jobs.ended.died"),
        (fake_worker.FAILS, "failed", "jobs.ended.memory"),
        (fake_worker.FILLS_THE_DISK, "failed", "jobs.ended.disk"),
        (fake_worker.DIVERGES, "diverged", "jobs.ended.diverged"),
        (fake_worker.REFUSES, "failed", "jobs.ended.refused"),
    ],
)
def test_every_bad_end_has_its_sentence(tmp_path: Path, seed: int, state: str, message: str) -> None:
    with office(tmp_path) as jobs:
        jobs.open()
        job = ended(jobs, start(jobs, ANNA, seed=seed))
        assert (job.state, job.message) == (state, message)
        assert jobs.told(job, ANNA)["says"]["key"] == message
        assert job.kept == (state == "diverged"), "what can be resumed stays where it is"
        if seed == fake_worker.DIES:
            assert job.restarts == 3


def test_a_failed_job_can_be_resumed_by_hand_and_begins_to_count_anew(tmp_path: Path) -> None:
    with office(tmp_path) as jobs:
        jobs.open()
        job = ended(jobs, start(jobs, ANNA, seed=fake_worker.DIES))
        again = jobs.ask(job, "resume")
        assert (again.state, again.restarts, again.message) == ("waiting", 0, "")
        assert ended(jobs, job).state == "failed"


def test_a_worker_that_does_not_listen_is_killed_when_its_time_is_long_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.jobs import scheduler

    monkeypatch.setattr(scheduler, "TIME_LIMIT", 0.1)
    monkeypatch.setattr(scheduler, "GRACE", 0.5)
    with office(tmp_path) as jobs:
        jobs.open()
        job = ended(jobs, start(jobs, ANNA, seed=fake_worker.DEAF, steps=100_000))
        assert job.state in ("timeout", "failed")


def test_the_time_limit_of_a_job_keeps_its_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.jobs import scheduler

    monkeypatch.setattr(scheduler, "TIME_LIMIT", 1.5)
    with office(tmp_path) as jobs:
        jobs.open()
        job = ended(jobs, start(jobs, ANNA, steps=100_000))
        assert (job.state, job.kept, job.message) == ("timeout", True, "jobs.ended.timeout")
        assert job.step > 0


# --- many jobs -------------------------------------------------------------------------------------------------------


def test_one_runs_and_one_waits_per_visitor(tmp_path: Path) -> None:
    with office(tmp_path, slots=2) as jobs:
        jobs.open()
        first = start(jobs, ANNA, steps=100_000)
        until(lambda: jobs.get(first.id).state == "running")
        second = start(jobs, ANNA, steps=20)
        assert refusal(lambda: start(jobs, ANNA)) == (429, "jobs.refuse.busy")
        third = start(jobs, BERT, steps=20)
        assert ended(jobs, third).state == "done", "it passes the one whose owner has one running"
        assert jobs.get(second.id).state == "waiting"
        jobs.ask(jobs.get(first.id), "pause")
        assert ended(jobs, second).state == "done"


def test_the_same_token_is_the_same_job_and_another_visitors_is_not(tmp_path: Path) -> None:
    with office(tmp_path) as jobs:
        first = start(jobs, ANNA, "token-one")
        assert start(jobs, ANNA, "token-one").id == first.id
        assert start(jobs, BERT, "token-one").id != first.id
        assert len(jobs.store.jobs()) == 2
        assert len(jobs.folders.folders()) == 2, "the one that was not needed has left nothing"


def test_a_full_line_and_too_many_runs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.jobs import limits

    monkeypatch.setattr(limits, "MOST_WAITING", 2)
    monkeypatch.setattr(limits, "MOST_RUNS", 3)
    with office(tmp_path) as jobs:
        start(jobs, ANNA)
        start(jobs, BERT)
        assert refusal(lambda: start(jobs, CARL)) == (429, "jobs.refuse.full")
        assert len(jobs.folders.folders()) == 2
        jobs.open()
        until(lambda: not jobs.store.in_state(*ACTIVE))
        for _ in range(3):
            ended(jobs, start(jobs, CARL, steps=1))
        assert refusal(lambda: start(jobs, CARL)) == (429, "jobs.refuse.runs")


def test_a_full_disk_is_said_before_anything_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.jobs import limits

    monkeypatch.setattr(limits, "MOST_ON_DISK", -1)
    with office(tmp_path) as jobs:
        assert refusal(lambda: start(jobs, ANNA)) == (507, "jobs.refuse.disk")
        assert not jobs.store.jobs()


# --- the line --------------------------------------------------------------------------------------------------------

people = st.sampled_from([ANNA, BERT, CARL, "d" * 64])
lines = st.lists(st.tuples(people, st.integers(0, 5), st.booleans(), st.floats(0.1, 100.0)), max_size=8)


def queue(found: list[tuple[str, int, bool, float]]) -> tuple[list[Job], dict[str, float]]:
    jobs, left = [], {}
    for n, (owner, queued, stops, seconds) in enumerate(found):
        wish = "stop" if stops else "go"
        jobs.append(Job(f"{n:012x}", owner, f"copy-{n}", recipe(), 0.0, float(queued), wish=wish))
        left[jobs[-1].id] = seconds
    return jobs, left


@given(lines, st.lists(people, unique=True, max_size=3), st.integers(1, 4))
@settings(deadline=None, max_examples=200)
def test_laws_of_the_line(found: list[tuple[str, int, bool, float]], at_work: list[str], slots: int) -> None:
    waiting, left = queue(found)
    running = [
        Job(f"f{n:011x}", owner, f"r-{n}", recipe(), 0.0, 0.0, state="running") for n, owner in enumerate(at_work)
    ]
    left |= {job.id: 10.0 + n for n, job in enumerate(running)}
    begin = startable(waiting, running, slots)
    assert len(begin) + len(running) <= max(slots, len(running))
    owners = [job.owner for job in (*begin, *running)]
    assert len(set(owners)) == len(owners), "nobody runs two"
    free = slots - len(running) - len(begin)
    if free > 0:
        assert all(job.owner in owners for job in waiting), "no slot stays free for which somebody could begin"
    if len(running) > slots:
        return  # a machine that was larger when it started them
    told = places(waiting, running, slots, left)
    assert sorted(place.place for place in told.values()) == list(range(1, len(waiting) + 1))
    assert all(place.of == len(waiting) and place.wait >= 0.0 for place in told.values())
    assert {job.id for job in begin} <= {job for job, place in told.items() if place.wait == 0.0}
    by_place = sorted(told, key=lambda job: told[job].place)
    waits = [told[job].wait for job in by_place]
    assert waits == sorted(waits), "who stands before others begins before them"
    for one, other in itertools.pairwise(in_order(waiting)):
        if one.owner == other.owner:
            assert told[one.id].place < told[other.id].place, "first come, first served"


def test_places_are_told_in_whole_sentences(tmp_path: Path) -> None:
    with office(tmp_path, slots=1) as jobs:
        asked = [start(jobs, visitor) for visitor in (ANNA, BERT, CARL)]
        told = [jobs.told(job, ANNA) for job in asked]
        assert [(job["place"], job["of"]) for job in told] == [(1, 3), (2, 3), (3, 3)]
        assert told[0]["says"]["key"] == "jobs.says.next"
        assert told[2]["says"] == {"key": "jobs.says.waiting_seconds", "values": {"seconds": 2, "place": 3, "of": 3}}
        assert [job["mine"] for job in told] == [True, False, False]


# --- the folder ------------------------------------------------------------------------------------------------------


def test_wishes_and_ends_are_read_as_they_were_written(tmp_path: Path) -> None:
    wish_in(tmp_path, "stop")
    assert (tmp_path / "wish").read_text() == "stop"
    wish_in(tmp_path, "go")
    wish_in(tmp_path, "go")
    assert not (tmp_path / "wish").exists()
    assert ended_in(tmp_path) is None
    for odd in (b"", b"{", b"[]", b'{"status": "won"}', b"\xff", b'{"status": "done"', b"[" * 100_000):
        (tmp_path / "ended.json").write_bytes(odd)
        assert ended_in(tmp_path) is None
    (tmp_path / "ended.json").write_text('{"status": "done", "message": 7, "kept_step": "x"}')
    assert ended_in(tmp_path) == Ended("done", "7", 0)


def test_the_cause_of_a_failure_is_told_by_its_first_word() -> None:
    assert cause(Ended("failed", "memory: x", 0)) == "jobs.ended.memory"
    assert cause(Ended("failed", "disk: x", 0)) == "jobs.ended.disk"
    assert cause(Ended("failed", "whatever", 0)) == "jobs.ended.failed"
    assert cause(Ended("refused", "max_len must be", 0)) == "jobs.ended.refused"
