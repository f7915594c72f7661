"""Runs: what was trained, kept together: open it, compare two of them, carry one away or bring one in."""

from ui import state, widgets
from ui.components import picture

visit = state.visit()
widgets.title_line(visit, "runs")
widgets.follow(picture("runs", {"run": visit.run, "s": "", "lang": visit.language, "projector": visit.projector}))
widgets.lesson(visit, "runs")
