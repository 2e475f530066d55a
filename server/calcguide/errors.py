"""The one error tree. Each error says what was wrong, where, and what to do.

CalcguideError
├── DataError            a file that cannot be read or parsed: file:line:column
├── UnreadableData       every DataError of a guide's files
├── InvalidData          data that break a shape or a check: focus node, path, value, file
├── UsageError           a command line or setting that makes no sense
├── NoSuchResource       an IRI that the dataset says nothing about
├── Withdrawn            an IRI that was taken back, with nothing in its place
├── DocumentTooLarge     a document or table of more entries than one may have
├── QueryError           a request that the endpoint refuses, below:
│   ├── MalformedQuery   not SPARQL 1.1: line, column, place
│   │   └── MalformedData  posted RDF that cannot be parsed: line, column
│   ├── RefusedQuery     SERVICE, SPARQL Update, what is never answered
│   ├── QueryFailed      a well-formed query that the engine cannot answer
│   ├── QueryTooSlow     ended at the time limit
│   ├── QueryTooHeavy    ended by the memory limit, or by nesting that the engine cannot bear
│   ├── ResultTooLarge   more bytes than one result may have
│   └── Busy             no place for another heavy query, ask again
└── NotAcceptable        no format on offer that the client takes
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calcguide.words import counted


class CalcguideError(Exception):
    """Whatever calcguide refuses, in a sentence that a user can act on."""


class DataError(CalcguideError):
    """A file that cannot be read or parsed; `str()` is `file:line:column: what and what to do`."""

    def __init__(
        self, message: str, *, path: Path, line: int | None = None, column: int | None = None
    ) -> None:
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        place = ":".join(str(part) for part in (path, line, column) if part is not None)
        super().__init__(f"{place}: {message}")

    def __reduce__(self) -> tuple[object, ...]:
        again = functools.partial(type(self), path=self.path, line=self.line, column=self.column)
        return (again, (self.message,))


class UnreadableData(CalcguideError):
    """One or more files that cannot be parsed; `errors` holds each, a line each in `str()`."""

    def __init__(self, errors: Sequence[DataError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(map(str, self.errors)))


@dataclass(frozen=True)
class Violation:
    """One result of validation, in the words of the SHACL report."""

    focus_node: str
    path: str | None
    value: str | None
    message: str
    source_shape: str
    severity: str
    file: str | None

    def __str__(self) -> str:
        rows = [("path", self.path), ("value", self.value), ("rule", self.source_shape)]
        details = "".join(f"\n    {name}: {text}" for name, text in rows if text)
        file = self.file or "(made by a rule)"
        return f"{self.severity}: {self.focus_node} in {file}\n    {self.message}{details}"


class InvalidData(CalcguideError):
    """Data that do not conform; `violations` holds each result."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        head = f"The data do not conform: {counted(len(self.violations), 'problem')}."
        super().__init__("\n\n".join([head, *map(str, self.violations)]))


class UsageError(CalcguideError):
    """An option, argument or setting that cannot be used as it stands."""


class NoSuchResource(CalcguideError):
    """An IRI about which the dataset says nothing."""

    def __init__(self, iri: str) -> None:
        self.iri = iri
        super().__init__(f"The dataset says nothing about <{iri}>.")


class Withdrawn(CalcguideError):
    """An IRI that was taken back, with nothing in its place; `reason` says why, where that is."""

    def __init__(self, iri: str, reason: str = "") -> None:
        self.iri = iri
        super().__init__(f"<{iri}> was withdrawn.{f' {reason}' if reason else ''}")


class DocumentTooLarge(CalcguideError):
    """A document or table about `iri` that would have more than `most` entries: it is refused."""

    def __init__(self, iri: str, most: int) -> None:
        self.iri = iri
        super().__init__(
            f"What is said about <{iri}> is more than the {most:,} entries that one answer may "
            "have. Its page shows it part by part; SPARQL gives chosen parts of it (LIMIT and "
            "OFFSET with ORDER BY)."
        )


class QueryError(CalcguideError):
    """A query that is not answered; the subclass decides the HTTP status."""


class MalformedQuery(QueryError):
    """Not a SPARQL 1.1 query. `line` and `column` count from 1; None where unknown.

    `excerpt` is the line of the query, and below it a caret under the place.
    """

    def __init__(
        self,
        message: str,
        line: int | None = None,
        column: int | None = None,
        excerpt: str | None = None,
    ) -> None:
        self.line = line
        self.column = column
        self.excerpt = excerpt
        super().__init__(message)


class MalformedData(MalformedQuery):
    """Posted RDF that cannot be parsed. `line` and `column` count from 1; None where unknown."""


class RefusedQuery(QueryError):
    """A request of a kind that this endpoint never answers: SERVICE, SPARQL Update."""


class QueryFailed(QueryError):
    """A well-formed query that the engine cannot answer, such as an unknown function."""


class QueryTooSlow(QueryError):
    """A query that was ended at the time limit."""


class QueryTooHeavy(QueryError):
    """A query that was ended by the memory limit or by its nesting."""


class ResultTooLarge(QueryError):
    """A result with more bytes than one answer may have."""

    def __init__(self) -> None:
        super().__init__(
            "The result is larger than one answer may be. Ask for less (LIMIT and OFFSET with "
            "ORDER BY, fewer variables), or take the whole dataset as a download."
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), ())


class Busy(QueryError):
    """The server has no place for the query now; asking again in a moment may help."""


class NotAcceptable(CalcguideError):
    """No format on offer is accepted, or none that can hold the result; `offered` says what is."""

    def __init__(
        self,
        offered: Sequence[str],
        reason: str = "None of the accepted media types is on offer.",
    ) -> None:
        self.offered = tuple(offered)
        self.reason = reason
        super().__init__(f"{reason} On offer: {', '.join(offered)}.")

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.offered, self.reason))
