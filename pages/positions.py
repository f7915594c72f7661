"""Positions: how a model without recurrence knows the order of words."""

from ui.widgets import step_page

step_page("positions")
