"""What code makes a stage: a digest of the syntax trees of everything that its module imports.

Snakemake sees a rule's text, not the modules behind its command. Every rule therefore carries
``stage_digest(<rule>)`` among its params, so that an edit of any module in the stage's import closure
makes that stage stale, and an edit of a comment or a docstring none.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

__all__ = ["code_digest", "import_closure", "stage_digest"]

_PACKAGE = Path(__file__).resolve().parent.parent


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
        See `code_digest`.
    """
    return code_digest(f"{package.name}.stages.{rule}", package)


@cache
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
        64 hex digits over module names, syntax trees (no comments, docstrings, positions) and templates.
    """
    digest = hashlib.sha256()
    for name in import_closure(module, package):
        file = _module_file(name, package)
        digest.update(name.encode() + b"\0" + _tree(file).encode() + b"\0")
        # What a package renders with is code too.
        for template in sorted(file.parent.glob("templates/*")) if file.name == "__init__.py" else ():
            digest.update(template.name.encode() + b"\0" + template.read_bytes() + b"\0")
    return digest.hexdigest()


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


def _is_module(name: str, package: Path) -> bool:
    """Tell whether a dotted name is a module of the package."""
    return (name == package.name or name.startswith(f"{package.name}.")) and _module_file(
        name, package
    ).is_file()


def _module_file(name: str, package: Path) -> Path:
    """Give the file of a dotted module name."""
    path = package.parent.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imports(name: str, package: Path) -> list[str]:
    """List what a module imports by dotted name; ``from a import b`` may name the module a.b."""
    tree = ast.parse(_module_file(name, package).read_bytes())
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


@cache
def _tree(file: Path) -> str:
    """Give a module's syntax tree as text, without docstrings; comments and positions are not in it."""
    tree = ast.parse(file.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            node.body and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
        ):
            node.body = node.body[1:]
    return ast.dump(tree)
