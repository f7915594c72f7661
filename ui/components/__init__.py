"""Python side of the browser components: each mounts one ES module of assets/components/."""

from typing import Any

from streamlit.components import v2

from ui.roads import VERSION
from ui.state import take_projector, take_sentence

# The modules are imported from our own server, so a rerun sends this stub and a few bytes of data. A server that is
# just restarting gets a few tries.
STUB = """
const address = (name) => new URL('/lab/components/{version}/' + name + '.js', location.origin).href;
async function load(name, tries = 0) {{
  try {{
    return await import(address(name) + (tries ? '?again=' + tries : ''));
  }} catch (error) {{
    if (tries >= 5) throw error;
    await new Promise((done) => setTimeout(done, 1000));
    return load(name, tries + 1);
  }}
}}
export default async function (component) {{
  const [{{ draw }}, {{ guardShell }}] = await Promise.all([load('{module}'), load('shell')]);
  guardShell();
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
