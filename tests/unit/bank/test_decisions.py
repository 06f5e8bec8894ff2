"""Which candidates of a bank are used."""

from __future__ import annotations

import unicodedata

import pytest

from facebank.bank.decisions import decide
from facebank.bank.forgotten import Forgotten
from facebank.bank.listing import Candidate, Listing
from facebank.errors import ConfigError


def listing(*photos: str) -> Listing:
    return Listing([Candidate(photo, "bank", photo.partition("/")[0]) for photo in photos])


@pytest.mark.parametrize(("there", "written"), [("NFD", "NFC"), ("NFC", "NFD"), ("NFC", "NFC")])
def test_a_quarantined_photo_is_found_however_its_accents_are_written(there: str, written: str) -> None:
    bank = listing(unicodedata.normalize(there, "Zoë/ö.jpg"), "Zoë/1.jpg")
    used = decide(bank, {}, {}, [unicodedata.normalize(written, "Zoë/ö.jpg")], Forgotten())
    assert list(used) == ["Zoë/1.jpg"]
    assert [item.reason for item in bank.rejected] == ["QUARANTINED"]


def test_of_two_photos_that_differ_by_that_alone_the_one_is_meant_that_is_written() -> None:
    joined, apart = (unicodedata.normalize(form, "Ann/ö.jpg") for form in ("NFC", "NFD"))
    assert list(decide(listing(joined, apart), {}, {}, [apart], Forgotten())) == [joined]


def test_a_quarantined_photo_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ConfigError, match="not in the bank"):
        decide(listing("Ann/1.jpg"), {}, {}, ["Ann/2.jpg"], Forgotten())
