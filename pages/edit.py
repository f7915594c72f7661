"""Edit: switch off, move or replace a part of the model, and read what it then writes."""

from ui.widgets import step_page

step_page("edit")
