"""A module has one digest, whichever Python reads it: a cluster's nodes may have another than its head."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import facebank
from facebank.artifacts.syntax import syntax_of

SOURCES = Path(facebank.__file__).parent.parent

#: Source -> the first 16 digits of its digest: each Python is held to them by itself.
DIGESTS = {
    "": "cd727d8852eccdc8",
    "x = 1": "ebcbcd063976b4d2",
    "def f(a, /, b=1, *c, d, e=2, **g) -> int: ...": "6d3578b86a229d4f",
    "@d(1)\n@e\nclass A(B, metaclass=M):\n    x: int\n    y: 'int' = 3\n    (z): int\n": "743be3eb91b8a788",
    "async def f():\n    async with a as b, c: return [await i async for i in j]": "1f27af1d79d00dc4",
    "def f():\n    global x\n    yield\n    yield from y\n": "3499e485965bef73",
    "if (n := 1) if y else z: del a, b": "3afc85506222cd63",
    "a < b <= c; a[1:2, ..., *d]; {**a, 'b': 1}; f(*a, **b); lambda *, a=1: a": "55aee24d7b3cbf96",
    "try: pass\nexcept* E as e: raise A from e\n": "9c21dae55df687b0",
    "match x:\n"
    "    case None | True | -1 + 2j: pass\n"
    "    case {'a': 1, **rest}: pass\n"
    "    case [1, *_] | P(1, a=2) as q if q: pass\n": "dbeffb081f712554",
    "x = b'\\xff' b'a'; u'x'; 1e999; 1e999j; 0.1; 1_000; ...; None; True; -0.0": "0a498f1bcd525935",
    "x = 0x" + "f" * 5000: "224b63d77a247930",
    "x = 'a' \"b\" '''c\n'''; '\\ud800'; '\\U0001fae8 \\U0001c8ff \\u1c89 \\xa0'": "7c88bbade19af01d",
    "ℌ = µ": "ed73b3930080225b",  # noqa: RUF001 (Python takes both for other letters)
    "f''; f'{x}' ''; 'a' f'{x}' 'b' f'c{y!r}' rf'\\d'; f'{{}}{x}{{a}}'": "f04b6a02f4c2f976",
    "f'{x:}{x:>{w}}{x:{w}.{p}f}{x!r:{y}}{x:{\"\"}}'": "5e10fd7b7a45a4df",
    "f'{x=}{x = !r:>10}{x + 1=:.3f}'; f'''{\nx\n}'''; f'{t:%H:%M}'; f'{*a, }'": "fdd8e235f556139b",
}

#: Reads sources as JSON, and says their digests.
_TELL = (
    "import json, sys; sys.path.insert(0, sys.argv[1]); from facebank.artifacts.syntax import syntax_of;"
    "print(json.dumps([syntax_of(source.encode()).digest for source in json.load(sys.stdin)]))"
)


@pytest.fixture(scope="module")
def digests() -> dict[str, str]:
    """Give the digest of each source here: those above, and each module of the package."""
    modules = [path.read_text(encoding="utf-8") for path in sorted((SOURCES / "facebank").rglob("*.py"))]
    return {source: syntax_of(source.encode()).digest for source in [*DIGESTS, *modules]}


@pytest.mark.parametrize(("source", "digest"), DIGESTS.items(), ids=lambda text: ascii(text)[:30])
def test_digests_are_those_of_every_python(source: str, digest: str) -> None:
    assert syntax_of(source.encode()).digest[:16] == digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f()", "f(None)"),
        ("f(1)", "f(True)"),
        ("f(1)", "f(1.0)"),
        ("f('None')", "f(None)"),
        ("f('a')", "f(b'a')"),
        ("f([])", "f(())"),
        ("{a: b}", "{**b}"),
        ("def f(*, a, b=1): ...", "def f(*, a=1, b): ..."),
        ("f'{x}'", "f'{x!s}'"),
        ("f'{x:}'", "f'{x:1}'"),
        ("f'{x:{y}}'", "f'{x:{y} }'"),
        ("return_ = a", "return_ = 'a'"),
        ("match x:\n case None: pass", "match x:\n case False: pass"),
        ("from .a import b", "from a import b"),
        ("async def f(): ...", "def f(): ..."),
        ("x: int", "(x): int"),
        ("[i for i in j]", "{i for i in j}"),
    ],
)
def test_what_differs_has_other_digests(one: str, other: str) -> None:
    assert syntax_of(one.encode()).digest != syntax_of(other.encode()).digest


@pytest.mark.parametrize("python", ["python3.11", "python3.12", "python3.13"])
def test_other_pythons_find_the_same(python: str, digests: dict[str, str]) -> None:
    try:
        told = subprocess.run(
            [python, "-I", "-c", _TELL, str(SOURCES)],
            input=json.dumps(list(digests)),
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip(f"no {python} here")
    if told.returncode == 127:
        pytest.skip(f"{python} is a name without a Python")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == list(digests.values())


def test_it_is_found_by_the_standard_library_alone() -> None:
    check = "import sys; sys.path.insert(0, sys.argv[1]); import facebank.artifacts.syntax"
    subprocess.run([sys.executable, "-I", "-S", "-c", check, str(SOURCES)], check=True)
