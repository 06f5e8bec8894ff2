from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits import audit
from clips import PACK
from facebank.artifacts.provenance import read_provenance
from facebank.artifacts.shards import read_shard_record
from facebank.artifacts.tables import read_tsv, write_table, write_tsv
from facebank.errors import ConfigError, DataError
from facebank.sources.schemas import FINDING_COLUMNS, VARIANTS
from facebank.stages.audit_slots import audit_slots
from facebank.stages.collect_verdicts import _representative_rows, _unfit, collect_verdicts
from lerobot_datasets import write_dataset
from version_folders import age

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("overlap", "verdict", "reason", "guessed", "unfit"),
    [
        (None, "confirmed", "", False, False),
        (1.0, "confirmed", "", False, False),
        (0.5, "confirmed", "", False, False),
        (0.499, "confirmed", "", False, True),
        (0.0, "confirmed", "", False, True),
        (0.9, "mismatch", "", False, True),
        (0.9, "unknown", "", False, False),
        (0.9, "unknown", "", True, True),
        (0.9, "unknown", "RESEMBLES_NOBODY", False, False),
        (0.9, "unknown", "SHOWN_ELSEWHERE", False, True),
        (0.9, "unknown", "AWAY_FOR_SOME_TIME", False, True),
        (0.9, "unclaimed", "AWAY_FOR_SOME_TIME", False, True),
        (0.9, "unknown", "NO_ORDER", False, True),
        (0.9, "unclaimed", "", False, False),
        (0.9, "confirmed", "", True, False),
        (None, "not_visible", "", False, True),
        (None, "not_visible", "UNREADABLE_VIDEO", False, True),
        (None, "not_visible", "NOT_LABELLED", False, False),
    ],
)
def test_what_forbids_to_train_with_a_slot(
    overlap: float | None, verdict: str, reason: str, *, guessed: bool, unfit: bool
) -> None:
    row = {"variant": "v", "iou": overlap, "verdict": verdict, "reason": reason}
    assert _unfit(row, {"v"} if guessed else {"w"}) is unfit


@pytest.mark.parametrize(("overlaps", "fits"), [([0.5, 0.9], "yes"), ([0.499, 0.9], "no"), ([None], "")])
def test_a_representative_fits_where_its_boxes_overlap_all_others_faces(
    overlaps: list[float | None], fits: str
) -> None:
    served = {name: {"labels": "s", "labelled_on": "v0"} for name in ("v0", "v1")}
    rows = [
        {"source": "s", "variant": variant, "iou": iou, "size_ratio": 1.0}
        for variant, ious in (("v0", [0.1]), ("v1", overlaps))
        for iou in ious
    ]
    (found,) = _representative_rows(served, rows)
    assert (found["fits"], found["representative"]) == (fits, "v0")
    assert found["slots_checked"] == sum(iou is not None for iou in overlaps)


@pytest.mark.parametrize(("code", "more"), [("PORTRAIT_ORDER_ASSUMED", 3), ("FRAME_RATE", 0)])
def test_claims_in_an_order_that_was_assumed_count_only_where_they_are_confirmed(
    recorded: Path, known_gallery: Path, tmp_path: Path, code: str, more: int
) -> None:
    shutil.copytree(recorded, tmp_path / "R")
    found = [{"variant": "ep01__t3_0000_v00", "code": code, "detail": "as read"}]
    write_tsv(tmp_path / "R" / "S" / "findings.tsv", FINDING_COLUMNS, found)
    rows = audit(tmp_path / "R", known_gallery, tmp_path / "A")
    assert [row["excluded"] for row in rows].count(True) == 1
    # The gallery does not know who is claimed: nothing is confirmed, and nothing is a mismatch.
    table = tmp_path / "R" / "S" / "variants.parquet"
    variants = pq.read_table(table).to_pylist()
    write_table(table, [{**row, "claims": ["nobody"] * 3} for row in variants], VARIANTS)
    rows = audit(tmp_path / "R", known_gallery, tmp_path / "B")
    assert {row["verdict"] for row in rows} == {"unknown"}
    excluded = [row["variant"] for row in rows if row["excluded"]]
    assert excluded == ["ep01__t3_0000_v00"] * more


def test_the_representatives_boxes_are_held_against_the_other_variants(
    recorded: Path, known_gallery: Path, tmp_path: Path
) -> None:
    audit(recorded, known_gallery, tmp_path / "A")
    (row,) = read_tsv(tmp_path / "A" / "representative.tsv")
    assert (row["source"], row["representative"], row["variants_checked"]) == (
        "ep01",
        "ep01__t3_0000_v00",
        "2",
    )
    assert 0.5 < float(row["min_iou"]) <= float(row["median_iou"]) < 1
    assert row["fits"] == "yes"


