"""What code makes a stage: a digest of the syntax trees of all that its module imports, and of its rule.

Snakemake sees a rule's text, not the modules behind its command. Every rule therefore carries
``stage_digest(<rule>)`` among its params, so that an edit of any module in the stage's import closure
makes that stage stale, and an edit of a comment or a docstring none. What the rule hands to the command
counts too: Snakemake forgets it with its records.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.artifacts.digests import digest_of, sha256_file
from facebank.artifacts.rules import rule_digest
from facebank.artifacts.syntax import Syntax, read_syntax

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SCATTERED", "code_digest", "import_closure", "module_digests", "stage_digest", "stage_modules"]

_PACKAGE = Path(__file__).resolve().parent.parent

#: Rule that collects shards -> the rule that makes them: both are the code of what is collected.
SCATTERED = {
    "collect_embeddings": "embed_photos",
    "collect_detections": "detect_keyframes",
    "collect_verdicts": "audit_slots",
}

#: Enough of a SHA-256 to tell a module from its former self.
_MODULE_DIGITS = 16


def stage_digest(rule: str, package: Path = _PACKAGE) -> str:
    """Give the digest of the code that makes what `rule` writes; it starts at ``facebank.stages.<rule>``.

    Parameters
    ----------
    rule : str
        The rule's name.
    package : Path
        The folder of the package; another one in tests.

    Returns
    -------
    str
        64 hex digits over `stage_modules`.
    """
    return digest_of(stage_modules(rule, package))


def stage_modules(rule: str, package: Path = _PACKAGE) -> dict[str, str]:
    """Give the digest of each module and rule that makes what `rule` writes, its shards included, by name.

    Parameters
    ----------
    rule : str
        The rule's name.
    package : Path
        The folder of the package; another one in tests.

    Returns
    -------
    dict of str to str
        Dotted name, or ``rule`` and a rule's name -> 16 hex digits, see `module_digests` and `rule_digest`.
    """
    rules = [name for name in (rule, SCATTERED.get(rule)) if name]
    found: dict[str, str] = {}
    for name in rules:
        found.update(module_digests(f"{package.name}.stages.{name}", package))
        if written := rule_digest(name, package.parents[1] / "rules"):
            found[f"rule {name}"] = written[:_MODULE_DIGITS]
    return dict(sorted(found.items()))


def code_digest(module: str, package: Path = _PACKAGE) -> str:
    """Give the SHA-256 of the code of a module and of all that it imports from its own package.

    Parameters
    ----------
    module : str
        Dotted name.
    package : Path
        The folder of the package.

    Returns
    -------
    str
        64 hex digits over `module_digests`.
    """
    return digest_of(dict(module_digests(module, package)))


@cache
def module_digests(module: str, package: Path = _PACKAGE) -> Mapping[str, str]:
    """Give the digest of the code of a module and of each that it imports from its own package.

    Parameters
    ----------
    module : str
        Dotted name.
    package : Path
        The folder of the package.

    Returns
    -------
    mapping of str to str
        Dotted name -> 16 hex digits over its syntax tree (no comments, docstrings, positions) and templates.
    """
    found = {}
    for name in import_closure(module, package):
        found[name] = _digest(_module_file(name, package))
    return found


def import_closure(module: str, package: Path = _PACKAGE) -> tuple[str, ...]:
    """List the package's own modules that `module` imports, directly or not, itself included, sorted.

    Imports inside functions count, imports for type checking too: more is stale rather than less.
    """
    found: set[str] = set()
    open_modules = [module]
    while open_modules:
        name = open_modules.pop()
        if name in found or not _is_module(name, package):
            continue
        found.add(name)
        # Importing a.b.c runs a and a.b as well.
        open_modules += [name.rpartition(".")[0], *_imports(name, package)]
    return tuple(sorted(found))


@cache
def _is_module(name: str, package: Path) -> bool:
    """Tell whether a dotted name is a module of the package."""
    return (name == package.name or name.startswith(f"{package.name}.")) and _module_file(
        name, package
    ).is_file()


def _module_file(name: str, package: Path) -> Path:
    """Give the file of a dotted module name."""
    path = package.parent.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _imports(name: str, package: Path) -> tuple[str, ...]:
    """List what a module imports by dotted name; ``from a import b`` may name the module a.b."""
    return _syntax(_module_file(name, package)).imports


@cache
def _digest(file: Path) -> str:
    """Give the digest of a module's code."""
    # What a package renders with is code too.
    templates = sorted(file.parent.glob("templates/*")) if file.name == "__init__.py" else []
    if not templates:
        return _syntax(file).digest[:_MODULE_DIGITS]
    rendered = {template.name: sha256_file(template) for template in templates}
    return digest_of([_syntax(file).digest, rendered])[:_MODULE_DIGITS]


@cache
def _syntax(file: Path) -> Syntax:
    """Read a module once a process."""
    return read_syntax(file)
