"""Bytes become the text that was meant, or a clear refusal; never another text in silence."""

import codecs

import pytest

import brought
from transformer.corpus import Choices, CorpusError, look, read_pairs
from transformer.corpus.encodings import ENCODINGS, decode, detect, readable_as

LANGUAGES = ["zh", "fr", "ru"]
WRITTEN = {  # how a file was written -> what it is read as
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "utf-16-le with a mark": "utf-16-le",
    "utf-16-be with a mark": "utf-16-be",
    "gb18030": "gb18030",
}


def write(text: str, how: str) -> bytes:
    encoding = how.removesuffix(" with a mark")
    mark = b"" if encoding == how else {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}[encoding]
    return mark + text.encode(encoding)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("how", WRITTEN)
def test_every_encoding_gives_the_same_pairs(how: str, language: str, end: str) -> None:
    pairs = brought.pairs(language, 40 if language != "ru" else 35)
    data = write(brought.tsv(pairs, end), how)
    if how == "gb18030" and language != "zh":  # no Chinese in it: nobody can know, so the person is asked
        with pytest.raises(CorpusError, match="neither UTF-8"):
            detect(data)
        assert read_pairs(data, Choices(encoding="gb18030")).pairs == pairs
    else:
        assert detect(data) == WRITTEN[how]
        assert read_pairs(data).pairs == pairs


@pytest.mark.parametrize("language", ["zh", "fr"])
def test_the_names_of_columns_do_not_keep_the_mark(language: str) -> None:
    data = ("\ufeffsource\ttarget\n" + brought.tsv(brought.pairs(language))).encode()
    found = look(data)
    assert found.header and found.names == ("source", "target")


@pytest.mark.parametrize("name", ["latin-1", "cp1252", "cp1251", "koi8-r", "big5", "shift_jis", "euc_kr"])
def test_other_encodings_are_never_read_in_silence(name: str) -> None:
    texts = {
        "latin-1": [("le café est fermé", "the café is closed"), ("été à la plage", "summer at the beach")],
        "cp1252": [("l’été “chaud”", "hot summer"), ("cœur brisé", "broken heart")],
        "cp1251": brought.pairs("ru", 35),
        "koi8-r": brought.pairs("ru", 35),
        "big5": [("貓在桌子上睡覺", "the cat sleeps"), ("這隻狗喜歡吃魚", "the dog likes fish"), ("歡迎", "welcome")],
        "shift_jis": [("猫は机の上で寝ています", "the cat sleeps"), ("ありがとう", "thanks")],
        "euc_kr": [("고양이가 책상 위에서 자고 있습니다", "the cat sleeps"), ("감사합니다", "thanks")],
    }[name]
    data = brought.tsv(list(texts) * 10).encode(name)
    with pytest.raises(CorpusError) as refusal:
        detect(data)
    assert refusal.value.reason == "encoding" and refusal.value.values["line"] >= 1


def test_the_first_line_that_is_not_utf_8_is_named() -> None:
    lines = [*(f"word {i}\tmot {i}".encode() for i in range(30)), "café\tcoffee".encode("latin-1")]
    data = b"\n".join(lines)
    assert look(data).refusal is not None
    with pytest.raises(CorpusError) as refusal:
        read_pairs(data)
    assert refusal.value.values == {"line": 31}
    with pytest.raises(CorpusError, match=r"not written in utf-8: line 31"):
        read_pairs(data, Choices(encoding="utf-8"))
    assert read_pairs(data, Choices(encoding="cp1252")).pairs[-1] == ("café", "coffee")


def test_a_person_sees_which_encodings_are_possible() -> None:
    data = brought.tsv(brought.pairs("zh")).encode()
    assert readable_as(data)[0] == "utf-8"
    assert readable_as("é".encode("latin-1") * 3) == ["cp1252"]
    assert look(data, Choices(encoding="gb18030")).encoding in (None, "gb18030")
    assert look(data).encodings == tuple(readable_as(data))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_decodes_holds_no_zero(encoding: str) -> None:
    with pytest.raises(CorpusError):
        decode(b"a\x00\x00b\x00\x00\x00\x00"[: 8 if "16" in encoding else 3], encoding)


@pytest.mark.parametrize(
    "data",
    [
        b"a\x00b\tc\nd\te\n" * 30,
        b"\x00" * 100 + b"\n",
        "a\tb\n".encode("utf-32-le") * 30,
        b"\x00\x01\x02\x03\x00\n" * 50,
    ],
)
def test_zero_bytes_that_are_no_utf_16(data: bytes) -> None:
    found = look(data)
    assert found.refusal is not None and found.refusal.reason in ("is_binary", "empty")


def test_utf_16_cut_in_the_middle_of_a_character() -> None:
    data = codecs.BOM_UTF16_LE + brought.tsv(brought.pairs("zh")).encode("utf-16-le")[:-1]
    found = look(data)
    assert found.refusal is not None and found.refusal.reason == "undecodable"
