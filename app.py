"""Start here: `streamlit run app.py`. The frame of all pages is ui/frame.py, the browser's data roads ui/roads.py."""

import streamlit as st

from ui.faults import show_fault
from ui.jobs.choice import ChoiceError, require_runner
from ui.roads import middleware, routes, warm

try:
    require_runner()
except ChoiceError as error:
    raise SystemExit(f"error: {error}") from None
app = st.App(
    "ui/frame.py",
    lifespan=warm,
    routes=routes,
    middleware=middleware,
    on_script_error=show_fault,
)
