"""The map of the house, and its guard: which room may use what, and which file alone may say a word.

Arrows point one way: pages -> ui -> transformer. The tables below are the rules; the rest walks the syntax trees.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
STANDARD = set(sys.stdlib_module_names)

# Room -> what it may import besides itself. (Benchmarks measure the house from outside, with tools of their own.)
MAY_IMPORT: dict[str, set[str]] = {
    "transformer": STANDARD | {"torch", "numpy", "sentencepiece", "safetensors"},
    "ui": STANDARD | {"torch", "numpy", "pandas", "plotly", "streamlit", "starlette", "transformer", "ray"},
    "pages": {"streamlit", "ui"},
    "app.py": {"streamlit", "ui"},
}

# Word -> the files that may say it, as a name, an attribute, an import or a keyword. An empty set: nobody.
OWNERS: dict[str, set[str]] = {
    "session_state": {"ui/state.py"},
    "tomllib": {"ui/i18n.py"},
    "cache_data": {"ui/services.py"},
    "cache_resource": {"ui/services.py"},
    "subprocess": {"ui/jobs/workers.py", "ui/jobs/ray_runner.py"},
    "Popen": {"ui/jobs/workers.py", "ui/jobs/ray_runner.py"},
    "multiprocessing": {"ui/jobs/workers.py"},
    "create_subprocess_exec": {"ui/jobs/workers.py"},
    "create_subprocess_shell": {"ui/jobs/workers.py"},
    "sqlite3": {"ui/jobs/store.py"},
    "ray": {"ui/jobs/ray_agent.py"},
    "zipfile": {"transformer/run_files/archive.py"},
    "pickle": set(),
    "cloudpickle": set(),
    "dill": set(),
    "joblib": set(),
    "marshal": set(),
    "shelve": set(),
    "torch.load": set(),
    "torch.save": set(),
    "os.system": set(),
    "os.popen": set(),
    "unsafe_allow_html": set(),
    "unsafe_allow_javascript": set(),
}
PROCESS_WORDS = {"subprocess", "Popen", "multiprocessing", "create_subprocess_exec", "create_subprocess_shell"}

CODE_FROM_TEXT = {"eval", "exec", "compile", "__import__"}  # calls that nobody makes

# What no file for the browser may say: each would read text as markup or as code.
MARKUP = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "createContextualFragment",
    "setHTMLUnsafe",
    "eval(",
    "new Function",
)

MOST_LINES, MOST_LINES_OF_A_PAGE, MOST_LINES_OF_A_FUNCTION = 350, 120, 40


def files(*places: str, suffix: str = ".py") -> list[Path]:
    """List the files of some rooms, in order; a room that does not exist yet is empty."""
    found: list[Path] = []
    for place in places:
        path = HOUSE / place
        found += [path] if path.is_file() else sorted(path.rglob(f"*{suffix}"))
    return found


def short(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def every(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=short)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


APP = files(*MAY_IMPORT)
CODE = [*APP, *files("benchmarks")]
BROWSER = files("assets/components", suffix=".js")


def imported(path: Path) -> Iterator[str]:
    """Give the first part of every import, those inside functions too; a relative one is the room itself."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield short(path).split("/")[0] if node.level or not node.module else node.module.split(".")[0]


