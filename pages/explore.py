"""Explore: who looks at whom, in every head of the whole model."""

import streamlit as st

from ui import services, state, widgets
from ui.components import picture
from ui.limits import within_limit

visit = state.visit()
if visit.run is None:
    st.stop()
run = services.run(visit.run)
state.offer_example(run.name, run.example)

sentence = widgets.page_head(visit, "explore", run.example, run.info.get("task"))
sentence, notices = within_limit(sentence)
chosen = picture(
    "explore",
    {"run": run.name, "s": sentence, "lang": visit.language, "projector": visit.projector, "notices": notices},
)
widgets.follow(chosen)
