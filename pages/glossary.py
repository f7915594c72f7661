"""Glossary: every tensor of this pass, with its symbol, shape and place."""

from ui.widgets import step_page

step_page("glossary")
