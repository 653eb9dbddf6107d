"""Texts of thousands of letters, of such as fold out to eighteen or pile up on one: no door spends long on them."""

import time
import unicodedata
from collections.abc import Callable
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from meetups.accounts.models import Member
from meetups.domain import text
from meetups.domain.homes import looks_like_home
from meetups.domain.text import clean, has_link, search_key
from tests.conftest import counted_queries
from tests.factories import add_meetup, add_member, add_place, sign_in

pytestmark = pytest.mark.one_database
# What one text of ours can be at most, folded out.
ENOUGH = 40_000
MANY = 6_000
PILES = "a" + "\u0300\u0316" * MANY
FOLDS = "\ufdfa" * MANY

ODD: dict[str, Callable[[int], str]] = {
    "marks": lambda n: "a" + "\u0300\u0316" * n,
    "marks in order": lambda n: "a" + "\u0316" * n + "\u0300" * n,
    "marks apart": lambda n: "a" + "\u0300\u034f\u0316\u200b" * n,
    "folds out": lambda n: "\ufdfa" * n,
    "families": lambda n: "\U0001f468\u200d" * n,
    "flags": lambda n: "\U0001f3f4" + "\U000e0061" * n,
    "lines": lambda n: "\n " * n,
    "digits": lambda n: "1" * n,
    "numbers": lambda n: "1 " * n + "!",
    "street": lambda n: "rua " + "1 " * n + "x",
    "streets": lambda n: "xstr " * n,
    "a long street": lambda n: "str" * n,
    "words": lambda n: "a " * n,
    "a word": lambda n: "s" * n,
    "parks": lambda n: "park" * n + " 12 oak street",
    "dots": lambda n: "a." * n,
    "hyphens": lambda n: "a-" * n + "." * n,
    "schemes": lambda n: "a:/" * n,
    "mine": lambda n: "my a " * n,
}


def spent(work: Callable[[str], object], letters: str) -> float:
    """The least of a few times, in seconds of this process."""
    times = []
    for _ in range(4):
        began = time.process_time()
        work(letters)
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.parametrize("odd", ODD)
def test_twice_the_text_takes_about_twice_the_time(odd: str) -> None:
    for work in (clean, search_key, has_link, lambda name: looks_like_home(name, "other")):
        assert any(_steady(work, ODD[odd]) for _ in range(3)), odd


def _steady(work: Callable[[str], object], odd: Callable[[int], str]) -> bool:
    # A machine that is busy is slow for a moment; what grows with the square is slow each time.
    once, twice = (spent(work, odd(size)) for size in (5_000, 10_000))
    return twice < 3 * once + 0.002


def test_a_pile_of_marks_is_cut_to_what_a_language_needs() -> None:
    assert len(clean(PILES)) <= 1 + text.MARKS and search_key(PILES) == "a"
    # Vietnamese, Hebrew with its points and accents, Tibetan.
    for word in ("tiếng Việt", "בְּרֵאשִׁ֖ית", "བསྒྲུབས"):
        assert clean(word) == unicodedata.normalize("NFC", word)


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many letters each text has once it is folded out, as somebody asks."""
    lengths: list[int] = []

    def normalize(form: str, given: str) -> str:
        found = unicodedata.normalize(form, given)  # type: ignore[arg-type]
        lengths.append(len(found))
        return found

    monkeypatch.setattr(text, "unicodedata", SimpleNamespace(normalize=normalize, combining=unicodedata.combining))
    return lengths


@pytest.fixture
def ana(client: FlaskClient) -> Member:
    ana = add_member("Ana")
    add_meetup(ana, add_place())
    sign_in(client, ana)
    return ana


DOORS = [
    ("/places/new", "name", "At most 120 letters"),
    ("/places/new", "where", "At most 80 letters"),
    ("/me/home", "name", "We know no place of that name"),
    ("/meetups/new", "place", "We know no park of that name"),
    ("/meetups/new", "title", "At most 80 letters"),
    ("/meetups/new", "spot", "At most 160 letters"),
    ("/meetups/new", "note", "At most 1,000 letters"),
    ("/me", "first_name", "At most 40 letters"),
    ("/me/calendar", "device", "At most 60 letters"),
]


@pytest.mark.parametrize(("path", "field", "said"), DOORS)
def test_each_door_says_so_beside_the_field_and_folds_out_nothing(
    client: FlaskClient, ana: Member, folded: list[int], path: str, field: str, said: str
) -> None:
    sent = {"name": "Oak Park", "kind": "park", "where": "43.6745, -79.3468", "place": "Withrow Park"}
    answer = client.post(path, data=sent | {field: FOLDS})
    assert answer.status_code in (200, 422) and said in answer.text
    assert answer.text.count(said) == 2, "above the form and beside the field"
    assert FOLDS in answer.text, "what was typed is still there"
    assert sum(folded) < ENOUGH


def test_what_a_search_asks_is_bounded_too(client: FlaskClient, ana: Member, folded: list[int]) -> None:
    for path in ("/places/suggest", "/", "/me/home", "/meetups/new"):
        for letters in ("\ufdfa" * 450, "\ufdfa," * 300, "a\ufdfa " * 200):
            with counted_queries() as queries:
                answer = client.get(f"{path}?{urlencode({'q': letters, 'area': letters, 'place': letters})}")
            assert answer.status_code == 200 and len(queries) < 40
            assert max(len(query) for query in queries) < 20_000
    assert sum(folded) < 10 * ENOUGH


def test_a_park_is_looked_for_as_often_as_a_browser_can_send_one(client: FlaskClient, ana: Member) -> None:
    with counted_queries() as queries:
        client.post("/meetups/new", data={"place": ["x" * 22] * 2_000})
    assert len(queries) < 40
