"""Masks: who may look at whom, and what goes wrong without them."""

from ui.widgets import step_page

step_page("masks")
