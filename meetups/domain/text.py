"""Text that people typed: cleaned of what breaks pages, mails and calendars; made searchable; made an address."""

import re
import unicodedata
from itertools import pairwise
from typing import Literal

# Controls, line and paragraph separators, the marks that reorder what is read (Trojan Source, CVE-2021-42574), and the
# braille sign without a dot: a space in their stead.
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNWANTED = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u2800{_BIDI}]")

# What nobody sees: Unicode's Default_Ignorable_Code_Point, its other format characters that have no glyph (annotations,
# hieroglyph controls), two signs without ink, and what is no character.
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_JOINERS = "\u200c\u200d"
_INVISIBLE = re.compile(
    f"[{_JOINERS}{_SELECTORS}\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f"
    "\u3164\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U00013430-\U0001343f\U00016fe4"
    "\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Where some of it makes a difference to the eye, it stays: a joiner after a letter of Arabic, Indic and their like, a
# selector after an ideograph or a Mongolian letter, and what families, keycaps and flags are made of (UTS 51; a flag's
# tags are three to six letters and digits).
_EMOJI = (
    "[\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u27ff\u2801-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
    "[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?"
)
_LETTERS = (
    "\u0600-\u061b\u061d-\u109f\u1780-\u17b3\u17b6-\u180a\u1820-\u1cff\ua800-\uabff\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
_SEEN = re.compile(
    "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
    f"|{_EMOJI}(?:\u200d{_EMOJI})*"
    "|[0-9#*]\ufe0f\u20e3"
    f"|[{_LETTERS}][{_JOINERS}]"
    f"|[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff][{_SELECTORS}]"
    "|[\u1820-\u18aa][\u180b-\u180d\u180f]"
)
_SEEN_OR_NOT = re.compile(f"(?P<seen>{_SEEN.pattern})|{_INVISIBLE.pattern}")
# What mail programs and calendars make a link of: a scheme, "www.", numbers of a network, a name with a path, or one
# that ends as most do, however it is written.
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]{0,20}://|\bwww\d?\.|\b(?:https?|mailto|javascript|data|tel|sms):\S"
    r"|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)"
    r"|(?:^|[^\w.-])(?:[\w-]+\.)+(?:(?:[a-z]{2,}|xn--[\w-]+|\u0440\u0444)[/?#:]"
    r"|(?:com|net|org|info|biz|io|app|dev|xyz|site|online|shop|club|link|top|ru|cn|uk|ca|de|fr|es|nl|eu|ly|gl|gg|tv|ai)"
    r"(?![\w-]))"
)
# A name that ends in one of these is one, too, unless it ends like the first word of a sentence ("tea.Me too").
# Left out are countries whose ending follows a dot as a word: am, as, by, do, la, ma, my, pa, pm, so, st.
_DOTTED = re.compile(r"[\w.-]+")
_ENDING_WORDS = """
ac ad ae af ag al ao aq ar at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw bz cc cd cf cg ch ci ck cl
cm co cr cu cv cw cx cy cz dj dk dm dz ec ee eg er et fi fj fk fm fo ga gb gd ge gf gh gi gm gn gp gq gr gs gt gu gw
gy hk hm hn hr ht hu id ie il im in iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz lb lc li lk lr ls lt lu
lv mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx mz na nc ne nf ng ni no np nr nu nz om pe pf pg ph pk pl
pn pr ps pt pw py qa re ro rs rw sa sb sc sd se sg sh si sk sl sm sn sr ss su sv sx sy sz tc td tf tg th tj tk tl tm
tn to tr tt tw tz ua ug us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw page live vip store space website web tech
digital media agency email pro mobi name news blog cloud today world life work works zone team social network services
center group chat date dating love fun icu cyou buzz click monster host press ltd company finance money cash fund win
bid loan bet casino poker game games porn sex sexy adult cam webcam sale pics photos gallery video movie stream studio
design tours events party family baby kids house health clinic care fit yoga guru help expert tips wiki ink cafe zip
mov asia travel jobs moe sbs bond cfd ninja rocks run
"""
_ENDINGS = frozenset(_ENDING_WORDS.split())
_NOT_WORD = re.compile(r"[^\w]+")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
SLUG_LENGTH = 60
# No language puts more marks on one letter. Without an end to them, putting them in order (which normalizing does)
# takes the square of their number.
MARKS = 10


def clean(text: str, one_line: bool = True) -> str:
    """Return `text` in NFC without control, reordering and invisible characters, spaces collapsed, ends trimmed.

    What has nothing to see in it is empty. Joiners and selectors stay where letters or emoji are made with them.
    With `one_line` every line break becomes a space (a title must never start a new mail header);
    without it lines are kept, at most one empty line in a row.
    """
    text = "".join(letter for letter in text if not 0xD800 <= ord(letter) <= 0xDFFF)
    text = _without_invisible(text).replace("\r\n", "\n").replace("\r", "\n")
    if one_line:
        return " ".join(_UNWANTED.sub(" ", text).split())
    lines = (" ".join(_UNWANTED.sub(" ", line).split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _without_invisible(text: str) -> str:
    # What stood on either side of it may be one letter now.
    text = _normal("NFC", text)
    return _normal("NFC", _SEEN_OR_NOT.sub(lambda found: found["seen"] or "", text))


def _normal(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    if text.isascii():
        return text
    marks, kept = 0, []
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= MARKS:
            kept.append(letter)
    return unicodedata.normalize(form, "".join(kept))


def search_key(text: str) -> str:
    """Return `text` as it is searched: lower case, no accents, nothing invisible, single spaces for punctuation."""
    text = _INVISIBLE.sub("", text)
    decomposed = _normal("NFKD", text.casefold().replace("'", "").replace("\u2019", ""))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", plain).strip()


def has_link(text: str) -> bool:
    """Return whether there is something in a text that somebody's mail program would make a link to a site of."""
    text = _normal("NFKC", text).replace("\u3002", ".")
    return bool(_LINK.search(text.casefold())) or any(map(_is_name, _DOTTED.findall(text)))


def _is_name(dotted: str) -> bool:
    """Return whether words with dots between them are the name of a site: "evil.me"; not "v.good", "3.at", "tea.Me"."""
    loud = dotted.isupper()
    return any(
        len(word) > 1 and not word.isdigit() and ending.casefold() in _ENDINGS and (loud or ending.islower())
        for word, ending in pairwise(dotted.split("."))
    )


def slug(text: str) -> str:
    """Return `text` as a readable part of an address: a-z, 0-9 and hyphens, at most 60; `meetup` if nothing is left."""
    return _NOT_SLUG.sub("-", search_key(text))[:SLUG_LENGTH].strip("-") or "meetup"
