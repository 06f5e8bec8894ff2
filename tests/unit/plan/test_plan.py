"""Versions move with what decides them; a config means exactly the stages whose sections it has."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facebank.artifacts.atomic import write_json
from facebank.artifacts.digests import sha256_file, shard_of
from facebank.bank.forgotten import Forgotten, write_forgotten
from facebank.config.load import parse_config
from facebank.errors import ConfigError, ModelError
from facebank.media import images
from facebank.plan import user_files
from facebank.plan.plan import Plan
from facebank.plan.registry import ARTIFACTS, STAGES
from facebank.project import PROJECT
from facebank.sources.discovery import CAMERA
from lerobot_datasets import change_episodes, change_info, write_dataset

BANK = {"bank": {"root": "photos"}}
SOURCES = {"sources": {"root": "videos"}}
GOLD = {"gold": {"labels": "export.json"}}


def plan(**sections: Any) -> Plan:
    """Make the plan of a config."""
    return Plan(parse_config(sections))


@pytest.mark.parametrize(
    ("sections", "stages"),
    [
        ({}, ["models", "report", "limits", "release"]),
        (BANK, ["models", "inventory", "embeddings", "gallery", "validation", "report", "limits", "release"]),
        (SOURCES, ["models", "inventory", "detections", "face_labels", "report", "limits", "release"]),
        (GOLD, ["models", "gold", "report", "limits", "release"]),
        (BANK | SOURCES | GOLD, list(STAGES)),
    ],
)
def test_a_config_means_the_stages_whose_sections_it_has(sections: dict[str, Any], stages: list[str]) -> None:
    assert plan(**sections).stages() == stages


def test_a_stage_that_is_not_meant_says_what_is_missing() -> None:
    with pytest.raises(ConfigError, match=r"does not mean stage 'audit'; expected sources.root, found null"):
        plan(**BANK).target("audit")


def versions(**sections: Any) -> dict[str, str]:
    """Give the version of every artifact."""
    meant = plan(**sections)
    return {name: meant.version(name) for name in ARTIFACTS if meant.means(name)}


def moved(**changed: Any) -> set[str]:
    """Tell which versions differ when a few sections do."""
    before = versions(**BANK, **SOURCES, **GOLD)
    after = versions(**{**BANK, **SOURCES, **GOLD, **changed})
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"device": "cuda", "shards": {"photos": 9}, "cache": {"root": "x"}, "results": "elsewhere"}, set()),
        ({"bank": {"root": "photos", "max_rejected": 0.5}}, {"limits", "release"}),
        ({"validation": {"buckets": ["1+"]}}, {"validation", "report", "limits", "release"}),
        ({"release": {"date": "2026-02-03"}}, {"release"}),
        ({"report": {"faces": "none"}}, {"report", "release"}),
        ({"face_labels": {"max_gap_s": 1.5}}, {"face_labels", "audit", "report", "limits", "release"}),
        (
            {"sources": {"root": "other"}},
            {"inventory/sources", "detections", "face_labels", "audit", "report", "limits", "release"},
        ),
        (
            {"embeddings": {"det_sizes": [128]}},
            {"embeddings", "gallery", "validation", "audit", "report", "limits", "release"},
        ),
        (
            {"models": {"pack": "tiny"}},
            {
                "models",
                "embeddings",
                "gallery",
                "validation",
                "detections",
                "face_labels",
                "audit",
                "report",
                "limits",
                "release",
            },
        ),
    ],
)
def test_a_changed_key_moves_its_readers_and_what_follows(changed: dict[str, Any], names: set[str]) -> None:
    assert moved(**changed) == names


LOCAL = {"gold": {"labels": "export.json", "image_roots": ["pictures"]}}
GIVEN = {"gold": {"labels": "export.json", "predictions": "pred.jsonl"}}
TWICE = {"gold": {"labels": "export.json", "agreement": "twice.json"}}
PREDICTED = {"gold/predictions", "gold/evaluation", "gold/variants"}


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (LOCAL, {**LOCAL, "models": {"pack": "tiny"}}, PREDICTED),
        (GIVEN, {**GIVEN, "models": {"pack": "tiny"}}, set()),
        (LOCAL, {"gold": {**LOCAL["gold"], "image_roots": ["others"]}}, PREDICTED),
        (GIVEN, {"gold": {**GIVEN["gold"], "image_roots": ["others"]}}, set()),
        (GIVEN, {"gold": {**GIVEN["gold"], "predictions": "b.jsonl"}}, PREDICTED - {"gold/predictions"}),
        (TWICE, {"gold": {**TWICE["gold"], "agreement": "b.json"}}, {"gold/agreement"}),
        (
            TWICE,
            {"gold": {**TWICE["gold"], "labels": "b.json"}},
            {"gold/labels", "gold/evaluation", "gold/variants"},
        ),
    ],
)
def test_gold_folders_move_with_what_they_are_made_of(
    before: dict[str, Any], after: dict[str, Any], names: set[str]
) -> None:
    one, other = versions(**before), versions(**after)
    assert {name for name in one if name.startswith("gold/") and one[name] != other[name]} == names


def test_two_packs_and_two_banks_never_share_a_folder() -> None:
    assert plan(**BANK).folder("inventory/photos") != plan(bank={"root": "others"}).folder("inventory/photos")
    assert plan(**BANK).folder("embeddings") != plan(**BANK, models={"pack": "tiny"}).folder("embeddings")


def test_another_contract_is_another_version(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "resources" / "models" / "tiny", tmp_path / "tiny")
    before = plan(**BANK, models={"pack": str(tmp_path / "tiny")}).version("embeddings")
    text = (tmp_path / "tiny" / "pack.yaml").read_text(encoding="utf-8")
    (tmp_path / "tiny" / "pack.yaml").write_text(text + "# a remark\n", encoding="utf-8")
    assert plan(**BANK, models={"pack": str(tmp_path / "tiny")}).version("embeddings") == before
    changed = text.replace("nms_threshold: 0.4", "nms_threshold: 0.3")
    (tmp_path / "tiny" / "pack.yaml").write_text(changed, encoding="utf-8")
    assert plan(**BANK, models={"pack": str(tmp_path / "tiny")}).version("embeddings") != before


def test_a_licence_is_content_of_the_pack_and_part_of_no_version(tmp_path: Path) -> None:
    folder = shutil.copytree(PROJECT / "resources" / "models" / "tiny", tmp_path / "tiny")
    before = plan(**BANK, models={"pack": str(folder)})
    found = before.contents_of_artifacts()["models"]
    assert found == sha256_file(folder / "pack.yaml")
    document = (folder / "pack.yaml").read_text(encoding="utf-8")
    (folder / "pack.yaml").write_text(document.replace("licence: MIT", "licence: MIT-0"), encoding="utf-8")
    after = plan(**BANK, models={"pack": str(folder)})
    assert after.contents_of_artifacts()["models"] != found
    assert after.version("release") == before.version("release")


def test_a_pack_may_be_a_folder_of_ones_own(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "resources" / "models" / "tiny", tmp_path / "mine")
    assert plan(models={"pack": str(tmp_path / "mine")}).pack.embedder.dimension == 256
    with pytest.raises(ModelError, match=r"no model pack 'big'; expected .* one of lite, tiny"):
        _ = plan(models={"pack": "big"}).pack


def test_settings_are_words_of_a_shell_command() -> None:
    assert plan(report={"title": "-5 degrees"}).argument_words("report")[0] == "--title=-5 degrees"
    config = plan(bank={"root": "photos", "sets": [], "slug_map": {"a b": "c"}, "quarantine": ["it's.jpg"]})
    assert shlex.split(config.arguments("inventory/photos")) == [
        "--empty-sets", '--slug-map={"a b": "c"}', "--quarantine=it's.jpg", "--max-pixels=89478485",
        "--max-bytes=536870912", "--max-seconds=60.0", "--max-memory-mb=4000",
    ]  # fmt: skip


def test_keys_of_the_same_name_have_arguments_of_their_own() -> None:
    config = plan(bank={"root": "photos", "max_rejected": 0.1}, gold={"max_rejected": 0.2})
    assert config.arguments("limits") == "--max-rejected=0.1 --max-rejected-gold=0.2"


def test_a_photo_moves_its_shard_alone(tmp_path: Path) -> None:
    for name in range(6):
        (tmp_path / "bank" / "heldout" / "a").mkdir(parents=True, exist_ok=True)
        (tmp_path / "bank" / "heldout" / "a" / f"{name}.jpg").write_bytes(bytes([name]))
    config = {
        "bank": {"root": str(tmp_path / "bank")},
        "shards": {"photos": 3},
        "cache": {"root": str(tmp_path / "cache")},
    }
    before = plan(**config).files.photos
    assert plan(**config).files.photos == before
    (tmp_path / "bank" / "heldout" / "a" / "2.jpg").write_bytes(b"other")
    after = plan(**config).files.photos
    assert after.whole != before.whole
    assert sum(a != b for a, b in zip(before.shards(3), after.shards(3), strict=True)) == 1


@pytest.mark.parametrize("name", ["linked.jpg", "phone.HEIC"])
def test_a_photo_that_came_to_be_usable_with_the_same_bytes_moves_its_shard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Its remedy was followed: it was copied into the bank, or its decoder was installed."""
    folder = tmp_path / "bank" / "heldout" / "a"
    folder.mkdir(parents=True)
    for number in range(6):
        (folder / f"{number}.jpg").write_bytes(bytes([number]))
    (tmp_path / "elsewhere.jpg").write_bytes(b"photo")
    (folder / name).symlink_to(tmp_path / "elsewhere.jpg" if name == "linked.jpg" else folder / "0.jpg")
    monkeypatch.setattr(user_files, "_decodes_heif", lambda: False)
    config = {"bank": {"root": str(tmp_path / "bank")}, "cache": {"root": str(tmp_path / "cache")}}
    before = plan(**config).files.photos
    monkeypatch.setattr(user_files, "_decodes_heif", lambda: True)
    copied = (folder / name).read_bytes()
    (folder / name).unlink()
    (folder / name).write_bytes(copied)
    after = plan(**config).files.photos
    assert before.whole != after.whole
    assert user_files.HEIF_SUFFIXES == images.HEIF_SUFFIXES
    shards = zip(before.shards(6), after.shards(6), strict=True)
    assert [n for n, (old, new) in enumerate(shards) if old != new] == [shard_of(f"heldout/a/{name}", 6)]


