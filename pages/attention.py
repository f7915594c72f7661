"""Attention: one sublayer, step by step, down to every product."""

from ui.widgets import step_page

step_page("attention")
