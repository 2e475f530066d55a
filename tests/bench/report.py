"""From measurements to figures: medians, ratios, goals, the tables and the plot."""

import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import Findings, Row

SMALL = ("guide", "2k")
"""Graphs that the goals call 2k; each that was measured is judged."""


@dataclass(frozen=True)
class Summary:
    """The median of the rounds, the least and the greatest of them."""

    median: float
    low: float
    high: float
    rounds: int

    def __str__(self) -> str:
        if self.low == self.high:
            return short(self.median)
        return f"{short(self.median)} ({short(self.low)}–{short(self.high)})"


def summary(values: Sequence[float]) -> Summary:
    """Return median, least and greatest of at least one value."""
    return Summary(statistics.median(values), min(values), max(values), len(values))


def short(value: float) -> str:
    """Return a number with three digits that count: 0.0123, 1.23, 12.3, 1,234."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


@dataclass(frozen=True)
class Figure:
    """A figure that was measured in every round."""

    graph: str
    server: str
    mode: str
    metric: str

    def values(self, rows: Iterable[Row]) -> dict[int, float]:
        """Return round -> value; empty where it was not measured."""
        wanted = (self.graph, self.server, self.mode)
        return {
            int(row["round"]): float(row[self.metric])
            for row in rows
            if (row["graph"], row["server"], row["mode"]) == wanted and self.metric in row
        }


@dataclass(frozen=True)
class Goal:
    """What is to be reached: a figure, or its ratio to another, at most or at least a bound."""

    name: str
    text: str
    figure: Figure
    bound: float
    against: Figure | None = None
    at_most: bool = True

    def reached(self, rows: Sequence[Row]) -> Summary | None:
        """Return the figure, or the ratio within each round; None where it was not measured."""
        ours = self.figure.values(rows)
        if self.against:
            theirs = self.against.values(rows)
            ours = {each: ours[each] / theirs[each] for each in ours if theirs.get(each)}
        return summary([*ours.values()]) if ours else None

    def is_met(self, rows: Sequence[Row]) -> bool | None:
        """Return whether the median meets the bound; None where it was not measured."""
        reached = self.reached(rows)
        if reached is None:
            return None
        return reached.median <= self.bound if self.at_most else reached.median >= self.bound


def _uncached(graph: str, server: str, metric: str = "cpu_us") -> Figure:
    return Figure(graph, server, "uncached", metric)


def _compared(
    name: str, text: str, figure: Figure, server: str, bound: float, at_most: bool = True
) -> Goal:
    """A goal against another server, in the same mode of the same graph."""
    theirs = Figure(figure.graph, server, figure.mode, figure.metric)
    return Goal(name, f"{text} {server}'s", figure, bound, theirs, at_most)


def _small_goals(graph: str) -> Iterable[Goal]:
    ours = _uncached(graph, "calcguide")
    rate = _uncached(graph, "calcguide", "qps")
    yield _compared("1", "uncached, CPU a query ≤ 1.0 ×", ours, "oxigraph", 1.0)
    yield _compared("1", "uncached, q/s ≥ 0.95 ×", rate, "oxigraph", 0.95, at_most=False)
    yield _compared("1", "uncached, CPU a query ≤ 1/15 of", ours, "rdflib-endpoint", 1 / 15)
    yield _compared("1", "uncached, CPU a query ≤", ours, "virtuoso", 1.0)
    again = Figure(graph, "calcguide", "repeated", "cpu_us")
    rate = Figure(graph, "calcguide", "repeated", "qps")
    yield _compared("2", "repeated, CPU a query ≤ 0.2 ×", again, "oxigraph", 0.2)
    yield _compared("2", "repeated, q/s ≥ 4 ×", rate, "oxigraph", 4, at_most=False)
    for mode in ("page", "document"):
        ours = Figure(graph, "calcguide", mode, "cpu_us")
        rate = Figure(graph, "calcguide", mode, "qps")
        yield _compared("3", f"{mode}, q/s ≥ 0.25 ×", rate, "nginx", 0.25, at_most=False)
        yield _compared("3", f"{mode}, CPU ≤ 5 ×", ours, "nginx", 5)
    ours = Figure(graph, "calcguide", "first render", "cpu_us")
    yield _compared("3", "first render of a page, CPU ≤ 1/50 of", ours, "trifid", 1 / 50)
    yield Goal(
        "4",
        "p99 of 20 light clients beside 4 endless queries ≤ 2 × that alone",
        Figure(graph, "calcguide", "light beside endless", "p99_ms"),
        2,
        Figure(graph, "calcguide", "light", "p99_ms"),
    )
    yield Goal(
        "5",
        "validation of the whole, CPU ≤ 3 s",
        Figure(graph, "calcguide", "validate", "cpu_seconds"),
        3,
    )
    yield Goal(
        "5",
        "start to the first right answer ≤ 1 s",
        Figure(graph, "calcguide", "start", "seconds"),
        1,
    )


def _large_goals() -> Iterable[Goal]:
    ours = _uncached("200k", "calcguide")
    yield _compared("1", "uncached, CPU a query ≤ 0.4 ×", ours, "oxigraph", 0.4)
    yield _compared("1", "uncached, CPU a query ≤", ours, "virtuoso", 1.0)
    again = Figure("200k", "calcguide", "repeated", "cpu_us")
    yield _compared("2", "repeated, CPU a query ≤ 1/200 of", again, "oxigraph", 1 / 200)
    yield Goal(
        "5",
        "start to the first right answer ≤ 2 s",
        Figure("2M", "calcguide", "start", "seconds"),
        2,
    )
    for graph in ("200k", "2M"):
        ours = Figure(graph, "calcguide", "bulk load", "per_second")
        yield _compared("6", "bulk load ≥ 0.8 ×", ours, "pyoxigraph", 0.8, at_most=False)
    yield Goal(
        "6",
        "first render of an entity page, CPU ≤ 2 × that at 2k",
        Figure("2M", "calcguide", "first render", "cpu_us"),
        2,
        Figure("2k", "calcguide", "first render", "cpu_us"),
    )


GOALS = (*(goal for graph in SMALL for goal in _small_goals(graph)), *_large_goals())


def missed(rows: Sequence[Row]) -> list[Goal]:
    """Return the goals that were measured and not met."""
    return [goal for goal in GOALS if goal.is_met(rows) is False]


def goal_table(rows: Sequence[Row]) -> str:
    """Return the goals of the graphs that were measured as a table in Markdown."""
    measured = {row["graph"] for row in rows}
    words = {True: "met", False: "**missed**", None: "not measured"}
    lines = [
        f"| {goal.name} | {goal.text} | {goal.figure.graph} | {goal.reached(rows) or '—'} "
        f"| {words[goal.is_met(rows)]} |"
        for goal in GOALS
        if goal.figure.graph in measured
    ]
    return _table(["", "goal", "graph", "median (min–max)", ""], lines)


_COLUMNS = (
    ("uncached q/s", "uncached", "qps"),
    ("CPU µs", "uncached", "cpu_us"),
    ("p50 ms", "uncached", "p50_ms"),
    ("p99 ms", "uncached", "p99_ms"),
    ("repeated q/s", "repeated", "qps"),
    ("CPU µs", "repeated", "cpu_us"),
    ("page q/s", "page", "qps"),
    ("CPU µs", "page", "cpu_us"),
    ("document q/s", "document", "qps"),
    ("CPU µs", "document", "cpu_us"),
    ("first render CPU µs", "first render", "cpu_us"),
    ("start s", "start", "seconds"),
    ("memory MB", "memory", "pss_mb"),
)


def server_table(rows: Sequence[Row], graph: str) -> str:
    """Return what was measured of every server at a graph as a table in Markdown."""
    servers = dict.fromkeys(str(row["server"]) for row in rows if row["graph"] == graph)
    lines = []
    for server in servers:
        found = [Figure(graph, server, mode, metric).values(rows) for _, mode, metric in _COLUMNS]
        if any(found):
            shown = [str(summary([*each.values()])) if each else "" for each in found]
            lines.append(f"| {server} | {' | '.join(shown)} |")
    return _table(["", *(title for title, _, _ in _COLUMNS)], lines)


GROWTH = (
    Figure("", "calcguide", "uncached", "p50_ms"),
    Figure("", "calcguide", "uncached", "cpu_us"),
    Figure("", "calcguide", "first render", "cpu_us"),
    Figure("", "calcguide", "load", "seconds"),
    Figure("", "calcguide", "start", "seconds"),
    Figure("", "calcguide", "validate", "cpu_seconds"),
    Figure("", "calcguide", "memory", "pss_mb"),
)
_UNITS = {
    "p50_ms": "p50, ms",
    "cpu_us": "CPU, µs",
    "seconds": "s",
    "cpu_seconds": "CPU, s",
    "pss_mb": "MB",
}


def growth(rows: Sequence[Row], statements: dict[str, int]) -> dict[str, list[tuple[int, float]]]:
    """Return, for each figure that grows with the graph, its (statements, median)."""
    lines = {}
    for figure in GROWTH:
        points = []
        for graph, size in sorted(statements.items(), key=lambda pair: pair[1]):
            values = Figure(graph, figure.server, figure.mode, figure.metric).values(rows)
            if values:
                points.append((size, statistics.median(values.values())))
        if points:
            lines[f"{figure.mode}, {_UNITS[figure.metric]}"] = points
    return lines


def growth_table(lines: dict[str, list[tuple[int, float]]]) -> str:
    """Return how the figures grow as a table in Markdown; a dash where one was not measured."""
    sizes = sorted({size for points in lines.values() for size, _ in points})
    rows = []
    for name, points in lines.items():
        at = dict(points)
        cells = [short(at[size]) if size in at else "—" for size in sizes]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return _table(["statements", *(f"{size:,}" for size in sizes)], rows)


_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM, _RIGHT = 720, 400, 60, 20, 50, 190
_COLOURS = ("#0b6e4f", "#b3541e", "#3a5a9b", "#8a1c7c", "#5c5c5c", "#a67c00", "#1f8aa5")


def plot(lines: dict[str, list[tuple[int, float]]]) -> str:
    """Return an SVG picture of how the figures grow, both axes logarithmic."""
    points = [point for line in lines.values() for point in line if point[1] > 0]
    if not points:
        return ""
    across, up = _Axis([x for x, _ in points]), _Axis([y for _, y in points])
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + across.share(x) * (right - _LEFT),
            bottom - up.share(y) * (bottom - _TOP),
        )

    drawn = []
    for power in across.powers:
        x, _ = place(10.0**power, up.least)
        drawn.append(f'<path d="M{x:.0f} {_TOP}V{bottom}" stroke="#ddd"/>')
        drawn.append(_label(x, bottom + 18, _power(power), "middle"))
    for power in up.powers:
        _, y = place(across.least, 10.0**power)
        drawn.append(f'<path d="M{_LEFT} {y:.0f}H{right}" stroke="#ddd"/>')
        drawn.append(_label(_LEFT - 6, y + 4, _power(power), "end"))
    drawn.append(_label((_LEFT + right) / 2, _HEIGHT - 10, "statements", "middle"))
    for number, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [place(x, y) for x, y in line if y > 0]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        drawn.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        height = _TOP + 14 + 20 * number
        drawn.append(
            f'<path d="M{right + 12} {height - 4}h18" stroke="{colour}" stroke-width="2"/>'
        )
        drawn.append(_label(right + 36, height, name, "start"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="12">\n<title>How calcguide grows with the graph'
        "</title>\n"
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


class _Axis:
    """A logarithmic axis over whole powers of ten."""

    def __init__(self, values: list[float] | list[int]) -> None:
        low = math.floor(math.log10(min(values)))
        high = max(low + 1, math.ceil(math.log10(max(values))))
        self.powers = range(low, high + 1)
        self.least = 10.0**low

    def share(self, value: float) -> float:
        """Return where a value lies, from 0 to 1."""
        return (math.log10(value) - self.powers[0]) / (self.powers[-1] - self.powers[0])


def _power(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{text}</text>'


def _table(heads: list[str], lines: list[str]) -> str:
    titles = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return "\n".join([*titles, *lines]) + "\n"


@dataclass(frozen=True)
class Results:
    """What results.json holds."""

    machine: dict[str, str]
    client: str
    seconds: float
    seed: int
    versions: dict[str, str]
    missing: dict[str, str]
    """Peer -> where it would come from."""
    statements: dict[str, int]
    """Graph -> its size."""
    findings: Findings

    def write(self, path: Path) -> None:
        """Write every measurement, medians and ratios included."""
        path.write_text(json.dumps(self._whole(), indent=1, ensure_ascii=False) + "\n", "utf-8")

    def _whole(self) -> dict[str, object]:
        given = {name: value for name, value in vars(self).items() if name != "findings"}
        rows = self.findings.rows
        goals = [
            {
                "goal": goal.name,
                "text": goal.text,
                "graph": goal.figure.graph,
                "bound": goal.bound,
                "reached": vars(reached) if reached else None,
                "met": goal.is_met(rows),
            }
            for goal in GOALS
            if goal.figure.graph in self.statements
            for reached in [goal.reached(rows)]
        ]
        medians = [_median(rows, *of) for of in _measured(rows)]
        dropped = self.findings.dropped
        return {**given, "dropped": dropped, "goals": goals, "medians": medians, "rows": rows}

    @classmethod
    def read(cls, path: Path) -> "Results":
        """Return the results that were written to a file."""
        whole = json.loads(path.read_text("utf-8"))
        findings = Findings(whole["rows"], whole["dropped"])
        names = (each for each in cls.__dataclass_fields__ if each != "findings")
        return cls(findings=findings, **{name: whole[name] for name in names})

    def markdown(self) -> str:
        """Return everything as tables for a document."""
        rows = self.findings.rows
        rounds = max((int(row["round"]) for row in rows), default=0)
        machine = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        parts = [
            f"Median (min–max) of {rounds} rounds of {short(self.seconds)} s a mode, servers in "
            f"shuffled order, asked by {self.client}; {machine}.\n"
        ]
        for graph, size in self.statements.items():
            parts.append(f"### {graph}: {size:,} statements\n\n{server_table(rows, graph)}")
        parts.append(f"### Goals\n\n{goal_table(rows)}")
        parts.append(f"### Growth\n\n{growth_table(growth(rows, self.statements))}")
        parts.append(_list("Versions", self.versions))
        parts.append(_list("Not installed", self.missing))
        parts.append(_list("Dropped", self.findings.dropped))
        return "\n".join(part for part in parts if part)


def _list(title: str, entries: dict[str, str]) -> str:
    if not entries:
        return ""
    return f"{title}:\n\n" + "".join(f"- {name}: {value}\n" for name, value in entries.items())


def _measured(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """Graph, server and mode of all rows, each once."""
    return [*dict.fromkeys((str(r["graph"]), str(r["server"]), str(r["mode"])) for r in rows)]


def _median(rows: Sequence[Row], graph: str, server: str, mode: str) -> dict[str, object]:
    metrics = {
        name: None
        for row in rows
        if (row["graph"], row["server"], row["mode"]) == (graph, server, mode)
        for name in row
        if name not in ("graph", "server", "mode", "round")
    }
    return {
        "graph": graph,
        "server": server,
        "mode": mode,
        **{
            name: vars(summary([*Figure(graph, server, mode, name).values(rows).values()]))
            for name in metrics
        },
    }
