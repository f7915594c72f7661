"""Tokens: how a text becomes the rows of numbers that the model reads."""

from ui.widgets import step_page

step_page("tokens")
