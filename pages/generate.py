"""Generate: the decoder writes one word at a time, and what it did not write."""

from ui.widgets import step_page

step_page("generate")
