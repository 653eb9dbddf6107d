"""What reads like a home, in the spellings people use; and what must not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        "Our building’s playground", "The Smith residence", "Résidence du Lac", "Penthouse 12", "Townhouse 5",
        "Reihenhaus 7", "Smith family home",
    ],
)  # fmt: skip
def test_a_home_in_its_spellings(name: str) -> None:
    assert looks_like_home(name, "other") == HOME


@pytest.mark.parametrize(
    "name",
    [
        "12 Oak Street", "12 oak st", "12 Oak St.", "12a Oak Ave", "55 Withrow Av", "12-14 Oak Avenue", "1200 West 5th Street",
        "221B Baker Street", "No. 5 Elm Road", "7 Kings Crescent, Toronto", "Hauptstraße 12", "Hauptstr. 12a",
        "Lange Straße 3", "Lindenweg 4", "12 rue de la Paix", "4 bis rue Lepic", "Calle Mayor 5", "Via Roma 10",
        "Kerkstraat 20", "Oak Street 12",
    ],
)  # fmt: skip
def test_an_address_in_its_spellings(name: str) -> None:
    assert looks_like_home(name, "park") == ADDRESS


@pytest.mark.parametrize(
    "name",
    [
        "12 Church Street", "22 Market Street", "5 School Lane", "3 Park Avenue", "3 park ave.", "7a Library Road",
        "12 Old Church Street", "1 Farm Close", "14 Forest Hill Road", "8 Museum Court", "Church Street 12",
        "Old School Road 5", "12 Church Street, Hyde Park", "5 School Lane, Beach", "10 Market Square", "4 Park Place",
        "9 Church Hill", "6 Forest Gardens", "12-14 Church Street", "No. 12 Park Road", "Kirchstraße 12",
        "Schulstr. 3a", "Parkallee 7", "Am Park 5", "An der Kirche 4", "Marktplatz 9", "Kirchplatz 1", "Parkweg 12",
        "12 rue de l’Église", "12, rue du Parc", "3 place du Marché", "5 bis chemin de l’École", "Calle de la Iglesia, 5",
        "Calle Escuela 5", "Plaza Mayor 3", "Via della Chiesa, 10", "Piazza del Mercato 2", "Rua da Escola, 10",
        "Avenida do Parque 100", "Kerkstraat 20", "Parklaan 4", "Schoolplein 2", "Kyrkogatan 8", "Skovvej 3",
    ],
)  # fmt: skip
def test_a_street_with_a_public_name_is_an_address_all_the_same(name: str) -> None:
    assert looks_like_home(name, "park") == ADDRESS


WORDS = ("Church", "Park", "School", "Market", "Forest", "Library", "Beach", "Square", "Farm", "Pond")
STREETS = ("Street", "St.", "Avenue", "Road", "Lane", "Close", "Hill", "Court", "Place")


@given(st.integers(1, 9999), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), st.sampled_from(STREETS))
def test_no_number_in_a_street_is_a_place_but_a_public_place_may_say_its_address(
    number: int, words: list[str], street: str
) -> None:
    address = f"{number} {' '.join(words)} {street}"
    assert looks_like_home(address, "park") == ADDRESS
    assert looks_like_home(f"High Park, {address}", "park") is None


@given(st.text(max_size=120), st.sampled_from(("park", "cafe", "other")))
def test_whatever_is_typed_has_an_answer(name: str, kind: str) -> None:
    assert looks_like_home(name, kind) in (None, HOME, ADDRESS)


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
        ("Pier 4", "other"), ("High Park, 1873 Bloor Street West", "park"),
        ("Stadtpark, Kirchstraße 12", "park"), ("Parc Monceau, 35 boulevard de Courcelles", "park"),
        ("Spielplatz 3", "playground"), ("Kinderbibliothek Schulstraße 4", "library"), ("Church Street Park", "park"),
        ("Park, 12 Church Street", "park"), ("Parque del Retiro, Plaza de la Independencia 7", "park"),
        ("Biblioteca Comunale, Via Roma 10", "library"), ("14th Street Park", "park"), ("Market Square", "other"),
        ("Myrtle Garden", "park"), ("Mill Pond", "park"), ("Grange Courtyard", "other"),
    ],
)  # fmt: skip
def test_what_is_public_is_not_refused(name: str, kind: str) -> None:
    assert looks_like_home(name, kind) is None
