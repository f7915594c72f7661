"""Decoder layer: three sublayers, and where queries, keys and values come from."""

from ui.widgets import step_page

step_page("decoder")
