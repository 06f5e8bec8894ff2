"""The command ``facebank``: one subcommand a rule, and a few that answer questions.

A stage's module is imported only when its command runs: listing the commands reads their docstrings
from the source. The functions themselves are the commands; their numpydoc is the help.
"""

from __future__ import annotations

import ast
import sys
import time
import traceback
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from os import devnull
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import (
    App,
    CycloptsError,
    Group,
    MissingArgumentError,
    UnknownCommandError,
    UnusedCliTokensError,
)
from rich.console import Console
from rich.text import Text

from facebank import __version__
from facebank.console.durations import duration
from facebank.console.memory import peak_memory
from facebank.console.progress import show_progress
from facebank.errors import ConfigError, FacebankError
from facebank.project import PROJECT
from facebank.refusals import refusal_of
from facebank.runtime.progress import listening
from facebank.shown import shown_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMANDS", "GROUPS", "QUESTIONS", "RULES", "app", "main"]

_HELP = """Identity supervision from photos and videos, one stage at a time. `snakemake` runs them all.

Every command takes -q (errors alone) and -v (also where an error comes from, time and memory)."""

#: The two parts of the help: what people type, and what Snakemake does.
_QUESTIONS = Group("What you run", sort_key=1)
_STAGES = Group("Stages, which Snakemake runs", sort_key=2)

_QUIET, _VERBOSE = frozenset({"-q", "--quiet"}), frozenset({"-v", "--verbose"})

#: What shells give for a command that Ctrl-C ended.
_INTERRUPTED = 130

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
    "collect_verdicts",
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
    "view",
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
    "simulate",
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


#: What lists the commands instead of running one: a group's name, or nothing.
_LISTS = ("", *GROUPS)


def app(words: Sequence[str] = ()) -> App:
    """Make the command line application.

    Parameters
    ----------
    words : sequence of str, optional
        What it is asked. Where that names a command, no other's summary is read: nobody sees it, and each
        job of a build would parse the source of all of them.
    """
    asked = _named(words).strip()
    application = App(
        name="facebank",
        help=_HELP,
        version=__version__,
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
    )
    for group in GROUPS:
        application.command(App(name=group, group=_QUESTIONS, help=_summary(f"facebank.commands.{group}")))
    for command, target in COMMANDS.items():
        group, _, name = command.rpartition(" ")
        (application[group] if group else application).command(
            target,
            name=name,
            help=_summary(target) if asked in (command, *_LISTS) else None,
            group=_STAGES if target.startswith("facebank.stages.") else _QUESTIONS,
        )
    application.register_install_completion_command(
        name="install-completion",
        help="Let the shell complete commands and options (bash, zsh, fish).",
        group=_QUESTIONS,
    )
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
    how, words = _Volume.taken_from(sys.argv[1:] if arguments is None else arguments)
    start = time.monotonic()
    try:
        with ExitStack() as stack:
            if not how.quiet:
                stack.enter_context(listening(show_progress))
            elif words and words[0].replace("-", "_") in RULES:
                # A stage's output is its files; what a question answers is never dropped.
                nothing = stack.enter_context(Path(devnull).open("w", encoding="utf-8"))
                stack.enter_context(redirect_stdout(nothing))
            app(words)(words)
    except CycloptsError as error:
        return _fail(ConfigError.exit_code, _usage(error, words), how)
    except FacebankError as error:
        return _fail(error.exit_code, str(error), how)
    except BrokenPipeError:
        # Whoever read the answer has seen enough, as `head` does.
        sys.stdout = Path(devnull).open("w", encoding="utf-8")  # noqa: SIM115 (the interpreter flushes it at its end)
        return 0
    except KeyboardInterrupt:
        return _fail(_INTERRUPTED, "interrupted; what was finished stands, nothing is half-written.", how)
    except (OSError, MemoryError) as error:
        if (refusal := refusal_of(error)) is None:
            raise
        return _fail(refusal.exit_code, str(refusal), how)
    if how.verbose:
        took = duration(time.monotonic() - start)
        _tell(Text(f"took {took}, at most {peak_memory() / 1e6:.0f} MB of memory"))
    return 0


@dataclass(frozen=True, slots=True)
class _Volume:
    """How much is said beside the answer: ``-q`` errors alone, ``-v`` also where they come from."""

    quiet: bool = False
    verbose: bool = False

    @classmethod
    def taken_from(cls, words: Sequence[str]) -> tuple[_Volume, list[str]]:
        """Take the options out of a command line; behind ``--`` nothing is an option."""
        end = words.index("--") if "--" in words else len(words)
        options, rest = words[:end], words[end:]
        how = cls(quiet=bool(set(options) & _QUIET), verbose=bool(set(options) & _VERBOSE))
        return how, [*(word for word in options if word not in _QUIET | _VERBOSE), *rest]


def _fail(code: int, text: str, how: _Volume) -> int:
    """Print one error and give the exit code."""
    if how.verbose:
        traceback.print_exc()
    _tell(Text.assemble(("facebank: error: ", "bold red"), shown_lines(text)))
    return code


def _usage(error: CycloptsError, words: Sequence[str]) -> str:
    """Say what is wrong with a command line, and where its help is."""
    command = _named(words)
    text = str(error)
    match error:
        case UnusedCliTokensError(unused_tokens=[first, *_]):
            text = f"The command takes no '{first}': it is a word too many."
            if Path(first).suffix in (".yaml", ".yml"):
                text += f" Did you mean --configfile {first}?"
        case MissingArgumentError(argument=argument) if argument and not argument.tokens:
            name = argument.name.removeprefix("--")
            place = name.upper() if argument.field_info.is_positional else f"--{name}"
            text = f"`facebank {command.strip()}` needs {place}."
        case _ if words and words[0].startswith("-"):
            text = f"Options stand behind the command, and '{words[0]}' stands before it."
        case UnknownCommandError():
            # The library goes on with a list of commands that begins with stages, which nobody types.
            text = text.partition(" Available commands")[0]
    return f"{text} See `facebank {command}--help`."


def _tell(text: Text) -> None:
    """Print a line to stderr."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(text)


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
