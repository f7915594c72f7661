"""Python side of the browser components: each mounts one ES module of assets/components/."""

from typing import Any

from streamlit.components import v2

from ui.roads import VERSION
from ui.state import take_projector, take_sentence

# The module itself is imported from our own server, so a rerun sends this stub and a few bytes of data. A server that
# is just restarting gets a few tries. When the connection is lost, Streamlit opens a dialog that locks the page; it is
# closed at once, because the picture works without the server and the frame has its own line about it.
STUB = """
const lost = '.st-key-heading button:disabled';
const close = '[data-testid="stDialog"] button[aria-label="Close"]';
const unlock = () => document.querySelector(lost) && document.querySelector(close)?.click();
window.__labUnlock ??= new MutationObserver(() => setTimeout(unlock, 50));
window.__labUnlock.observe(document.body, {{ childList: true }});
const address = new URL('/lab/components/{version}/{module}.js', location.origin).href;
async function load(tries) {{
  try {{
    return await import(tries ? address + '?again=' + tries : address);
  }} catch (error) {{
    if (tries >= 5) throw error;
    await new Promise((done) => setTimeout(done, 1000));
    return load(tries + 1);
  }}
}}
export default async function (component) {{
  const {{ draw }} = await load(0);
  return draw(component);
}}
"""

EXPLORE = v2.component(
    "explore",
    html='<div id="lab"></div>',
    js=STUB.format(version=VERSION, module="explore"),
)


def explore(data: dict[str, Any]) -> None:
    """Mount the Explore stage: sentence strip, map, heads. What it draws it fetches itself from /lab/trace."""
    EXPLORE(
        key="explore",
        data={**data, "version": VERSION},
        on_sentence_change=lambda: take_sentence("explore"),
        on_projector_change=lambda: take_projector("explore"),
    )
