"""What may happen to a finished build, and exactly which rules run after it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from running import snakemake

PACKAGE = Path("workflow/src/facebank")

#: The config of a build whose inputs lie in the checkout: four shards of photos, so that one is not all.
SHARDS = {"photos": 4, "sources": 2}

REPORTED = frozenset({"render_report", "publish_release"})
PUBLISHED = REPORTED | {"check_limits"}
#: Every shard of the audit reads what it was made of.
AUDIT = frozenset({"audit_slots", "collect_verdicts"})
AFTER_GALLERY = frozenset({"build_gallery", "validate_gallery"}) | AUDIT | PUBLISHED
AFTER_PHOTOS = frozenset({"index_photos", "embed_photos", "collect_embeddings"}) | AFTER_GALLERY
AFTER_SOURCES = (
    frozenset({"index_sources", "detect_keyframes", "collect_detections", "interpolate_labels"})
    | AUDIT
    | PUBLISHED
)


def nothing(checkout: Path) -> None:
    """Leave the build as it is."""
    assert checkout.is_dir()


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Replace a piece of a module."""

    def change(checkout: Path) -> None:
        path = checkout / PACKAGE / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def extend(*names: str) -> Callable[[Path], None]:
    """Write a line of code at the end of modules."""

    def change(checkout: Path) -> None:
        for name in names:
            path = checkout / PACKAGE / name
            path.write_text(path.read_text(encoding="utf-8") + "\nEXTRA = 1\n", encoding="utf-8")

    return change


def configure(section: str, **keys: object) -> Callable[[Path], None]:
    """Change keys of the config."""

    def change(checkout: Path) -> None:
        config = yaml.safe_load((checkout / "c.yaml").read_text(encoding="utf-8"))
        config[section] = {**config.get(section, {}), **keys}
        (checkout / "c.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    return change


def touch_all(checkout: Path) -> None:
    """Give every file but the results and Snakemake's records the present time, as a fresh checkout does."""
    now = time.time()
    for path in checkout.rglob("*"):
        if path.is_file() and not {"results", ".snakemake"} & set(path.parts):
            os.utime(path, (now, now))


def lose_records(checkout: Path) -> None:
    """Keep the results alone."""
    shutil.rmtree(checkout / ".snakemake")


def lose_records_and_shards(checkout: Path) -> None:
    """Keep the version folders alone."""
    lose_records(checkout)
    shutil.rmtree(checkout / "results" / ".shards")
    shutil.rmtree(checkout / "results" / ".logs")


def lose_records_and_times(checkout: Path) -> None:
    """Keep the results alone, with times in the reverse of the order in which they were made."""
    lose_records(checkout)
    files = sorted((checkout / "results").rglob("*"), key=lambda path: path.lstat().st_mtime_ns)
    for age, path in enumerate(files):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))


def date_results(checkout: Path) -> None:
    """Let the results be of tomorrow: the clock was ahead, and was put back."""
    tomorrow = time.time() + 86_400
    for path in (checkout / "results").rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (tomorrow, tomorrow))


def photo(name: str, data: bytes | None) -> Callable[[Path], None]:
    """Write a photo of the bank with other bytes, or remove it."""

    def change(checkout: Path) -> None:
        path = checkout / "demo" / "bank" / "scraped" / "hopper" / name
        if data is None:
            path.unlink()
        else:
            shown = path if path.is_file() else path.with_name("03.jpg")
            path.write_bytes(shown.read_bytes() + data)

    return change


def touch_photo(checkout: Path) -> None:
    """Give a photo the present time."""
    os.utime(checkout / "demo" / "bank" / "scraped" / "hopper" / "03.jpg")


def swap_video(checkout: Path) -> None:
    """Give the representative's video the bytes of another variant's."""
    first, second = sorted((checkout / "demo" / "sources").glob("*/videos/*camera1/*/*.mp4"))[:2]
    first.write_bytes(second.read_bytes())


def reword_claims(checkout: Path) -> None:
    """Change a byte of a variant's claims, and not what they say."""
    claims = min((checkout / "demo" / "sources").glob("*/augmentation.json"))
    claims.write_text(claims.read_text(encoding="utf-8") + " ", encoding="utf-8")


