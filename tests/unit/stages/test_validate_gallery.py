from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facebank.errors import ConfigError, DataError
from facebank.gallery.leave_one_out import leave_one_out
from facebank.stages.build_gallery import build_gallery
from facebank.stages.validate_gallery import validate_gallery
from gallery_banks import people, texture, write_inputs

SIZES = {"ann": 6, "bob": 5, "cat": 14, "dan": 4, "eve": 1, "fay": 3}


def build(folder: Path, sizes: dict[str, int], *, seed: int = 0) -> tuple[Path, Path]:
    """A gallery of drawn people: the second photo of the first is a copy, the last bears a wrong name."""
    embeddings = people(list(sizes.values()), alike=0.85, strangers=0.4, seed=seed)
    names = np.repeat(list(sizes), list(sizes.values()))
    photos, faces = {}, []
    for place, name in enumerate(names):
        photo = f"{'heldout' if place < 3 else 'scraped'}/{name}/{place:02d}.png"
        photos[photo] = texture(0 if place == 1 else place)
        faces.append((photo, (5, 5, 60, 60), embeddings[max(0, place - 1) if place == 1 else place]))
    photos["scraped/dan/not dan.png"] = texture(999)
    faces.append(
        (
            "scraped/dan/not dan.png",
            (5, 5, 60, 60),
            people(list(sizes.values()), alike=0.85, strangers=0.4)[3],
        )
    )
    inventory, embedded = write_inputs(folder / "bank", photos, faces, folder)
    build_gallery(embeddings=embedded, inventory=inventory, output_dir=folder / "gallery")
    return embedded, folder / "gallery"


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    embeddings, gallery = build(folder, SIZES)
    validate_gallery(embeddings=embeddings, gallery=gallery, output_dir=folder / "validation")
    return folder


def summary_of(validated: Path) -> dict[str, Any]:
    return json.loads((validated / "validation" / "summary.json").read_text())


def test_summary(validated: Path) -> None:
    summary = summary_of(validated)
    assert (summary["queries"], summary["top1_hits"], summary["misses"]) == (33, 32, 1)
    assert summary["top1"] == pytest.approx(32 / 33)
    assert summary["top1_interval"][0] < summary["top1"] < summary["top1_interval"][1] <= 1
    assert summary["macro_top1"] == pytest.approx((1 + 1 + 1 + 4 / 5 + 1) / 5)
    assert (summary["identities"], summary["identities_tested"]) == (6, 5)
    assert (summary["identities_untested"], summary["photos_untested"]) == (["eve"], 1)
    assert summary["trusted"]["top1"]["share"] == 1
    buckets = {
        row["bucket"]: (row["identities"], row["untested"], row["top1"]["trials"])
        for row in summary["buckets"]
    }
    assert buckets == {
        "1": (1, 1, 0),
        "2": (0, 0, 0),
        "3-4": (1, 0, 3),
        "5-7": (3, 0, 16),
        "8-12": (0, 0, 0),
        "13+": (1, 0, 14),
    }


def test_thresholds_only_where_pairs_support_them(validated: Path) -> None:
    found = summary_of(validated)["open_set"]
    assert found["genuine_pairs"] == 32
    assert found["impostor_pairs"] == 33 * 5
    assert [point["supported"] for point in found["tar_at_far"]] == [False, False, False]
    assert 0.6 < found["threshold"] < 0.9
    assert "support no false accept rate" in found["threshold_because"]
    assert (found["identified_at_threshold"], found["unknown_accepted_at_threshold"]) == (1, 0)


def test_rows_of_every_query(validated: Path) -> None:
    loo = pd.read_parquet(validated / "validation" / "loo.parquet").set_index("photo")
    photos = pd.read_parquet(validated / "gallery" / "photos.parquet")
    assert len(loo) == len(photos) == 34
    identities = pd.factorize(photos["identity"], sort=True)[0]
    pictures = np.arange(34)
    first, second = (photos["photo"].tolist().index(f"heldout/ann/0{place}.png") for place in (0, 1))
    pictures[second] = first
    expected = leave_one_out(np.stack(photos["embedding"].to_list()), identities, pictures)
    np.testing.assert_allclose(loo["own_similarity"], expected.own, atol=1e-6)
    assert loo["rank"].tolist() == expected.rank.tolist()
    wrong = loo.loc["scraped/dan/not dan.png"]
    assert (wrong["top1"], wrong["correct"], wrong["verdict"]) == ("ann", False, "intruder")
    assert wrong["margin"] < 0 < wrong["top1_similarity"] - wrong["top2_similarity"]
    assert not loo.loc[loo["identity"] == "eve", "tested"].any()
    assert loo.loc[loo["identity"] == "eve", ["own_similarity", "margin", "top1"]].isna().all(axis=None)


