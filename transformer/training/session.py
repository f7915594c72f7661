"""One training: step after step, with a look at the model, a picture and a save now and then, to the finished run.

What decides about the next step is either in the recipe or in the last save. So a training that is killed and resumed
ends in the same run, bit for bit, as one that is not.
"""

import time
from typing import Any

import torch

from transformer.model import Transformer
from transformer.runs import RunWriter
from transformer.tasks import TASKS
from transformer.training.bar import Bar
from transformer.training.batches import lesson_plan, require_room
from transformer.training.film import Film, frame_steps
from transformer.training.loop import DivergedError, training_steps
from transformer.training.measure import Exam
from transformer.training.recipe import Recipe, Vocabularies
from transformer.training.state import Progress, state_of

VALID_FROM = 50  # steps; before them no sentence comes out right
METRICS_EVERY = 10  # steps
CHECK_EVERY = 50  # steps; so often a training with a target looks whether it has reached it
SAVE_EVERY = 3.0  # seconds of work that are lost at most when a training is killed,
SAVE_SHARE = 0.03  # unless saving so often took more than this share of the time


class Session:
    """A training with everything that it needs. ValueError if its sentences are too long for the model."""

    def __init__(
        self,
        recipe: Recipe,
        vocabularies: Vocabularies,
        model: Transformer,
        optimiser: torch.optim.Optimizer,
        progress: Progress,
        bar: Bar,
    ) -> None:
        self.recipe, self.model, self.optimiser = recipe, model, optimiser
        self.progress, self.bar = progress, bar
        self.batches = lesson_plan(recipe, vocabularies, progress.step)
        self.exam = Exam(recipe, vocabularies)
        self.film = Film(TASKS[recipe.task], vocabularies)
        self.frames = set(frame_steps(recipe.steps))
        require_room(recipe, max(self.exam.longest, self.film.longest))

    def run(self, writer: RunWriter, ship: bool) -> dict[str, Any]:
        """Train to the end, write the run and return its results. ship: leave out what only resuming would need"""
        self.writer = writer
        self.started = self.saved_at = time.perf_counter()
        self.seconds_before, self.save_took = self.progress.seconds, 0.0
        facts = self.learn()
        self.bar.close()
        results = self.exam.results(self.model) | {"steps_done": self.progress.step} | facts
        resumable = not ship and facts["stopped"] != "diverged"
        trainer = state_of(self.model, self.optimiser, self.progress) if resumable else None
        writer.finish(self.model, results, self.exam.heads(self.model), trainer)
        return results

    def learn(self) -> dict[str, Any]:
        """Take all steps that are left, or fewer; return why it stopped, and after which step the kept weights were."""
        if self.progress.step == 0:
            self.writer.snapshot(0, self.film.picture(self.model))
            self.look(0, generate=False)
        why = "steps"
        try:
            for step, loss in training_steps(self.model, self.recipe, self.batches, self.optimiser, self.progress.step):
                if self.after(step, loss.item()):
                    why = "target"
                    break
        except DivergedError as error:
            best = self.progress.best
            best.give_back(self.model)
            note = f"the training diverged: {error}; the weights kept are those after step {best.step}"
            self.bar.say(note)
            return {"stopped": "diverged", "kept_step": best.step, "note": note}
        return {"stopped": why, "kept_step": self.progress.step}

    def after(self, step: int, loss: float) -> bool:
        """Look, tell and save after a step, where it is time to; return whether the target is reached."""
        recipe, self.progress.step = self.recipe, step
        frame, last, line = step in self.frames, step == recipe.steps, {}
        if frame or (recipe.target and step % CHECK_EVERY == 0):
            line = self.look(step, generate=last or step >= VALID_FROM)
        reached = "valid_exact_match" in line and self.exam.passed(self.model, line["valid_exact_match"])
        if frame or reached:
            self.writer.snapshot(step, self.film.picture(self.model))
            line["probe"] = self.film.caption(self.model)
        if line or last or step % METRICS_EVERY == 0:
            facts = {"step": step, "loss": loss, "learning_rate": recipe.learning_rate_at(step - 1)}
            self.writer.metric(facts | line | {"seconds": round(self.seconds(), 3)})
            self.bar.draw(step, recipe.steps, loss, self.seconds())
        self.progress.watch.add(loss)
        if (frame or self.save_is_due()) and not reached:  # a save does not know why a training stops: it looks again
            self.save()
        return reached

    def look(self, step: int, generate: bool) -> dict[str, Any]:
        """Measure the model on unseen sentences, and keep its weights if they are the best so far."""
        line = self.exam.on_the_way(self.model, generate)
        self.progress.best.see(self.model, step, line.get("valid_exact_match", 0.0), line["valid_loss"])
        return line

    def seconds(self) -> float:
        """Give the seconds of work so far, those before an interruption included."""
        return self.seconds_before + time.perf_counter() - self.started

    def save_is_due(self) -> bool:
        """Say whether a killed training would lose more work than a save costs."""
        return time.perf_counter() - self.saved_at >= max(SAVE_EVERY, self.save_took / SAVE_SHARE)

    def save(self) -> None:
        """Save everything that decides how this training goes on."""
        before, self.progress.seconds = time.perf_counter(), self.seconds()
        self.writer.save(self.model, state_of(self.model, self.optimiser, self.progress))
        self.saved_at = time.perf_counter()
        self.save_took = self.saved_at - before
