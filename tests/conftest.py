"""Put no clock to the examples of laws, and show at the end of a run what tests recorded: figures, tables."""

from __future__ import annotations

from collections import defaultdict

import pytest

from laws import register_profiles

register_profiles()

#: What a recorded property is called that is a row of a table; the table's title follows.
TABLE = "table: "


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures and each table: what workers print themselves is not shown."""
    sections: dict[str, list[str]] = defaultdict(list)
    figures = []
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties if report.when == "call" else ():
                if name.startswith(TABLE):
                    sections[name.removeprefix(TABLE)].append(str(value))
                else:
                    figures.append(f"{report.nodeid.rpartition('/')[2]}: {name}: {value}")
    if figures:
        sections["figures"] = figures
    for title, lines in sections.items():
        terminalreporter.section(title)
        for line in sorted(lines):
            terminalreporter.line(line)
