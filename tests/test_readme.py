"""What the README promises: its two commands stand first, and its example of somebody's own model works as printed."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn

from models import TOLERANCE
from transformer import TASKS, load_run
from transformer.decode import exact_match
from transformer.heads import blocks_of

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    "pip install -r requirements.txt && streamlit run app.py",
    "pip install -r requirements-dev.txt && pytest",
]


def code_after(heading: str) -> str:
    """Give the first block of Python under a heading."""
    found = re.search(rf"^## {re.escape(heading)}$.*?^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert found, f"the README has no Python under {heading!r}"
    return found[1]


def test_the_first_screen_has_the_two_commands_and_no_other() -> None:
    first_screen = "\n".join(README.splitlines()[:40])
    assert re.findall(r"^```bash\n(.*?)\n```$", first_screen, re.DOTALL | re.MULTILINE) == COMMANDS


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
def test_ten_lines_train_somebodys_own_model_and_bring_it_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = code_after("Your own nn.Transformer")
    body = [line for line in code.splitlines() if line and not line.startswith(("import ", "from "))]
    assert len(body) == 10
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    mine: dict = {}
    exec(compile(code.replace("range(800)", "range(20)"), "README.md", "exec"), mine)
    run = load_run(tmp_path / "runs" / "mine")
    assert_same_logits(run, mine["net"].eval(), mine["parts"], mine["table"])
    assert run.task is TASKS["copy"]
    assert run.heads is not None and set(run.heads["blocks"]) == set(blocks_of(run.model)), "its heads are measured"
    assert exact_match(run.model, [run.task.answer(text) for text in ("abcd", "attention")], *mine["vocabs"]) >= 0


def assert_same_logits(run, net: nn.Transformer, parts: dict, table: torch.Tensor) -> None:
    src, tgt_in = torch.tensor([run.encode("attention")]), torch.tensor([[1, 4, 23, 23, 8]])
    with torch.no_grad():
        x, y = (parts[f"{side}_embed"](ids) * 8 + table[: ids.size(1)] for side, ids in (("src", src), ("tgt", tgt_in)))
        expected = parts["generator"](net(x, y, tgt_mask=torch.ones(5, 5, dtype=torch.bool).triu(1)))
    torch.testing.assert_close(run.model(src, tgt_in), expected, **TOLERANCE)
