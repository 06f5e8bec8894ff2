from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from facebank.sources.claims import Claims, Spellings, portrait_order, read_claims, read_target

LETTERS = {"O": "barack_obama", "L": "yann_lecun", "S": "taylor_swift"}
PEOPLE = {"1": "tom_hanks", "2": "zendaya", "10": "anya_taylor-joy"}


@pytest.mark.parametrize(
    "augmentation",
    [
        {},
        {"new_layout_camera_lmr": ""},
        {"pid_to_celeb": {}},
        {"pid_to_celeb": ["a"]},
        {"pid_to_celeb": {"1": None}},
        {"pid_to_celeb_full": {}},
        {"new_layout_camera_lmr": [1, 2]},
        {"new_layout_camera_lmr": ["O", 2, "S"]},
        {"new_layout_camera_lmr": {"O": 1, "S": 2}},
        {"pid_to_celeb": {"1": "tom_hanks", "2": None}},
        {"new_layout_camera_lmr": "O" * 65, "pid_to_celeb": PEOPLE},
    ],
)
def test_without_either_form_nobody_is_claimed(augmentation: dict[str, Any]) -> None:
    claims = read_claims(augmentation, letters=LETTERS, order=None)
    assert claims.slots == ()
    assert [code for code, _ in claims.findings] == ["NO_CLAIM"]


def test_layout_letters_are_in_the_cameras_order() -> None:
    claims = read_claims({"new_layout_camera_lmr": "OLS"}, letters=LETTERS, order=None)
    assert claims == Claims(("barack_obama", "yann_lecun", "taylor_swift"))


@pytest.mark.parametrize("slots", [1, 2, 3, 5, 26])
def test_any_letters_and_any_number_of_slots(slots: int) -> None:
    letters = {chr(ord("a") + slot): f"person_{slot}" for slot in range(slots)}
    expected = Claims(tuple(f"person_{slot}" for slot in reversed(range(slots))))
    layout = [*reversed(letters)]
    assert read_claims({"new_layout_camera_lmr": "".join(layout)}, letters=letters, order=None) == expected
    assert read_claims({"new_layout_camera_lmr": layout}, letters=letters, order=None) == expected
    pids = tuple(f"p{slot}" for slot in range(slots))
    for key in ("pid_to_celeb", "pid_to_celeb_full"):
        people = {pid: f"person_{slot}" for slot, pid in enumerate(pids)}
        assert read_claims({key: people}, letters={}, order=pids[::-1]) == expected


def test_letters_may_be_longer_or_not_latin() -> None:
    letters = {"Ü": "ada", "07": "bob"}
    assert read_claims({"new_layout_camera_lmr": ["07", "Ü"]}, letters=letters, order=None).slots == (
        "bob",
        "ada",
    )


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("known", ["NFC", "NFD"])
@pytest.mark.parametrize("as_list", [False, True])
def test_an_accent_apart_from_its_letter_is_no_slot(form: Any, known: Any, as_list: bool) -> None:
    """Taken as one, it would move whoever stands right of it."""
    # The third has an accent that no single character has.
    letters = {"É": "elodie", "E": "eileen", "q\u0303": "quentin", "S": "sam"}
    spelled = {unicodedata.normalize(known, letter): name for letter, name in letters.items()}
    layout = [unicodedata.normalize(form, letter) for letter in letters]
    given = layout if as_list else "".join(layout)
    claims = read_claims({"new_layout_camera_lmr": given}, letters=spelled, order=None)
    assert claims == Claims(("elodie", "eileen", "quentin", "sam"))


def test_an_accent_before_any_letter_is_one_itself() -> None:
    claims = read_claims({"new_layout_camera_lmr": "\u0301O"}, letters=LETTERS, order=None)
    assert claims.slots == ("", "barack_obama")


@pytest.mark.parametrize(
    ("layout", "slots", "code"),
    [
        ("OXS", ("barack_obama", "", "taylor_swift"), "UNKNOWN_LETTER"),
        ("OOS", ("barack_obama", "barack_obama", "taylor_swift"), "LETTER_TWICE"),
    ],
)
def test_odd_layouts_are_findings(layout: str, slots: tuple[str, ...], code: str) -> None:
    claims = read_claims({"new_layout_camera_lmr": layout}, letters=LETTERS, order=None)
    assert claims.slots == slots
    assert [found for found, _ in claims.findings] == [code]


