"""Reading a log while it grows, and while a resumed training takes lines back: no line twice, none half."""

import json
import random
from pathlib import Path

from ui.jobs.progress import LOG, MOST_LINES, Logs, Pace, frames, mark, pace


def line(step: int) -> bytes:
    return (json.dumps({"step": step, "loss": 1 / step, "seconds": step / 10}) + "\n").encode()


def steps(found: list[dict[str, object]]) -> list[object]:
    return [each["step"] for each in found]


def test_a_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    logs = Logs()
    assert logs.lines(tmp_path, 0) == []
    (tmp_path / LOG).write_bytes(line(1) + line(2)[:-1])
    assert steps(logs.lines(tmp_path, 0)) == [1]
    assert logs.lines(tmp_path, 1) == []
    with (tmp_path / LOG).open("ab") as log:
        log.write(b"\n" + line(3)[:5])
    assert steps(logs.lines(tmp_path, 1)) == [2]
    assert pace(tmp_path) == Pace(2, 0.2)


def test_growing_cutting_and_writing_anew_at_random(tmp_path: Path) -> None:
    dice, logs, known, log = random.Random(0), Logs(), [], tmp_path / LOG
    log.touch()
    for _ in range(400):
        act = dice.random()
        if act < 0.6:
            known += range(len(known) + 1, len(known) + 1 + dice.randrange(4))
        elif act < 0.8:
            known = known[: dice.randrange(len(known) + 1)]
        log.write_bytes(b"".join(line(step) for step in known) + (line(999)[: dice.randrange(8)]))
        first = dice.randrange(len(known) + 3)
        assert steps(logs.lines(tmp_path, first)) == known[first:]
        assert pace(tmp_path).step == (known[-1] if known else 0)


def test_a_long_log_is_read_in_bounded_pieces(tmp_path: Path) -> None:
    (tmp_path / LOG).write_bytes(b"".join(line(step) for step in range(1, 2 * MOST_LINES + 10)))
    logs, found = Logs(), []
    while new := logs.lines(tmp_path, len(found)):
        assert len(new) <= MOST_LINES
        found += new
    assert steps(found) == list(range(1, 2 * MOST_LINES + 10))


def test_many_logs_do_not_pile_up_in_memory(tmp_path: Path) -> None:
    from ui.jobs.progress import KEPT_RUNS

    logs = Logs()
    for n in range(KEPT_RUNS + 20):
        (tmp_path / str(n)).mkdir()
        (tmp_path / str(n) / LOG).write_bytes(line(1))
        assert len(logs.lines(tmp_path / str(n), 0)) == 1
    assert len(logs.starts) == KEPT_RUNS


def test_lines_that_are_none_are_left_out(tmp_path: Path) -> None:
    odd = [b"{}\n", b"[]\n", b"\xff\n", b'{"step": "1"}\n', b"[" * 5000 + b"\n", b"\n", b"x" * 100_000 + b"\n"]
    (tmp_path / LOG).write_bytes(line(1) + b"".join(odd) + line(2))
    assert steps(Logs().lines(tmp_path, 0)) == [1, 2]
    assert pace(tmp_path).step == 2


def test_frames_and_marks(tmp_path: Path) -> None:
    assert frames(tmp_path) == []
    before = mark(tmp_path)
    (tmp_path / "snapshots").mkdir()
    for name in ("000010.safetensors", "000002.safetensors", "000100.safetensors.new", "x.safetensors", "readme"):
        (tmp_path / "snapshots" / name).touch()
    assert frames(tmp_path) == [2, 10]
    assert mark(tmp_path) != before
