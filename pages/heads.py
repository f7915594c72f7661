"""Heads: a passport for each head, and what happens without it."""

from ui.widgets import step_page

step_page("heads")
