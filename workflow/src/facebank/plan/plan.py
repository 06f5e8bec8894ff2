"""From a config to what Snakemake needs: folders, settings, code digests and content digests."""

from __future__ import annotations

import difflib
import os
import shlex
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facebank.artifacts.code import stage_digest
from facebank.artifacts.digests import digest_of, sha256_file
from facebank.artifacts.provenance import FORMAT
from facebank.config.forgotten import people_forgotten
from facebank.errors import ConfigError
from facebank.plan.contents import ContentIndex
from facebank.plan.registry import ARTIFACTS, STAGES, artifacts_of
from facebank.plan.scattering import SHARDED
from facebank.plan.settings import option, setting, words
from facebank.plan.user_files import UserFiles
from facebank.project import PROJECT
from facebank.runtime.catalogue import find_pack
from facebank.runtime.packs import ModelPack, load_pack

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from facebank.bank.forgotten import Forgotten
    from facebank.config.sections import Config

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """What a config means.

    Attributes
    ----------
    config : Config
        The validated config.
    """

    config: Config

    @property
    def results(self) -> str:
        """Folder of all artifacts, as written in the config."""
        return self.config.results.rstrip("/") or "/"

    @property
    def cache(self) -> Path:
        """Root of the content-addressed cache."""
        return Path(self.config.cache.root or os.environ.get("FACEBANK_CACHE") or ".facebank/cache")

    @cached_property
    def pack(self) -> ModelPack:
        """The model pack.

        Raises
        ------
        ModelError
            If there is no such pack, or its pack.yaml is wrong.
        """
        return load_pack(self.pack_folder)

    @property
    def pack_folder(self) -> Path:
        """The model pack's folder, relative to the working directory where it lies below."""
        folder = find_pack(self.config.models.pack, PROJECT / "resources" / "models")
        return Path(os.path.relpath(folder)) if folder.resolve().is_relative_to(Path.cwd()) else folder

    @cached_property
    def contents(self) -> ContentIndex:
        """Digests of the user's files."""
        return ContentIndex(self.cache / "contents.sqlite")

    @cached_property
    def files(self) -> UserFiles:
        """The user's files that the config names."""
        return UserFiles(self.config, self.contents, self.forgotten)

    @cached_property
    def forgotten(self) -> Forgotten:
        """Who may not be used again."""
        return people_forgotten(self.config)

    @property
    def forgotten_argument(self) -> str:
        """The file that says so, for the stages that list the user's files."""
        return option("forgotten", self.config.bank.forgotten)

    def means(self, name: str) -> bool:
        """Tell whether the config has all that an artifact needs."""
        artifact = ARTIFACTS[name]
        return all(setting(self.config, key) for key in artifact.needs) and not any(
            setting(self.config, key) for key in artifact.unless
        )

    def stages(self) -> list[str]:
        """List the stages that the config means, in the order in which they run."""
        return [
            stage for stage in STAGES if any(self.means(artifact.name) for artifact in artifacts_of(stage))
        ]

    def named(self, stage: str) -> list[str]:
        """List a stage's artifacts, the one that stands for it first, or one artifact by its own name.

        Raises
        ------
        ConfigError
            If there is no such stage, or the config does not mean it.
        """
        names = [artifact.name for artifact in artifacts_of(stage)] or [stage]
        if names[0] not in ARTIFACTS:
            known = dict.fromkeys((*STAGES, *ARTIFACTS))
            near = difflib.get_close_matches(stage, known, n=1)
            raise ConfigError(
                f"There is no stage '{stage}'",
                expected=f"one of {', '.join(known)}",
                remedy=f"Did you mean '{near[0]}'?" if near else None,
            )
        meant = [name for name in names if self.means(name)]
        if not meant:
            self.target(ARTIFACTS[names[0]].stage)
            raise ConfigError(f"The config does not mean '{stage}'")
        return meant

    def upstream(self, name: str) -> list[str]:
        """List the artifacts that `name` reads in this config."""
        return [other for other in ARTIFACTS[name].upstream if self.means(other)]

    def version(self, name: str) -> str:
        """Give an artifact's version: a readable label and 8 hex digits.

        The digits are of the SHA-256 of all that decides what the folder means: format number, settings,
        roots as written in the config, model digests, upstream versions.
        """
        artifact = ARTIFACTS[name]
        meaning = {
            "format": FORMAT,
            "settings": self.values(artifact.settings),
            "roots": self.values(self.roots(name)),
            "models": self.model_digests if self.uses_models(name) else [],
            "upstream": {other: self.version(other) for other in self.upstream(name)},
        }
        return f"{artifact.label(self.config)}-{digest_of(meaning)[:8]}"

    def roots(self, name: str) -> tuple[str, ...]:
        """List the keys of the user's folders and files that an artifact reads in this config."""
        artifact = ARTIFACTS[name]
        return tuple(
            key
            for key in artifact.roots
            if key not in artifact.replaced or not setting(self.config, artifact.replaced[key])
        )

    def uses_models(self, name: str) -> bool:
        """Tell whether an artifact is made with the model pack in this config."""
        artifact = ARTIFACTS[name]
        return artifact.models and (not artifact.models_with or self.means(artifact.models_with))

    def folder(self, name: str) -> str:
        """Give an artifact's version folder; a name that the config does not mean has none on disk."""
        stage = ARTIFACTS[name].stage
        return f"{self.results}/{stage}/{self.version(name) if self.means(name) else 'not-configured'}"

    @cached_property
    def model_digests(self) -> list[str]:
        """The SHA-256 of each model file, as the pack promises them, and of their contracts."""
        contracts = [asdict(self.pack.detector), asdict(self.pack.embedder)]
        return [*(file.sha256 for file in self.pack.files), digest_of(contracts)]

    def arguments(self, name: str, *more: str) -> str:
        """Give the settings that an artifact reads, and `more` keys, as quoted words of a shell command."""
        return shlex.join(self.argument_words(name, *more))

    def shard_arguments(self, name: str, *more: str) -> str:
        """Give the settings that an artifact's shards read, and `more` keys, as `arguments` does."""
        return shlex.join(self.argument_words(name, *more, without=SHARDED[name].collected))

    def argument_words(self, name: str, *more: str, without: Collection[str] = ()) -> list[str]:
        """Give the settings that an artifact reads, and `more` keys, as words of a command line."""
        arguments = self.argument_names(name) | {key: key.rpartition(".")[2] for key in more}
        return [
            word
            for key in arguments
            if key not in without
            for word in words(arguments[key].replace("_", "-"), setting(self.config, key))
        ]

    def argument_names(self, name: str) -> dict[str, str]:
        """Give the argument of each setting that an artifact reads."""
        artifact = ARTIFACTS[name]
        return {key: artifact.renamed.get(key, key.rpartition(".")[2]) for key in artifact.settings}

    def code(self, rule: str) -> str:
        """Give the digest of a rule's code."""
        return stage_digest(rule)

    def target(self, stage: str) -> list[str]:
        """Give the files that stand for a finished stage.

        Raises
        ------
        ConfigError
            If the config does not have what the stage needs.
        """
        artifacts = artifacts_of(stage)
        if not any(self.means(artifact.name) for artifact in artifacts):
            missing = [key for key in artifacts[0].needs if not setting(self.config, key)]
            raise ConfigError(
                f"The config does not mean stage '{stage}'", expected=" and ".join(missing), found="null"
            )
        if stage == "release":
            return [self.receipt]
        return [
            f"{self.folder(artifact.name)}/provenance.json"
            for artifact in artifacts
            if self.means(artifact.name)
        ]

    @property
    def reads_models(self) -> bool:
        """Whether any artifact of the config is made with the model pack."""
        return any(self.means(name) for name in ("embeddings", "detections", "gold/predictions"))

    @property
    def receipt(self) -> str:
        """The file that says which release this config published; the release's own name is its content's."""
        return f"{self.results}/.releases/{self.version('release')}.json"

    @property
    def gpus(self) -> int:
        """How many GPUs a model stage asks for."""
        return int(self.config.device != "cpu")

    @property
    def merged_argument(self) -> str:
        """The data set that was merged from the sources, where their inventory is to refuse other lengths."""
        refused = self.means("audit") and self.config.sources.findings["merged_length"] == "error"
        return option("merged", self.config.sources.merged) if refused else ""

    @property
    def isolation_argument(self) -> str:
        """Whether photos and videos are decoded in a process of their own."""
        return shlex.join(words("isolate", self.config.media.isolate))

    @property
    def photos_argument(self) -> str:
        """The bank, where a release holds its photos."""
        return option("bank-root", self.config.bank.root) if self.config.release.include_photos else ""

    @property
    def workflow(self) -> Path:
        """The workflow that builds what the config means."""
        return PROJECT / "Snakefile"

    @property
    def requirements(self) -> Path:
        """The folder of the locks and of their licences."""
        return PROJECT / "requirements"

    @property
    def described_files(self) -> list[Path]:
        """What a release holds or describes of the workflow itself: its content counts, not where it lies."""
        return [
            self.workflow,
            *(self.requirements / name for name in ("cpu.lock", "gpu.lock", "licences.tsv")),
        ]

    @property
    def root_arguments(self) -> str:
        """The user's folders, for the stage that shows pictures."""
        roots = {"bank-root": self.config.bank.root, "sources-root": self.config.sources.root}
        return shlex.join(word for flag, root in roots.items() for word in words(flag, root))

    @property
    def predicted(self) -> list[str]:
        """The file of regions that are predicted here, where the user gives none."""
        name = "gold/predictions"
        return [f"{self.folder(name)}/predictions.jsonl"] if self.means(name) else []

    @property
    def predictions(self) -> str | None:
        """The file of predicted regions: the user's, or what is predicted here."""
        return self.config.gold.predictions or next(iter(self.predicted), None)

    @property
    def local_roots(self) -> str:
        """Where a stage finds the photos in which it predicts regions itself, if it does."""
        return option("image-roots", self.config.gold.image_roots) if self.means("gold/predictions") else ""

    @property
    def local_pack(self) -> str:
        """By what it does so."""
        return option("model-pack", str(self.pack_folder)) if self.means("gold/predictions") else ""

    def path_variables(self, shards: Mapping[str, int]) -> dict[str, str]:
        """Give the path variables of the rules: one for each version folder, and where shards and logs go.

        Parameters
        ----------
        shards : mapping
            Artifact -> the number of its shards.
        """
        variables = {name.replace("/", "_"): self.folder(name) for name in ARTIFACTS}
        return variables | {
            **{f"{name}_shards": self.shards(name, count) for name, count in shards.items()},
            "receipt": self.receipt,
            "logs": f"{self.results}/.logs",
            "benchmarks": f"{self.results}/.logs/benchmarks",
        }

    def upstream_files(self, name: str) -> dict[str, str]:
        """Give the provenance.json of each version folder that an artifact reads, by name."""
        return {
            other.replace("/", "_"): f"{self.folder(other)}/provenance.json" for other in self.upstream(name)
        }

    def upstream_arguments(self, name: str) -> str:
        """Give each version folder that an artifact reads as words of a shell command."""
        folders = (
            (other.replace("/", "-").replace("_", "-"), self.folder(other)) for other in self.upstream(name)
        )
        return shlex.join(word for flag, folder in folders for word in words(flag, folder))

    def contents_of_artifacts(self) -> dict[str, str]:
        """Digest what each artifact reads of the user's files; empty text for one that reads none."""
        digests = {
            # What no stage but the first reads of it: licences, and what the models are to see.
            "models.pack": sha256_file(self.pack.folder / "pack.yaml"),
            "bank.root": self.files.photos.whole,
            "sources.root": self.files.sources.whole,
            "gold.image_roots": self.files.images() if self.means("gold/predictions") else "",
            **self.files.gold(),
        }
        read = {
            name: next((key for key in artifact.reads if setting(self.config, key)), "")
            for name, artifact in ARTIFACTS.items()
            if self.means(name)
        }
        found = {name: digests.get(key, "") for name, key in read.items()}
        merged = self.files.merged()
        if merged and "audit" in found:
            found["audit"] = digest_of([found["audit"], merged])
        if "release" in found:
            found["release"] = digest_of(self.contents.digests(self.described_files))
        return found

    def shards(self, name: str, count: int) -> str:
        """Give the folder of an artifact's shard files: no version folder, for the shards are merged."""
        return f"{self.results}/.shards/{name}/{self.folder(name).rpartition('/')[2]}/of-{count}"

    def values(self, keys: tuple[str, ...]) -> dict[str, Any]:
        """Give config values by their dotted keys, as plain JSON values."""
        document = self.config.model_dump(mode="json")
        values = {}
        for key in keys:
            section, _, name = key.partition(".")
            values[key] = document[section][name]
        return values