def test_findings_name_letters_and_people_in_order() -> None:
    unknown = read_claims({"new_layout_camera_lmr": "ZOYQXVW"}, letters=LETTERS, order=None)
    assert unknown.findings[0][1].startswith("Q, V, W, X, Y, Z in the layout ZOYQXVW")
    twice = read_claims({"new_layout_camera_lmr": "OSLAOSLA"}, letters=LETTERS | {"A": "ada"}, order=None)
    assert twice.findings[0][1].startswith("ada, barack_obama, taylor_swift, yann_lecun in")


def test_portraits_are_ordered_by_where_they_lie() -> None:
    claims = read_claims({"pid_to_celeb": PEOPLE}, letters={}, order=("10", "1", "2"))
    assert claims == Claims(("anya_taylor-joy", "tom_hanks", "zendaya"))


@pytest.mark.parametrize("order", [None, ("1", "2"), ("1", "2", "3")])
def test_without_their_places_the_numbers_decide_and_that_is_a_finding(order: tuple[str, ...] | None) -> None:
    claims = read_claims({"pid_to_celeb": PEOPLE}, letters={}, order=order)
    assert claims.slots == ("tom_hanks", "zendaya", "anya_taylor-joy")
    ((code, detail),) = claims.findings
    assert code == "PORTRAIT_ORDER_ASSUMED"
    assert ("no portrait_corners.json tells" in detail) is (order is None)
    assert ("has other portraits" in detail) is (order is not None)


def test_portraits_without_a_number_come_last_by_name() -> None:
    people = {"b": "bob", "10": "ten", "a": "ada", "2": "two", "²": "square"}
    claims = read_claims({"pid_to_celeb": people}, letters={}, order=None)
    assert claims.slots == ("two", "ten", "ada", "bob", "square")


@pytest.mark.parametrize("order", [None, ("1", "2", "10")])
def test_a_person_in_two_slots_is_a_finding(order: tuple[str, ...] | None) -> None:
    people = {"1": "Tom Hanks", "2": "zendaya", "10": "tom_hanks"}
    claims = read_claims({"pid_to_celeb": people}, letters={}, order=order)
    assert claims.slots == ("tom_hanks", "zendaya", "tom_hanks")
    assert claims.findings[-1] == ("LETTER_TWICE", "tom_hanks in several slots")
    letters = {"T": "tom_hanks", "H": "Tom Hanks"}
    assert read_claims({"new_layout_camera_lmr": "TH"}, letters=letters, order=None).findings == (
        ("LETTER_TWICE", "tom_hanks in several slots"),
    )


def quad(x: float) -> list[list[float]]:
    """Give a quadrilateral around x."""
    return [[x - 5, 0], [x + 5, 1], [x + 6, 9], [x - 6, 9]]


@pytest.mark.parametrize(
    "corners",
    [
        {"1": quad(300), "2": quad(500), "10": quad(100)},
        {"corners": {"1": quad(300), "2": quad(500), "10": quad(100)}},
        {"portraits": {pid: {"corners": quad(x)} for pid, x in (("1", 300), ("2", 500), ("10", 100))}},
    ],
)
def test_portrait_order(corners: Any) -> None:
    assert portrait_order(corners) == ("10", "1", "2")


@pytest.mark.parametrize(
    "corners",
    [
        None,
        [],
        [1],
        {"1": []},
        {"1": [["a", 2]]},
        {"1": 3},
        {"1": {}},
        {"1": [[float("nan"), 2]]},
        {"1": [[1, 2], [float("nan"), 2], [3, 4]]},
        {"1": [[1.7e308, 2], [-1.7e308, 2]]},
    ],
)
def test_corners_of_another_form_give_no_order(corners: Any) -> None:
    assert portrait_order(corners) is None


@pytest.mark.parametrize(("x", "order"), [(204, None), (206, ("1", "2")), (194, ("2", "1")), (196, None)])
def test_of_two_portraits_the_narrower_one_tells_how_far_beside_each_other_they_lie(
    x: float, order: tuple[str, ...] | None
) -> None:
    wide, narrow = [[150, 0], [250, 0], [250, 90], [150, 90]], [[x - 5, 95], [x + 5, 95]]
    assert portrait_order({"1": wide, "2": narrow}) == order