def reword_pack(checkout: Path) -> None:
    """Say something else of a pack's licence, which no version holds."""
    pack = checkout / "resources" / "models" / "tiny" / "pack.yaml"
    text = pack.read_text(encoding="utf-8")
    assert "licence: MIT" in text
    pack.write_text(text.replace("licence: MIT", "licence: MIT-0", 1), encoding="utf-8")


def add_licence(checkout: Path) -> None:
    """Add a row to the licences of packages, which the bill of materials names."""
    with (checkout / "requirements" / "licences.tsv").open("a", encoding="utf-8") as file:
        file.write("another\t1.0\tMIT\tcpu\tmetadata\n")


def both(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    """Make several changes."""

    def change(checkout: Path) -> None:
        for one in changes:
            one(checkout)

    return change


@dataclass(frozen=True)
class Case:
    """Something that happens, and what runs after it.

    `jobs` says how many jobs of a rule run, where that is not one; `arguments` are more words for Snakemake.
    """

    name: str
    change: Callable[[Path], None]
    rules: frozenset[str] = frozenset()
    jobs: dict[str, int] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    short: bool = False

    @property
    def expected(self) -> dict[str, int]:
        """Rule -> number of its jobs."""
        return {rule: {**AUDIT_SHARDS, **self.jobs}.get(rule, 1) for rule in self.rules}


#: All shards of a model stage, where its code or its config changed.
PHOTO_SHARDS, SOURCE_SHARDS, AUDIT_SHARDS = {"embed_photos": 4}, {"detect_keyframes": 2}, {"audit_slots": 2}

CASES = (
    Case("a second run", nothing, short=True),
    Case("a checkout at another place, all files touched", touch_all, short=True),
    Case("a comment", edit("gallery/centroids.py", "from __future__", "# a remark\nfrom __future__")),
    Case("a docstring", edit("gallery/centroids.py", '"""', '"""Other words. '), short=True),
    Case("results alone", lose_records, short=True),
    Case("results alone, their times in disorder", lose_records_and_times, short=True),
    Case("results of tomorrow", date_results),
    Case("results of tomorrow, a photo's bytes", both(date_results, photo("03.jpg", b"\0")), AFTER_PHOTOS),
    Case("version folders alone", lose_records_and_shards),
    Case(
        "results alone, a module edited",
        both(lose_records, extend("tracks/anchors.py")),
        frozenset({"interpolate_labels"}) | AUDIT | PUBLISHED,
        short=True,
    ),
    Case(
        "results alone, a photo's bytes", both(lose_records, photo("03.jpg", b"\0")), AFTER_PHOTOS, short=True
    ),
    Case(
        "results alone, a rule's command edited",
        both(lose_records, edit("../../rules/validation.smk", '" > {log:q} 2>&1"', '" >{log:q} 2>&1"')),
        PUBLISHED | {"validate_gallery"},
        short=True,
    ),
    Case("the memory of a rule", edit("../../rules/validation.smk", "4000 * attempt", "5000 * attempt")),
    Case(
        "results alone, a module of a shard edited",
        both(lose_records, extend("bank/extraction.py")),
        AFTER_PHOTOS - {"index_photos"},
        PHOTO_SHARDS,
    ),
    Case(
        "results alone, a config key",
        both(lose_records, configure("validation", min_top1=0.01)),
        frozenset({"check_limits", "publish_release"}),
    ),
    Case(
        "results alone, the licence of a package",
        both(lose_records, add_licence),
        frozenset({"publish_release"}),
        short=True,
    ),
    Case("module gallery.centroids", extend("gallery/centroids.py"), AFTER_GALLERY, short=True),
    Case("module gallery.duplicates", extend("gallery/duplicates.py"), AFTER_GALLERY),
    Case("module validation.open_set", extend("validation/open_set.py"), PUBLISHED | {"validate_gallery"}),
    Case("module scoring.agreement", extend("scoring/agreement.py"), REPORTED | {"measure_agreement"}),
    Case("module report.album", extend("report/album.py"), PUBLISHED),
    Case(
        "module bank.extraction",
        extend("bank/extraction.py"),
        AFTER_PHOTOS - {"index_photos"},
        PHOTO_SHARDS,
    ),
    Case(
        "key validation.min_top1",
        configure("validation", min_top1=0.01),
        frozenset({"check_limits", "publish_release"}),
    ),
    Case(
        "key validation.buckets",
        configure("validation", buckets=["1-4", "5+"]),
        PUBLISHED | {"validate_gallery"},
    ),
    Case(
        "key face_labels.max_gap_s",
        configure("face_labels", max_gap_s=0.25),
        PUBLISHED | AUDIT | {"interpolate_labels"},
        short=True,
    ),
    Case("key release.date", configure("release", date="2026-03-04"), frozenset({"publish_release"})),
    Case("key gallery.centroid", configure("gallery", centroid="medoid"), AFTER_GALLERY),
    Case(
        "key detections.stride",
        configure("detections", stride=7),
        AFTER_SOURCES - {"index_sources"},
        SOURCE_SHARDS,
    ),
    Case("key models.accept_licences", configure("models", accept_licences=["none"])),
    # Shards are collected after the pack was checked.
    Case(
        "the licence in pack.yaml",
        reword_pack,
        AFTER_GALLERY | {"check_models", "collect_embeddings", "collect_detections", "interpolate_labels"},
    ),
    Case("key media.isolate", configure("media", isolate=True)),
    Case(
        "key media.max_memory_mb",
        configure("media", max_memory_mb=3000),
        AFTER_PHOTOS | AFTER_SOURCES,
        {**PHOTO_SHARDS, **SOURCE_SHARDS},
    ),
    Case("key cache.root", configure("cache", root="another")),
    Case("key staleness.runtime", configure("staleness", runtime="rebuild")),
    Case("a photo touched", touch_photo),
    Case("a photo's bytes", photo("03.jpg", b"\0"), AFTER_PHOTOS, short=True),
    Case("a photo added", photo("99.jpg", b"\0"), AFTER_PHOTOS, short=True),
    Case("a photo removed", photo("03.jpg", None), AFTER_PHOTOS),
    Case("a video's bytes", swap_video, AFTER_SOURCES),
    Case("the bytes of a variant's claims", reword_claims, AFTER_SOURCES),
    Case("other shards", configure("shards", photos=3, sources=1), short=True),
    Case("other shards, results alone", both(lose_records, configure("shards", photos=3, sources=1))),
    Case(
        "other shards and a photo's bytes",
        both(configure("shards", photos=3), photo("03.jpg", b"\0")),
        AFTER_PHOTOS,
        {"embed_photos": 3},
    ),
    Case(
        "other threads and cores",
        nothing,
        arguments=("--set-threads", "embed_photos=2", "detect_keyframes=1", "--resources", "mem_mb=9000"),
    ),
)


def try_case(case: Case, finished: Path, place: Path) -> tuple[str, str]:
    """Let a case happen to a copy of a finished build, and ask what would run.

    Parameters
    ----------
    case : Case
        What happens.
    finished : Path
        A checkout with a finished build; it is left alone.
    place : Path
        A folder for the copy, which is removed.

    Returns
    -------
    row : str
        What ran, as a row of a table.
    wrong : str
        Empty, or what is not as expected.
    """
    checkout = place / "checkout"
    shutil.copytree(finished, checkout, symlinks=True)
    case.change(checkout)
    outcome = snakemake(
        checkout, "--dry-run", "--cores", "2", "--configfile", "c.yaml", *case.arguments, checkout=checkout
    )
    assert outcome.code == 0, outcome.text
    shutil.rmtree(checkout)
    jobs = outcome.jobs
    said = ", ".join(f"{rule} x{jobs[rule]}" if jobs[rule] > 1 else rule for rule in sorted(jobs))
    good = jobs == case.expected and outcome.nothing_to_do == (not jobs)
    row = f"{'as expected' if good else 'WRONG':<12} {case.name:<48} {said or 'none'}"
    return row, "" if good else f"{case.name}: expected {case.expected}, got {jobs}\n{outcome.text}"


__all__ = ["CASES", "SHARDS", "Case", "try_case"]
