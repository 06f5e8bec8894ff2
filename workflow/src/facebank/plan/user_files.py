"""What the files are that a config names: digests of their contents, by what reads them."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facebank.artifacts.digests import digest_of
from facebank.bank.forgotten import FORGOTTEN, Forgotten
from facebank.plan.contents import Contents, files_below
from facebank.plan.settings import setting
from facebank.sources.discovery import PORTRAIT_CORNERS, discover

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from facebank.config.sections import Config
    from facebank.plan.contents import ContentIndex
    from facebank.sources.discovery import Variant

__all__ = ["GOLD_FILES", "HEIF_SUFFIXES", "UserFiles"]

#: Where a link leads that leads out of its root; no path within one is called so.
_OUTSIDE = ".."

#: As `facebank.media.images` has them, which loads decoders.
HEIF_SUFFIXES = (".heic", ".heif")

#: Config keys of the gold stage's files.
GOLD_FILES = ("gold.labels", "gold.predictions", "gold.agreement")

#: What is read of a variant's folder beside its video.
_VARIANT_FILES = ("augmentation.json", "meta/info.json", PORTRAIT_CORNERS, "reference.json")


@dataclass(frozen=True)
class UserFiles:
    """The user's files that a config names.

    Attributes
    ----------
    config : Config
        The validated config.
    index : ContentIndex
        Digests that are known already.
    forgotten : Forgotten
        Who may not be used again.
    """

    config: Config
    index: ContentIndex
    forgotten: Forgotten

    @cached_property
    def photos(self) -> Contents:
        """Digest the files of the bank, where the config has one."""
        if self.config.bank.root is None:
            return Contents({}, {})
        root = Path(self.config.bank.root)
        roles = {file: _standing(root, file) for file in files_below(root)}
        photos = {file: {file: role} for file, role in roles.items()}
        contents = self._contents(root, photos, self.config.bank.max_bytes, refused=self.forgotten)
        return replace(contents, said=tuple(f"{file}\t{role}" for file, role in roles.items() if role))

    @cached_property
    def sources(self) -> Contents:
        """Digest the files of the sources that are read, where the config has sources."""
        section = self.config.sources
        if section.root is None:
            return Contents({}, {})
        root = Path(section.root)
        found = discover(root, pattern=section.pattern, camera=section.camera)
        read: dict[str, dict[str, Any]] = defaultdict(dict)
        for variant in found.variants:
            role = _role(variant)
            for file in _files_of(variant, root):
                read[file].setdefault(variant.source, []).append(role)
        # What is not used is listed too, so its name counts; and variants may look there for their portraits.
        for row in (*found.rejected, *found.ignored):
            for file in (row["file"], *_existing([f"{row['file']}/{PORTRAIT_CORNERS}"], root)):
                read[file][row["file"]] = []
        # A name that nobody may claim any more changes what the inventory says, and no shard. So does why a
        # folder is not used: no file of it is read, and what is in it may be another reason.
        said = [
            *self.forgotten.names,
            *("\t".join(row.values()) for row in (*found.rejected, *found.ignored)),
            *(variant.variant for variant in found.without_video),
        ]
        contents = self._contents(root, read, section.max_bytes, described=found.files)
        return replace(contents, said=tuple(sorted(said)), shared=self._decisive(read))

    def _decisive(self, files: Iterable[str]) -> tuple[str, ...]:
        """Give those files of sources that may refuse variants of other ones.

        A variant's portraits may lie in the folder of any recording, which its ``augmentation.json`` names.
        """
        if self.config.sources.findings["portrait_order_assumed"] != "error":
            return ()
        return tuple(sorted(file for file in files if file.endswith(f"/{PORTRAIT_CORNERS}")))

    def merged(self) -> str:
        """Digest what the merged data set says of its episodes, where the config has one."""
        if self.config.sources.merged is None:
            return ""
        root = Path(self.config.sources.merged)
        files = ["meta/info.json", *files_below(root, ["meta/episodes"])]
        return digest_of(dict(zip(files, self.index.digests([root / file for file in files]), strict=True)))

    def images(self) -> str:
        """Digest the folders in which the gold labels' photos may be opened."""
        files = [
            (folder, file) for folder in self.config.gold.image_roots for file in files_below(Path(folder))
        ]
        found = self.index.digests([Path(folder) / file for folder, file in files])
        digests = {f"{folder}/{file}": it for (folder, file), it in zip(files, found, strict=True)}
        # A folder that is linked is looked into under the link's name, as long as it lies within its root.
        targets = {f"{folder}/{file}": _target(Path(folder), file) for folder, file in files}
        led = {file: target for file, target in targets.items() if target is not None}
        return digest_of([digests, led] if led else digests)

    def gold(self) -> dict[str, str]:
        """Digest the gold stage's inputs by their config keys; what the config does not name is left out."""
        named = {key: setting(self.config, key) for key in GOLD_FILES}
        return {key: self.index.digests([Path(path)])[0] for key, path in named.items() if path}

    def _contents(
        self,
        root: Path,
        roles: Mapping[str, Mapping[str, Any]],
        max_bytes: int,
        *,
        described: Sequence[str] = (),
        refused: Forgotten | None = None,
    ) -> Contents:
        """Digest files of at most `max_bytes`, each with the keys of its shards and what it is to each.

        `described` says what the files are: a shard depends on what it says of its own files alone. A file
        that is `refused` counts as being so, whatever is in it; one of a person who is is not even read.
        """
        refused = Forgotten() if refused is None else refused
        files = [*roles, *(file for file in described if file not in roles)]
        read = [file for file in files if not refused.covers(file)]
        known = self.index.digests([root / file for file in read], max_bytes=max_bytes)
        found = dict(zip(read, known, strict=True))
        digests = {file: found.get(file, FORGOTTEN) for file in files}
        digests |= {file: FORGOTTEN for file, digest in found.items() if digest in refused.photos}
        return Contents(digests, roles)


