from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from audits import audit
from clips import HIDDEN, LETTERS, PACK, Clip, encode
from clips import VARIANTS as SHOWN
from facebank.artifacts.digests import sha256_file
from facebank.artifacts.tables import read_tsv, write_table, write_tsv
from facebank.audit.known_people import read_known_people
from facebank.errors import DataError
from facebank.media.readers import DIRECT, DirectReader
from facebank.sources.schemas import SERVED_COLUMNS, VARIANTS
from facebank.stages.audit_slots import audit_slots
from facebank.stages.collect_detections import collect_detections
from facebank.stages.detect_keyframes import detect_keyframes
from facebank.stages.index_sources import index_sources
from facebank.stages.interpolate_labels import interpolate_labels
from lerobot_datasets import write_dataset

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def test_every_claim_is_confirmed_but_the_wrong_one(
    recorded: Path, known_gallery: Path, tmp_path: Path
) -> None:
    rows = audit(recorded, known_gallery, tmp_path / "A")
    verdicts = {(row["variant"], row["slot"]): row["verdict"] for row in rows}
    wrong = ("ep01__t3_0002_v00", 2)
    assert verdicts.pop(wrong) == "mismatch"
    assert set(verdicts.values()) == {"confirmed"}
    assert len(verdicts) == 8
    assert {row["frames"] for row in rows} <= {5, 6, 7}
    assert all(row["agreeing"] == row["frames"] for row in rows)
    (exclusion,) = read_tsv(tmp_path / "A" / "exclusions.tsv")
    assert list(exclusion) == ["variant", "slot", "claimed", "shown", "similarity", "margin", "frames"]
    assert (exclusion["variant"], exclusion["slot"]) == ("ep01__t3_0002_v00", "2")
    assert (exclusion["claimed"], exclusion["shown"]) == ("centre", "right")
    assert int(exclusion["frames"]) >= 5
    assert read_tsv(tmp_path / "A" / "unknown.tsv") == []


@pytest.mark.parametrize(
    ("moved", "verdict"), [(("x1", "x2", 30.0), "confirmed"), (("y1", "y2", 300.0), "not_visible")]
)
def test_labels_that_lie_beside_a_variants_faces_are_excluded(
    recorded: Path, known_gallery: Path, tmp_path: Path, moved: tuple[str, str, float], verdict: str
) -> None:
    *sides, away = moved
    shutil.copytree(recorded, tmp_path / "R")
    labels = pq.read_table(tmp_path / "R" / "L" / "slots.parquet")
    beside = pc.if_else(pc.equal(labels["slot"], 1), away, 0.0)
    for side in sides:
        shifted = pc.cast(pc.add(labels[side], beside), labels.schema.field(side).type)
        labels = labels.set_column(labels.schema.get_field_index(side), side, shifted)
    pq.write_table(labels, tmp_path / "R" / "L" / "slots.parquet")
    rows = audit(tmp_path / "R", known_gallery, tmp_path / "A")
    wrong = ("ep01__t3_0002_v00", 2)
    assert {(row["variant"], row["slot"]) for row in rows if row["excluded"]} == {
        wrong,
        *((row["variant"], 1) for row in rows),
    }
    assert {row["verdict"] for row in rows if row["slot"] == 1} == {verdict}