def test_where_links_among_the_pictures_of_gold_labels_lead_is_content(tmp_path: Path) -> None:
    """A label may name its picture by a linked folder; a link out of the image roots is not followed."""
    roots = tmp_path / "roots"
    for place in ("round1", "round2"):
        (roots / place).mkdir(parents=True)
        (roots / place / "a.png").write_bytes(place.encode())
    (tmp_path / "b.png").write_bytes(b"photo")
    (roots / "b.png").symlink_to(tmp_path / "b.png")
    gold = {"labels": str(tmp_path / "labels.json"), "image_roots": [str(roots)]}
    found = []
    for target in ("round1", "round2", ".."):
        (roots / "current").unlink(missing_ok=True)
        (roots / "current").symlink_to(target)
        found.append(plan(gold=gold, cache={"root": str(tmp_path / "cache")}).files.images())
    (roots / "b.png").unlink()
    (roots / "b.png").write_bytes(b"photo")
    found.append(plan(gold=gold, cache={"root": str(tmp_path / "cache")}).files.images())
    assert len({*found}) == 4


def test_a_forgotten_photo_moves_its_shard_alone(tmp_path: Path) -> None:
    for number in range(6):
        path = tmp_path / "bank" / "scraped" / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(str(number).encode())
    config = {
        "bank": {"root": str(tmp_path / "bank"), "forgotten": str(tmp_path / "f.tsv")},
        "shards": {"photos": 6},
        "cache": {"root": str(tmp_path / "cache")},
    }
    before = plan(**config)
    write_forgotten(tmp_path / "f.tsv", "x", Forgotten(photos=frozenset({"00" * 32})))
    assert plan(**config).files.photos == before.files.photos
    digest = sha256_file(tmp_path / "bank/scraped/a/2.jpg")
    write_forgotten(tmp_path / "f.tsv", "x", Forgotten(photos=frozenset({digest})))
    after = plan(**config)
    shards = zip(before.files.photos.shards(6), after.files.photos.shards(6), strict=True)
    assert [old != new for old, new in shards].index(True) == shard_of("scraped/a/2.jpg", 6)
    assert before.files.photos.whole != after.files.photos.whole
    assert before.version("release") == after.version("release")
    write_forgotten(tmp_path / "f.tsv", "b", Forgotten(names=frozenset({"b"})))
    named = plan(**config).files.photos
    moved_shards = {
        shard for shard in range(6) if named.shards(6)[shard] != after.files.photos.shards(6)[shard]
    }
    assert moved_shards == {shard_of(f"scraped/b/{number}.jpg", 6) for number in (1, 3, 5)}


