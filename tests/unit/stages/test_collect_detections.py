from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from clips import PACK
from facebank.artifacts.provenance import read_provenance
from facebank.artifacts.shards import ShardRecord, write_shard_record
from facebank.artifacts.tables import read_table, read_tsv, write_table
from facebank.errors import DataError
from facebank.sources.schemas import DETECTED_VIDEOS, VARIANTS
from facebank.stages.collect_detections import collect_detections
from version_folders import age

if TYPE_CHECKING:
    from pathlib import Path


def test_tables_agree_with_each_other(recorded: Path) -> None:
    tables = {
        name: pq.read_table(recorded / "D" / f"{name}.parquet").to_pandas()
        for name in ("videos", "frames", "detections", "thumbnails")
    }
    (video,) = tables["videos"].to_dict("records")
    assert (video["source"], video["frames"], video["keyframes"]) == ("ep01", 66, 14)
    assert len(tables["frames"]) == 66
    keyframes = tables["frames"].query("keyframe")["frame"].tolist()
    assert keyframes == tables["thumbnails"]["frame"].tolist() == [*range(0, 66, 5)]
    assert set(tables["detections"]["frame"]) <= set(keyframes)
    times = tables["frames"].set_index("frame")["time_s"]
    assert (times[tables["detections"]["frame"]].to_numpy() == tables["detections"]["time_s"]).all()
    assert times[65] == pytest.approx(65 / 30)


def collect(recorded: Path, shards: tuple[Path, ...], output: Path, **options: Any) -> None:
    """Collect shards against the inventory of the recorded clip."""
    arguments = {"variants": recorded / "S" / "variants.parquet", "pack": PACK, **options}
    collect_detections(shards=shards, output_dir=output, **arguments)


@pytest.mark.parametrize(("times", "found"), [(0, "found nothing"), (2, "2 times")])
def test_each_source_is_in_one_shard(recorded: Path, tmp_path: Path, times: int, found: str) -> None:
    with pytest.raises(DataError, match=f"the source ep01 once, with the videos of the inventory.*{found}"):
        collect(recorded, (recorded / "shard.parquet",) * times, tmp_path / "D")
    assert not (tmp_path / "D").exists()


def test_a_source_that_the_inventory_does_not_have_is_an_error(recorded: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "variants.parquet", [], VARIANTS)
    with pytest.raises(DataError, match="expected no such variant, found ep01"):
        collect(
            recorded, (recorded / "shard.parquet",), tmp_path / "D", variants=tmp_path / "variants.parquet"
        )


@pytest.mark.parametrize(
    "settings", [{"stride": 4}, {"keyframes": "adaptive"}, {"det_size": 320}, {"min_score": 0.6}]
)
def test_a_shard_made_with_other_settings_is_an_error(
    recorded: Path, tmp_path: Path, settings: dict[str, float]
) -> None:
    with pytest.raises(DataError, match="made with other settings"):
        collect(recorded, (recorded / "shard.parquet",), tmp_path / "D", **settings)


def test_what_is_collected_says_which_packages_made_its_shards(recorded: Path, tmp_path: Path) -> None:
    assert "shard_versions" not in read_provenance(recorded / "D")
    shard = tmp_path / "shard.parquet"
    shutil.copy(recorded / "shard.parquet", shard)
    write_shard_record(shard, ShardRecord.of("detect_keyframes", "", "cpu"))
    age(shard)
    collect(recorded, (shard,), tmp_path / "D")
    assert read_provenance(tmp_path / "D")["shard_versions"] == {"numpy": ["0.1"]}


def test_a_video_that_broke_off_is_listed_and_the_others_stand(recorded: Path, tmp_path: Path) -> None:
    (row,) = read_table(recorded / "shard.parquet", DETECTED_VIDEOS).to_pylist()
    names = DETECTED_VIDEOS.names[: DETECTED_VIDEOS.get_field_index("reason")]
    other = {"source": "ep00", "source_episode": "ep00", "variant": "ep00__t3_0000_v00"}
    problem = {"reason": "TOO_SLOW", "problem": "Cannot read the video"}
    broken = {**{name: row[name] for name in names}, **other, **problem}
    write_table(tmp_path / "shard.parquet", [row, broken], DETECTED_VIDEOS)
    known = read_table(recorded / "S" / "variants.parquet", VARIANTS).to_pylist()
    more = {**known[0], "source": other["source"], "variant": other["variant"]}
    write_table(tmp_path / "two.parquet", [more, *known], VARIANTS)
    write_table(tmp_path / "one.parquet", [more], VARIANTS)
    shard = (tmp_path / "shard.parquet",)
    collect(recorded, shard, tmp_path / "D", variants=tmp_path / "two.parquet")
    assert pq.read_table(tmp_path / "D" / "videos.parquet")["source"].to_pylist() == ["ep01"]
    (rejected,) = read_tsv(tmp_path / "D" / "rejected.tsv")
    assert (rejected["reason"], rejected["detail"]) == ("TOO_SLOW", "Cannot read the video")
    write_table(tmp_path / "shard.parquet", [broken], DETECTED_VIDEOS)
    with pytest.raises(DataError, match="No source has a video"):
        collect(recorded, shard, tmp_path / "E", variants=tmp_path / "one.parquet")


@pytest.mark.parametrize("source", ["a__var01", "A__VAR01"])
def test_two_sets_of_labels_never_share_a_name(recorded: Path, tmp_path: Path, source: str) -> None:
    """The variant a__var01, labelled by itself, and a source that some file systems take for it."""
    (row,) = read_table(recorded / "shard.parquet", DETECTED_VIDEOS).to_pylist()
    own = {**row, "source": "a__var01", "source_episode": "a", "variant": "a__var01"}
    other = {**row, "source": source, "source_episode": source, "variant": f"{source}__var02"}
    write_table(tmp_path / "shard.parquet", [own, other], DETECTED_VIDEOS)
    known = read_table(recorded / "S" / "variants.parquet", VARIANTS).to_pylist()[0]
    names = [{"variant": it["variant"], "source": it["source_episode"]} for it in (own, other)]
    write_table(tmp_path / "variants.parquet", [{**known, **it} for it in names], VARIANTS)
    with pytest.raises(DataError, match=f"Two sets of labels would be called {source}"):
        collect(
            recorded, (tmp_path / "shard.parquet",), tmp_path / "D", variants=tmp_path / "variants.parquet"
        )


def test_sources_that_are_alike_are_collected_where_the_config_allows_them(
    recorded: Path, tmp_path: Path
) -> None:
    (row,) = read_table(recorded / "shard.parquet", DETECTED_VIDEOS).to_pylist()
    both = [{**row, "source": it, "source_episode": it, "variant": f"{it}__var01"} for it in ("A", "a")]
    write_table(tmp_path / "shard.parquet", both, DETECTED_VIDEOS)
    known = read_table(recorded / "S" / "variants.parquet", VARIANTS).to_pylist()[0]
    names = [{"variant": it["variant"], "source": it["source"]} for it in both]
    write_table(tmp_path / "variants.parquet", [{**known, **it} for it in names], VARIANTS)
    collect(recorded, (tmp_path / "shard.parquet",), tmp_path / "D", variants=tmp_path / "variants.parquet")
    assert pq.read_table(tmp_path / "D" / "videos.parquet")["source"].to_pylist() == ["A", "a"]
