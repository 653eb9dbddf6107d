"""What reads like a home, in the spellings people use; and what must not."""

import pytest

from meetups.domain.homes import ADDRESS, HOME, looks_like_home

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    "name",
    [
        "My place", "my house", "MY PLACE!", "Our garden", "our back garden", "Our lovely garden", "at mine", "at ours",
        "Home", "home", "At home", "Mom’s house", "mums place", "Anna's place", "Anna’s house", "annas house",
        "The Millers' house", "Grandma's garden", "Backyard", "back yard at Ana's", "Front yard", "my building",
        "our courtyard", "Our street", "Apt 4", "apt. 12, 5th floor", "Apartment 3B", "Flat 2, Oak Court",
        "12 Oak Street, Apt 4", "Unit 7", "Living room", "the driveway", "Balcony", "Wohnung Müller", "bei mir",
        "Bei uns", "zu Hause", "zuhause", "mein Garten", "unser Hinterhof", "chez moi", "Chez Claire", "mi casa",
        "Ｍｙ ｐｌａｃｅ", "M\u200by place", "Condo party room",
    ],
)  # fmt: skip
def test_a_home_in_its_spellings(name: str) -> None:
    assert looks_like_home(name, "other") == HOME


@pytest.mark.parametrize(
    "name",
    [
        "12 Oak Street", "12 oak st", "12 Oak St.", "12a Oak Ave", "12-14 Oak Avenue", "1200 West 5th Street",
        "221B Baker Street", "No. 5 Elm Road", "7 Kings Crescent, Toronto", "Hauptstraße 12", "Hauptstr. 12a",
        "Lange Straße 3", "Lindenweg 4", "12 rue de la Paix", "4 bis rue Lepic", "Calle Mayor 5", "Via Roma 10",
        "Kerkstraat 20", "Oak Street 12",
    ],
)  # fmt: skip
def test_an_address_in_its_spellings(name: str) -> None:
    assert looks_like_home(name, "park") == ADDRESS


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Withrow Park", "park"), ("Anna's Place", "cafe"), ("Chez Claire", "cafe"), ("100 Acre Wood", "park"),
        ("Our Lady of Lourdes Church garden", "other"), ("St. James Park", "park"), ("Queen's Park", "park"),
        ("Riverdale House", "other"), ("Allan Gardens", "park"), ("Park on 5th Street", "park"),
        ("12 Mile Trail", "park"), ("Spielplatz Hauptstraße 12", "playground"), ("Playground at 40 Oak Street", "park"),
        ("Boys and Girls Home Park", "park"), ("Carrot Common", "other"), ("Greenwood Library", "library"),
        ("Community Centre, 870 Queen St", "other"), ("Dufferin Grove", "park"), ("Backyard Café", "cafe"),
        ("Märchenpark", "park"), ("公園", "park"), ("The Flatiron", "other"), ("Homestead Park", "park"),
        ("Pier 4", "other"), ("Myrtle Garden", "park"), ("Mill Pond", "park"), ("Grange Courtyard", "other"),
    ],
)  # fmt: skip
def test_what_is_public_is_not_refused(name: str, kind: str) -> None:
    assert looks_like_home(name, kind) is None