def test_rows_in_the_keys_that_readers_know(validated: Path) -> None:
    rows = json.loads((validated / "validation" / "ood_loo_rows.json").read_text())
    assert len(rows) == 33
    for row in rows:
        assert list(row) == [
            "celeb", "photo", "n_photos", "is_iid", "top1_celeb", "top1_cos", "top2_celeb", "top2_cos",
            "own_cos_loo", "correct",
        ]  # fmt: skip
        assert row["correct"] == (row["top1_celeb"] == row["celeb"])
        assert row["is_iid"] == (row["celeb"] == "ann")
        assert row["top1_cos"] >= row["top2_cos"]
        assert row["own_cos_loo"] == row["top1_cos"] or not row["correct"]


def test_the_report_opens_with_the_known_table(validated: Path) -> None:
    text = (validated / "validation" / "validation.md").read_text()
    table = text.split("\n\n")[2].splitlines()
    assert table[0] == "| Bucket (photos/celeb) | LOO top-1 | Mean top1−top2 margin |"  # noqa: RUF001
    assert [line.split(" | ")[0] for line in table[2:]] == ["| 1", "| 2", "| 3–4", "| 5–7", "| 8–12", "| 13+"]  # noqa: RUF001
    assert table[4].startswith("| 3–4 | 100 % | +0.")  # noqa: RUF001
    assert "| 5–7 | 93.8 % |" in table[5]  # noqa: RUF001
    assert "`scraped/dan/not dan.png` | `dan` | `ann` |" in text
    assert "By identity: `dan` 1." in text
    assert "Not testable, since nothing remains when a picture is left out: `eve`." in text
    assert "too few pairs" in text


def test_unknown_people_are_ranked(validated: Path) -> None:
    table = pd.read_csv(validated / "validation" / "unknown.tsv", sep="\t")
    assert sorted(table["identity"]) == sorted(SIZES)
    assert table["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    assert table["max_similarity"].is_monotonic_decreasing
    written = pd.read_csv(validated / "validation" / "unknown.tsv", sep="\t", dtype=str)["max_similarity"]
    assert max(len(number.partition(".")[2]) for number in written) <= 4


@pytest.mark.parametrize("plot", ["margin_by_photos", "similarities", "roc", "errors", "heat_map"])
def test_plots_are_svg_without_a_date(validated: Path, plot: str) -> None:
    text = (validated / "validation" / f"{plot}.svg").read_text()
    assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314 - our own file
    assert "dc:date" not in text
    assert "Matplotlib v" not in text


def test_the_same_again_gives_the_same_bytes(validated: Path, tmp_path: Path) -> None:
    validate_gallery(
        embeddings=validated / "embeddings",
        gallery=validated / "gallery",
        output_dir=tmp_path / "validation",
        threads=2,
    )
    files = sorted(path.name for path in (validated / "validation").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "validation").iterdir())
    for name in set(files) - {"run.json"}:
        assert (tmp_path / "validation" / name).read_bytes() == (
            validated / "validation" / name
        ).read_bytes(), name


@pytest.mark.parametrize("sizes", [{"ann": 3}, {"ann": 1}, {"ann": 1, "bob": 1}], ids=["alone", "one", "two"])
def test_the_smallest_galleries(tmp_path: Path, sizes: dict[str, int]) -> None:
    photos = {
        f"scraped/{name}/{place}.png": texture(len(name) * 9 + place + ord(name[0]))
        for name in sizes
        for place in range(sizes[name])
    }
    embeddings = people(list(sizes.values()), alike=0.85, strangers=0.4)
    faces = [(photo, (5, 5, 60, 60), embedding) for photo, embedding in zip(photos, embeddings, strict=True)]
    inventory, embedded = write_inputs(tmp_path / "bank", photos, faces, tmp_path)
    build_gallery(embeddings=embedded, inventory=inventory, output_dir=tmp_path / "gallery")
    validate_gallery(embeddings=embedded, gallery=tmp_path / "gallery", output_dir=tmp_path / "validation")
    summary = summary_of(tmp_path)
    # With nobody else to be taken for, or no other photo to be known by, nothing is proved.
    assert summary["queries"] == 0
    assert summary["top1"] is None
    assert summary["open_set"]["threshold"] is None
    assert "no pairs" in (tmp_path / "validation" / "validation.md").read_text()


def test_a_gallery_of_other_embeddings_is_refused(validated: Path, tmp_path: Path) -> None:
    other, _ = build(tmp_path, SIZES, seed=1)
    with pytest.raises(DataError, match="made of other embeddings"):
        validate_gallery(embeddings=other, gallery=validated / "gallery", output_dir=tmp_path / "validation")
    assert not (tmp_path / "validation").exists()


def test_a_bucket_that_cannot_be_read_writes_nothing(validated: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="bucket"):
        validate_gallery(
            embeddings=validated / "embeddings",
            gallery=validated / "gallery",
            output_dir=tmp_path / "validation",
            buckets=("2", "many"),
        )
    assert list(tmp_path.iterdir()) == []
