"""One training: step after step, with a look at the model, a picture and a save now and then, to the finished run.

What decides about the next step is either in the recipe or in the last save. So a training that is killed and resumed
ends in the same run, bit for bit, as one that is not.
"""

import time
from typing import Any

import torch

from transformer.alignment import on_tokens
from transformer.model import Transformer
from transformer.runs import RunWriter
from transformer.tasks import Example, Task
from transformer.training.bar import Bar
from transformer.training.batches import lesson_plan, require_room
from transformer.training.film import Film, frame_steps, known_probes, probes_of
from transformer.training.live import N_SHOWN, Pronouns, Pulse, Samples
from transformer.training.loop import DivergedError, Taken, training_steps
from transformer.training.measure import Exam
from transformer.training.ranks import ALONE, Ranks
from transformer.training.recipe import Recipe, Vocabularies
from transformer.training.state import Progress, state_of
from transformer.training.wishes import Wish, Wishes, go

METRICS_EVERY = 10  # steps,
FIRST_LINES = (1, 2, 3, 5)  # but for these, so that there is something to see at once;
MOST_LINES = 20_000  # and in a very long training more
CHECK_EVERY = 25  # steps; so often a training with a target looks whether it has reached it
SAVE_EVERY = 3.0  # seconds of work that are lost when a training is killed,
SAVE_SHARE = 0.03  # unless saving so often took more than this share of the time;
SAVE_LATEST = 4.0  # yet never more than these


