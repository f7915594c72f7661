"""What the browser is told about right answers: the task's own gold, in the tokens of the run, where it was written."""

import dataclasses
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from models import tiny_model
from test_payload import unpack
from transformer.gold import Known
from transformer.runs import Run, load_run
from transformer.tasks import TASKS
from transformer.vocab import EOS, VOCABULARIES, CharacterVocabulary, Vocabulary, train_pieces
from ui import payload
from ui.answers import flip_of, gold_of, nearest_of, unit_of

UNITS = {
    "copy": ("letter", "letter"),
    "reverse": ("letter", "letter"),
    "sort": ("letter", "letter"),
    "addition": ("digit", "digit"),
    "dates": ("character", "digit"),
    "fr": ("word", "word"),
    "zh": ("character", "word"),
}


def run_of(name: str, src_vocab: Vocabulary | None = None, tgt_vocab: Vocabulary | None = None) -> Run:
    """Make a run of a task that has learned nothing, with the task's vocabularies or others."""
    task = TASKS[name]
    own = task.vocabularies()
    src, tgt = src_vocab or own[0], tgt_vocab or own[1]
    model = tiny_model(src_vocab_size=len(src), tgt_vocab_size=len(tgt), max_len=64)
    return Run(f"test-{name}", Path(), model, src, tgt, {"task": name}, None, task, task.example)


def told(run: Run, text: str) -> dict[str, Any]:
    """Ask what is known about a text of which the model has written the right answer."""
    assert run.task is not None
    example = run.task.answer(text)
    assert example is not None
    read = run.src_vocab.join(run.src_vocab.encode(text).surfaces)
    return gold_of(run, read, [*run.tgt_vocab.encode(example.tgt).ids, EOS])


def characters(*texts: str) -> CharacterVocabulary:
    return CharacterVocabulary(
        ["<pad>", "<s>", "</s>", "<unk>", "␣", *sorted(set("".join(texts)) - {" "})], keep_spaces=True
    )


@pytest.mark.parametrize("name", TASKS)
def test_gold_is_that_of_the_task(name: str) -> None:
    run = run_of(name)
    for example in islice(TASKS[name].examples(3, "test"), 30):
        gold = told(run, example.src)
        assert (gold["answer"], gold["agrees"]) == (example.tgt, True)
        assert gold["alignment"] == example.alignment
        assert gold["relations"] == {relation: cells for relation, cells in example.relations.items() if cells}
        assert gold["roles"] == Known([], [], example.alignment, example.referent, {}).roles()
        pronoun = example.referent[0] if example.referent else None
        assert gold["watch"] == (pronoun if example.watch is None else example.watch)


def test_a_row_may_have_several_gold_keys() -> None:
    gold = told(run_of("sort"), "hello")
    assert sorted(key for row, key in gold["alignment"] if row == 2) == [2, 3]


def test_a_carry_travels_as_a_relation() -> None:
    gold = told(run_of("addition"), "358+467")
    assert gold["relations"] == {"carry": [(0, 1), (0, 5), (1, 2), (1, 6)]}


@pytest.mark.parametrize("name", TASKS)
def test_nothing_is_marked_in_a_wrong_answer_or_an_unknown_text(name: str) -> None:
    run = run_of(name)
    for text, written in ((TASKS[name].example, [EOS]), ("§§", [EOS])):
        gold = gold_of(run, text, written)
        assert (gold["alignment"], gold["relations"], gold["roles"], gold["watch"]) == (None, {}, {}, None)
        assert gold["agrees"] is (False if text == TASKS[name].example else None)


def test_gold_is_told_in_the_characters_of_a_run_that_reads_characters() -> None:
    task = TASKS["fr"]
    examples = list(islice(task.examples(0, "train"), 50))
    run = run_of("fr", characters(*(e.src for e in examples)), characters(*(e.tgt for e in examples)))
    example = examples[0]
    gold = told(run, example.src)
    src, tgt = (
        vocabulary.encode(text)
        for vocabulary, text in zip(task.vocabularies(), (example.src, example.tgt), strict=True)
    )
    pairs = {(tgt.spans[row], src.spans[key]) for row, key in example.alignment}
    for row, key in gold["alignment"]:
        at, of = run.tgt_vocab.encode(example.tgt).spans[row][0], run.src_vocab.encode(example.src).spans[key][0]
        assert any(a <= at < b and c <= of < d for (a, b), (c, d) in pairs), (row, key)
    assert len(gold["alignment"]) > len(example.alignment)


