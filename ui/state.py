"""The only file that says session_state: which widget keys exist, and who may set them from outside."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from ui import i18n

SENTENCE, RUN, LANGUAGE, PROJECTOR = "s", "run", "lang", "projector"
_EXAMPLE_OF, _SENT = "example_of", "sent"
_OPTION = "o_"  # as assets/components/step/address.js writes it


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
    asked, chosen = st.query_params.get(key), st.session_state.get(key)
    kept, seen = f"kept_{key}", f"seen_{key}"
    if chosen not in choices:  # at first, and when a widget forgets its choice because its words change language
        candidates = (st.session_state.get(kept), asked, choices[0])
        chosen = next(choice for choice in candidates if choice in choices)
    elif asked != st.session_state.get(seen):  # the browser went Back or Forward
        chosen = asked if asked in choices else choices[0]
    st.session_state[key] = st.session_state[kept] = chosen
    st.session_state[seen] = asked


def put_in_link(key: str, choices: list[str]) -> None:
    """Write a choice that has just changed into the address."""
    if st.session_state[key] in choices:
        st.query_params[key] = st.session_state[key]


def start_value(key: str, first: str | bool) -> str | bool:
    """Give a text or a switch its first value: what the link says, else `first`. The widget is to begin with it.

    A widget that Streamlit itself binds to the address loses its value on the way to another page, where the address
    may not be written; `start_value`, `keep_in_link` and `settle` carry it.
    """
    asked = st.query_params.get(key)
    kept, seen = f"kept_{key}", f"seen_{key}"
    told = first if asked is None else asked == "true" if isinstance(first, bool) else asked
    value = st.session_state.get(key, st.session_state.get(kept, told))
    known = seen in st.session_state
    if known and asked != st.session_state[seen]:  # the browser went Back or Forward
        value = told
    if known:  # said anew, or a widget on another page begins empty
        st.session_state[key] = value
    st.session_state[kept], st.session_state[seen] = value, asked
    return value


def settle(key: str) -> None:
    """Keep what a widget holds, once it is drawn, if that is not its first value.

    So it is where the server was started anew: its first run then begins with what a person has just typed, and of a
    widget that it has not drawn yet it calls nothing.
    """
    if st.session_state[key] != st.session_state[f"kept_{key}"]:
        keep_in_link(key)


def keep_in_link(key: str) -> None:
    """Write a text or a switch that has just changed into the address."""
    value = st.session_state[key]
    if value is False:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = "true" if value is True else value
    st.session_state[f"kept_{key}"], st.session_state[f"seen_{key}"] = value, st.query_params.get(key)


def change_run(choices: list[str], example_of: Callable[[str], str | None]) -> None:
    """Write a run that has just been chosen into the address together with its own example: one step of the history.

    What single views kept in the address (edits, a second run) was about the run before.
    """
    run = st.session_state[RUN]
    example = example_of(run) if run in choices else None
    if example is None:
        return put_in_link(RUN, choices)
    kept = {key: value for key, value in st.query_params.items() if not key.startswith(_OPTION)}
    st.query_params.from_dict({**kept, RUN: run, SENTENCE: example})
    st.session_state[SENTENCE] = st.session_state[f"kept_{SENTENCE}"] = example
    st.session_state[f"seen_{SENTENCE}"], st.session_state[_EXAMPLE_OF] = example, run
    return None


def offer_example(run: str, example: str) -> None:
    """Put a run's own example into the sentence box if it is another run than before, in whatever way that came.

    But where the browser went Back or Forward the address names a sentence of its own, which stays. So does one that a
    person sends in the moment in which the run before is found to be gone.
    """
    sent = st.session_state.pop(_SENT, False)
    asked = st.query_params.get(SENTENCE)
    returned = asked is not None and asked != st.session_state.get(f"seen_{SENTENCE}", asked)
    if st.session_state.get(_EXAMPLE_OF, run) != run and not returned and not sent:
        st.session_state[SENTENCE] = example
        keep_in_link(SENTENCE)
    st.session_state[_EXAMPLE_OF] = run


def send_sentence() -> None:
    """Take what a person typed into the sentence box and sent."""
    keep_in_link(SENTENCE)
    st.session_state[_SENT] = True


def take_sentence(component: str) -> None:
    """Put the sentence that a person chose in a component into the sentence box."""
    chosen = st.session_state[component].sentence
    if isinstance(chosen, str):
        st.session_state[SENTENCE] = chosen
        keep_in_link(SENTENCE)


def take_projector(component: str) -> None:
    """Switch projector mode as a person asked for it in a component."""
    st.session_state[PROJECTOR] = bool(st.session_state[component].projector)
    keep_in_link(PROJECTOR)


def carried() -> dict[str, str]:
    """Give the part of the address that a link to another page must carry along."""
    return {key: st.query_params[key] for key in (SENTENCE, RUN, LANGUAGE, PROJECTOR) if key in st.query_params}


def asked_run() -> str | None:
    """Give the run that the link names, whoever it belongs to."""
    return st.query_params.get(RUN)


def unknown_run(known: list[str]) -> str | None:
    """Give the run that a link asks for and nobody has, so that the page can say so."""
    asked = st.query_params.get(RUN)
    if asked is None or asked in known:
        return None
    del st.query_params[RUN]  # the address says what is shown
    return asked


def plain(text: str, most: int = 40) -> str:
    """Make foreign text safe inside a sentence that Streamlit renders as Markdown: letters, digits and dashes only."""
    return "".join(c if c.isalnum() or c in "-_ ." else "·" for c in text[:most])
