"""Read mutated files with one target, in a process that is bound in memory and in time for each file.

What it prints is one JSON object. It ends as the target ends: by a signal where that crashes or takes longer.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from importlib import import_module
from itertools import count
from pathlib import Path
from random import Random

#: Megabytes beside what the process has before the first file.
MEMORY_MB = 3000
#: Seconds of processor time for a file.
SECONDS = 20


if __name__ == "__main__":
    here = Path(__file__).parent
    sys.path[:0] = [str(here.parent), str(here.parents[1] / "workflow" / "src")]
    from facebank.console.memory import peak_memory
    from mutations import mutated

    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--runs", type=int, default=10**9)
    parser.add_argument("--seconds", type=float, default=10**9)
    parser.add_argument("--last", type=Path, help="a file that tells the case in work")
    asked = parser.parse_args()

    target = import_module(f"fuzz.{asked.target}")
    change = getattr(target, "mutated", mutated)
    corpus = target.corpus()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + MEMORY_MB * 10**6
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    came: Counter[str] = Counter()
    start, slowest = time.monotonic(), 0.0
    with tempfile.TemporaryDirectory() as above:
        # Alone in a folder: what is written outside of its own is seen there.
        folder = Path(above, "own")
        folder.mkdir()
        for number in count(asked.first):
            began = time.monotonic()
            if number - asked.first >= asked.runs or began - start > asked.seconds:
                break
            if asked.last:
                asked.last.write_text(str(number), encoding="ascii")
            random = Random(asked.seed * 2**40 + number)  # noqa: S311 (not for secrets)
            data = change(random.choice(corpus), corpus, random)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            try:
                came[target.read(data, folder)] += 1
            except BaseException:
                print(f"case {number} of seed {asked.seed}", file=sys.stderr)  # noqa: T201
                raise
            slowest = max(slowest, time.monotonic() - began)
    signal.setitimer(signal.ITIMER_PROF, 0)
    report = {
        "runs": sum(came.values()),
        "seconds": round(time.monotonic() - start, 1),
        "came": dict(sorted(came.items())),
        "slowest_s": round(slowest, 2),
        "peak_mb": peak_memory() // 10**6,
    }
    print(json.dumps(report))  # noqa: T201
