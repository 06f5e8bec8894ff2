"""Draw where each stage's time goes: py-spy looks at the workflow's own commands, on one thread.

``python benchmarks/where_time_goes.py`` builds the work of `stages` once at one size, keeps the samples by
part in ``results/.bench/parts.json`` and draws them as ``docs/images/where_time_goes.svg``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

from facebank.artifacts.atomic import write_json
from facebank.cli import RULES
from facebank.project import PROJECT
from ledger import KEPT
from machine import facts
from stages import commands_of
from workload import workload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["PARTS", "part_of", "parts_in"]

#: What is counted, in the order in which it is drawn: the innermost call that a pattern fits decides.
PARTS: Mapping[str, str] = {
    "start and imports": r"<frozen importlib|<frozen site|facebank/cli\.py|cyclopts/",
    "models": r"onnxruntime/|onnxruntime_inference",
    "decoding": r"PIL/(Image|ImageFile|JpegImagePlugin|PngImagePlugin)\.py|facebank/media/|/av/",
    "pictures and plots": r"matplotlib/|facebank/(report|scoring)/(pictures|overlays|clips)|validation/plots",
    "faces: crops, boxes, pose": r"facebank/faces/|facebank/bank/extraction|skimage/|insightface/",
    "perceptual hashes": r"imagehash/",
    "masks": r"facebank/(gold/(masks|java)|label_studio/(rings|drawings|brush)|predictor|scoring/scores)",
    "tables, JSON and digests": r"pyarrow/|pandas/|json/|csv\.py|facebank/(artifacts|reading|runtime/cache)",
    "templates": r"jinja2/|facebank/report/",
}
_REST = "other Python and NumPy"
#: Size of the work, and looks a second.
_FACTOR, _RATE = 4, 200
_PICTURE = PROJECT / "docs/images/where_time_goes.svg"
_SAMPLES = KEPT / "parts.json"


def part_of(stack: str) -> str:
    """Tell to which part a stack belongs.

    Parameters
    ----------
    stack : str
        As py-spy writes it: calls from the outermost on, separated by semicolons.
    """
    if "<frozen importlib" in stack:  # a module's own lines belong to its import
        return next(iter(PARTS))
    for call in reversed(stack.split(";")):
        for part, pattern in PARTS.items():
            if re.search(pattern, call):
                return part
    return _REST


def parts_in(lines: Iterable[str]) -> dict[str, int]:
    """Count the samples of each part in py-spy's raw output: a stack and its count in each line."""
    counts: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rstrip("\n").rpartition(" ")
        counts[part_of(stack)] += int(count)
    return dict(counts)


def main() -> None:
    """Look at each command once, and draw."""
    with tempfile.TemporaryDirectory() as base:
        work = workload(Path(base), _FACTOR)
        seconds: dict[str, dict[str, float]] = {}
        for words in commands_of(work):
            rule = words[0].replace("-", "_")
            seconds[rule] = {part: count / _RATE for part, count in _watched(words, work.folder).items()}
            print(rule, f"{sum(seconds[rule].values()):.1f} s", flush=True)
    write_json(_SAMPLES, {"machine": facts(), "factor": _FACTOR, "seconds": seconds})
    _draw(json.loads(_SAMPLES.read_text(encoding="utf-8"))["seconds"])


def _watched(words: Sequence[str], folder: Path) -> dict[str, int]:
    """Run a command under py-spy in a folder; give the samples of each part."""
    samples = folder / "samples.txt"
    subprocess.run(
        [
            *("py-spy", "record", "--format", "raw", "--rate", str(_RATE), "--nonblocking"),
            *("--output", str(samples), "--", sys.executable, "-m", "facebank", *words),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    with samples.open(encoding="utf-8") as lines:
        return parts_in(lines)


def _draw(seconds: Mapping[str, Mapping[str, float]]) -> None:
    """Draw a bar a stage: each part's share of the stage's seconds, which stand beside its name."""
    order = [rule for rule in (*RULES, "verify") if rule in seconds]
    parts = [*PARTS, _REST]
    with mpl.rc_context({"svg.hashsalt": "facebank", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(8.5, 0.27 * len(order) + 1.3), layout="constrained")
        axes = figure.add_subplot()
        places = list(range(len(order)))
        left = [0.0] * len(order)
        colours = mpl.colormaps["tab20"]
        for number, part in enumerate(parts):
            totals = [sum(seconds[rule].values()) or 1.0 for rule in order]
            shares = [
                100 * seconds[rule].get(part, 0.0) / total for rule, total in zip(order, totals, strict=True)
            ]
            axes.barh(places, shares, left=left, label=part, color=colours(number / 10), height=0.75)
            left = [so_far + share for so_far, share in zip(left, shares, strict=True)]
        labels = [f"{rule}, {sum(seconds[rule].values()):.1f} s" for rule in order]
        axes.set_yticks(places, labels)
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel("share of the command's processor time, %")
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside lower center", ncols=4, frameon=False)
        figure.savefig(_PICTURE, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
