"""The command ``facebank``: one subcommand a rule, and a few that answer questions.

A stage's module is imported only when its command runs: listing the commands reads their docstrings
from the source. The functions themselves are the commands; their numpydoc is the help.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from cyclopts import App, CycloptsError
from rich.console import Console

from facebank import __version__
from facebank.errors import ConfigError, FacebankError
from facebank.plan.plan import PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMANDS", "GROUPS", "QUESTIONS", "RULES", "app", "main"]

#: The rules, in the order in which they run; each is `facebank.stages.<rule>.<rule>`.
RULES = (
    "check_models",
    "index_photos",
    "index_sources",
    "embed_photos",
    "collect_embeddings",
    "build_gallery",
    "validate_gallery",
    "detect_keyframes",
    "collect_detections",
    "interpolate_labels",
    "audit_slots",
    "import_gold",
    "predict_regions",
    "evaluate_gold",
    "compare_gold_variants",
    "measure_agreement",
    "render_report",
    "check_limits",
    "publish_release",
)

#: What is asked outside of a build; each is `facebank.commands.<name>.<name>`.
QUESTIONS = (
    "init",
    "check",
    "doctor",
    "where",
    "status",
    "why",
    "versions",
    "diff",
    "compare",
    "prune",
    "summarise",
    "verify",
    "export",
    "forget",
    "make_demo",
    "document_config",
)

#: Commands with commands of their own; each of those is `facebank.commands.<group>.<its function>`.
GROUPS = {
    "models": {
        "list": "list_packs",
        "show": "show_pack",
        "check": "check_pack",
        "add": "add_pack",
        "fetch": "fetch_pack",
    }
}

#: Subcommand -> the function that it runs, as ``module:function``.
COMMANDS = {
    name.replace("_", "-"): f"facebank.{package}.{name}:{name}"
    for package, names in (("stages", RULES), ("commands", QUESTIONS))
    for name in names
} | {
    f"{group} {name}": f"facebank.commands.{group}:{function}"
    for group, functions in GROUPS.items()
    for name, function in functions.items()
}


def app() -> App:
    """Make the command line application."""
    application = App(
        name="facebank",
        help="Identity supervision from photos and videos, one stage at a time. `snakemake` runs them all.",
        version=__version__,
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
    )
    for group in GROUPS:
        application.command(App(name=group, help=_summary(f"facebank.commands.{group}")))
    for command, target in COMMANDS.items():
        group, _, name = command.rpartition(" ")
        (application[group] if group else application).command(target, name=name, help=_summary(target))
    return application


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``facebank``; those of the process if left out.

    Returns
    -------
    int
        0 good, 1 a limit or check failed, 2 bad usage or config, 3 bad data, 4 no model or provider.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        app()(words)
    except CycloptsError as error:
        return _fail(ConfigError.exit_code, f"{error} See `facebank {_named(words)}--help`.")
    except FacebankError as error:
        return _fail(error.exit_code, str(error))
    return 0


def _fail(code: int, text: str) -> int:
    """Print one error and give the exit code."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"facebank: error: {text}", markup=False)
    return code


def _named(words: Sequence[str]) -> str:
    """Give the command that was asked for, if there is one, for a pointer to its help."""
    named = [" ".join(words[:count]) for count in (2, 1)]
    return next((f"{name} " for name in named if name in COMMANDS or name in GROUPS), "")


def _summary(target: str) -> str:
    """Read the first line of a function's docstring from its source, or of a module's, after its name."""
    module, _, function = target.partition(":")
    source = (PROJECT / "workflow" / "src").joinpath(*module.split(".")).with_suffix(".py")
    tree = ast.parse(source.read_bytes())
    if not function:
        said = (ast.get_docstring(tree) or "").partition("\n")[0].partition(": ")[2]
        return said[:1].upper() + said[1:]
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    return (ast.get_docstring(found[0]) or "").partition("\n")[0]
