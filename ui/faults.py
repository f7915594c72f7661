"""What a person sees when something of ours failed: one sentence with an id, never a traceback."""

import logging
import secrets

import streamlit as st

from ui import state

log = logging.getLogger("attention_lab")


def log_fault(error: BaseException) -> str:
    """Log an exception under a short id that a person can read out to whoever runs the server."""
    fault_id = secrets.token_hex(4)
    log.error("fault %s", fault_id, exc_info=error)
    return fault_id


def show_fault(error: Exception) -> bool:
    """Replace Streamlit's own error box, in the visitor's language. True tells Streamlit that it is done."""
    st.error(state.visit().say("error.page", id=log_fault(error)))
    return True