def _standing(root: Path, file: str) -> str | None:
    """Give what decides beside its name and bytes whether a photo is used.

    A link out of the bank may be replaced by what it leads to, and a decoder be installed.
    """
    if _target(root, file) == _OUTSIDE:
        return _OUTSIDE
    if file.lower().endswith(HEIF_SUFFIXES) and _decodes_heif():
        return "decoded"
    return None


def _target(root: Path, file: str) -> str | None:
    """Give where a link leads as seen from its root, or that it leads out of it; None for what is no link."""
    path = f"{root}/{file}"
    if not os.path.islink(path):  # noqa: PTH114 (hot loop)
        return None
    target, top = Path(os.path.realpath(path)), root.resolve()
    return target.relative_to(top).as_posix() if target.is_relative_to(top) else _OUTSIDE


@cache
def _decodes_heif() -> bool:
    """Tell whether the optional decoder is installed; to load it takes longer than many a build's start."""
    return find_spec("pillow_heif") is not None


def _role(variant: Variant) -> list[Any] | None:
    """Give what a video is to its source beside its bytes.

    One file may hold many episodes, in many shards: each counts with its own stretch, and with what its data
    set promises of it and what contradicts that, which may refuse it.
    """
    if variant.span is None:
        return None
    span = [variant.span.start_s, variant.span.stop_s]
    return [span, variant.length, variant.fps, list(map(list, variant.findings))]


def _files_of(variant: Variant, root: Path) -> list[str]:
    """List the files of a variant that any stage reads, relative to the root."""
    beside = [f"{variant.folder}/{name}" for name in _VARIANT_FILES] if variant.folder else []
    return [variant.video, *_existing(beside, root)]


def _existing(files: Sequence[str], root: Path) -> list[str]:
    """Give those of some files, relative to the root, that are there."""
    return [file for file in files if os.path.isfile(f"{root}/{file}")]  # noqa: PTH113 (hot loop)