@pytest.mark.parametrize(
    ("values", "moved"),
    [
        ({}, []),
        ({"to_timestamp": 11 / 30}, [2]),
        # What its data set says of it may refuse it, and stands in what is detected.
        ({"length": 3}, [2]),
        # It reaches into the next one, and either may be refused for that.
        ({"to_timestamp": 13 / 30}, [2, 3]),
    ],
)
def test_an_episode_moves_its_shard_alone_though_it_shares_its_file(
    tmp_path: Path, values: dict[str, Any], moved: list[int]
) -> None:
    pictures = [[np.full((32, 48, 3), 90, np.uint8)] * 4] * 6
    root = write_dataset(tmp_path / "root", [pictures])
    config = {
        "sources": {"root": str(root)},
        "shards": {"sources": 6},
        "cache": {"root": str(tmp_path / "cache")},
    }
    before = plan(**config).files.sources
    change_episodes(root, 0, 2, **values)
    after = plan(**config).files.sources
    changed = {shard for shard in range(6) if before.shards(6)[shard] != after.shards(6)[shard]}
    assert changed == {shard_of(f"episode_{number:06}", 6) for number in moved}
    assert (before.whole != after.whole) == bool(moved)


def test_renumbered_episodes_are_others_to_their_shard(tmp_path: Path) -> None:
    """What a shard holds is called by their numbers."""
    root = write_dataset(tmp_path / "root", [[[np.full((32, 48, 3), 90, np.uint8)] * 4] * 2])
    config = {"sources": {"root": str(root)}, "cache": {"root": str(tmp_path / "cache")}}
    before = plan(**config).files.sources
    for number, other in ((0, 2), (1, 0), (2, 1)):
        change_episodes(root, 0, number, episode_index=other)
    assert before.shards(1) != plan(**config).files.sources.shards(1)