def words(path: Path) -> Iterator[str]:
    """Give every name, attribute (also as name.attribute), imported name and keyword of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
            if isinstance(node.value, ast.Name):
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Import):
            yield from (part for alias in node.names for part in alias.name.split("."))
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            yield from (*parts, *(alias.name for alias in node.names), *(f"{parts[0]}.{a.name}" for a in node.names))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@every(APP)
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    room = short(path).split("/")[0]
    foreign = set(imported(path)) - MAY_IMPORT[room] - {room}
    assert not foreign, f"{short(path)} imports {sorted(foreign)}"


@every(files("pages"))
def test_a_page_is_imported_by_nobody_and_imports_no_page(path: Path) -> None:
    others = [short(other) for other in CODE if other != path and "pages" in set(imported(other))]
    assert not others
    assert "pages" not in set(imported(path))


@every(CODE)
def test_a_word_is_said_by_its_owner_only(path: Path) -> None:
    in_benchmarks = short(path).startswith("benchmarks/")
    said = set(words(path)) - (PROCESS_WORDS if in_benchmarks else set())  # a benchmark starts the server it measures
    stolen = [word for word, owners in OWNERS.items() if word in said and short(path) not in owners]
    assert not stolen, f"{short(path)} says {stolen}"


@every(CODE)
def test_only_i18n_knows_where_the_strings_lie(path: Path) -> None:
    said = [node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)]
    if short(path) != "ui/i18n.py":
        assert "strings" not in said
        assert not [text for text in said if isinstance(text, str) and re.search(r"assets/strings/\w", text)]


@every(APP)
def test_text_never_becomes_code(path: Path) -> None:
    calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert not CODE_FROM_TEXT.intersection(function.id for function in calls if isinstance(function, ast.Name))


@every(CODE)
def test_nothing_is_unpickled_through_numpy(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False


@every(BROWSER)
def test_text_never_becomes_markup_or_code_in_the_browser(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [word for word in MARKUP if word in text]


@every(BROWSER)
def test_browser_modules_import_their_neighbours_only(path: Path) -> None:
    """The modules are served under an address that changes with their version, so imports must be relative."""
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"""(?:\bfrom|^import|\bimport\()\s*['"]([^'"]+)['"]""", text, flags=re.MULTILINE):
        assert target.startswith(("./", "../")), f"{short(path)} imports {target}"
        found = (path.parent / target).resolve()
        assert found.is_file() and found.is_relative_to(HOUSE / "assets/components"), (
            f"{short(path)} imports {target}, which is not there"
        )


SHIPPED = [
    path for suffix in (".js", ".css", ".svg", ".toml", ".html", ".md") for path in files("assets", suffix=suffix)
]


@every([*files("app.py", "pages", "ui", "transformer"), *SHIPPED, HOUSE / ".streamlit/config.toml"])
def test_no_outside_address(path: Path) -> None:
    """A classroom may be offline, and what people type is nobody else's business."""
    text = path.read_text(encoding="utf-8")
    addresses = re.findall(r"(?:https?|wss?|ftp)://[^\s'\"`)<>]*", text) + re.findall(r"['\"(]//[\w-]+\.\w+", text)
    outside = [address for address in addresses if not address.startswith("http://www.w3.org/")]  # XML namespaces
    assert not outside


def test_pages_on_disk_are_the_pages_of_the_menu() -> None:
    from ui.navigation import PAGES

    assert sorted(path.stem for path in files("pages")) == sorted(PAGES)
    assert all(entry.file.is_file() for entry in PAGES.values())
    addresses = [entry.url_path for entry in PAGES.values()]
    assert len(set(addresses)) == len(addresses)
    assert addresses.count("") == 1, "exactly one page opens first"


@every(files("pages"))
def test_a_page_is_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES_OF_A_PAGE


@every([*CODE, *BROWSER])
def test_a_file_holds_one_idea(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, f"{short(path)} has {lines} lines: does it hold two ideas?"


@every(CODE)
def test_a_function_can_be_read_at_a_glance(path: Path) -> None:
    long = {f.name: n for f in functions(path) if (n := (f.end_lineno or 0) - f.lineno + 1) > MOST_LINES_OF_A_FUNCTION}
    assert not long


@every([*CODE, *files("tests")])
def test_a_module_says_what_it_is_for(path: Path) -> None:
    if path.read_text(encoding="utf-8").strip():
        assert ast.get_docstring(tree(path)), f"{short(path)} has no docstring"


@cache
def strings(language: str) -> dict[str, str]:
    """Flatten the texts of a language, those of single pages too, without ui/i18n.py, which these tests check."""

    def flat(table: dict[str, object], path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for name, value in table.items():
            if isinstance(value, dict):
                yield from flat(value, (*path, name))
            else:
                assert isinstance(value, str), f"{'.'.join((*path, name))} is not a text"
                yield ".".join((*path, name)), value

    texts: dict[str, str] = {}
    for file in [HOUSE / "assets/strings" / f"{language}.toml", *files(f"assets/strings/{language}", suffix=".toml")]:
        own = dict(flat(tomllib.loads(file.read_text(encoding="utf-8")), ()))
        assert not texts.keys() & own.keys(), f"{short(file)} says again what another file says"
        texts |= own
    return texts


LANGUAGES = [path.stem for path in sorted((HOUSE / "assets/strings").glob("*.toml"))]


def test_a_page_keeps_its_texts_in_a_section_of_its_own() -> None:
    for language in LANGUAGES:
        for file in files(f"assets/strings/{language}", suffix=".toml"):
            assert list(tomllib.loads(file.read_text(encoding="utf-8"))) == [file.stem], short(file)


def test_a_lesson_is_there_in_every_language() -> None:
    lessons = {
        language: sorted(p.name for p in files(f"assets/lessons/{language}", suffix=".md")) for language in LANGUAGES
    }
    assert len({tuple(names) for names in lessons.values()}) == 1, lessons


def test_the_languages_on_disk_are_those_of_the_switch() -> None:
    from ui import i18n

    assert sorted(LANGUAGES) == sorted(i18n.LANGUAGES)
    for language in LANGUAGES:
        assert i18n.words(language) == strings(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys(language: str) -> None:
    assert strings(language).keys() - strings("en").keys() == set(), f"{language} has keys that English has not"
    assert strings("en").keys() - strings(language).keys() == set(), f"{language} lacks keys"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_the_same_placeholders_and_is_not_empty(language: str) -> None:
    for key, text in strings(language).items():
        assert text.strip(), f"{language}: {key} is empty"
        assert sorted(placeholders(text)) == sorted(placeholders(strings("en").get(key, ""))), f"{language}: {key}"
        assert "{" not in re.sub(r"\{\w+\}", "", text), f"{language}: {key} has a brace that is no placeholder"


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@cache
def literals() -> dict[str, str]:
    """Find every short text in the code, comments and docstrings apart, with a file where it stands.

    The fixed beginning of a text that is put together at run time counts too: f"page.{name}" gives "page.".
    """
    found: dict[str, str] = {}
    for path in BROWSER:
        code = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        found |= dict.fromkeys(re.findall(r"""['"`}]([\w.]+)(?=['"`]|\$\{)""", code), short(path))
    for path in files("ui", "pages", "transformer"):
        found |= dict.fromkeys(texts(path), short(path))
    return found


def texts(path: Path) -> set[str]:
    found, docstrings = set(), set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstrings.add(ast.get_docstring(node, clean=False))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found - docstrings


@cache
def said_keys() -> dict[str, str]:
    """Give the texts that look like string keys, or like the beginning of one (then they end with a dot or a _)."""
    sections = "|".join(sorted({key.split(".")[0] for key in strings("en")}))
    a_key = re.compile(rf"(?:{sections})\.(?!\d)[\w.]*(?<!\.js)(?<!\.css)(?<!\.py)(?<!\.json)(?<!\.toml)(?<!\.tsv)")
    return {text: where for text, where in literals().items() if a_key.fullmatch(text)}


BEGINNING = (".", "_")  # how a key ends that is to be continued at run time


def is_said(key: str) -> bool:
    """A key is said literally, or as a beginning that is said and one or two more pieces that are said anywhere."""
    if key in said_keys():
        return True
    endings = [key.removeprefix(text) for text in said_keys() if key.startswith(text)]
    return any(
        ending in literals()
        or any(ending[:i] in literals() and ending[i:] in literals() for i in range(1, len(ending)))
        for ending in endings
    )


def test_no_text_is_unused() -> None:
    unused = [key for key in strings("en") if not is_said(key)]
    assert not unused, f"nobody says {unused}"


def test_every_key_that_the_code_says_exists() -> None:
    for text, where in said_keys().items():
        if text.endswith(BEGINNING):
            assert any(key.startswith(text) for key in strings("en")), f"{where} says {text}..., no text begins so"
        else:
            assert text in strings("en"), f"{where} says {text!r}, which is in no language"


def test_what_a_task_names_by_key_has_a_text() -> None:
    from transformer.tasks import TASKS

    for task in TASKS.values():
        keys = [*task.languages, *(f"explore.known.{kind}" for kind in task.known_words())]
        missing = [key for key in keys if key not in strings("en")]
        assert not missing


def test_there_is_a_title_for_every_page() -> None:
    from ui.navigation import PAGES

    assert [key for key in strings("en") if key.startswith("page.")] == [f"page.{name}" for name in PAGES]


def test_the_public_names_are_there() -> None:
    """Others build on these: notebooks, acceptance tests, a person's own model brought to the pages."""
    import transformer

    public = [
        "ModelConfig",
        "Transformer",
        "Trace",
        "trace_pair",
        "load_run",
        "list_runs",
        "save_run",
        "TASKS",
        "POSITIONS",
        "SCORES",
    ]
    missing = [name for name in public if not hasattr(transformer, name) or name not in transformer.__all__]
    assert not missing