@pytest.mark.parametrize("x", [97, 100, 106])
def test_portraits_above_each_other_have_no_order(x: float) -> None:
    assert portrait_order({"1": quad(300), "2": quad(x), "10": quad(100)}) is None
    assert portrait_order({"1": quad(300), "2": quad(107), "10": quad(100)}) == ("10", "2", "1")
    assert portrait_order({"1": [[7, 1]], "2": [[7, 9]]}) is None


@pytest.mark.parametrize(
    ("augmentation", "claimed", "target"),
    [
        ({}, ("ada",), ""),
        ({"new_target_short": ""}, ("ada",), ""),
        ({"new_target_short": "swift"}, ("barack_obama", "taylor_swift", "yann_lecun"), "taylor_swift"),
        ({"new_target_short": "", "target_celeb": "Taylor Swift"}, ("taylor_swift",), "taylor_swift"),
        ({"new_target_celeb": "ada"}, ("ada_lovelace", "ada"), "ada"),
        ({"new_target_short": "player-1"}, ("player_10", "player_1"), "player_1"),
        ({"new_target_short": "jenner"}, ("kylie_jenner", "kendall_jenner"), None),
        ({"new_target_short": "swift"}, ("ada", ""), None),
        ({"new_target_short": "."}, ("ada",), None),
        ({"new_target_short": "swift"}, (), None),
        ({"new_target_short": "ada"}, ("ada", "bob", "ada"), None),
        ({"new_target_short": "bob"}, ("ada", "bob", "ada"), "bob"),
    ],
)
def test_the_task_names_one_of_the_claimed(
    augmentation: dict[str, str], claimed: tuple[str, ...], target: str | None
) -> None:
    assert read_target(augmentation, claimed) == target


#: Of two people of one surname one is written otherwise.
SPELLINGS = {"tswift": "Taylor_Swift"}


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("swift", None),
        ("tswift", "taylor_swift"),
        ("Taylor Swift", "taylor_swift"),
        ("jonathan", "jonathan_swift"),
    ],
)
def test_a_task_may_say_any_spelling(target: str, meant: str | None) -> None:
    document = {"pid_to_celeb": {"1": "TSwift", "2": "jonathan_swift"}, "target_celeb": target}
    spellings = Spellings(SPELLINGS)
    claims = read_claims(document, letters={}, order=("1", "2"), spellings=spellings)
    assert claims == Claims(("taylor_swift", "jonathan_swift"))
    assert read_target(document, claims.slots, spellings=spellings) == meant


def test_two_spellings_of_a_person_are_one_person_in_two_slots() -> None:
    document = {"new_layout_camera_lmr": "TS"}
    letters = {"T": "tswift", "S": "taylor_swift"}
    claims = read_claims(document, letters=letters, order=None, spellings=Spellings(SPELLINGS))
    assert claims == Claims(("taylor_swift",) * 2, (("LETTER_TWICE", "taylor_swift in several slots"),))


@pytest.mark.parametrize(
    ("target", "meant"), [("swift", None), ("taylor", ""), ("jonathan", "jonathan_swift"), ("ada", None)]
)
@pytest.mark.parametrize(
    "document",
    [
        {"new_layout_camera_lmr": "JTT"},
        {"pid_to_celeb": {"1": "jonathan_swift", "2": "tswift", "3": "Taylor Swift"}},
    ],
)
def test_nothing_is_said_of_who_is_forgotten_and_nobody_else_is_taken_for_them(
    document: dict[str, Any], target: str, meant: str | None
) -> None:
    letters = {"J": "jonathan_swift", "T": ""}
    spellings = Spellings(forgotten=frozenset({"taylor_swift", "tswift"}))
    claims = read_claims(document, letters=letters, order=("1", "2", "3"), spellings=spellings)
    assert claims == Claims(("jonathan_swift", "", ""))
    assert read_target({"target_short": target}, claims.slots, spellings=spellings) == meant


@pytest.mark.parametrize("key", ["new_layout_camera_lmr", "pid_to_celeb", "pid_to_celeb_full"])
@pytest.mark.parametrize(("places", "claimed"), [(64, 64), (65, 0), (1_000_000, 0)])
def test_nobody_claims_a_million_slots(key: str, places: int, claimed: int) -> None:
    people: Any = (
        "A" * places if key == "new_layout_camera_lmr" else {str(pid): "ada" for pid in range(places)}
    )
    claims = read_claims({key: people}, letters={"A": "ada"}, order=None)
    assert len(claims.slots) == claimed
    assert claimed or claims.findings == (("NO_CLAIM", f"{places:,} places: no picture has more than 64"),)
