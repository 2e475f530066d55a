"""The command line of the measurements: `scripts/bench`."""

import os
import platform
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

import click

from tests.bench import client, graphs
from tests.bench.installing import install as install_peers
from tests.bench.measure import (
    MODES,
    Findings,
    Measurement,
    Plan,
    bulk_loads,
    subject,
    tell,
    validation,
)
from tests.bench.peers import PEERS, Peer
from tests.bench.report import Results, growth, growth_table, missed, plot

_HERE = Path(__file__).parent
_RESULTS = click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=_HERE / "results.json",
    help="File of all measurements.  [default: tests/bench/results.json]",
)
_PLOT = click.option(
    "--plot",
    "plot_file",
    type=click.Path(path_type=Path),
    help="Draw the growth into this SVG file.",
)
_SEED = click.option("--seed", default=1, show_default=True, help="Decides graphs, queries, order.")


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Measure calcguide beside its peers, on graphs from 2k statements on.

    \b
    Without a command: `run`, with the defaults of its options.
    Example: scripts/bench run --graphs guide,2k --rounds 1 --seconds 2 --peers oxigraph
    """
    if context.invoked_subcommand is None:
        context.invoke(run)


@main.command()
@click.option(
    "--graphs",
    "names",
    default="guide,2k,200k",
    show_default=True,
    help="guide, or sizes such as 2k, 200k, 2M, 20M.",
)
@click.option("--peers", "chosen", help="Only these beside calcguide, such as oxigraph,nginx.")
@click.option("--modes", help="Only these, such as uncached,page.")
@click.option("--rounds", default=5, show_default=True)
@click.option("--seconds", default=5.0, show_default=True, help="Of each mode in each round.")
@click.option(
    "--validate-seconds",
    default=300.0,
    show_default=True,
    help="After these, validation of a graph is given up; 0 for none.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="For graphs and stores.  [default: calcguide-bench in the temporary folder]",
)
@_SEED
@_RESULTS
@_PLOT
def run(
    names: str,
    chosen: str | None,
    modes: str | None,
    rounds: int,
    seconds: float,
    validate_seconds: float,
    folder: Path | None,
    seed: int,
    results: Path,
    plot_file: Path | None,
) -> None:
    """Measure, write results.json, print tables; status 1 where a goal is missed."""
    plan = Plan(
        folder=(folder or Path(tempfile.gettempdir()) / "calcguide-bench").absolute(),
        rounds=rounds,
        seconds=seconds,
        seed=seed,
        validate_seconds=validate_seconds,
        modes=_known("mode", modes, MODES),
    )
    plan.folder.mkdir(parents=True, exist_ok=True)
    peers = _wanted(chosen)
    missing = {peer.name: peer.source for peer in peers if not peer.program}
    for name, source in missing.items():
        tell(f"{name} is not installed ({source}): `scripts/bench install`")
    there = [peer for peer in peers if peer.program]
    versions = {peer.name: peer.version() for peer in there}
    found = Results(
        machine=_machine(),
        client=client.name(),
        seconds=seconds,
        seed=seed,
        versions=versions,
        missing=missing,
        statements={},
        findings=Findings(),
    )
    for name in names.split(","):
        found.statements[name] = _measured(name, there, plan, found.findings)
        found.write(results)  # what was measured is not lost where the next graph is given up
    _print(found, plot_file)


def _measured(name: str, peers: list[Peer], plan: Plan, findings: Findings) -> int:
    """Measure on one graph and return its size."""
    try:
        graph = subject(name, plan)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    Measurement(graph, peers, plan, findings).run()
    findings.rows += bulk_loads(graph, plan)
    if plan.validate_seconds:
        findings.rows += validation(name, plan)
    return graph.statements


def _wanted(chosen: str | None) -> list[Peer]:
    """calcguide first, since nginx serves its bytes, and the peers that are named."""
    names = _known("peer", chosen, tuple(peer.name for peer in PEERS))
    return [peer for peer in PEERS if peer.name in ("calcguide", *names)]


def _known(what: str, chosen: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """The names in a list with commas, all where there is no list; raises UsageError."""
    names = tuple(chosen.split(",")) if chosen else known
    for name in names:
        if name not in known:
            raise click.UsageError(f"There is no {what} {name!r}. Known: {', '.join(known)}.")
    return names


def _machine() -> dict[str, str]:
    given = [f"{name}={value}" for name, value in os.environ.items() if "CALCGUIDE_" in name]
    settings = " ".join(sorted(each for each in given if "/" not in each))
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processors": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "settings": settings or "as they come",
    }


def _print(found: Results, plot_file: Path | None) -> None:
    rows = found.findings.rows
    click.echo(found.markdown())
    if plot_file:
        plot_file.write_text(plot(growth(rows, found.statements)), encoding="utf-8")
    wrong = [name for name in found.findings.dropped if name.startswith("calcguide ")]
    if missed(rows) or wrong:
        sys.exit(1)


@main.command("validation")
@click.option(
    "--graphs",
    "names",
    default="guide,2k,20k,200k",
    show_default=True,
    help="guide, or sizes such as 2k, 20k.",
)
@click.option("--rounds", default=3, show_default=True)
@click.option("--seconds", default=600.0, show_default=True, help="After these, it is given up.")
@_SEED
@_PLOT
def grow(names: str, rounds: int, seconds: float, seed: int, plot_file: Path | None) -> None:
    """How the validation of a guide grows with it, as a table; guides are made up, and conform."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(Path(folder), rounds, seconds, (), seed, validate_seconds=seconds)
        try:
            rows = [row for name in names.split(",") for row in validation(name, plan)]
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    lines = growth(rows, {str(row["graph"]): int(row["statements"]) for row in rows})
    click.echo(growth_table(lines))
    if plot_file:
        plot_file.write_text(plot(lines), encoding="utf-8")
    if missed(rows):
        sys.exit(1)


@main.command()
@_RESULTS
@_PLOT
def report(results: Path, plot_file: Path | None) -> None:
    """Print the tables of measurements that were made before; status as of `run`."""
    _print(Results.read(results), plot_file)


@main.command()
@click.argument("size")
@click.argument("file", type=click.Path(path_type=Path))
@_SEED
def graph(size: str, file: Path, seed: int) -> None:
    """Write a generated graph of SIZE (2k, 200k, 2M, 20M) to FILE, as N-Triples."""
    try:
        wanted = graphs.size_of(size)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    written = graphs.write_generated(
        file, wanted, seed, lambda done, all_: tell(f"{100 * done // all_} % written")
    )
    click.echo(f"{file}: {written:,} statements")


@main.command()
def install() -> None:
    """Install the peers into an environment of their own, .venv-bench."""
    if not install_peers():
        sys.exit(1)


@main.command()
def heavy() -> None:
    """A cross product of five patterns beside 20 light clients."""
    import_module("tests.bench.heavy").main()


@main.command()
def profile() -> None:
    """What the first render of a page, and a new query, are made of."""
    import_module("tests.bench.profile").main()


@main.command()
def wheel() -> None:
    """How long a start takes from the wheel and from a checkout."""
    import_module("tests.bench.wheel").main()


@main.command()
@click.argument("seconds", default=60.0)
def kills(seconds: float) -> None:
    """Processes killed under load: time to the next right answer, wrong answers."""
    import_module("tests.bench.kills").main(seconds)


if __name__ == "__main__":
    main()
