"""Compare: two sentences, two heads, two models, and what changed between them."""

from ui.widgets import step_page

step_page("compare")
