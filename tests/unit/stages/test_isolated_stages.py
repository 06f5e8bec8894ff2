"""Stages that decode in a process of their own: the same bytes, and nothing but the crashing file is lost."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from clips import PACK, Clip, encode
from facebank.artifacts.tables import read_table, read_tsv
from facebank.bank.schemas import PHOTOS
from facebank.cli import main
from hostile_media import facebank_attacked
from portraits import TINY, astronaut, encoded, hanks, shrunk, write

PEOPLE = ("centre", "left", "tall")


def bank(root: Path, hostile: tuple[str, ...] = ()) -> Path:
    """Make a bank of good photos, one that is damaged, and some whose decoder does what they say."""
    write(root / "heldout/Collins/01.png", encoded(shrunk(astronaut(), 200), "PNG"))
    write(root / "heldout/Collins/02.jpg", encoded(shrunk(astronaut()[:300, 80:380], 160)))
    write(root / "heldout/Collins/cut.png", encoded(shrunk(astronaut(), 200), "PNG")[:9000])
    write(root / "scraped/Hanks/01.png", encoded(hanks(), "PNG"))
    for deed in hostile:
        write(root / f"heldout/Collins/{deed}.jpg", f"{deed} x".encode())
    return root


def videos(root: Path, names: tuple[str, ...]) -> Path:
    # No two are the same: what is in the cache is not decoded.
    for more, name in enumerate(names):
        encode(root / f"{name}.mp4", Clip(PEOPLE, 6 + more, {}).pictures())
    return root


def index(root: Path, output: Path) -> list[str]:
    return ["index-photos", "--root", str(root), "--output-dir", str(output)]


def embed(root: Path, output: Path) -> list[str]:
    return ["embed-photos", "--root", str(root), "--pack", str(TINY), "--det-sizes=160",
            "--cache", str(output.with_suffix(".cache")), "--output", str(output)]  # fmt: skip


def detect(root: Path, output: Path) -> list[str]:
    return ["detect-keyframes", "--root", str(root), "--pack", str(PACK), "--det-size=160",
            "--cache", str(output.with_suffix(".cache")), "--output", str(output)]  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "run.json"}


def test_artifacts_are_the_same_with_and_without_isolation(tmp_path: Path) -> None:
    photos, clips = bank(tmp_path / "bank"), videos(tmp_path / "videos", ("a", "b"))
    write(clips / "cut.mp4", (clips / "a.mp4").read_bytes()[:3000])
    for how in ("--isolate", "--no-isolate"):
        place = tmp_path / how
        assert main([*index(photos, place / "V"), how]) == 0
        assert main([*embed(photos, place / "faces.parquet"), how]) == 0
        sources = ["index-sources", "--root", str(clips), "--output-dir", str(place / "S")]
        assert main([*sources, how]) == 0
        assert main([*detect(clips, place / "detected.parquet"), how, "--threads=2"]) == 0
    apart, together = tmp_path / "--isolate", tmp_path / "--no-isolate"
    for folder in ("V", "S"):
        assert contents(apart / folder) == contents(together / folder)
    for file in ("faces.parquet", "faces.json", "detected.parquet", "detected.json"):
        assert (apart / file).read_bytes() == (together / file).read_bytes()


def test_a_crashing_photo_is_listed_and_the_others_are_as_without_it(tmp_path: Path) -> None:
    hostile = bank(tmp_path / "hostile", ("crash", "spin", "eat"))
    limits = ("--isolate", "--max-seconds=0.5", "--max-memory-mb=300")
    done = facebank_attacked(*index(hostile, tmp_path / "V"), *limits)
    assert done.returncode == 0, done.stderr
    reasons = {Path(row["file"]).stem: row["reason"] for row in read_tsv(tmp_path / "V/rejected.tsv")}
    assert reasons == {
        "crash": "DECODER_CRASHED",
        "cut": "TRUNCATED",
        "eat": "TOO_MUCH_MEMORY",
        "spin": "TOO_SLOW",
    }
    assert facebank_attacked(*embed(hostile, tmp_path / "faces.parquet"), *limits).returncode == 0
    good = bank(tmp_path / "good")
    assert main(index(good, tmp_path / "W")) == 0
    assert main(embed(good, tmp_path / "good.parquet")) == 0
    assert read_table(tmp_path / "V/photos.parquet", PHOTOS) == read_table(
        tmp_path / "W/photos.parquet", PHOTOS
    )
    assert (tmp_path / "faces.parquet").read_bytes() == (tmp_path / "good.parquet").read_bytes()


def test_a_crashing_video_is_listed_and_the_others_are_as_without_it(tmp_path: Path) -> None:
    # The second crashes behind its first frame, so that only who decodes all of it sees that.
    hostile = videos(tmp_path / "hostile", ("a", "crash", "later-crash"))
    assert facebank_attacked("index-sources", "--root", str(hostile), "--output-dir", str(tmp_path / "S"),
                             "--isolate").returncode == 0  # fmt: skip
    (row,) = read_tsv(tmp_path / "S/rejected.tsv")
    assert (row["file"], row["reason"]) == ("crash.mp4", "DECODER_CRASHED")
    shard = tmp_path / "detected.parquet"
    assert facebank_attacked(*detect(hostile, shard), "--isolate").returncode == 0
    collect = ["collect-detections", "--variants", str(tmp_path / "S/variants.parquet"), "--det-size=160",
               "--pack", str(PACK), "--shards", str(shard), "--output-dir", str(tmp_path / "D")]  # fmt: skip
    assert main(collect) == 0
    (row,) = read_tsv(tmp_path / "D/rejected.tsv")
    assert (row["file"], row["reason"]) == ("later-crash.mp4", "DECODER_CRASHED")
    good = videos(tmp_path / "good", ("a",))
    assert main(["index-sources", "--root", str(good), "--output-dir", str(tmp_path / "T")]) == 0
    assert main(detect(good, tmp_path / "good.parquet")) == 0
    collect[2], collect[7], collect[9] = (
        str(tmp_path / name) for name in ("T/variants.parquet", "good.parquet", "E")
    )
    assert main(collect) == 0
    for name in ("detections.parquet", "frames.parquet", "videos.parquet", "thumbnails.parquet"):
        assert (tmp_path / "D" / name).read_bytes() == (tmp_path / "E" / name).read_bytes()


def test_a_crashing_picture_of_a_label_is_listed_and_the_others_are_as_without_it(
    tmp_path: Path,
) -> None:
    roots = bank(tmp_path / "pictures", ("crash",)) / "heldout/Collins"
    paths = ("01.png", "crash.jpg", "02.jpg")
    for name, taken in (("hostile", paths), ("good", (paths[0], paths[2]))):
        rows = [{"sample_hash": path, "source": "a", "image_path": path} for path in taken]
        write(tmp_path / f"{name}.ndjson", "".join(json.dumps(row) + "\n" for row in rows).encode())
    words = ("predict-regions", "--image-roots", str(roots), "--model-pack", str(TINY), "--grid-size=64")
    done = facebank_attacked(*words, "--labels", str(tmp_path / "hostile.ndjson"),
                             "--output-dir", str(tmp_path / "P"), "--isolate")  # fmt: skip
    assert done.returncode == 0, done.stderr
    (row,) = read_tsv(tmp_path / "P/rejected.tsv")
    assert (row["line"], row["reason"]) == ("2", "UNREADABLE")
    assert "DECODER_CRASHED" in row["detail"]
    labels = ["--labels", str(tmp_path / "good.ndjson"), "--output-dir", str(tmp_path / "Q")]
    assert main([*words, *labels]) == 0
    good = contents(tmp_path / "Q")["predictions.jsonl"]
    assert contents(tmp_path / "P")["predictions.jsonl"] == good
    compared = facebank_attacked(
        "compare-gold-variants", *words[1:], "--gold-labels", str(tmp_path / "hostile.ndjson"),
        "--sweep=8:0.2", "--output-dir", str(tmp_path / "C"), "--isolate",
    )  # fmt: skip
    assert compared.returncode == 0, compared.stderr
    counted = json.loads((tmp_path / "C/gold_summary.json").read_text(encoding="utf-8"))
    assert counted["local_samples"] > 0


@pytest.mark.parametrize("isolate", [True, False])
def test_a_look_at_a_photo_decodes_it_where_the_config_says(tmp_path: Path, *, isolate: bool) -> None:
    photo = write(tmp_path / "crash.jpg", b"crash x")
    config = tmp_path / "c.yaml"
    config.write_text(f"media: {{isolate: {str(isolate).lower()}}}\n", encoding="utf-8")
    drawn = tmp_path / "o.jpg"
    done = facebank_attacked("view", str(photo), "--configfile", str(config), "--output", str(drawn))
    assert done.returncode == (3 if isolate else -signal.SIGSEGV)
    assert ("DECODER_CRASHED" in done.stderr) == isolate
    assert not drawn.exists()


def test_videos_that_crash_their_decoder_do_not_end_the_look_that_proposes_a_config(tmp_path: Path) -> None:
    videos(tmp_path / "videos", ("a", "crash"))
    done = facebank_attacked(
        "init", "--videos", str(tmp_path / "videos"), "--output", str(tmp_path / "c.yaml")
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("stage", ["photos", "videos"])
def test_without_isolation_a_crash_takes_the_stage_along(tmp_path: Path, stage: str) -> None:
    if stage == "photos":
        words = index(bank(tmp_path / "bank", ("crash",)), tmp_path / "V")
    else:
        root = videos(tmp_path / "videos", ("crash",))
        words = ["index-sources", "--root", str(root), "--output-dir", str(tmp_path / "V")]
    assert facebank_attacked(*words, "--no-isolate").returncode == -signal.SIGSEGV
    assert not (tmp_path / "V").exists()
