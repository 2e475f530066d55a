"""What a visitor posts: parsed and validated together with the guide that it speaks of."""

from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from typing import Any, Final

from pyoxigraph import Quad, Store, parse

from calcguide import validation
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.errors import MalformedData, QueryTooHeavy, ResultTooLarge, Violation
from calcguide.formats import GRAPH_FORMATS, Format, format_of

ERRAND: Final = "shacl"
"""What the store process knows this by."""
FORMATS: Final = GRAPH_FORMATS
"""What may be posted, and what the report may be had as."""
MOST: Final = 20_000
"""Statements that may be posted at once."""
_GRAPH: Final = "posted"


@dataclass(frozen=True)
class Posted:
    """RDF in one of the formats; `report` is the format of the report, None for none.

    `known` are the results that the guide has without it, which are nobody's mistake now.
    """

    content: bytes
    format: Format
    report: Format | None
    known: tuple[Violation, ...] = ()

    def packed(self) -> tuple[Any, ...]:
        """Return it as values that `marshal` knows, though not bytes at the outermost."""
        report = self.report.key if self.report else None
        return self.content, self.format.key, report, tuple(map(astuple, self.known))

    @classmethod
    def unpacked(cls, packed: tuple[Any, ...]) -> "Posted":
        """Return what was packed."""
        content, format, report, known = packed
        violations = tuple(Violation(*fields) for fields in known)
        return cls(content, format_of(*format), format_of(*report) if report else None, violations)


@dataclass(frozen=True)
class Judgement:
    """What validation says of something posted; `report` is empty where none was asked for."""

    conforms: bool
    statements: int
    focus_nodes: int
    """How many of the things it speaks of a shape applies to."""
    violations: tuple[Violation, ...]
    report: bytes

    def packed(self) -> tuple[Any, ...]:
        """Return it as values that `marshal` knows."""
        violations = tuple(map(astuple, self.violations))
        return self.conforms, self.statements, self.focus_nodes, violations, self.report

    @classmethod
    def unpacked(cls, packed: tuple[Any, ...]) -> "Judgement":
        """Return what was packed."""
        conforms, statements, focus_nodes, violations, report = packed
        found = tuple(Violation(*fields) for fields in violations)
        return cls(conforms, statements, focus_nodes, found, report)


def prepare(dataset: Dataset, largest: int) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Return a function from packed to packed that opens no file any more: see `judge`."""
    validation.rehearse(dataset)
    return lambda packed: judge(dataset, Posted.unpacked(packed), largest).packed()


def judge(dataset: Dataset, posted: Posted, largest: int | None = None) -> Judgement:
    """Return what the shapes find in what was posted, read together with what the guide states.

    So what it refers to is known; checks across graphs are not run. Raises MalformedData for
    what cannot be parsed, QueryTooHeavy above `MOST` statements, ResultTooLarge where the report
    has more than `largest` bytes.
    """
    together = Dataset(Store(), dataset.base)
    together.store.extend(validation.asserted(dataset))
    graph = together.graph(_GRAPH)
    quads = [Quad(q.subject, q.predicate, q.object, graph) for q in _parsed(dataset, posted)]
    together.store.extend(quads)
    found = validation.validate_together(together, posted.known)
    subjects = {quad.subject for quad in quads}
    targeted = {node for nodes in validation.focus_nodes(together).values() for node in nodes}
    report = b""
    if posted.report:
        report = posted.report.write(found.report, dataset.context)
    if largest is not None and len(report) + sum(len(str(v)) for v in found.violations) > largest:
        raise ResultTooLarge
    return Judgement(
        found.conforms, len(set(quads)), len(subjects & targeted), found.violations, report
    )


def _parsed(dataset: Dataset, posted: Posted) -> Iterator[Quad]:
    rdf = posted.format.rdf
    if rdf is None:
        raise ValueError(f"{posted.format.label} does not hold RDF")
    try:
        for number, quad in enumerate(parse(posted.content, format=rdf, base_iri=dataset.base)):
            if number == MOST:
                raise QueryTooHeavy(f"There are more than {MOST:,} statements. Send them in parts.")
            if quad.graph_name != DEFAULT_GRAPH:
                raise MalformedData("There is a named graph in it. Send statements alone.")
            yield quad
    except SyntaxError as error:
        message = str(error.msg).split(": ", 1)[-1].rstrip(".")
        raise malformed(posted.format, message, error.lineno, error.offset) from error


def malformed(format: Format, message: str, line: int | None, column: int | None) -> MalformedData:
    """Return the error for what is not well-formed, with its place where that is known."""
    place = f"Line {line}, column {column}: " if line is not None else ""
    return MalformedData(
        f"{place}this is not {format.label}: {message}. Mend it at this place, or say which "
        f"format it is: {', '.join(f.media_type for f in FORMATS)}.",
        line,
        column,
    )
