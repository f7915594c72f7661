"""Explore: who looks at whom, in every head of the whole model."""

import streamlit as st

from ui import services, state, widgets
from ui.components import explore
from ui.limits import within_limit

visit = state.visit()
if visit.run is None:
    st.stop()
example = services.run(visit.run).example
state.offer_example(visit.run, example)

sentence = widgets.page_head(visit, "explore", example)
sentence, notices = within_limit(sentence)
explore({"run": visit.run, "s": sentence, "lang": visit.language, "projector": visit.projector, "notices": notices})
