"""The passports of a run's heads: measured once for all visitors, in a thread of their own, while pages wait politely.

Measuring takes seconds, so nobody waits inside a request: who asks is told how far it is, and asks again. One run is
measured at a time, each at most once, with low priority; what is found is kept by services.py like everything of a run,
and on the disk for the next server (passport_shelf.py).
"""

import contextlib
import json
import os
import threading
import time
from itertools import islice
from pathlib import Path

from transformer.alignment import on_tokens
from transformer.passport import N_SENTENCES, Passport, passport, work_per_sentence
from transformer.runs import Run
from ui import passport_shelf, services
from ui.faults import log_fault
from ui.pack import RefusedError

WHAT = "passport of the heads"
MOST_WAITING = 12
FEWEST = 50  # sentences, however large the model is
WORK = 1e11  # sentences times sets of missing heads times parameters: about a minute
MOST_WORK = 5 * WORK  # of the fewest sentences: a larger model is not measured at all
NICE = 10
BREATH = 0.001  # seconds after each piece of work, in which others may go on


class _NotThereError(Exception):
    """Nobody has measured this run yet."""


class _Measuring:
    """One measurement of one saved state of a run on its way, or the refusal in which it ended."""

    def __init__(self, state: services.Stamp) -> None:
        self.state = state
        self.share = 0.0
        self.refusal: RefusedError | None = None

    def progress(self, share: float) -> None:
        self.share = share
        time.sleep(BREATH)


_turn = threading.Lock()  # one run is measured at a time
_guard = threading.Lock()
_going: dict[Path, _Measuring] = {}  # by the folder of the run: a run that is saved again waits for itself


def passport_of(run: Run) -> Passport:
    """Give the passport of a run's heads.

    RefusedError 202, "not yet", with the share that is done, while it is measured; the first who asks starts that.
    Of a run in training one saved state is measured at a time: the next one begins when somebody asks after that.
    RefusedError 422 if it cannot be measured or its numbers are none, 503 if too many other runs wait.
    """
    with _guard:
        with contextlib.suppress(_NotThereError):
            return services.of_run(run, WHAT, lambda: _kept(run))
        if run.task is None:
            raise RefusedError(422, "heads.refused.task")
        state, going = services.state_of(run), _going.get(run.path)
        if going and going.state != state and going.refusal is None:
            raise RefusedError(202, "heads.measuring", share=0.0)
        if going is None or going.state != state:
            if sum(one.refusal is None for one in _going.values()) >= MOST_WAITING:
                raise RefusedError(503, "heads.refused.busy")
            going = _going[run.path] = _Measuring(state)
            threading.Thread(target=_measure, args=(run, going), daemon=True).start()
    raise going.refusal or RefusedError(202, "heads.measuring", share=round(going.share, 3))


def _kept(run: Run) -> Passport:
    found = passport_shelf.find(run)
    if found is None:
        raise _NotThereError
    return found


def _measure(run: Run, going: _Measuring) -> None:
    """Measure a run when its turn has come; a failure is told to those who ask, and not tried again."""
    with contextlib.suppress(AttributeError, OSError):  # where a thread may have a priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    try:
        with _turn:
            found = _passport(run, going)
        with _guard:
            passport_shelf.put(run, found)
            services.of_run(run, WHAT, lambda: found)
            _going.pop(run.path, None)
    except RefusedError as refusal:
        going.refusal = refusal
    except ValueError:
        going.refusal = RefusedError(422, "heads.refused.sentences")
    except Exception as error:
        going.refusal = RefusedError(500, "error.unexpected", id=log_fault(error))


def _passport(run: Run, going: _Measuring) -> Passport:
    """Measure on sentences that were never in training, fewer of them where the model is large."""
    task = run.task
    if task is None:
        raise ValueError("a run without a task has no sentences to measure on")
    work = work_per_sentence(run.model)
    if FEWEST * work > MOST_WORK:
        raise RefusedError(422, "heads.refused.large")
    n, own = int(min(N_SENTENCES, max(FEWEST, WORK / work))), task.vocabularies()
    examples = (on_tokens(one, own, (run.src_vocab, run.tgt_vocab)) for one in islice(task.examples(0, "test"), n))
    found = passport(run.model, examples, run.src_vocab, run.tgt_vocab, going.progress)
    try:
        json.dumps(found, allow_nan=False)
    except ValueError as not_a_number:
        raise RefusedError(422, "error.not_finite") from not_a_number
    return found
