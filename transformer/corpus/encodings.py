"""Find out how a text is written as bytes, and never guess in silence: what is uncertain is refused, or asked.

Bytes read in a wrong encoding often give no error but nonsense ("ä½ å¥½", "caf茅"), on which a model would learn.
"""

import codecs
import unicodedata

from transformer.corpus.refusals import CorpusError

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030", "big5", "cp1252")  # the last two only if a person says so
BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
SAMPLE = 4000  # characters beyond ASCII that decide whether this is Chinese
FREQUENT = frozenset(  # of the characters of any Chinese text about every second one is among these
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方"
    "多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情"
    "明性知全三又关点正业外将两高间由问很最重并物手应向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世"
    "位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量"
    "再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完"
    "爱吃喝猫狗谢早晚茶水买卖钱喜欢请问再叫吗呢吧谁哪您朋友红绿蓝黑车路飞鱼鸟花草雨雪风春夏秋冬"
)
ENOUGH_FREQUENT = 0.2
CHINESE = 0.9  # the least share of hanzi and their punctuation among the characters beyond ASCII
PLAUSIBLE = 0.97  # the least share of letters, digits, blanks and punctuation in a text of UTF-16 without a mark
ORDINARY = ("L", "M", "N", "P", "S", "Z")  # Unicode categories


def detect(data: bytes) -> str:
    """Say how a text is written: one of ENCODINGS. CorpusError if that is not clear, or if this is no text."""
    for mark, encoding in BOMS.items():
        if data.startswith(mark):
            return encoding
    if b"\x00" in data:
        return detect_utf_16(data)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if is_chinese(data):
            return "gb18030"
        raise CorpusError("encoding", line=line_of(data, error.start)) from None
    return "utf-8"


def detect_utf_16(data: bytes) -> str:
    """Tell the byte order of a text with zero bytes but without a mark; CorpusError if it is clear for neither."""
    shares = {encoding: plausible_share(data, encoding) for encoding in ("utf-16-le", "utf-16-be")}
    best, other = sorted(shares, key=lambda encoding: -shares[encoding])
    if shares[best] < PLAUSIBLE or shares[other] > shares[best] - 0.05:
        raise CorpusError("is_binary")
    return best


def plausible_share(data: bytes, encoding: str) -> float:
    """Return the share of ordinary characters if a text is read so; 0 if it cannot be, or would have no line."""
    try:
        text = data[: 4 * SAMPLE].decode(encoding)
        data.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    if not text or not any(end in text for end in "\r\n") or "\x00" in text:
        return 0.0
    return sum(map(is_ordinary, text)) / len(text)


def is_ordinary(mark: str) -> bool:
    """Tell a character of the usual alphabets, of Chinese, Japanese or Korean, or a blank from a rare one."""
    usual = mark < "\u0700" or "\u0900" <= mark < "\u0e80" or "\u1e00" <= mark < "\u2070" or "\u2190" <= mark < "\u2300"
    eastern = "\u3000" <= mark < "\u3200" or "\u4e00" <= mark < "\ua000" or "\uac00" <= mark < "\ud800"
    wide = "\uff00" <= mark < "\uffef"
    return mark in "\t\r\n" or ((usual or eastern or wide) and unicodedata.category(mark)[0] in ORDINARY)


def is_chinese(data: bytes) -> bool:
    """Tell whether bytes read as GB18030 give Chinese that a person could have written."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    beyond = [mark for mark in text if mark > "\x7f"][:SAMPLE]
    hanzi = [mark for mark in beyond if "\u4e00" <= mark < "\ua000"]
    marks = sum("\u3000" <= mark < "\u3040" or "\uff00" <= mark < "\uffef" or mark in "“”‘’…—·" for mark in beyond)
    frequent = sum(mark in FREQUENT for mark in hanzi)
    return bool(hanzi) and len(hanzi) + marks >= CHINESE * len(beyond) and frequent >= ENOUGH_FREQUENT * len(hanzi)


def decode(data: bytes, encoding: str) -> str:
    """Read bytes as text, its byte-order mark left out; CorpusError names the first line that cannot be read so."""
    if encoding not in ENCODINGS:
        raise CorpusError("choice", name="encoding", value=encoding[:20])
    mark = next((mark for mark, of in BOMS.items() if of == encoding and data.startswith(mark)), b"")
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise CorpusError("undecodable", encoding=encoding, line=line_of(data, error.start + len(mark))) from None
    if "\x00" in text:
        raise CorpusError("is_binary")
    return text


def line_of(data: bytes, place: int) -> int:
    """Count the lines up to a byte: the number of its own line, from 1."""
    return data.count(b"\n", 0, place) + 1


def readable_as(data: bytes) -> list[str]:
    """List the encodings in which these bytes are some text, right or wrong: what a person may choose from."""
    found = []
    for encoding in ENCODINGS:
        try:
            decode(data, encoding)
        except CorpusError:
            continue
        found.append(encoding)
    return found
