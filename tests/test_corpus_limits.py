"""What is refused before anything reads the whole of it, and how little memory that takes."""

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import brought
from transformer.corpus import CorpusError, look, read_pairs
from transformer.corpus.limits import FEWEST_PAIRS, MOST_BYTES, MOST_COLUMNS, MOST_ROWS, refuse_bytes

HOUSE = Path(__file__).parent.parent
GOOD = brought.tsv(brought.pairs("zh", 40)).encode()


def reason_of(data: bytes) -> str:
    with pytest.raises(CorpusError) as refusal:
        read_pairs(data)
    found = look(data).refusal
    assert found is not None and found.reason == refusal.value.reason
    return refusal.value.reason


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, GOOD)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (zipped("pairs.txt"), "is_archive"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "is_spreadsheet"),
        (gzip.compress(GOOD), "is_archive"),
        (b"BZh91AY&SY" + GOOD, "is_archive"),
        (b"\xfd7zXZ\x00" + GOOD, "is_archive"),
        (b"7z\xbc\xaf\x27\x1c" + GOOD, "is_archive"),
        (b"\x28\xb5\x2f\xfd" + GOOD, "is_archive"),
        (b"\x89PNG\r\n\x1a\n" + GOOD, "is_picture"),
        (b"\xff\xd8\xff\xe0" + GOOD, "is_picture"),
        (b"GIF89a" + GOOD, "is_picture"),
        (b"%PDF-1.7\n" + GOOD, "is_document"),
        (b"{\\rtf1 " + GOOD, "is_document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + GOOD, "is_document"),
        (b"\x7fELF" + GOOD, "is_binary"),
        (b"SQLite format 3\x00" + GOOD, "is_binary"),
        (GOOD[:50] + b"\x00" + GOOD[50:], "is_binary"),
        (b"", "empty"),
        (b"\n" * 1000, "empty"),
        (b" \t\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("\u3000\n \n".encode(), "empty"),
        (GOOD * (MOST_BYTES // len(GOOD) + 1), "too_large"),
        (b"a," * 200_000, "many_columns"),
        (b"a\t" * 100 + b"\n" + GOOD, "many_columns"),
        (b"abc " * 20_000, "long_line"),
        (b"a\tb\n" * (MOST_ROWS + 1), "many_rows"),
        (b"\n" * (3 * MOST_ROWS + 1) + GOOD, "many_rows"),
        (b"one\ntwo\nthree\n" * 20, "one_column"),
        (b"a\tb\n", "few_pairs"),
        (b"a\tb\n" * 100, "few_pairs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_reason_for_each(data: bytes, reason: str) -> None:
    if reason == "few_pairs":
        with pytest.raises(CorpusError, match=f"{FEWEST_PAIRS} different pairs are needed, 1 were found"):
            read_pairs(data)
        assert look(data).refusal is None  # there is something to show
    else:
        assert reason_of(data) == reason


def test_as_many_as_allowed() -> None:
    rows = b"".join(b"word %d\tmot %d\n" % (i, i) for i in range(MOST_ROWS))
    refuse_bytes(rows)
    assert look(rows).n_lines == MOST_ROWS and look(rows).refusal is None
    columns = "\t".join(["x"] * (MOST_COLUMNS - 2)).encode()
    assert len(read_pairs(b"".join(b"word %d\tmot %d\t%s\n" % (i, i, columns) for i in range(40)))) == 40


CHILD = """
import json, pathlib, sys
from asgi import Desk
from transformer import runs
from transformer.corpus import CorpusError, clean_pairs, look
from ui.own_data import routes

def status(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))

def measured(data):
    open("/proc/self/clear_refs", "w").write("5")  # forget the highest use so far
    before, reason, kept = status("VmRSS"), None, 0
    try:
        found = look(data)
        reason = found.refusal and found.refusal.reason
        kept = len(clean_pairs(data).pairs)
    except CorpusError as refusal:
        assert reason in (None, refusal.reason)
        reason = refusal.reason
    return {"reason": reason, "kept": kept, "mb": (status("VmHWM") - before) / 1024}

def sent(pieces):
    open("/proc/self/clear_refs", "w").write("5")
    before, said = status("VmRSS"), desk.post("/lab/texts", pieces)
    return {"reason": said.json["error"].split(".")[-1], "mb": (status("VmHWM") - before) / 1024}

runs.OWN_RUNS = pathlib.Path(sys.argv[3])
desk = Desk(routes)
assert desk.post("/lab/texts", b"word\\ttext\\n" * 30).status == 200
measured(b"a\\tb\\n" * 30)
found = {
    "500 MB": sent(b"hello\\tworld\\n" * 5461 for _ in range(8000)),
    "columns sent": sent(b"a," * 30_000 for _ in range(60)),
    "columns": measured(b"a," * 2_000_000),
    "one long line": measured(b"abc " * 1_200_000),
    "line ends": measured(b"\\n" * 4_000_000 + b"a"),
    "columns behind an honest line": measured(b"a\\tb\\n" + b"a\\t" * 2_000_000),
    "bomb": measured(open(sys.argv[1], "rb").read()),
    "large": measured(open(sys.argv[2], "rb").read()),
}
print(json.dumps(found))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is read from /proc")
def test_memory_stays_within_bounds(tmp_path: Path) -> None:
    """In a process of its own: megabytes beyond what it had before, at the highest point."""
    bomb, large = tmp_path / "bomb.zip", tmp_path / "large.tsv"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        for i in range(4):
            file.writestr(f"{i}.txt", b"a\tb\n" * 2_000_000)
    large.write_bytes(brought.large())
    command = [sys.executable, "-c", CHILD, str(bomb), str(large), str(tmp_path)]
    paths = {**os.environ, "PYTHONPATH": f"{HOUSE}{os.pathsep}{HOUSE / 'tests'}"}
    done = subprocess.run(command, cwd=HOUSE, env=paths, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {what: facts["reason"] for what, facts in found.items()} == {
        "500 MB": "too_large",
        "columns sent": "many_columns",
        "columns": "many_columns",
        "one long line": "long_line",
        "line ends": "many_rows",
        "columns behind an honest line": None,
        "bomb": "is_archive",
        "large": None,
    }
    assert found["columns behind an honest line"]["kept"] == 1  # too few, which the corpus says
    assert found["large"]["kept"] > 20_000 and found["large"].pop("mb") < 150
    assert not {what: facts for what, facts in found.items() if facts.get("mb", 0) >= 20}
