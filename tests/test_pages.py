"""Every page in every language, each widget that changes something, and whatever a link may ask for."""

import json
import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from models import counts, tiny_model
from serving import ROOT
from test_frame import HOSTILE, LETTERS, NOTHING, WORDS, WRONG_RUNS
from transformer import POSITIONS, SCORES, runs, save_run
from transformer.runs import load_run
from transformer.tasks import TASKS
from ui import i18n, limits, services, state
from ui.navigation import PAGES

FRAME = ROOT / "ui" / "frame.py"
LANGUAGES = list(i18n.LANGUAGES)


def open_page(page: str = "explore", **query: str) -> AppTest:
    """Open a page as a link does."""
    app = AppTest.from_file(str(FRAME), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if page != "explore":
        app.switch_page(str(PAGES[page].file)).run()
    return app


def component(app: AppTest) -> dict[str, Any]:
    """Read what the page tells its browser component to draw."""
    (found,) = app.get("bidi_component")
    return json.loads(found.proto.json)


def texts(app: AppTest) -> str:
    """Read everything that the page itself writes, outside the component."""
    kinds = (app.title, app.caption, app.warning, app.error, app.markdown, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def enter(app: AppTest, sentence: str) -> AppTest:
    """Type into the sentence box and press Translate."""
    app.text_input(key=state.SENTENCE).set_value(sentence)
    (button,) = [button for button in app.button if button.form_id == "sentence"]
    return button.click().run()


def check_unhurt(app: AppTest) -> None:
    assert not app.exception
    assert not app.error, texts(app)


# -- every page ----------------------------------------------------------------------------------------------------


def test_the_table_of_pages_is_what_lies_on_disk() -> None:
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == set(PAGES)
    addresses = [entry.url_path for entry in PAGES.values()]
    assert len(set(addresses)) == len(addresses)
    assert addresses.count("") == 1, "exactly one page is the first one"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_speaks_every_language(page: str, language: str) -> None:
    app = open_page(page, lang=language)
    check_unhurt(app)
    words = i18n.words(language)
    assert app.title[0].value == words[f"page.{page}"]
    assert words[f"subtitle.{page}"] in texts(app)
    assert component(app)["lang"] == language
    for other in set(LANGUAGES) - {language}:
        assert i18n.words(other)[f"subtitle.{page}"] not in texts(app)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_its_projector_mode(page: str) -> None:
    app = open_page(page, projector="true")
    check_unhurt(app)
    assert component(app)["projector"] is True
    assert app.toggle(key=state.PROJECTOR).value is True


def test_the_first_page_shows_the_famous_sentence_of_the_first_run() -> None:
    app = open_page()
    run = load_run(services.FIRST_RUN)
    assert component(app)["run"] == run.name
    assert component(app)["s"] == run.example
    assert app.text_input(key=state.SENTENCE).value == run.example
    assert component(app)["notices"] == []


# -- widgets: what changes, and what stays ---------------------------------------------------------------------------


def test_translate_hands_the_sentence_to_the_component() -> None:
    app = enter(open_page(), "thanks")
    check_unhurt(app)
    assert component(app)["s"] == "thanks"
    assert component(enter(app, "i am a student"))["s"] == "i am a student"


def test_language_changes_words_and_keeps_the_sentence() -> None:
    app = enter(open_page(), "thanks")
    for language in ("zh", "en"):
        app.segmented_control(key=state.LANGUAGE).set_value(language).run()
        check_unhurt(app)
        assert component(app)["lang"] == language
        assert component(app)["s"] == "thanks"
        assert app.title[0].value == i18n.words(language)["page.explore"]
        assert app.query_params["lang"] == language


def test_projector_mode_goes_on_and_off_and_keeps_the_sentence() -> None:
    app = enter(open_page(), "thanks")
    for on in (True, False):
        app.toggle(key=state.PROJECTOR).set_value(on).run()
        check_unhurt(app)
        assert component(app)["projector"] is on
        assert component(app)["s"] == "thanks"


def test_a_chip_or_the_flip_in_the_component_fills_the_sentence_box() -> None:
    """The browser tests click them; here is what Python does with such a message."""

    def script() -> None:
        from types import SimpleNamespace

        import streamlit as st

        from ui import state

        if st.button("chip"):
            st.session_state["component"] = SimpleNamespace(sentence="thanks", projector=True)
            state.take_sentence("component")
            state.take_projector("component")
        st.text_input("sentence", key=state.SENTENCE)
        st.toggle("projector", key=state.PROJECTOR)

    app = AppTest.from_function(script).run()
    app.button[0].click().run()
    assert not app.exception
    assert app.text_input[0].value == "thanks"
    assert app.toggle[0].value is True


@pytest.mark.parametrize("nonsense", [None, 3, ["thanks"], {"s": "thanks"}])
def test_a_forged_message_of_the_component_changes_nothing(nonsense: Any) -> None:
    def script(nonsense) -> None:  # no annotation: this source is run by itself
        from types import SimpleNamespace

        import streamlit as st

        from ui import state

        st.session_state[state.SENTENCE] = "thanks"
        st.session_state["component"] = SimpleNamespace(sentence=nonsense)
        state.take_sentence("component")
        st.text_input("sentence", key=state.SENTENCE)

    app = AppTest.from_function(script, args=(nonsense,)).run()
    assert not app.exception
    assert app.text_input[0].value == "thanks"


@pytest.mark.parametrize("nonsense", [None, 3, [], {}, {"page": "nowhere"}, {"page": ["tokens"]}, {"page": "../x"}])
def test_a_forged_way_to_another_page_leads_nowhere(nonsense: Any) -> None:
    def script(nonsense) -> None:  # no annotation: this source is run by itself
        import streamlit as st

        from ui import widgets

        widgets.follow(nonsense)
        st.text("still here")

    app = AppTest.from_function(script, args=(nonsense,)).run()
    assert not app.exception
    assert app.text[0].value == "still here"


@pytest.fixture
def two_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a second good run and a damaged one beside the shipped ones."""
    shipped = load_run(services.FIRST_RUN).path
    for name in ("second", "damaged"):
        shutil.copytree(shipped, tmp_path / name)
    weights = tmp_path / "damaged" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    use_runs(monkeypatch, OWN_RUNS=tmp_path)
    return tmp_path


def use_runs(monkeypatch: pytest.MonkeyPatch, **folders: Path) -> None:
    for name, folder in folders.items():
        monkeypatch.setattr(runs, name, folder)


def test_the_run_chooser_changes_the_model_and_offers_its_example(two_runs: Path) -> None:
    app = enter(open_page(), "thanks")
    assert app.selectbox(key=state.RUN).options[-1] == "second"
    app.selectbox(key=state.RUN).set_value("second").run()
    check_unhurt(app)
    assert component(app)["run"] == "second"
    assert component(app)["s"] == load_run(two_runs / "second").example
    assert app.query_params["run"] == "second"


def test_what_is_typed_as_the_run_goes_away_is_kept(two_runs: Path) -> None:
    app = open_page()
    app.selectbox(key=state.RUN).set_value("second").run()
    shutil.rmtree(two_runs / "second")
    enter(app, "i am a student")
    check_unhurt(app)
    assert (component(app)["run"], component(app)["s"]) == (services.FIRST_RUN, "i am a student")


@pytest.fixture
def runs_of_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an untrained run of every task in the place of the shipped ones, and one of one's own beside them."""
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for place, name, task in [*((shipped, name, TASKS[name]) for name in TASKS), (own, "a-copy", TASKS["copy"])]:
        vocabularies = task.vocabularies()
        sizes = {"src_vocab_size": len(vocabularies[0]), "tgt_vocab_size": len(vocabularies[1])}
        save_run(tiny_model(**sizes, max_len=64), vocabularies, place / name, task=task.name)
    use_runs(monkeypatch, SHIPPED_RUNS=shipped, OWN_RUNS=own)
    return own


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_task_s_run_has_its_name_its_example_and_its_verb(runs_of_tasks: Path, language: str) -> None:
    app = open_page(lang=language)
    words = i18n.words(language)
    order = [services.FIRST_RUN, *(name for name in TASKS if name != services.FIRST_RUN)]
    assert app.selectbox(key=state.RUN).options == [*(words[f"run.{name}"] for name in order), "a-copy"]
    for name in [*TASKS, "a-copy"]:
        app.selectbox(key=state.RUN).set_value(name).run()
        check_unhurt(app)
        task = TASKS["copy"] if name == "a-copy" else TASKS[name]
        assert (component(app)["run"], component(app)["s"]) == (name, task.example)
        (button,) = [button for button in app.button if button.form_id == "sentence"]
        assert button.label == words[f"task.button.{task.name}"]


def card(info: dict[str, Any], language: str = "en") -> list[str]:
    """Read the model card of a run with this config.json."""

    def script(language, info) -> None:  # no annotation: this source is run by itself
        from ui import widgets

        widgets.model_card(language, info)

    app = AppTest.from_function(script, args=(language, info)).run()
    assert not app.exception
    return [str(line.value) for line in app.caption]


def test_the_model_card_tells_what_is_not_as_in_the_paper() -> None:
    info = load_run(services.FIRST_RUN).info
    assert len(card(info)) == 3
    changes = {"position": "rotary", "score": "additive", "norm_first": True, "activation": "gelu"}
    for language in LANGUAGES:
        keys = ("position.rotary", "score.additive", "norm_first", "gelu")
        told = " · ".join(i18n.say(language, f"choice.{key}") for key in keys)
        assert card({**info, "model": {**info["model"], **changes}}, language)[1] == told


def test_every_choice_of_a_model_has_a_text() -> None:
    for language in LANGUAGES:
        words = i18n.words(language)
        missing = [f"choice.position.{name}" for name in POSITIONS if name != "sinusoidal"]
        missing += [f"choice.score.{name}" for name in SCORES if name != "scaled_dot"]
        assert not [key for key in missing if key not in words]


@pytest.mark.parametrize("stopped", ["steps", "target", "diverged"])
def test_the_model_card_tells_how_a_training_ended(stopped: str) -> None:
    info = load_run(services.FIRST_RUN).info
    results = {**info["results"], "steps_done": 340, "stopped": stopped, "kept_step": 300}
    for language in LANGUAGES:
        lines = card({**info, "results": results}, language)
        assert lines[1] == i18n.say(language, "frame.trained", steps=340, seed=info["training"]["seed"])
        if stopped == "steps":
            assert len(lines) == 3
        else:
            assert lines[2] == i18n.say(language, f"frame.stopped_{stopped}", steps=340, kept=300)


def test_a_damaged_run_is_named_and_the_others_work(two_runs: Path) -> None:
    app = open_page()
    assert "damaged" in app.sidebar.warning[0].value
    assert "damaged" not in app.selectbox(key=state.RUN).options
    check_unhurt(app)
    assert component(app)["run"] == services.FIRST_RUN
    app = open_page(run="damaged")
    assert component(app)["run"] == services.FIRST_RUN
    check_unhurt(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_any_run_the_page_says_what_to_do(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_runs(monkeypatch, OWN_RUNS=tmp_path, SHIPPED_RUNS=tmp_path)
    app = open_page(lang=language)
    assert not app.exception
    assert [box.value for box in app.error] == [i18n.words(language)["frame.no_runs"]]
    assert not app.get("bidi_component")


# -- links ---------------------------------------------------------------------------------------------------------


def test_a_link_sets_everything() -> None:
    app = open_page(s="i am a student", lang="zh", projector="true", run=services.FIRST_RUN)
    check_unhurt(app)
    shown = component(app)
    assert (shown["s"], shown["lang"], shown["projector"]) == ("i am a student", "zh", True)
    assert not app.warning


@pytest.mark.parametrize("run", [run for run in WRONG_RUNS if run])
def test_a_link_to_a_wrong_run_shows_the_first_one_and_says_so(run: str) -> None:
    app = open_page(run=run, s="thanks")
    assert not app.exception
    assert component(app)["run"] == services.FIRST_RUN
    assert component(app)["s"] == "thanks"
    (notice,) = app.sidebar.warning
    assert not set("<>*[]`$\x00/%") & set(notice.value), "a foreign name must not speak Markdown"
    assert len(notice.value) < 400


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lang", "fr"),
        ("lang", ""),
        ("lang", "<b>"),
        ("lang", "EN"),
        ("projector", "maybe"),
        ("projector", ""),
        ("nothing", "x"),
        ("b", "encoder.99.self_attn"),
        ("f", "-1"),
        ("q", "1e999"),
    ],
)
def test_a_link_with_nonsense_still_opens(key: str, value: str) -> None:
    app = open_page(**{key: value, "s": "thanks"})
    check_unhurt(app)
    assert component(app)["s"] == "thanks"
    assert component(app)["lang"] in LANGUAGES


@pytest.mark.parametrize("text", [*HOSTILE, *NOTHING])
def test_a_hostile_link_reaches_the_component_as_text_and_nothing_else(text: str) -> None:
    app = open_page(s=text)
    check_unhurt(app)
    assert component(app)["s"] == text[: limits.MOST_CHARACTERS]
    if text.strip():
        assert text not in texts(app), "a foreign sentence may only be shown by the component, which shows it literally"


def test_a_very_long_sentence_is_cut_and_says_so() -> None:
    n = limits.MOST_CHARACTERS + 500
    shown = component(open_page(s="a" * n))
    assert len(shown["s"]) == limits.MOST_CHARACTERS
    assert shown["notices"] == [
        {"key": "notice.characters", "values": {"shown": limits.MOST_CHARACTERS, "all": n}},
    ]
    for language in LANGUAGES:
        assert str(n) in i18n.say(language, "notice.characters", **shown["notices"][0]["values"])


@counts(2000, ci=60)
def test_generated_sentences_never_break_the_page(count: int) -> None:
    """Half of them are typed into the box of one visitor, half arrive by link."""
    visitor = open_page()

    @settings(
        max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(LETTERS | WORDS, st.booleans())
    def any_sentence(text: str, by_link: bool) -> None:
        app = open_page(s=text) if by_link else enter(visitor, text)
        check_unhurt(app)
        if not by_link or text:
            assert component(app)["s"] == text

    any_sentence()


@pytest.mark.parametrize("name", TASKS)
def test_the_example_chips_are_texts_that_the_task_can_answer(name: str) -> None:
    for text in TASKS[name].chips():
        assert TASKS[name].answer(text) is not None, text


@pytest.mark.parametrize("name", TASKS)
def test_every_relation_of_a_task_has_its_texts(name: str) -> None:
    examples = islice(TASKS[name].examples(0, "test"), 100)
    for relation in {relation for example in examples for relation in example.relations}:
        for language in LANGUAGES:
            assert f"explore.relation.{relation}" in i18n.words(language)
            assert f"explore.badge.{relation}" in i18n.words(language)
