"""What a run's task knows about a text: its right answer, what belongs to what, and what is worth trying next.

A task counts in the tokens of its own vocabularies; a run may cut texts in another way, and all is told in its tokens.
"""

from string import ascii_letters, digits
from typing import Any

from transformer.alignment import on_tokens
from transformer.gold import Known
from transformer.runs import Run
from transformer.tasks import Example, Flip
from transformer.vocab import EOS, SPECIALS, Vocabulary


def gold_of(run: Run, read: str, tgt_out: list[int]) -> dict[str, Any]:
    """Tell the right answer and, if the model gave it, which token belongs to which and who plays which role.

    read: a text as this run reads it   tgt_out: what the model wrote, as ids
    """
    gold = run.task.answer(read) if run.task else None
    if run.task is None or gold is None:
        return {"answer": None, "agrees": None, **_places(None)}
    agrees = tgt_out == [*run.tgt_vocab.encode(gold.tgt).ids, EOS]
    seen = agrees and run.src_vocab.encode(gold.src).surfaces == run.src_vocab.encode(read).surfaces
    own = run.task.vocabularies()
    known = on_tokens(gold, own, (run.src_vocab, run.tgt_vocab)) if seen else None
    return {"answer": gold.tgt, "agrees": agrees, **_places(known)}


def _places(gold: Example | None) -> dict[str, Any]:
    """Say where everything stands. watch: the row to point at first, which is the pronoun's where there is one."""
    if gold is None:
        return {"alignment": None, "relations": {}, "roles": {}, "watch": None}
    pronoun = gold.referent[0] if gold.referent else None
    return {
        "alignment": gold.alignment,
        "relations": {name: gold.relations[name] for name in sorted(gold.relations) if gold.relations[name]},
        "roles": Known([], [], gold.alignment, gold.referent, {}).roles(),
        "watch": pronoun if gold.watch is None else gold.watch,
    }


def flip_of(run: Run, read: str) -> Flip | None:
    """Give the token that is worth switching, counted in the tokens of the run; None where it is not one whole token.

    read: a text as this run reads it
    """
    flip = run.task.flip(read) if run.task else None
    if run.task is None or flip is None:
        return None
    own = run.task.vocabularies()[0]
    places = [_place(run.src_vocab, own, text, flip.position) for text in (read, flip.partner)]
    longest = len(run.src_vocab.encode(flip.partner).ids)
    if places[0] is None or places[0] != places[1] or longest > run.model.config.max_len:
        return None
    return flip._replace(position=places[0])


def _place(vocabulary: Vocabulary, own: Vocabulary, text: str, position: int) -> int | None:
    """Find the token of a vocabulary that stands exactly where the given token of the task's own one stands."""
    span = own.encode(text).spans[position]
    spans = vocabulary.encode(text).spans
    return spans.index(span) if span in spans else None


def nearest_of(run: Run, read: str) -> str | None:
    """Give a text of the task close to this one, None if it is one itself or nothing comes near."""
    nearest = run.task.nearest(read) if run.task else None
    return None if nearest == read else nearest


def unit_of(vocabulary: Vocabulary) -> str:
    """Say what one token is: "word", "letter", "digit", "character" or "piece"; the end of a string key.

    Signs such as + and - do not count: where they stand between digits, a person still speaks of digits.
    """
    if vocabulary.kind != "char":
        return "word" if vocabulary.kind == "word" else "piece"
    tokens = [token for token in vocabulary.tokens[len(SPECIALS) :] if token.isalnum()]
    kinds = {"letter": ascii_letters, "digit": digits}
    return next((unit for unit, known in kinds.items() if all(token in known for token in tokens)), "character")