@pytest.mark.parametrize("videos", [(), ("one.mp4", "two.mp4")])
def test_portraits_of_a_recording_that_is_no_variant_are_content(
    tmp_path: Path, videos: tuple[str, ...]
) -> None:
    folder = tmp_path / "root" / "b" / "videos" / CAMERA
    for video in (tmp_path / "root" / "b__var00.mp4", *(folder / name for name in videos)):
        video.parent.mkdir(parents=True, exist_ok=True)
        video.write_bytes(b"video")
    if videos:
        # It has two videos, and is rejected; or it is no recording, and is ignored.
        write_json(tmp_path / "root" / "b" / "meta" / "info.json", {})
    config = {"sources": {"root": str(tmp_path / "root")}, "cache": {"root": str(tmp_path / "cache")}}
    digests = []
    for corners in ([], [1], [2]):
        write_json(folder.parents[1] / "portrait_corners.json", corners)
        digests.append(plan(**config).files.sources)
    assert len({contents.whole for contents in digests}) == 3
    # What they say may refuse a variant, and so change what stands for its source.
    assert len({contents.shards(6)[shard_of("b", 6)] for contents in digests}) == 3


@pytest.mark.parametrize(("severity", "moved"), [("warn", {"b"}), ("error", {"a", "b", "c"})])
def test_portraits_move_every_shard_where_unknown_places_refuse_variants(
    tmp_path: Path, severity: str, moved: set[str]
) -> None:
    """The augmentation of a variant may name any recording as the one in which its portraits lie."""
    for name in "abc":
        folder = tmp_path / "root" / f"{name}__var00"
        (folder / "videos" / CAMERA).mkdir(parents=True)
        (folder / "videos" / CAMERA / "0.mp4").write_bytes(b"video")
    sources = {"root": str(tmp_path / "root"), "findings": {"portrait_order_assumed": severity}}
    config = {"sources": sources, "cache": {"root": str(tmp_path / "cache")}}
    before = plan(**config).files.sources
    write_json(tmp_path / "root" / "b__var00" / "portrait_corners.json", [])
    after = plan(**config).files.sources
    # Each of the three sources has a shard of its own.
    shard = {name: shard_of(name, 7) for name in "abc"}
    assert len({*shard.values()}) == len(shard)
    changed = {
        number
        for number, (old, new) in enumerate(zip(before.shards(7), after.shards(7), strict=True))
        if old != new
    }
    assert {name for name in shard if shard[name] in changed} == moved
    assert before.whole != after.whole


