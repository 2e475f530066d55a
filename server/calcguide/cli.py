"""The command line: serving, validating, asking, and comparing with a copy of the guide."""

import errno
import gc
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from calcguide import loading
from calcguide.errors import CalcguideError, NoSuchResource, UsageError
from calcguide.files import Root, published, read_text
from calcguide.formats import (
    BOOLEAN_FORMATS,
    DATASET_FORMATS,
    GRAPH_FORMATS,
    SOLUTION_FORMATS,
    Format,
)
from calcguide.settings import Settings

if TYPE_CHECKING:
    from calcguide.given import Given

_ROOT = click.option(
    "--root",
    type=click.Path(path_type=Path),
    help="A folder laid out like this guide: data/ and, where it brings its own, ontology/ "
    "and shapes/. Default: the guide that comes with calcguide.",
)


class _Commands(click.Group):
    """A group whose commands end in one clear sentence and status 1, never in a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CalcguideError as error:
            click.echo(f"calcguide: {error}", err=True)
            ctx.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="calcguide")
def main() -> None:
    """A health guide as linked data: validated, queried and served.

    \b
    Example: calcguide serve
    """


def _root(folder: Path | None) -> Root:
    return Root(folder or published())


class _Progress:
    """Shows on a terminal how loading goes, once it has taken a second."""

    def __init__(self) -> None:
        self._started = self._shown = time.monotonic()

    def __call__(self, what: str, done: int, size: int) -> None:
        now = time.monotonic()
        if now - self._started > 1 and now - self._shown > 0.5:
            self._shown = now
            share = f": {100 * done // size} % of {size / 1e6:.1f} MB" if size else ""
            click.echo(f"{what}{share}", err=True)


def _given(data: tuple[Path, ...], graph: tuple[str, ...]) -> "list[Given]":
    """The files of --data and --graph; raises UsageError for a --graph that is not IRI=FILE."""
    from calcguide.given import Given

    files = [Given(path) for path in data]
    for pair in graph:
        iri, equals, path = pair.rpartition("=")
        if not equals or ":" not in iri:
            raise UsageError(
                f"--graph {pair}: write it as IRI=FILE, such as https://example.org/g=facts.ttl."
            )
        files.append(Given(Path(path), iri))
    return files


@main.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on.  [default: 8000]")
@_ROOT
@click.option(
    "--data",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Serve this RDF file as given; may be repeated.",
)
@click.option(
    "--graph",
    multiple=True,
    metavar="IRI=FILE",
    help="Serve this RDF file as a named graph; may be repeated.",
)
def serve(
    host: str | None,
    port: int | None,
    root: Path | None,
    data: tuple[Path, ...],
    graph: tuple[str, ...],
) -> None:
    """Validate the guide and serve it: pages, linked data, SPARQL.

    With --data or --graph, other people's RDF is served as it is given instead.

    \b
    Examples: calcguide serve --port 8080
              calcguide serve --root my-guide
              calcguide serve --data people.ttl --graph https://example.org/g=facts.nq
    """
    gc.disable()  # nothing that a start makes is garbage
    from calcguide import processes
    from calcguide.app import create_app
    from calcguide.counts import Counts
    from calcguide.validation import ensure_valid

    settings = Settings.read(host=host, port=port)
    _refuse_busy_port(settings["host"], settings.number("port"))
    files = _given(data, graph) if data or graph else []
    if files and root:
        raise UsageError("Give either --root or --data/--graph, not both.")
    if files:
        from calcguide.given import load_given

        verdict, dataset = None, load_given(files, settings, _Progress())
    else:
        guide = _root(root)
        verdict, dataset = ensure_valid(guide, settings), loading.load(guide)
    shown = settings["host"] if ":" not in settings["host"] else f"[{settings['host']}]"
    address = f"http://{shown}:{settings['port']}"
    counts = processes.counting_folder()
    gc.freeze()  # so that garbage collection copies no page that the processes share
    gc.enable()
    status = processes.run(
        dataset,
        settings,
        lambda errands: create_app(dataset, settings, verdict, errands, Counts(counts)),
        lambda: click.echo(f"calcguide is served at {address}", err=True),
        counts,
    )
    sys.exit(status)


def _refuse_busy_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                reason = f"port {port} is in use. End what listens there, or choose another --port"
            else:
                reason = f"{error.strerror}. Choose another --host or --port"
            raise UsageError(f"Cannot listen on {host}:{port}: {reason}.") from error
        except OverflowError as error:
            raise UsageError(f"There is no port {port}. Choose one from 1 to 65535.") from error


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
def validate(paths: tuple[Path, ...]) -> None:
    """Load, derive and validate a guide; name each problem and its place.

    PATH is a folder laid out like this guide, or a Turtle file: with a file, the guide it
    belongs to is validated, or else the guide that comes with calcguide together with it.

    \b
    Examples: calcguide validate
              calcguide validate my-guide
              calcguide validate new-treatment.ttl
    """
    from calcguide import validation

    conforms = True
    for root in _roots(paths):
        verdict = validation.validate(root)
        for violation in verdict.violations:
            click.echo(f"{violation}\n", err=True)
        result = "The data conform." if verdict.conforms else "The data do not conform."
        numbers = verdict.counts.items()
        counts = ", ".join(f"{number} {what.replace('_', ' ')}" for what, number in numbers)
        click.echo(f"{result} Checked: {counts}.", err=not verdict.conforms)
        conforms = conforms and verdict.conforms
    if not conforms:
        sys.exit(1)


def _roots(paths: tuple[Path, ...]) -> list[Root]:
    """The guides that the paths belong to; files of none are added to the guide of our own."""
    roots: dict[Path, Root] = {}
    extra = []
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: there is no such file or folder.")
        home = next((f for f in (path, *path.absolute().parents) if (f / "data").is_dir()), None)
        if home is not None:
            roots[home.absolute()] = Root(home)
        elif path.is_dir():
            raise UsageError(f"{path} holds no guide: there is no folder data/ in it.")
        else:
            extra.append(path)
    if extra or not roots:
        roots[published()] = Root(published(), tuple(extra))
    return list(roots.values())


def _format(name: str | None, offers: tuple[Format, ...]) -> Format | None:
    return next((f for f in offers if f.name == name), None)


@main.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "-e", "--execute", "text", metavar="TEXT", help="The query itself, instead of a file."
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice([f.name for f in (*SOLUTION_FORMATS, *GRAPH_FORMATS)]),
    help="How to write the result.  [default: csv for rows, json for ASK, ttl for a graph]",
)
@_ROOT
def query(file: Path | None, text: str | None, format_name: str | None, root: Path | None) -> None:
    """Answer a SPARQL query from FILE or from -e TEXT.

    \b
    Example: calcguide query -e 'SELECT ?t { ?t calc:treats id:calcific-tendonitis }'
    The prefixes of the guide (calc:, id:, skos: ...) need not be declared here.
    """
    from calcguide.query import Kind, Query, evaluate

    if (file is None) == (text is None):
        raise UsageError("Give either a FILE with a query, or the query itself with -e.")
    guide = loading.load(_root(root))
    written = text if text is not None else read_text(file) if file else ""
    offers = {
        Kind.SOLUTIONS: _format(format_name or "csv", SOLUTION_FORMATS),
        Kind.BOOLEAN: _format(format_name or "json", BOOLEAN_FORMATS),
        Kind.GRAPH: _format(format_name or "ttl", GRAPH_FORMATS),
    }
    formats = {kind: chosen for kind, chosen in offers.items() if chosen}
    answer = evaluate(guide, Query(written, formats, declared=True))
    click.echo(answer.body.decode(), nl=not answer.body.endswith(b"\n"))


@main.command()
@click.argument("slug")
@click.option(
    "--format",
    "format_name",
    default="ttl",
    show_default=True,
    type=click.Choice([f.name for f in (*GRAPH_FORMATS, *DATASET_FORMATS)]),
    help="How to write the description.",
)
@_ROOT
def describe(slug: str, format_name: str, root: Path | None) -> None:
    """Write all that is stated about SLUG: an entity, or a path such as claim/c001.

    \b
    Examples: calcguide describe calcific-tendonitis
              calcguide describe claim/c144 --format trig
    """
    guide = loading.load(_root(root))
    path = slug if "/" in slug else f"id/{slug}"
    chosen = _format(format_name, (*GRAPH_FORMATS, *DATASET_FORMATS))
    try:
        quads = guide.document(guide.base + path)
    except NoSuchResource as error:
        near = guide.nearest(path)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise UsageError(f"{error}{hint}") from error
    if chosen:
        click.echo(chosen.write(quads, guide.context).decode(), nl=False)


@main.command("verify-source")
@click.argument("file", type=click.Path(path_type=Path))
@_ROOT
def verify_source(file: Path, root: Path | None) -> None:
    """Check each passage's offsets and checksum against FILE, a copy of the guide.

    \b
    Example: calcguide verify-source guide.txt
    """
    from calcguide import source

    result = source.verify(loading.load(_root(root)), file)
    for problem in result.problems:
        click.echo(problem, err=True)
    if result.problems:
        click.echo(f"{file} differs from the guide that was coded.", err=True)
        sys.exit(1)
    click.echo(f"All {result.passages} passages stand in {file} as the data say.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("words")
@_ROOT
def locate(file: Path, words: str, root: Path | None) -> None:
    """Find WORDS in FILE, a copy of the guide, and print what a claim says of their place.

    Where they are in no passage yet, print the selector of a new one.

    \b
    Example: calcguide locate guide.txt "some words"
    """
    from calcguide import source

    guide = loading.load(_root(root))
    for place in source.locate(guide, file, words):
        if place.passage:
            click.echo(f"# {place.start}-{place.end}\n    calc:statedIn <{place.passage}> ;")
        else:
            click.echo(f"# {place.start}-{place.end}, in no passage yet\n{place.block()}")


@main.command()
@click.argument("section", required=False)
@click.option(
    "--source",
    "copy",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A copy of the guide: then each passage's words are shown.",
)
@_ROOT
def passages(section: str | None, copy: Path | None, root: Path | None) -> None:
    """Show, passage by passage, the claims coded from it; of one SECTION, or of all.

    \b
    Examples: calcguide passages faq
              calcguide passages faq --source guide.txt
    """
    from calcguide import coding

    found = coding.coded_passages(loading.load(_root(root)), section, copy)
    if not found:
        raise UsageError(f"There is no section {section}. `calcguide passages` shows them all.")
    for passage in found:
        click.echo(f"{passage.name} ({passage.kind}, {passage.start}-{passage.end})")
        if passage.text:
            click.echo(f"  | {' '.join(passage.text.split())}")
        elif copy:
            click.echo("  | (another text stands there in this copy)")
        for code in passage.codes:
            click.echo(f"  {code}")
        for remark in coding.unmatched_words(passage):
            click.echo(f"  ? {remark}")
        click.echo()


@main.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", required=False, type=click.Path(path_type=Path))
@_ROOT
def agreement(first: Path, second: Path | None, root: Path | None) -> None:
    """Compare two codings of the guide, tables separated by tabs: matches, F1, Cohen's kappa.

    Without SECOND, the first is compared with the guide's own claims.

    \b
    Example: calcguide agreement first.tsv second.tsv
    """
    from calcguide import coding

    codes = coding.read_codes(first)
    others = coding.read_codes(second) if second else coding.codes_of(loading.load(_root(root)))
    for line in coding.report(coding.agreement(codes, others)):
        click.echo(line)
