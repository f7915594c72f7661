"""What the task dates says is true, checked with the standard library's own calendar and names where it has them."""

from collections import Counter
from datetime import date, datetime
from itertools import islice
from typing import cast

import pytest

from transformer.tasks import TASKS, DatesTask, Example, Split
from transformer.tasks.dates import FORMS, form_like

DATES = cast(DatesTask, TASKS["dates"])

# How the standard library reads each form, in the order of FORMS; an ordinal number loses its ending first.
READ_BY = ["%d %B %Y", "%B %d, %Y", "%d/%m/%Y", "%Y.%m.%d", "%a %d %b %Y", "%d of %B %Y", "%d-%b-%y"]
THE_THIRD = [
    "3 may 2021",
    "may 3, 2021",
    "3/5/2021",
    "2021.05.03",
    "mon 3 may 2021",
    "3rd of may 2021",
    "03-may-21",
]


def some(split: Split, n: int) -> list[Example]:
    return list(islice(DATES.examples(3, split), n))


def read(src: str) -> date:
    """Read a date as the standard library does."""
    form = FORMS.index(form_like(src))
    plain = src if form != 5 else src.replace("st of", " of").replace("nd of", " of").replace("rd of", " of")
    day = datetime.strptime(plain.replace("th of", " of"), READ_BY[form]).date()
    return day.replace(year=day.year - 100) if form == 6 and day.year > 2049 else day


def test_seven_forms() -> None:
    assert [form.write(date(2021, 5, 3)) for form in FORMS] == THE_THIRD
    for text in THE_THIRD:
        for typed in (text, text.upper(), text.title(), f"  {text.replace(' ', '  ')} "):
            known = DATES.answer(typed)
            assert known is not None and known.tgt == "2021-05-03" and known.src == text


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_standard_library_reads_the_same_date(split: Split) -> None:
    for example in some(split, 3000):
        day = read(example.src)
        assert day.isoformat() == example.tgt
        assert 1950 <= day.year <= 2049
        if form_like(example.src) is FORMS[4]:
            assert day.strftime("%a").lower() == example.src[:3]


def test_every_day_of_a_century_can_be_written_and_read() -> None:
    for ordinal in range(date(1950, 1, 1).toordinal(), date(2049, 12, 31).toordinal() + 1, 7):
        for form in FORMS:
            day = date.fromordinal(ordinal)
            known = DATES.answer(form.write(day))
            assert known is not None and known.tgt == day.isoformat()


def test_alignment() -> None:
    """A written digit comes from the same digit, but for what has to be added: zeros, a month, a century."""
    for example in some("train", 2000):
        sources: dict[int, str] = {}
        for row, place in example.alignment:
            sources[row] = sources.get(row, "") + example.src[place]
        assert sorted(sources) == [0, 1, 2, 3, 5, 6, 8, 9]  # all but the dashes
        for row, found in sources.items():
            if found.isalpha():
                assert row in (5, 6) and found in example.src and len(found) >= 3
                assert datetime.strptime(found[:3], "%b").month == int(example.tgt[5:7])
            elif found != example.tgt[row]:
                century = form_like(example.src) is FORMS[6] and row in (0, 1)
                assert century or (example.tgt[row] == "0" and row in (5, 8))
        assert example.watch == 5


def test_every_form_and_month_is_common() -> None:
    drawn = some("train", 7000)
    forms = Counter(FORMS.index(form_like(example.src)) for example in drawn)
    assert sorted(forms) == list(range(7)) and min(forms.values()) > 850
    months = Counter(example.tgt[5:7] for example in drawn)
    assert len(months) == 12 and min(months.values()) > 450


def test_a_held_out_date_is_held_out_in_every_form() -> None:
    tested = {example.tgt for split in ("valid", "test") for example in some(split, 3000)}
    assert tested.isdisjoint(example.tgt for example in some("train", 60_000))
    valid, test = ({example.tgt for example in some(split, 3000)} for split in ("valid", "test"))
    assert valid.isdisjoint(test)


def test_the_tests_end() -> None:
    """Each of the held-out dates comes once in each form, and then there are no more."""
    found = list(DATES.examples(0, "test"))
    dates = {example.tgt for example in found}
    assert 0.99 * 7 * len(dates) < len(found) <= 7 * len(dates) and 1600 < len(dates) < 2100


def test_what_is_no_date() -> None:
    for text in (
        "",
        "may",
        "3",
        "31/4/2021",
        "29/2/2021",
        "3/13/2021",
        "0/5/2021",
        "03/05/2021",
        "2021.5.3",
        "tue 3 may 2021",
        "3th of may 2021",
        "3 mai 2021",
        "mon 3 may 2021 x",
        "2021-05-03",
        "3 may 0021",
        "99/99/9999",
    ):
        assert DATES.answer(text) is None, text
    assert DATES.answer("29/2/2020") is not None
    known = DATES.answer("14 october 1066")
    assert known is not None and known.tgt == "1066-10-14"


def test_nearest() -> None:
    for typed, meant in {
        "tue 3 may 2021": "mon 3 may 2021",
        "31/4/2021": "30/4/2021",
        "03/05/2021": "3/5/2021",
        "29.2.2021": "2021.02.28",
        "2021-05-03": "03-may-21",
        "May 3 2021": "3 may 2021",
        "3th of may 2021": "3rd of may 2021",
        "14 october 1066": "14 october 1950",
        "3 sept 21": "3 september 2021",
        "july": "3 july 2021",
        "Tuesday 8 June 1999": "tue 8 jun 1999",
    }.items():
        assert DATES.nearest(typed) == meant, typed
    for text in ("", "hello", "🦊", "/"):
        assert DATES.nearest(text) is None


def test_flip_changes_the_century() -> None:
    flipped = 0
    for example in some("test", 1500):
        flip = DATES.flip(example.src)
        if flip is None:
            assert form_like(example.src) is not FORMS[6] or example.src.startswith("29-feb")
            continue
        flipped += 1
        partner = DATES.answer(flip.partner)
        assert partner is not None
        days = [date.fromisoformat(known.tgt) for known in (example, partner)]
        assert {day.year // 100 for day in days} == {19, 20}
        assert (days[0].month, days[0].day) == (days[1].month, days[1].day)
    assert flipped > 150
    assert DATES.flip("29-feb-20") is None and DATES.flip("3/5/2021") is None and DATES.flip("x") is None