def test_why_a_folder_is_not_used_is_content(tmp_path: Path) -> None:
    """Without a video, with two, with three, an episode: the inventory says so, and none of them is read."""
    folder = tmp_path / "root" / "a__var00" / "videos" / CAMERA
    folder.mkdir(parents=True)
    config = {"sources": {"root": str(tmp_path / "root")}, "cache": {"root": str(tmp_path / "cache")}}
    found = [plan(**config).files.sources]
    for videos in (("one.mp4", "two.mp4"), ("three.mp4",)):
        for name in videos:
            (folder / name).write_bytes(b"video")
        found.append(plan(**config).files.sources)
    (tmp_path / "root" / "a__var00" / "meta").mkdir()
    write_json(tmp_path / "root" / "a__var00" / "meta" / "info.json", {})
    found.append(plan(**config).files.sources)
    assert len({contents.whole for contents in found}) == 4
    assert len({contents.shards(1) for contents in found}) == 1


def test_the_merged_data_set_is_content_of_the_audit_alone(tmp_path: Path) -> None:
    merged = write_dataset(tmp_path / "merged", [[[np.full((32, 48, 3), 90, np.uint8)] * 4] * 2])
    (tmp_path / "videos").mkdir()

    def found(**sections: Any) -> dict[str, str]:
        sources = {"root": str(tmp_path / "videos"), **sections.pop("sources", {})}
        config = {**sections, "sources": sources, "cache": {"root": str(tmp_path / "cache")}}
        return plan(**config).contents_of_artifacts()

    with_it = {"sources": {"merged": str(merged)}}
    bank = {"bank": {"root": str(tmp_path / "bank")}}
    told = [found(**bank), found(**bank, **with_it)]
    change_episodes(merged, 0, 1, length=3)
    told.append(found(**bank, **with_it))
    change_info(merged, fps=15)
    told.append(found(**bank, **with_it))
    assert len({contents.pop("audit") for contents in told}) == 4
    assert all(contents == told[0] for contents in told)
    # Without a bank there is no audit that would read it.
    assert found(**with_it) == found()


def test_the_inventory_is_asked_to_refuse_other_lengths_where_the_audit_would() -> None:
    told = {"root": "videos", "merged": "all of them"}
    bank = {"bank": {"root": "bank"}}
    assert plan(sources=told, **bank).merged_argument == "'--merged=all of them'"
    assert plan(sources=told).merged_argument == ""
    assert plan(sources=told | {"findings": {"merged_length": "warn"}}, **bank).merged_argument == ""
    assert plan(sources={"root": "videos"}, **bank).merged_argument == ""


def test_the_cache_is_where_config_or_environment_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEBANK_CACHE", raising=False)
    assert plan().cache == Path(".facebank/cache")
    monkeypatch.setenv("FACEBANK_CACHE", "from environment")
    assert plan().cache == Path("from environment")
    assert plan(cache={"root": "mine"}).cache == Path("mine")