def test_what_is_collected_says_which_packages_made_its_shards(
    recorded: Path, known_gallery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit(recorded, known_gallery, tmp_path / "A")
    assert "shard_versions" not in read_provenance(tmp_path / "A")
    shard = audit_slots

    def aged(*, output: Path, **settings: Any) -> None:
        shard(output=output, **settings)
        age(output)

    monkeypatch.setattr("audits.audit_slots", aged)
    audit(recorded, known_gallery, tmp_path / "B")
    assert read_provenance(tmp_path / "B")["shard_versions"] == {"numpy": ["0.1"]}


def test_the_episode_mapping_names_every_variant(recorded: Path, known_gallery: Path, tmp_path: Path) -> None:
    audit(recorded, known_gallery, tmp_path / "A")
    episodes = json.loads((tmp_path / "A" / "episode_mapping.json").read_text())["episodes"]
    assert [row["variant_name"][-8:] for row in episodes] == ["0000_v00", "0001_v00", "0002_v00"]


@pytest.mark.parametrize(("lengths", "differ"), [((66, 66, 66), 0), ((66, 60, 66), 1), ((66, 66), 1)])
def test_the_episode_mapping_is_held_against_the_merged_data_set(
    recorded: Path, known_gallery: Path, tmp_path: Path, lengths: tuple[int, ...], differ: int
) -> None:
    merged = write_dataset(tmp_path / "M", [[[np.zeros((32, 48, 3), np.uint8)] * it for it in lengths]])
    warned = {"merged": merged, "findings": {"merged_length": "warn"}}
    audit(recorded, known_gallery, tmp_path / "W", **warned)
    summary = json.loads((tmp_path / "W" / "summary.json").read_text())
    assert (summary["episodes"], summary["episodes_that_differ"]) == (3, differ)
    rows = read_tsv(tmp_path / "W" / "episode_mapping.tsv")
    assert [row["agrees"] for row in rows].count("no") == differ
    if differ:
        with pytest.raises(DataError, match="of the merged data set is not what the mapping says"):
            audit(recorded, known_gallery, tmp_path / "E", merged=merged)
        assert not (tmp_path / "E").exists()
    else:
        audit(recorded, known_gallery, tmp_path / "E", merged=merged)


def test_exclusions_by_hand_are_marked_and_must_exist(
    recorded: Path, known_gallery: Path, tmp_path: Path
) -> None:
    rows = audit(recorded, known_gallery, tmp_path / "A", exclude=("ep01__t3_0000_v00:1",))
    excluded = [(row["variant"], row["slot"]) for row in rows if row["excluded"]]
    assert excluded == [("ep01__t3_0000_v00", 1), ("ep01__t3_0002_v00", 2)]
    assert len(read_tsv(tmp_path / "A" / "exclusions.tsv")) == 1
    with pytest.raises(ConfigError, match="names nothing"):
        audit(recorded, known_gallery, tmp_path / "B", exclude=("ep02",))
    assert not (tmp_path / "B").exists()


def test_a_variant_that_cannot_be_used_may_be_excluded_by_hand(
    recorded: Path, known_gallery: Path, tmp_path: Path
) -> None:
    shutil.copytree(recorded, tmp_path / "R")
    with (tmp_path / "R" / "S" / "episodes.tsv").open("a") as episodes:
        episodes.write("9\tep01__t3_0009_v00\tep01\tno\tno\t\n")
    rows = audit(tmp_path / "R", known_gallery, tmp_path / "A", exclude=("ep01__t3_0009_v00",))
    assert [row["slot"] for row in rows if row["excluded"]] == [2]


def collected(recorded: Path, gallery: Path, shards: tuple[Path, ...], output: Path) -> None:
    """Collect shards of the recorded source."""
    collect_verdicts(
        shards=shards,
        inventory=recorded / "S",
        detections=recorded / "D",
        face_labels=recorded / "L",
        gallery=gallery,
        pack=PACK,
        output_dir=output,
    )


@pytest.mark.parametrize(
    ("taken", "found"), [((), "0 times"), ((0,), "0 times"), ((0, 1, 1), "2 times")], ids=str
)
def test_each_variant_is_in_the_shards_once(
    recorded: Path, known_gallery: Path, tmp_path: Path, taken: tuple[int, ...], found: str
) -> None:
    # All variants are of one source, and so in one shard.
    audit(recorded, known_gallery, tmp_path / "A", shards=2)
    made = [tmp_path / f"A-{shard}.parquet" for shard in range(2)]
    made.sort(key=lambda path: pq.read_metadata(path).num_rows)
    shards = tuple(made[shard] for shard in taken)
    with pytest.raises(DataError, match=f"do not hold each variant of the inventory once.*{found}"):
        collected(recorded, known_gallery, shards, tmp_path / "B")
    assert not (tmp_path / "B").exists()
    assert not any(read_shard_record(shard) for shard in shards)


@pytest.mark.parametrize("folder", ["S", "D", "L"])
def test_shards_of_other_inputs_are_refused_and_made_again(
    recorded: Path, known_gallery: Path, tmp_path: Path, folder: str
) -> None:
    audit(recorded, known_gallery, tmp_path / "A")
    shutil.copytree(recorded, tmp_path / "R", ignore=shutil.ignore_patterns("cache", "root"))
    with (tmp_path / "R" / folder / "provenance.json").open("a") as provenance:
        provenance.write(" ")
    shard = tmp_path / "A-0.parquet"
    collected(recorded, known_gallery, (shard,), tmp_path / "B")
    with pytest.raises(DataError, match="made from other versions"):
        collected(tmp_path / "R", known_gallery, (shard,), tmp_path / "C")
    assert not (tmp_path / "C").exists()
    assert read_shard_record(shard) is None