class Session:
    """A training with everything that it needs. ValueError if its sentences are too long for the model."""

    def __init__(
        self,
        recipe: Recipe,
        task: Task,
        vocabularies: Vocabularies,
        model: Transformer,
        optimiser: torch.optim.Optimizer,
        progress: Progress,
        bar: Bar,
        wishes: Wishes = go,
        ranks: Ranks = ALONE,
    ) -> None:
        self.recipe, self.model, self.optimiser = recipe, model, optimiser
        self.progress, self.bar, self.wishes, self.ranks = progress, bar, wishes, ranks
        self.batches = lesson_plan(recipe, vocabularies, progress.step, task)
        self.exam = Exam(recipe, vocabularies, task)
        known = known_probes(task)
        self.film = Film(probes_of(task, vocabularies, recipe.probe, known))
        self.frames = set(frame_steps(recipe.steps))
        self.every = max(METRICS_EVERY, recipe.steps // MOST_LINES)
        self.pulse = Pulse(model, recipe.clip)
        own = (task.answer(recipe.probe) or Example(recipe.probe, "", [])) if recipe.probe else None
        self.samples = Samples(self.exam.valid[:N_SHOWN], self.film.probes, vocabularies, own)
        on_ours = [on_tokens(example, task.vocabularies(), vocabularies) for example in known]
        rows = {n: example.referent[0] for n, example in enumerate(on_ours) if example.referent}
        self.pronouns = Pronouns(rows, self.film.probes, vocabularies)
        require_room(recipe, max(self.exam.longest, self.film.longest))

    def run(self, writer: RunWriter, ship: bool) -> dict[str, Any]:
        """Train to the end, write the run and return its results. ship: leave out what only resuming would need

        A training that is to pause is saved and returns {"stopped": "paused", "steps_done"}; its run has no results.
        """
        self.writer = writer
        self.started = self.saved_at = time.perf_counter()
        self.seconds_before, self.save_took = self.progress.seconds, 0.0
        facts = self.learn()
        self.bar.close()
        if facts["stopped"] == "paused":
            return facts | {"steps_done": self.progress.step}
        haste = facts["stopped"] == "stopped"
        results = self.exam.results(self.model, haste) | {"steps_done": self.progress.step} | facts
        resumable = not ship and facts["stopped"] != "diverged"
        trainer = state_of(self.model, self.optimiser, self.progress) if resumable else None
        writer.finish(self.model, results, self.exam.heads(self.model, haste), trainer)
        return results

    def learn(self) -> dict[str, Any]:
        """Take all steps that are left, or fewer; return why it stopped, and after which step the kept weights were."""
        progress = self.progress
        if progress.step == 0:
            self.writer.metric({"step": 0} | self.look(0, heads=True) | self.show(0) | {"seconds": 0.0})
        elif not progress.ended and self.wishes() == "stop":
            self.stop_here()
        try:
            if not self.ranks.agree(bool(progress.ended)) and self.take_steps() == "pause":
                return {"stopped": "paused", "kept_step": progress.step}
        except DivergedError as error:
            best = progress.best
            best.give_back(self.model)
            note = f"the training diverged: {error}; the weights kept are those after step {best.step}"
            self.bar.say(note)
            return {"stopped": "diverged", "kept_step": best.step, "note": note}
        return {"stopped": progress.ended or "steps", "kept_step": progress.step}

    def take_steps(self) -> Wish:
        """Take steps until the training has ended or is to pause; return the last wish."""
        done, ranks = self.progress.step, self.ranks
        steps = training_steps(self.model, self.recipe, self.batches, self.optimiser, done, ranks)
        self.pulse.begin()
        for taken in steps:
            self.pulse.add(taken)
            wish = self.wishes()
            self.after(taken, stop=wish == "stop")
            if ranks.agree(bool(self.progress.ended) or wish == "pause"):
                self.save()
                return wish if not self.progress.ended else "stop"
            self.pulse.begin()
        return "go"

    def after(self, taken: Taken, stop: bool) -> None:
        """Look, tell and save after a step, where it is time to; `progress.ended` says whether the training is over."""
        recipe, step, loss = self.recipe, taken.step, taken.loss.item()
        self.progress.step = step
        frame, last, line = step in self.frames or stop, step == recipe.steps, {}
        if frame or (recipe.target and step % CHECK_EVERY == 0):
            line = self.look(step, heads=frame)
        reached = bool(line) and self.exam.passed(self.model, line["valid_exact_match"])
        ended = "target" if reached else "steps" if last else "stopped" if stop else ""
        if ended and not frame:
            line = self.look(step, heads=True)
        if frame or ended:
            line |= self.show(step)
        if line or step in FIRST_LINES or step % self.every == 0:
            facts = {"step": step, "loss": loss, "learning_rate": recipe.learning_rate_at(step - 1)}
            facts |= self.pulse.facts(taken) | line | ({"ended": ended} if ended else {})
            self.writer.metric(facts | {"seconds": round(self.seconds(), 3)})
            self.bar.draw(step, recipe.steps, loss, self.seconds())
        self.progress.watch.add(loss)
        self.progress.ended = ended
        if not ended and self.save_is_due():
            self.save()

    def stop_here(self) -> None:
        """End a training that was interrupted, without another step."""
        step = self.progress.step
        line = self.look(step, heads=True) | self.show(step) | {"ended": "stopped"}
        if self.writer.last_step < step:
            self.writer.metric({"step": step} | line | {"seconds": round(self.seconds(), 3)})
        self.progress.ended = "stopped"
        self.save()

    def look(self, step: int, heads: bool) -> dict[str, Any]:
        """Measure the model on unseen sentences, and keep its weights if they are the best so far."""
        line = self.exam.on_the_way(self.model, heads)
        self.progress.best.see(self.model, step, line["valid_exact_match"], line["valid_loss"])
        return line

    def show(self, step: int) -> dict[str, Any]:
        """Add a picture to the film; return what the model says by now."""
        facts, said = self.samples.look(self.model)
        self.writer.snapshot(step, self.film.picture(self.model, said))
        return facts | self.pronouns.look(self.model)

    def seconds(self) -> float:
        """Give the seconds of work so far, those before an interruption included."""
        return self.seconds_before + time.perf_counter() - self.started

    def save_is_due(self) -> bool:
        """Say whether a killed training would lose more work than a save costs."""
        patience = max(SAVE_EVERY, min(self.save_took / SAVE_SHARE, SAVE_LATEST))
        return time.perf_counter() - self.saved_at >= patience

    def save(self) -> None:
        """Save everything that decides how this training goes on."""
        before, self.progress.seconds = time.perf_counter(), self.seconds()
        self.writer.save(self.model, state_of(self.model, self.optimiser, self.progress))
        self.saved_at = time.perf_counter()
        self.save_took = self.saved_at - before