def test_a_source_without_labels_is_listed_and_not_passed_over(
    recorded: Path, known_gallery: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(recorded, base)
    labels = pq.read_table(base / "L" / "slots.parquet")
    others = pa.array(["another source"] * len(labels))
    pq.write_table(labels.set_column(0, labels.schema.field(0), others), base / "L" / "slots.parquet")
    rows = audit(base, known_gallery, tmp_path / "A")
    assert {(row["verdict"], row["reason"]) for row in rows} == {("not_visible", "NOT_LABELLED")}
    assert not any(row["excluded"] for row in rows)
    assert len(rows) == 9


def test_claims_for_another_number_of_slots_are_listed_as_unknown(
    recorded: Path, known_gallery: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(recorded, base)
    variants = pq.read_table(base / "S" / "variants.parquet").to_pylist()
    variants[0]["claims"] = variants[0]["claims"][1:]
    write_table(base / "S" / "variants.parquet", variants, VARIANTS)
    rows = [
        row for row in audit(base, known_gallery, tmp_path / "A") if row["variant"] == variants[0]["variant"]
    ]
    assert [(row["verdict"], row["reason"]) for row in rows] == [
        ("unknown", "CLAIMS_DO_NOT_FIT_THE_SLOTS")
    ] * 3


def test_a_video_that_breaks_off_is_no_mismatch(recorded: Path, known_gallery: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(recorded, base, ignore=shutil.ignore_patterns("cache"))
    variants = pq.read_table(base / "S" / "variants.parquet").to_pylist()
    video = base / "root" / variants[1]["video"]
    video.write_bytes(video.read_bytes()[:2000])
    variants[1]["sha256"] = sha256_file(video)
    write_table(base / "S" / "variants.parquet", variants, VARIANTS)
    rows = [
        row for row in audit(base, known_gallery, tmp_path / "A") if row["variant"] == variants[1]["variant"]
    ]
    assert [(row["verdict"], row["reason"]) for row in rows] == [("not_visible", "UNREADABLE_VIDEO")] * 3
    assert all(row["excluded"] for row in rows)


def test_a_video_that_is_replaced_while_it_is_audited_leaves_nothing_in_the_cache(
    recorded: Path, known_gallery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(recorded, tmp_path / "R", ignore=shutil.ignore_patterns("cache"))
    read_frames = DirectReader.read_frames

    def replaced(self: DirectReader, path: Path, *given: Any, **options: Any) -> Any:
        yield from read_frames(self, path, *given, **options)
        with path.open("ab") as video:
            video.write(b"more")

    monkeypatch.setattr(DirectReader, "read_frames", replaced)
    with pytest.raises(DataError, match="another one than was indexed"):
        audit(tmp_path / "R", known_gallery, tmp_path / "A")
    assert not list((tmp_path / "R").glob("cache/variant_faces/**/*.rows"))


def test_a_gallery_of_another_pack_is_an_error(recorded: Path, known_gallery: Path, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"another model pack: .*; expected embeddings of length 1024, found 256"
    ):
        audit(recorded, known_gallery, tmp_path / "A", pack=PACK.with_name("lite"))
    assert not (tmp_path / "A").exists()


def test_the_cache_knows_how_a_model_is_read_and_by_what(
    recorded: Path, known_gallery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit(recorded, known_gallery, tmp_path / "A")
    other = shutil.copytree(PACK, tmp_path / "pack")
    contract = (other / "pack.yaml").read_text(encoding="utf-8")
    turned = contract.replace("rgb", "bgr") if "rgb" in contract else contract.replace("bgr", "rgb")
    assert turned != contract
    (other / "pack.yaml").write_text(turned)
    turned_rows = audit(recorded, known_gallery, tmp_path / "B", pack=other)
    bare = tmp_path / "bare"
    shutil.copytree(recorded, bare, ignore=shutil.ignore_patterns("cache"))
    assert turned_rows == audit(bare, known_gallery, tmp_path / "C", pack=other)
    monkeypatch.setattr("facebank.audit.variant_faces.FaceReader._faces", lambda *_: 1 / 0)
    for name in ("runtime_versions", "stage_digest"):
        with monkeypatch.context() as changed, pytest.raises(ZeroDivisionError):
            changed.setattr(f"facebank.stages.audit_slots.{name}", lambda *_: {"another": "0"})
            audit(recorded, known_gallery, tmp_path / "D")


def test_neither_cache_nor_threads_nor_shards_change_a_byte(
    recorded: Path, known_gallery: Path, tmp_path: Path
) -> None:
    audit(recorded, known_gallery, tmp_path / "1" / "A")
    elsewhere = tmp_path / "copy"
    shutil.copytree(recorded, elsewhere, ignore=shutil.ignore_patterns("cache"))
    audit(elsewhere, known_gallery, tmp_path / "2" / "A", threads=2, shards=3)
    for file in (tmp_path / "1" / "A").iterdir():
        if file.name != "run.json":
            assert file.read_bytes() == (tmp_path / "2" / "A" / file.name).read_bytes()


def test_a_shorter_variant_is_audited_with_labels_of_its_own(
    recorded: Path, known_gallery: Path, tmp_path: Path
) -> None:
    base = tmp_path / "R"
    name = played(recorded, base, range(58))
    for stale in ("S", "D", "L"):
        shutil.rmtree(base / stale)
    index_sources(root=base / "root", output_dir=base / "S", letters=LETTERS)
    detect_keyframes(root=base / "root", pack=PACK, output=base / "shard.parquet", cache=recorded / "cache")
    variants = base / "S" / "variants.parquet"
    collect_detections(shards=(base / "shard.parquet",), variants=variants, pack=PACK, output_dir=base / "D")
    interpolate_labels(detections=base / "D", variants=variants, output_dir=base / "L")
    merged = write_dataset(tmp_path / "M", [[[np.zeros((32, 48, 3), np.uint8)] * it for it in (66, 58, 66)]])
    rows = audit(base, known_gallery, tmp_path / "A", merged=merged)
    assert {row["verdict"] for row in rows if row["variant"] == name} == {"confirmed"}
    excluded = {(row["variant"], row["slot"]) for row in rows if row["excluded"]}
    assert excluded == {("ep01__t3_0002_v00", 2)}
    episodes = json.loads((tmp_path / "A" / "episode_mapping.json").read_text())["episodes"]
    assert [row["source_episode"] for row in episodes] == ["ep01", name, "ep01"]
    for row, frames in zip(episodes, (66, 58, 66), strict=True):
        labels = json.loads((base / "L" / f"{row['source_episode']}.face_labels.json").read_text())
        assert len(labels["frames"]) == frames
    listed = read_tsv(tmp_path / "A" / "episode_mapping.tsv")
    assert [row["source"] for row in listed] == ["ep01"] * 3
    assert [row["labels"] for row in listed] == ["ep01", name, "ep01"]
    assert [row["agrees"] for row in listed] == ["yes"] * 3
    (fit,) = read_tsv(tmp_path / "A" / "representative.tsv")
    assert (fit["representative"], fit["variants_checked"]) == ("ep01__t3_0000_v00", "1")
    summary = json.loads((tmp_path / "A" / "summary.json").read_text())
    assert summary["timing"] == {"in_step": 1, "out_of_step": []}


#: What a variant's frames are, as numbers of the recording's 66.
REVERSED = tuple(range(65, -1, -1))
ROLLED = (*range(20, 66), *range(20))
DROPPED = (*range(15), *range(35, 66), *[65] * 20)


def played(recorded: Path, base: Path, order: Sequence[Any], **change: Any) -> str:
    """Copy the recording to `base`, its second variant of other frames, or of its own by number; its name."""
    shutil.copytree(recorded, base, ignore=shutil.ignore_patterns("cache"))
    variants = pq.read_table(base / "S" / "variants.parquet").to_pylist()
    video = base / "root" / variants[1]["video"]
    pictures = [frame.pixels for frame in DIRECT.frames(video)]
    gain = change.pop("gain", 1.0)
    played = [pictures[it] if isinstance(it, int) else it for it in order]
    encode(video, [np.clip(it * gain, 0, 255).astype(np.uint8) for it in played], **change)
    variants[1]["sha256"] = sha256_file(video)
    write_table(base / "S" / "variants.parquet", variants, VARIANTS)
    return str(variants[1]["variant"])


def test_a_face_that_no_exchange_replaced_is_nobody_of_those_who_are_claimed(
    recorded: Path, known_gallery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In the middle of two variants is somebody whom the gallery does not know.
    people = read_known_people(known_gallery)
    known = replace(people, usable=tuple(slug != "far_left" for slug in people.slugs))
    monkeypatch.setattr("facebank.stages.audit_slots.read_known_people", lambda _: known)
    shutil.copytree(recorded, tmp_path / "R", ignore=shutil.ignore_patterns("cache"))
    variants = pq.read_table(tmp_path / "R" / "S" / "variants.parquet").to_pylist()
    for variant in variants[1:]:
        left, _, right = SHOWN[variant["variant"]][0]
        video = tmp_path / "R" / "root" / variant["video"]
        encode(video, Clip((left, "far_left", right), 66, HIDDEN).pictures())
        variant["sha256"] = sha256_file(video)
    write_table(tmp_path / "R" / "S" / "variants.parquet", variants, VARIANTS)
    rows = audit(tmp_path / "R", known_gallery, tmp_path / "A")
    middle = [(row["verdict"], row["reason"], row["excluded"]) for row in rows if row["slot"] == 1]
    assert middle == [("confirmed", "", False), *[("unknown", "NAMED_OTHERWISE", True)] * 2]


#: Frames in which some variants show other persons than in the rest.
BRIEFLY, LATE, NEVER = range(8, 16), range(40, 66), range(0)
BUT_EACH_FIFTH = [frame for frame in range(50) if frame % 5]


@pytest.mark.parametrize(
    ("slot", "change", "expected"),
    [
        (1, ("right", BRIEFLY), ("mismatch", "FOR_SOME_TIME", True)),
        (1, ("right", BUT_EACH_FIFTH), ("mismatch", "", True)),
        # Nobody in the gallery.
        (1, ("far_right", BRIEFLY), ("unknown", "AWAY_FOR_SOME_TIME", True)),
        (0, ("far_right", LATE), ("unknown", "AWAY_FOR_SOME_TIME", True)),
        (1, ("right", NEVER), ("confirmed", "", False)),
    ],
)
def test_a_portrait_that_is_another_one_for_some_time_is_excluded(
    recorded: Path,
    known_gallery: Path,
    tmp_path: Path,
    *,
    slot: int,
    change: tuple[str, Sequence[int]],
    expected: tuple[str, str, bool],
) -> None:
    name, (person, frames) = "ep01__t3_0001_v00", change
    people = SHOWN[name][0]
    others = tuple(person if it == slot else own for it, own in enumerate(people))
    own, other = ([*Clip(it, 66, HIDDEN).pictures()] for it in (people, others))
    mixed = [other[it] if it in frames else own[it] for it in range(66)]
    assert played(recorded, tmp_path / "R", mixed) == name
    rows = audit(tmp_path / "R", known_gallery, tmp_path / "A")
    found = {row["slot"]: row for row in rows if row["variant"] == name}
    row = found.pop(slot)
    assert (row["verdict"], row["reason"], row["excluded"]) == expected
    assert {row["verdict"] for row in found.values()} == {"confirmed"}


@pytest.mark.parametrize("order", [REVERSED, ROLLED, DROPPED], ids=["reversed", "rolled", "dropped"])
def test_a_variant_of_other_timing_is_excluded_and_listed(
    recorded: Path, known_gallery: Path, tmp_path: Path, order: Sequence[int]
) -> None:
    name = played(recorded, tmp_path / "R", order)
    rows = audit(tmp_path / "R", known_gallery, tmp_path / "A")
    excluded = {(row["variant"], row["slot"]) for row in rows if row["excluded"]}
    assert excluded == {("ep01__t3_0002_v00", 2), *((name, slot) for slot in range(3))}
    (finding,) = read_tsv(tmp_path / "A" / "findings.tsv")
    assert (finding["variant"], finding["code"]) == (name, "OUT_OF_STEP")
    assert "show other moments of ep01__t3_0000_v00" in finding["detail"]
    summary = json.loads((tmp_path / "A" / "summary.json").read_text())
    assert summary["timing"] == {"in_step": 1, "out_of_step": [name]}


@pytest.mark.parametrize(
    "change",
    [{"encoder": {"crf": "38"}}, {"gain": 1.2}, {"codec": "mpeg4"}],
    ids=["compressed", "brighter", "another codec"],
)
def test_a_variant_that_was_coded_again_is_in_step(
    recorded: Path, known_gallery: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    played(recorded, tmp_path / "R", range(66), **change)
    audit(tmp_path / "R", known_gallery, tmp_path / "A")
    assert read_tsv(tmp_path / "A" / "findings.tsv") == []
    summary = json.loads((tmp_path / "A" / "summary.json").read_text())
    assert summary["timing"] == {"in_step": 2, "out_of_step": []}


def test_a_variant_too_dark_to_tell_its_moments_is_neither_in_step_nor_out_of_it(
    recorded: Path, known_gallery: Path, tmp_path: Path
) -> None:
    played(recorded, tmp_path / "R", range(66), gain=0.15)
    audit(tmp_path / "R", known_gallery, tmp_path / "A")
    assert read_tsv(tmp_path / "A" / "findings.tsv") == []
    summary = json.loads((tmp_path / "A" / "summary.json").read_text())
    assert summary["timing"] == {"in_step": 1, "out_of_step": []}


@pytest.mark.parametrize(("severity", "listed"), [("warn", 1), ("ignore", 0)])
def test_what_other_timing_does_is_configured(
    recorded: Path, known_gallery: Path, tmp_path: Path, severity: str, listed: int
) -> None:
    name = played(recorded, tmp_path / "R", REVERSED)
    rows = audit(tmp_path / "R", known_gallery, tmp_path / "A", findings={"out_of_step": severity})
    # What is covered in two frames, where its labels show it, is no question of timing alone.
    reasons = {row["reason"] for row in rows if row["variant"] == name and row["excluded"]}
    assert reasons == {"AWAY_FOR_SOME_TIME"}
    assert len(read_tsv(tmp_path / "A" / "findings.tsv")) == listed


def test_labels_of_a_variants_own_need_no_comparison(
    recorded: Path, known_gallery: Path, tmp_path: Path
) -> None:
    name = played(recorded, tmp_path / "R", REVERSED)
    table = tmp_path / "R" / "L" / "variants.tsv"
    served = [{**row, "labelled_on": row["variant"]} for row in read_tsv(table)]
    write_tsv(table, SERVED_COLUMNS, served)
    rows = audit(tmp_path / "R", known_gallery, tmp_path / "A")
    # What is covered in two frames, where its labels show it, is no question of timing alone.
    reasons = {row["reason"] for row in rows if row["variant"] == name and row["excluded"]}
    assert reasons == {"AWAY_FOR_SOME_TIME"}
    assert json.loads((tmp_path / "A" / "summary.json").read_text())["timing"]["in_step"] == 0


@pytest.mark.parametrize(
    ("folder", "name"), [("S", "variants.parquet"), ("D", "thumbnails.parquet"), ("L", "slots.parquet")]
)
def test_what_its_stage_did_not_write_is_not_audited(
    recorded: Path, known_gallery: Path, tmp_path: Path, folder: str, name: str
) -> None:
    shutil.copytree(recorded, tmp_path / "R", ignore=shutil.ignore_patterns("cache", "root"))
    table = tmp_path / "R" / folder / name
    pq.write_table(pq.read_table(table), table, compression="none")
    with pytest.raises(DataError, match=f"not what its stage wrote: .*{name}"):
        audit_slots(
            inventory=tmp_path / "R" / "S",
            detections=tmp_path / "R" / "D",
            face_labels=tmp_path / "R" / "L",
            gallery=known_gallery,
            root=recorded / "root",
            pack=PACK,
            output=tmp_path / "0.parquet",
            cache=tmp_path / "cache",
        )
    assert not (tmp_path / "0.parquet").exists()
