"""Output: from the last row of numbers to the probability of a word."""

from ui.widgets import step_page

step_page("output")
