"""Encoder layer: what attention and feed-forward add to the residual stream."""

from ui.widgets import step_page

step_page("encoder")