def test_a_text_that_the_task_reads_in_another_form_is_not_marked() -> None:
    """A contraction has other characters than the words that the task counts: no cell could be trusted."""
    example = TASKS["fr"].answer("the animal didn't cross the street because it was too tired")
    assert example is not None
    run = run_of("fr", characters(example.src, "'"), characters(example.tgt))
    gold = told(run, "the animal didn't cross the street because it was too tired")
    assert gold["agrees"] and gold["alignment"] is None


# -- flips ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TASKS)
def test_a_flip_changes_the_token_that_it_names(name: str) -> None:
    run = run_of(name)
    for example in islice(TASKS[name].examples(5, "test"), 30):
        flip, own = flip_of(run, example.src), TASKS[name].flip(example.src)
        assert flip == own
        if flip:
            before, after = (run.src_vocab.encode(text).surfaces for text in (example.src, flip.partner))
            assert (before[flip.position], after[flip.position]) == (
                flip.words[flip.chosen],
                flip.words[1 - flip.chosen],
            )


def test_a_word_that_is_several_tokens_cannot_be_flipped() -> None:
    task = TASKS["fr"]
    run = run_of("fr", characters(task.example, "wide"))
    assert task.flip(task.example) is not None
    assert flip_of(run, task.example) is None


@pytest.mark.parametrize(("kind", "size"), [("bpe", 250), ("unigram", 120)])
def test_a_flip_of_pieces_stands_on_one_whole_piece(kind: str, size: int) -> None:
    task = TASKS["fr"]
    texts = [example.src for example in islice(task.examples(0, "train"), 500)]
    vocabulary = train_pieces(kind, texts, size)
    assert type(vocabulary) is VOCABULARIES[kind]
    run = run_of("fr", vocabulary)
    read = vocabulary.join(vocabulary.encode(task.example).surfaces)
    flip = flip_of(run, read)
    if flip:
        for text, word in ((read, flip.words[flip.chosen]), (flip.partner, flip.words[1 - flip.chosen])):
            start, end = vocabulary.encode(text).spans[flip.position]
            assert text[start:end].strip() == word


def test_a_run_without_a_task_has_no_answers() -> None:
    run = dataclasses.replace(run_of("copy"), task=None)
    assert gold_of(run, "abc", [EOS])["answer"] is None
    assert flip_of(run, "abc") is None
    assert nearest_of(run, "abc") is None


# -- what to try instead -------------------------------------------------------------------------------------------


def test_a_text_outside_of_the_task_is_answered_with_one_inside() -> None:
    run = run_of("copy")
    assert nearest_of(run, "hello") is None
    assert nearest_of(run, "abcdefghijklmnopqrst") == "abcdefghijkl"
    assert nearest_of(run, "h3llo") == "hllo"
    assert nearest_of(run, "1234") is None


def test_words_that_make_no_sentence_are_answered_with_one() -> None:
    run = run_of("fr")
    offered = nearest_of(run, "the animal the animal")
    assert offered and TASKS["fr"].answer(offered)
    assert nearest_of(run, TASKS["fr"].example) is None


# -- what the browser gets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TASKS)
def test_what_the_model_reads_is_written_as_its_vocabulary_writes_it(name: str) -> None:
    run = run_of(name)
    for text in TASKS[name].chips():
        header, _ = unpack(payload._pack(run, text))
        sentence = header["traces"][0]
        assert sentence["read"] == text
        assert len(sentence["src"]) == len(run.src_vocab.encode(text).ids)
        assert header["task"] == name


def test_a_space_is_a_token_where_the_task_keeps_it() -> None:
    header, _ = unpack(payload._pack(run_of("dates"), "3  may 2021"))
    assert header["traces"][0]["read"] == "3 may 2021"
    assert header["traces"][0]["src"][1] == "␣"


@pytest.mark.parametrize("name", TASKS)
def test_a_token_is_called_what_it_is(name: str) -> None:
    assert tuple(map(unit_of, TASKS[name].vocabularies())) == UNITS[name]


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_a_token_of_sentencepiece_is_a_piece(kind: str) -> None:
    texts = [example.src for example in islice(TASKS["fr"].examples(0, "train"), 300)]
    assert unit_of(train_pieces(kind, texts, 100)) == "piece"


def test_the_roles_of_the_famous_sentence() -> None:
    run = load_run("fr")
    header, _ = unpack(payload.explore_payload("fr", run.example))
    roles = header["traces"][0]["roles"]
    words = {
        role: [header["traces"][0]["src"][place] for place in roles[role]] for role in ("referent", "it", "adjective")
    }
    assert words == {"referent": ["animal"], "it": ["it"], "adjective": ["tired"]}
