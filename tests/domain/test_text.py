"""Text that people typed: nothing in it breaks a page or hides from the eye, and what scripts and emoji need stays."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetups.domain.text import clean, has_link, search_key, slug

quick = settings(deadline=None, max_examples=300)
HIDDEN = [
    "\u200b", "\u2060", "\xad", "\u034f", "\u115f", "\u1160", "\u3164", "\uffa0", "\u180e", "\U000e0041",
    "\u200d", "\u200c", "\ufe0f", "\U000e0100", "\ufeff", "\u206a", "\u17b5", "\U0001d159", "\u2800", "\uffff",
]  # fmt: skip
# What meets in texts by chance never, and in an attack at once.
JUGGLED = st.text(
    st.one_of(
        st.sampled_from(HIDDEN),
        st.sampled_from(
            "a1#\u0338\u0301\u202e\u061c\ufe0e\u20e3\u2adc\u2194\U0001f469\U0001f3fd\U0001f3f4\u0646\u0915\u094d\u845b"
        ),
        st.sampled_from("\U000e0067\U000e0062\U000e007f\u17b4\u1820\u180b\u1100\u1161\ud800 \n\r\x85\u2028"),
        st.characters(),
    )
)


def seen(letter: str) -> bool:
    """Whether there is something to see of a character by itself."""
    return unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp") and letter not in HIDDEN


@quick
@given(JUGGLED)
def test_cleaned_text_shows_something_or_is_empty_and_stays_as_it_is(text: str) -> None:
    for one_line in (True, False):
        line = clean(text, one_line)
        assert clean(line, one_line) == line
        assert unicodedata.normalize("NFC", line) == line
        assert line == "" or any(seen(letter) for letter in line)
        assert not set(line) & set("\r\x00\x85\u2028\u2029\u202e\u2066\ufeff\x1b\u200b\u2060\xad\u3164")
    assert "\n" not in clean(text)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_nobody_sees_is_nothing(hidden: str) -> None:
    assert clean(hidden * 3) == clean(f" {hidden}\n{hidden}", one_line=False) == ""
    assert clean(f"Wal{hidden}k") == ("Wal k" if hidden == "\u2800" else "Walk")


@pytest.mark.parametrize("hidden", sorted(set(HIDDEN) - {"\u2800"}))
def test_what_nobody_sees_hides_nothing_from_a_search(hidden: str) -> None:
    assert search_key(f"Wal{hidden}k") == "walk"


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "\u0d28\u0d4d\u200d",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467",
        "\U0001f469\U0001f3fd\u200d\U0001f37c",
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "1\ufe0f\u20e3",
        "\u845b\U000e0100\u98fe",
    ],
    ids=["Persian", "Hindi", "Malayalam", "family", "mother", "heart", "Scotland", "keycap", "Katsushika"],
)
def test_what_scripts_and_emoji_are_made_with_stays(text: str) -> None:
    assert clean(f" {text}  Ana ") == f"{text} Ana"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\U0001f476\u200d", "\U0001f476"),
        ("\U0001f476\u200dx", "\U0001f476x"),
        ("\U0001f476\U000e0067\U000e0062\U000e0073\U000e007f", "\U0001f476"),
        ("\U0001f3f4" + "\U000e0061" * 40 + "\U000e007f", "\U0001f3f4"),
        ("e\u200b\u0301", "\xe9"),
        ("\u0646\u200c\u200c\u200c", "\u0646\u200c"),
    ],
    ids=["joined to nothing", "joined to a letter", "tags of no flag", "a message in tags", "an accent apart", "many"],
)
def test_where_they_make_nothing_they_go(text: str, left: str) -> None:
    assert clean(text) == left


def test_names_are_found_without_accents_and_make_addresses() -> None:
    assert search_key("Café de l'Été, St.-Denis") == "cafe de lete st denis"
    assert slug("Café & Kids: 10:00!") == "cafe-kids-10-00" and slug("公園") == "meetup"


@pytest.mark.parametrize(
    "text",
    [
        "http://evil.example", "See HTTPS://evil.example/x", "www.evil.example", "Walk (www2.evil.com)", "evil.com",
        "Walk at evil.co.uk", "bit.ly/abc", "tea.me/x", "evil.example/path", "ftp://x", "tg://join", "mailto:a@b.example",
        "ana@evil.com", "javascript:alert(1)", "ｈｔｔｐ：／／evil.example", "evil．com", "evil。com", "evil․com",
        "ev\u200bil.com", "evil.com.", "EVIL.COM!", "xn--80ak6aa92e.com", "bücher.de", "пример.рф/x", "a.b.c.d.com",
        "evil.com:8080", "evil.example?x=1", "x-y.app", "https:evil.page", "http:evil", "tel:+14165550100", "Sms:555",
        "1.2.3.4/x", "See 192.168.0.1", "evil.co", "evil.us", "evil.me", "evil.page", "evil.live", "evil.vip", "evil.cc",
        "evil.ch", "evil.at", "evil.it", "evil.pl", "evil.br", "evil.com.br", "Evil.pl", "EVIL.ME", "evil.me.Then",
        "Walk (evil.in)", "ana@evil.store", "evil．me", "a-b.kids", "evil.me, tea",
    ],
)  # fmt: skip
def test_what_a_mail_program_makes_a_link_of_is_one(text: str) -> None:
    assert has_link(clean(text))


@pytest.mark.parametrize(
    "text",
    [
        "", "Stroller walk", "St. James Park", "St.James Park", "Mr.Bean walks", "10.30 at the gate", "10.30/11.00",
        "e.g. by the pond", "Bring tea.Me too", "Yellow hat/blue pram", "Walk: slowly", "No.5 bus", "9 a.m./3 p.m.",
        "Coffee & co. at the park", "2.5 km", "U.S. mums", "Kita e.V. Walk", "Ring 3x... then wait", "Dr.-Ring-Park",
        "推车散步。一起走", "commotion.comes", "Ages 0.5-2", "St.Clair", "10.30", "a.m.", "Mt.Pleasant", "v.good", "No.5",
        "U.S.", "At 3.pm", "9.at the gate", "10.12.2026", "Call 416.555.0100", "1.416.555.0100", "Naps.Me too",
        "St.Clair.It is flat", "Hotel:pool", "v1.2.3", "Tea at the park.", "Slow walk..at ten", "St.Clair W. at Bathurst",
    ],
)  # fmt: skip
def test_words_with_dots_and_slashes_are_no_links(text: str) -> None:
    assert not has_link(text)


labels = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=12)
ENDINGS = ["co", "us", "me", "page", "live", "vip", "cc", "ch", "at", "it", "pl", "br", "com", "ca", "de", "in", "to"]


@given(
    labels, st.sampled_from(ENDINGS), st.sampled_from(["", "Walk ", "(", "ana@"]), st.sampled_from(["", ".", "!", ")"])
)
def test_whatever_a_site_is_called_its_name_is_a_link(word: str, ending: str, before: str, after: str) -> None:
    assert has_link(f"{before}{word}.{ending}{after}") and has_link(f"{before}{word}.{ending}{after}".upper())


@given(st.lists(labels.map(str.capitalize), min_size=1, max_size=6), st.sampled_from([". ", " ", ", ", "... ", "/"]))
def test_sentences_are_none(words: list[str], between: str) -> None:
    assert not has_link(between.join(words))


@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from([" a.m.", " p.m.", "", ".pm", ".", ".am"]))
def test_times_are_none(hour: int, minute: int, after: str) -> None:
    assert not has_link(f"{hour}.{minute:02}{after} at the gate")
