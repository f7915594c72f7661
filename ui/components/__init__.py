"""Python side of the browser components: each mounts one ES module of assets/components/."""

from typing import Any

from streamlit.components import v2

from ui.navigation import PAGES
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


def _component(name: str, module: str) -> Any:
    return v2.component(name, html='<div id="lab"></div>', js=STUB.format(version=VERSION, module=module))


# A page of a section has its module below the folder of the section, or in a folder of its own.
FOLDERS = {"explore": "{page}", "learn": "chapters/{page}", "train": "{page}/{page}", "intervene": "{page}/{page}"}
MOUNTS = {name: _component(name, FOLDERS[entry.section].format(page=name)) for name, entry in PAGES.items()}


def picture(page: str, data: dict[str, Any]) -> dict[str, Any] | None:
    """Mount the picture of a page, which fetches by itself what it draws.

    Gives what a person clicked if it leads to another page: {"page": its name, "view": what its address shall say}.
    """
    result = MOUNTS[page](
        key=page,
        data={**data, "page": page, "version": VERSION},
        on_sentence_change=lambda: take_sentence(page),
        on_projector_change=lambda: take_projector(page),
        on_go_change=lambda: None,
    )
    return result.get("go")
