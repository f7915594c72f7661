"""Inputs that pages share. Each returns what a person chose; none computes anything."""

import contextlib
from typing import Any

import streamlit as st

from transformer.runs import RunEntry, RunError
from ui import i18n, services, state
from ui.components import picture
from ui.limits import MOST_CHARACTERS, within_limit
from ui.navigation import PAGES, after
from ui.state import Visit
from ui.unusual import unusual


def language_switch() -> str:
    """Choose the language of everything but the sentences. Runs first: all other words depend on it."""
    state.start(state.LANGUAGE, list(i18n.LANGUAGES))
    chosen = st.segmented_control(
        "Language / 语言",
        list(i18n.LANGUAGES),
        format_func=lambda code: i18n.LANGUAGES[code],
        key=state.LANGUAGE,
        on_change=state.put_in_link,
        args=(state.LANGUAGE, list(i18n.LANGUAGES)),
        required=True,
    )
    return chosen or i18n.FIRST


def run_chooser(language: str, runs: list[RunEntry]) -> str | None:
    """Choose the model among the runs that can be read; name the others with what is wrong with them."""
    good = [run.name for run in runs if run.error is None]
    label = i18n.say(language, "frame.model")
    if not good:
        st.error(i18n.say(language, "frame.no_runs"))
        return None
    state.start(state.RUN, good)
    chosen = st.selectbox(
        label,
        good,
        format_func=lambda name: run_label(language, name),
        key=state.RUN,
        on_change=state.change_run,
        args=(good, _example_of),
    )
    for run in runs:
        if run.error is not None:
            st.warning(i18n.say(language, "frame.damaged_run", name=state.plain(run.name)))
    return chosen


def _example_of(name: str) -> str | None:
    with contextlib.suppress(RunError):  # gone this very moment
        return services.run(name).example
    return None


def run_label(language: str, name: str) -> str:
    """Name a run as people say it; a run of one's own has the label that somebody gave it, or its own name."""
    return i18n.words(language).get(f"run.{name}") or services.label(name)


def model_card(language: str, info: dict[str, Any]) -> None:
    """Say in a few lines what the chosen model is, how it was trained and how well it does."""
    model, training, results = info["model"], info["training"], info["results"]
    lines = [i18n.say(language, "frame.size_one" if model["n_heads"] == 1 else "frame.size", **model)]
    choices = [i18n.say(language, key) for key in unusual(model)]
    if choices:
        lines.append(" · ".join(choices))
    if "steps" in training and "seed" in training:
        key = "frame.trained" if results else "frame.unfinished"  # the last save of a training measures its results
        done = results.get("steps_done", training["steps"])
        lines.append(i18n.say(language, key, steps=done, seed=training["seed"]))
        if results.get("stopped") in ("target", "diverged"):
            values = {"steps": done, "kept": results.get("kept_step", done)}
            lines.append(i18n.say(language, f"frame.stopped_{results['stopped']}", **values))
    if "exact_match" in results:
        right = round(results["exact_match"] * results["n_test"])
        texts = i18n.say(language, i18n.task_key("task.texts.", info["task"]))
        lines.append(i18n.say(language, "frame.exact", right=f"{right:,}", n=f"{results['n_test']:,}", texts=texts))
    for line in lines:
        st.caption(line)


def projector_switch(language: str) -> bool:
    """Choose large letters and one thing per screen, for the wall of a classroom."""
    first = bool(state.start_value(state.PROJECTOR, False))
    label = i18n.say(language, "frame.projector")
    chosen = st.toggle(label, first, key=state.PROJECTOR, on_change=state.keep_in_link, args=(state.PROJECTOR,))
    state.settle(state.PROJECTOR)
    return chosen


def page_head(visit: Visit, page: str, example: str, task: str | None) -> str:
    """Draw a page's title line: its name, one sentence on what it shows, and the text box that it returns."""
    with st.container(key="heading"):
        heading, box = st.columns([0.34, 0.66], vertical_alignment="center")
        with heading:
            st.title(visit.say(f"page.{page}"), anchor=False)
            st.caption(visit.say(f"subtitle.{page}"))
        with box:
            return text_box(visit, example, task)


def title_line(visit: Visit, page: str) -> None:
    """Draw the title line of a page that asks for no text: its name and one sentence, on the wall neither."""
    if visit.projector:
        return
    with st.container(key="heading", horizontal=True, vertical_alignment="center", gap="small"):
        st.title(visit.say(f"page.{page}"), anchor=False, width="content")
        st.caption(visit.say(f"subtitle.{page}"), width="content")


def text_box(visit: Visit, example: str, task: str | None) -> str:
    """Ask for a text, the example at first; Enter or the button beside it, named after the task, sends it."""
    first = str(state.start_value(state.SENTENCE, example))
    with st.form("sentence", border=False):
        box, button = st.columns([0.82, 0.18], vertical_alignment="bottom")
        label = visit.say(i18n.task_key("task.text.", task))
        text = box.text_input(label, first, key=state.SENTENCE, label_visibility="collapsed")
        button.form_submit_button(
            visit.say(i18n.task_key("task.button.", task)),
            type="primary",
            width="stretch",
            on_click=state.send_sentence,
        )
    state.settle(state.SENTENCE)
    return text or ""


def follow(chosen: dict[str, Any] | None) -> None:
    """Go to the page that a person chose in a picture; whatever else comes from a browser is ignored."""
    page = chosen.get("page") if isinstance(chosen, dict) else None
    if not isinstance(page, str) or page not in PAGES:
        return
    view = chosen.get("view") if isinstance(chosen, dict) else None
    asked = {str(k)[:20]: str(v)[:MOST_CHARACTERS] for k, v in view.items()} if isinstance(view, dict) else {}
    st.switch_page(PAGES[page].file, query_params={**state.carried(), **asked})


def step_page(page: str) -> None:
    """Draw one step page: title and sentence, the picture, the lesson below it, and the way to the next page."""
    visit = state.visit()
    if visit.run is None:
        st.stop()
    run = services.run(visit.run)
    state.offer_example(run.name, run.example)
    sentence = page_head(visit, page, run.example, run.info.get("task"))
    sentence, notices = within_limit(sentence)
    data = {"run": run.name, "s": sentence, "lang": visit.language, "projector": visit.projector, "notices": notices}
    follow(picture(page, data))
    lesson(visit, page)


def lesson(visit: Visit, page: str) -> None:
    """Write the lesson of a page below its picture, and name the page that follows."""
    text, following = i18n.lesson(visit.language, page), after(page)
    with st.container(key="lesson"):
        if text:
            st.markdown(text)
        if following:
            label = visit.say("lesson.next", page=visit.say(f"page.{following}"))
            st.page_link(PAGES[following].file, label=label, query_params=state.carried())
