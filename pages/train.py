"""Train: choose a task, press Start, and watch the heads form. All numbers come over ui/training_roads.py."""

from ui import state, widgets
from ui.components import picture

visit = state.visit()
widgets.title_line(visit, "train")
widgets.follow(picture("train", {"run": visit.run, "s": "", "lang": visit.language, "projector": visit.projector}))
widgets.lesson(visit, "train")
