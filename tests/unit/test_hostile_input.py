"""What our code never does with what others wrote: found in its syntax trees."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("workflow", "benchmarks", "requirements", "docs")
    for path in (ROOT / folder).rglob("*.py")
)

#: Never imported: they make objects of bytes, run what they read, or follow what XML refers to.
MODULES = (
    "cloudpickle",
    "dill",
    "joblib",
    "lxml",
    "marshal",
    "pickle",
    "shelve",
    "telnetlib",
    "xml.dom",
    "xml.etree.ElementTree.parse",
    "xml.parsers",
    "xml.sax",
    "xmlrpc",
)
#: But what they raise may be caught.
ERRORS = ("pickle.UnpicklingError",)
#: Never called.
CALLS = {
    "eval",
    "exec",
    "compile",
    "input",
    "os.popen",
    "os.system",
    "numpy.fromregex",
    "pandas.eval",
    "pandas.read_pickle",
    "pandas.read_xml",
    "shutil.unpack_archive",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "tempfile.mktemp",
    "xml.etree.ElementTree.XML",
    "xml.etree.ElementTree.fromstring",
    "xml.etree.ElementTree.iterparse",
    "xml.etree.ElementTree.parse",
    "yaml.full_load",
    "yaml.load",
    "yaml.load_all",
    "yaml.unsafe_load",
}
#: Called with this keyword as it stands here, or not at all.
KEYWORDS = {
    "numpy.load": ("allow_pickle", False),
    "numpy.save": ("allow_pickle", False),
    "torch.load": ("weights_only", True),
}
#: Folders of scripts that read what a command of ours wrote.
SCRIPTS = ("/benchmarks/", "/requirements/")
#: Methods that unpack an archive by the names in it.
METHODS = {"extract", "extractall"}
#: Parsers that know no limit -> the modules that may call them: they set one, or read text of ours.
PARSERS = {
    "json.load": (),
    "json.loads": (
        "facebank/gold/javascript.py",
        "facebank/artifacts/syntax.py",
        "facebank/release/materials.py",
    ),
    "orjson.loads": ("facebank/gold/rows.py",),
    "ruamel.yaml.YAML": (
        "facebank/reading/yaml_documents.py",
        "facebank/proposal/text.py",
        "facebank/config/document.py",
    ),
    "yaml.safe_load": ("facebank/config/document.py",),
    "jinja2.Environment": ("facebank/report/render.py", "facebank/release/card.py"),
}


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    """Give the full name of what an expression names, "" if it names nothing."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute) and (holder := dotted(node.value, names)):
        return f"{holder}.{node.attr}"
    return ""


def imported(tree: ast.AST) -> dict[str, str]:
    """Map the names that a module imports to what they are."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def faults(source: str, place: str) -> Iterator[str]:
    """Give what a module does that it must not."""
    tree = ast.parse(source)
    names = imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            taken = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            taken = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            taken = []
        yield from (
            f"line {node.lineno}: imports {name}"
            for name in taken
            if any(name == module or name.startswith(f"{module}.") for module in MODULES)
            and name not in ERRORS
        )
        if isinstance(node, ast.Call):
            yield from (f"line {node.lineno}: {fault}" for fault in call_faults(node, names, place))


def call_faults(node: ast.Call, names: dict[str, str], place: str) -> Iterator[str]:
    """Give what is wrong with one call."""
    name = dotted(node.func, names)
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if name in CALLS:
        yield f"calls {name}"
    if name in KEYWORDS:
        keyword, wanted = KEYWORDS[name]
        value = given.get(keyword)
        if not (isinstance(value, ast.Constant) and value.value is wanted):
            yield f"calls {name} without {keyword}={wanted}"
    if (
        name in PARSERS
        and not any(script in place for script in SCRIPTS)
        and not place.endswith(PARSERS[name])
    ):
        yield f"calls {name}, see facebank.reading"
    if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        yield f"calls {node.func.attr}"
    shell = given.get("shell")
    if shell is not None and not (isinstance(shell, ast.Constant) and shell.value is False):
        yield "runs a shell"


@pytest.mark.parametrize("path", SOURCES, ids=[path.relative_to(ROOT).as_posix() for path in SOURCES])
def test_no_module_believes_what_it_reads(path: Path) -> None:
    assert list(faults(path.read_text(encoding="utf-8"), path.as_posix())) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("", 0),
        ("import numpy as np\nnp.load('a', allow_pickle=False)", 0),
        ("import numpy as np\nnp.load('a')", 1),
        ("import numpy\nnumpy.load('a', allow_pickle=True)", 1),
        ("from numpy import load as read\nread('a', allow_pickle=some)", 1),
        ("import pickle", 1),
        ("from pickle import loads", 1),
        ("import cloudpickle as c", 1),
        ("import torch\ntorch.load('a')", 1),
        ("import torch\ntorch.load('a', weights_only=True)", 0),
        ("import yaml\nyaml.load('a', Loader=yaml.SafeLoader)", 1),
        ("import yaml\nyaml.safe_load('a')", 1),
        ("eval('1')\nexec('1')", 2),
        ("model.eval()", 0),
        ("import re\nre.compile('a')", 0),
        ("import subprocess\nsubprocess.run('ls', shell=True)", 1),
        ("import subprocess\nsubprocess.run(['ls'], shell=False)", 0),
        ("import os\nos.system('ls')", 1),
        ("from xml.etree import ElementTree\nElementTree.parse('a')", 1),
        ("from xml.dom import minidom", 1),
        ("import zipfile\nzipfile.ZipFile('a').extractall()", 1),
        ("import json\njson.loads('1')\njson.dumps(1)", 1),
    ],
)
def test_the_walk_finds_what_it_looks_for(source: str, found: int) -> None:
    assert len(list(faults(source, "elsewhere.py"))) == found
