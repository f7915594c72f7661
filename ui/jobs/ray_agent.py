"""The process that speaks with Ray: `python -m ui.jobs.ray_agent ADDRESS`. The only file that imports ray.

Ray ends a process that has lost its cluster, and its calls wait as long as the cluster does. Neither may happen to a
server that answers a class. So the server (ray_runner.py) never meets Ray: it starts this process and passes lines.

    it reads   {"n": 7, "make": name}                 have a worker started and warmed up somewhere in the cluster
               {"n": 8, "work": name, "line": "..."}  give it its job, the line that every worker reads (runner.py)
               {"n": 9, "kill": name}                 end it now
    it writes  {"done": 8, "slots": 16, "alive": [name, ...]}     several times a second; done: the last order obeyed
               {"said": "..."}                                    what whoever runs the cluster should know

A worker is an actor of Ray's with one CPU for itself, known by its name and *detached*: it goes on when this process,
or the server, dies. One that was never given a job ends when nobody has asked for it for a while. Nothing of a job
travels through Ray but its line; the run grows in a folder that every machine sees under the same path.
"""

import contextlib
import json
import os
import queue
import sys
import threading
import time
from typing import Any, TextIO

import ray  # pyright: ignore[reportMissingImports]
import ray.exceptions  # pyright: ignore[reportMissingImports]
import ray.util  # pyright: ignore[reportMissingImports]

NAMESPACE = "attention-lab"  # names of others in the same cluster are none of ours
EVERY = 0.2  # seconds between two looks at who lives,
COUNTED_EVERY = 2.0  # at how large the cluster is,
PATTED_EVERY = 5.0  # and between two words to those who wait for a job
PATIENCE = 60.0  # seconds without a word after which such a one ends


class Trainer:
    """A process of the cluster that trains one job. It warms up as soon as it is there."""

    def __init__(self) -> None:
        self.patted, self.has_work = time.monotonic(), False
        threading.Thread(target=self._end_if_forgotten, daemon=True).start()
        import torch

        from transformer.training import worker

        torch.set_num_threads(1)  # faster for models this small, and the same bits every time
        worker.warm_up()
        self.patted = time.monotonic()

    def pat(self) -> None:
        """Hear that somebody may still have work for it."""
        self.patted = time.monotonic()

    def work(self, line: str) -> None:
        """Do a job, say in its folder what became of it, and end. OSError if there is no such folder here."""
        self.has_work = True
        from transformer.training import worker

        worker.work(line)
        ray.actor.exit_actor()

    def _end_if_forgotten(self) -> None:
        while not self.has_work and time.monotonic() - self.patted < PATIENCE:
            time.sleep(1.0)
        if not self.has_work:
            os._exit(0)


class Agent:
    """Obey the server's orders, and tell it how the cluster stands."""

    def __init__(self, out: TextIO) -> None:
        self.out, self.done = out, 0
        self.idle: dict[str, Any] = {}  # those who wait for a job
        self.begun: dict[Any, str] = {}  # what those who have one will answer, by which only a failure is learnt
        self.slots, self.counted, self.patted = 0, float("-inf"), 0.0
        self.actor = ray.remote(Trainer)

    def obey(self, order: dict[str, Any]) -> None:
        """Carry out one order; what cannot be done shows in who is alive."""
        self.done = order["n"]
        try:
            if "make" in order:
                self.idle[order["make"]] = self.actor.options(
                    name=order["make"], lifetime="detached", num_cpus=1, max_restarts=0, max_task_retries=0
                ).remote()
            elif "work" in order:
                worker = self.idle.pop(order["work"], None) or ray.get_actor(order["work"])
                self.begun[worker.work.remote(order["line"])] = order["work"]
            elif "kill" in order:
                ray.kill(self.idle.pop(order["kill"], None) or ray.get_actor(order["kill"]))
        except ValueError:  # there is none of that name any more
            return
        except ray.exceptions.RayError as error:
            self.say(f"the cluster could not {sorted(order.keys() - {'n', 'line'})[0]} a worker: {_first_line(error)}")

    def look(self) -> None:
        """Tell who lives, and keep those alive who wait."""
        now = time.monotonic()
        if now - self.counted > COUNTED_EVERY:
            self.counted = now
            nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
            self.slots = sum(int(node.get("CPU", 0)) for node in nodes)  # a worker needs a whole one
        if now - self.patted > PATTED_EVERY:
            self.patted = now
            for worker in self.idle.values():
                worker.pat.remote()
        self._hear_failures()
        self._tell({"done": self.done, "slots": self.slots, "alive": ray.util.list_named_actors()})

    def _hear_failures(self) -> None:
        over = ray.wait(list(self.begun), num_returns=len(self.begun), timeout=0)[0] if self.begun else []
        for answer in over:
            name = self.begun.pop(answer)
            try:
                ray.get(answer)
            except ray.exceptions.RayTaskError as error:
                self.say(f"worker {name} could not begin: {_first_line(error.cause or error)}")
                ray.kill(ray.get_actor(name))  # else it would keep its place
            except ray.exceptions.RayError:
                continue  # it has ended, as it should; how, stands in the folder of its job

    def say(self, sentence: str) -> None:
        """Tell whoever runs the server."""
        self._tell({"said": sentence[:500]})

    def _tell(self, what: dict[str, Any]) -> None:
        self.out.write(json.dumps(what) + "\n")
        self.out.flush()

    def close(self) -> None:
        """Let those go who wait for a job; those at work go on."""
        for worker in self.idle.values():
            with contextlib.suppress(ray.exceptions.RayError):
                ray.kill(worker)
        ray.shutdown()


def main(address: str) -> int:
    """Obey until the input ends, which is when the server does; return the exit status of the process."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever Ray prints belongs into the log
    try:
        ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, configure_logging=False)
    except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
        out.write(json.dumps({"said": f"no Ray cluster answers at {address}: {_first_line(error)}"[:500]}) + "\n")
        out.flush()
        return 1
    agent, orders = Agent(out), queue.SimpleQueue[str]()
    threading.Thread(target=_read, args=(orders,), daemon=True).start()
    while True:
        agent.look()
        try:
            line = orders.get(timeout=EVERY)
            while line:
                agent.obey(json.loads(line))
                line = orders.get_nowait()
            agent.close()
            return 0
        except queue.Empty:
            continue


def _read(orders: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        orders.put(line)
    orders.put("")


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"


if __name__ == "__main__":
    status = main(sys.argv[1])
    sys.stderr.flush()
    os._exit(status)  # Ray's threads need not be waited for
