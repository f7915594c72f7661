"""The frame around every page: sidebar with menu, model, language and classroom switch. The script that st.App runs."""

from pathlib import Path

import streamlit as st

from ui import i18n, services, state, visitors, widgets
from ui.navigation import PAGES, SECTION_STARTS

ASSETS = Path(__file__).parent.parent / "assets"
st.set_page_config(page_title="Attention Lab", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.html(ASSETS / "frame.css")

with st.sidebar:
    brand, menu, model, switches = (
        st.container(key=f"frame_{part}") for part in ("brand", "menu", "model", "switches")
    )
with switches:  # the language first: everything else is written in it
    language = widgets.language_switch()
pages = {
    name: st.Page(
        entry.file,
        title=i18n.say(language, f"page.{name}"),
        url_path=entry.url_path,
        default=not entry.url_path,
    )
    for name, entry in PAGES.items()
}
page = st.navigation(list(pages.values()), position="hidden")
with brand:
    st.markdown(f"**{i18n.say(language, 'frame.brand')}**")
with model:
    runs = services.runs_for(st.context.cookies.get(visitors.COOKIE), state.asked_run())
    lost = state.unknown_run([run.name for run in runs if run.error is None])
    chosen = widgets.run_chooser(language, runs)
    if chosen is not None:
        widgets.model_card(language, services.run(chosen).info)
    if lost is not None:
        st.warning(i18n.say(language, "frame.unknown_run", name=state.plain(lost)))
with switches:
    projector = widgets.projector_switch(language)
    st.caption(i18n.say(language, "frame.keys"))
with menu:
    for name, entry in pages.items():
        if name in SECTION_STARTS:
            st.caption(i18n.say(language, f"section.{PAGES[name].section}"))
        with st.container(key="frame_here" if entry == page else f"frame_to_{name}"):
            st.page_link(entry, query_params=state.carried())
if projector:
    st.html(ASSETS / "projector.css")
page.run()
with st.container(key="frame_lost"):  # hidden by frame.css as long as the server answers
    st.markdown(i18n.say(language, "frame.lost"))
