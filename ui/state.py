"""The only file that says session_state: which widget keys exist, and who may set them from outside."""

from dataclasses import dataclass

import streamlit as st

from ui import i18n

SENTENCE, RUN, LANGUAGE, PROJECTOR = "s", "run", "lang", "projector"
_EXAMPLE_OF = "example_of"


@dataclass(frozen=True)
class Visit:
    """What a visitor has chosen in the frame, for the page at hand."""

    language: str
    run: str | None
    projector: bool

    def say(self, key: str, **values: object) -> str:
        return i18n.say(self.language, key, **values)


def visit() -> Visit:
    """Read the frame's widgets; the frame has drawn them before any page runs."""
    chosen = st.session_state
    return Visit(chosen.get(LANGUAGE) or i18n.FIRST, chosen.get(RUN), bool(chosen.get(PROJECTOR)))


def start(key: str, choices: list[str]) -> None:
    """Give a choice its first value: what the link says if that is one of the choices, else the first of them.

    Widgets that show other words than they mean (`zh` as 中文) cannot be bound to the address by Streamlit, which
    would write the shown words into it; `start` and `put_in_link` bind them by what they mean.
    """
    kept = f"kept_{key}"  # a widget forgets its choice when its words change with the language
    if st.session_state.get(key) not in choices:
        candidates = (st.session_state.get(kept), st.query_params.get(key), choices[0])
        st.session_state[key] = next(choice for choice in candidates if choice in choices)
    st.session_state[kept] = st.session_state[key]


def put_in_link(key: str, choices: list[str]) -> None:
    """Write a choice that has just changed into the address."""
    if st.session_state[key] in choices:
        st.query_params[key] = st.session_state[key]


def offer_example(run: str, example: str) -> None:
    """Put a run's own example into the sentence box, unless the visitor's link or typing has filled it."""
    before = st.session_state.get(_EXAMPLE_OF)
    came_with_link = before is None and SENTENCE in st.query_params
    if before != run and not came_with_link:
        st.session_state[SENTENCE] = example
    st.session_state[_EXAMPLE_OF] = run


def take_sentence(component: str) -> None:
    """Put the sentence that a person chose in a component into the sentence box."""
    chosen = st.session_state[component].sentence
    if isinstance(chosen, str):
        st.session_state[SENTENCE] = chosen


def take_projector(component: str) -> None:
    """Switch projector mode as a person asked for it in a component."""
    st.session_state[PROJECTOR] = bool(st.session_state[component].projector)


def carried() -> dict[str, str]:
    """Give the part of the address that a link to another page must carry along."""
    return {key: st.query_params[key] for key in (SENTENCE, RUN, LANGUAGE, PROJECTOR) if key in st.query_params}


def unknown_run(known: list[str]) -> str | None:
    """Give the run that a link asks for and nobody has, so that the page can say so."""
    asked = st.query_params.get(RUN)
    return asked if asked is not None and asked not in known else None


def plain(text: str, most: int = 40) -> str:
    """Make foreign text safe inside a sentence that Streamlit renders as Markdown: letters, digits and dashes only."""
    return "".join(c if c.isalnum() or c in "-_ ." else "·" for c in text[:most])
