"""Validation: shapes over what is written by hand, checks across graphs, a lint of the shapes."""

import difflib
import functools
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, cast

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    serialize,
)

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset, Term
from calcguide.errors import DataError, InvalidData, Violation
from calcguide.files import CHECKS, Root, opening_comment, published
from calcguide.loading import OUTSIDE_DEFAULT, derive, load_asserted
from calcguide.paths import stated_on, write_path
from calcguide.settings import Settings
from calcguide.shacl import (
    TARGETS,
    VIOLATION,
    Result,
    declared_prefixes,
    rule,
    run_shapes,
    sh,
    texts,
)

_MOST_GUESSED: Final = 50
"""Unknown names for which near ones are looked for."""
_NEAR: Final = 0.8
_SHAPE_TYPES: Final = (sh("NodeShape"), sh("PropertyShape"))
_STATED_IN: Final = NamedNode(terms.CALC + "statedIn")
_ANNOTATED_SOURCE: Final = NamedNode(terms.OWL + "annotatedSource")

_FOCUS_NODES: Final = """
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT DISTINCT ?shape ?node WHERE {
  { ?shape sh:targetClass ?class . ?node rdf:type/rdfs:subClassOf* ?class }
  UNION { ?shape sh:targetSubjectsOf ?property . ?node ?property ?value }
  UNION { ?shape sh:targetObjectsOf ?property . ?subject ?property ?node }
  UNION { ?shape sh:targetNode ?node }
}
"""


@dataclass(frozen=True)
class Verdict:
    """What validation found. It conforms where no result is a violation; warnings may remain."""

    fingerprint: str
    conforms: bool
    violations: tuple[Violation, ...]
    """Every result, violations before warnings."""
    counts: dict[str, int]
    """How many files, statements, shapes, focus nodes and checks there were."""
    report: str
    """The SHACL validation report in Turtle; its `sh:conforms` says the same as `conforms`."""
    focus_nodes: dict[str, int] = field(default_factory=dict)
    """IRI of a shape -> how many focus nodes its own targets find, but for those of queries."""

    def to_json(self) -> str:
        """Return the verdict as JSON: the same text for the same verdict."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Verdict":
        """Return the verdict that `to_json` wrote; raises ValueError for anything else."""
        try:
            fields = json.loads(text)
            violations = tuple(Violation(**fields) for fields in fields.pop("violations"))
            return cls(**fields, violations=violations)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"not a stored verdict: {error}") from error


@dataclass(frozen=True)
class Found:
    """What the shapes find in statements that are validated together with the guide's."""

    conforms: bool
    violations: tuple[Violation, ...]
    report: list[Triple]


def validate(root: Root) -> Verdict:
    """Return what shapes, checks and the lint of the shapes find in the guide.

    Raises UnreadableData with every syntax error of every file, DataError for a rule or check
    that is no such query.
    """
    return validate_dataset(load_asserted(root), root)


def validate_dataset(dataset: Dataset, root: Root) -> Verdict:
    """Return what is found in `dataset`, loaded from `root` and not yet derived; then it is.

    Shapes see the asserted statements only: once a property's domain has typed a wrong subject,
    the mistake no longer shows. Where the lint finds fault with the shapes, they are not used.
    Raises DataError for a check that says of nothing what it is about.
    """
    results = [*_lint(dataset)] or [*run_shapes(dataset)]
    misplaced = [*_misplaced(dataset, root)]
    counts, targeted = _counts(dataset, root), focus_nodes(dataset)
    derive(dataset, root)
    results += [*_check(dataset), *misplaced]
    found = _found(results, _Reader(dataset, root))
    return Verdict(
        fingerprint=root.fingerprint(),
        conforms=found.conforms,
        violations=found.violations,
        counts=counts,
        report=_in_turtle(found.report, dataset.prefixes),
        focus_nodes={shape: len(nodes) for shape, nodes in sorted(targeted.items())},
    )


def validate_together(dataset: Dataset, known: tuple[Violation, ...] = ()) -> Found:
    """Return what the shapes find in a dataset that is not derived, less what is `known`."""
    return _found([*run_shapes(dataset)], _Reader(dataset, None), known)


def asserted(dataset: Dataset) -> Iterator[Quad]:
    """Yield what a loaded dataset held before anything was derived: also shapes and queries."""
    derived = {dataset.graph(name) for name in dataset.derived} | {DEFAULT_GRAPH}
    return (quad for quad in dataset.store if quad.graph_name not in derived)


def rehearse(dataset: Dataset) -> None:
    """Validate a little, so that all that validation imports is there: it opens no file then."""
    little = Dataset(Store(), dataset.base)
    shapes = dataset.graph_quads(dataset.graph("shapes"))
    queries = [quad for quad in shapes if quad.predicate == TARGETS[0]]
    little.store.extend({*shapes} - {*queries[1:]})  # each query takes its time to be parsed
    little.store.extend(dataset.graph_quads(dataset.graph("ontology")))
    classes = {quad.object for quad in little.store.quads_for_pattern(None, TARGETS[1], None)}
    node = little.iri("id/rehearsal")
    little.store.extend(Quad(node, terms.RDF_TYPE, type, little.graph("x")) for type in classes)
    validate_together(little)


def focus_nodes(dataset: Dataset) -> dict[str, set[Term]]:
    """Return the focus nodes of each shape that has any; those that a query finds are left out."""
    found: dict[str, set[Term]] = {}
    for row in _solutions(dataset, _FOCUS_NODES, union=True):
        if isinstance(row["shape"], NamedNode):
            found.setdefault(row["shape"].value, set()).add(row["node"])
    return found


def _found(results: list[Result], reader: "_Reader", known: tuple[Violation, ...] = ()) -> Found:
    """The results in words and as a report: each once, violations before warnings."""
    found = {reader.violation(result): result for result in results}
    left = [violation for violation in found if violation not in known]
    left.sort(key=lambda v: (v.severity != VIOLATION, v.file or "", str(v)))
    conforms = all(violation.severity != VIOLATION for violation in left)
    report = _report([found[violation] for violation in left], conforms, reader)
    return Found(conforms, tuple(left), report)


def stored_verdict(root: Root, settings: Settings) -> Verdict | None:
    """Return the verdict stored for exactly these inputs, None where there is none.

    It is looked for where the package is installed, then in the cache folder.
    """
    fingerprint = root.fingerprint()
    for folder in (published() / "validation", settings.cache_folder):
        try:
            verdict = Verdict.from_json((folder / f"{fingerprint}.json").read_text("utf-8"))
        except (OSError, ValueError):  # none there, or a damaged one
            continue
        if verdict.fingerprint == fingerprint:
            return verdict
    return None


def ensure_valid(root: Root, settings: Settings) -> Verdict:
    """Return the stored verdict, else validate and store what is found.

    A cache that cannot be written costs time at the next start and no more. Raises InvalidData
    where the data do not conform, UnreadableData where they cannot be parsed.
    """
    verdict = stored_verdict(root, settings)
    if verdict is None:
        verdict = validate(root)
        store_verdict(verdict, settings.cache_folder)
    if not verdict.conforms:
        raise InvalidData([v for v in verdict.violations if v.severity == VIOLATION])
    return verdict


def store_verdict(verdict: Verdict, folder: Path) -> None:
    """Write the verdict where `stored_verdict` finds it; a folder that refuses it is no error."""
    path = folder / f"{verdict.fingerprint}.json"
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(verdict.to_json(), "utf-8")
        draft.replace(path)  # in one step: nobody reads half a verdict
    except OSError:
        return


def _counts(dataset: Dataset, root: Root) -> dict[str, int]:
    """Count what is about to be validated; the default graph is still empty."""
    outside = [dataset.graph_quads(dataset.graph(name)) for name in OUTSIDE_DEFAULT]
    shapes = {
        quad.subject
        for shape_type in _SHAPE_TYPES
        for quad in dataset.store.quads_for_pattern(None, terms.RDF_TYPE, shape_type)
    }
    return {
        "files": len(list(root.graph_files())),
        "statements": len(dataset.store) - sum(map(len, outside)),
        "shapes": len(shapes),
        "focus_nodes": len(set().union(*focus_nodes(dataset).values())),
        "checks": len(dataset.checks),
    }


# The three sources of results


def _lint(dataset: Dataset) -> Iterator[Result]:
    """Yield what a SHACL processor passes over in silence, or stumbles over without a word."""
    from rdflib import SH

    quads = dataset.graph_quads(dataset.graph("shapes"))
    for quad in quads:
        for term in (quad.predicate, quad.object):
            if not isinstance(term, NamedNode) or not term.value.startswith(terms.SH):
                continue
            if term.value not in SH:
                message = "SHACL defines no such term. Mend its name."
                yield Result(quad.subject, term, None, message, rule("shape-terms-are-of-shacl"))
            elif term.value.removeprefix(terms.SH).lower().startswith("js"):
                message = "JavaScript is not run here. Say it in SHACL, or by sh:select."
                yield Result(quad.subject, term, None, message, rule("shapes-run-no-code"))
    yield from _lint_use(quads)
    yield from _lint_queries(dataset, quads)


def _lint_use(quads: list[Quad]) -> Iterator[Result]:
    used = {quad.object for quad in quads}
    used.update(quad.subject for quad in quads if quad.predicate in TARGETS)
    for quad in quads:
        if quad.object in _SHAPE_TYPES and quad.subject not in used:
            message = (
                "This shape targets nothing and no shape refers to it, so it is never used. "
                "Give it a target, such as sh:targetClass, or list it by sh:property."
            )
            yield Result(quad.subject, None, None, message, rule("shapes-are-used"))


def _lint_queries(dataset: Dataset, quads: list[Quad]) -> Iterator[Result]:
    stated = texts(quads)
    prefixes = declared_prefixes(stated)
    for (node, predicate), query in stated.items():
        if predicate == sh("select"):
            try:
                dataset.store.query(query, prefixes=prefixes)
            except SyntaxError as error:
                message = f"This is not SPARQL: {error.msg}. Mend it, or declare its prefixes."
                yield Result(node, predicate, None, message, rule("shape-queries-are-sparql"))


def _check(dataset: Dataset) -> Iterator[Result]:
    """Yield a result for each solution of each check; the check's first lines are its message."""
    for name, query in dataset.checks.items():
        message, shape = opening_comment(query), rule(name)
        for found in _solutions(dataset, query):
            if "focus" not in found:
                raise DataError("a check binds ?focus, the node it is about.", path=_file(name))
            yield Result(found["focus"], found.get("path"), found.get("value"), message, shape)


def _misplaced(dataset: Dataset, root: Root) -> Iterator[Result]:
    """Yield what stands in the file of another section or another class than its own.

    The class of a thing has a file as the shape of that class has one, where there is such a file:
    a claim of no passage belongs nowhere. A file that is named for none may hold what it likes.
    """
    stems: dict[Term, set[str]] = {}
    for quad in dataset.store.quads_for_pattern(None, TARGETS[1], None):
        if isinstance(quad.subject, NamedNode) and quad.subject.value in dataset.files:
            stems.setdefault(quad.object, set()).add(dataset.files[quad.subject.value].stem)
    homes: dict[str, set[str]] = {}
    present = {root.name_of(path) for path in set(dataset.files.values())}
    for iri in dataset.files:
        types = dataset.store.quads_for_pattern(NamedNode(iri), terms.RDF_TYPE, None)
        by_class = {f"data/{stem}.ttl" for q in types for stem in stems.get(q.object, ())}
        homes[iri] = by_class & present
    sections = dataset.iri("passage").value + "/"
    for quad in dataset.store.quads_for_pattern(None, _STATED_IN, None):
        claim, passage = (getattr(end, "value", "") for end in (quad.subject, quad.object))
        if claim in homes and passage.startswith(sections):
            section = passage.removeprefix(sections).partition("/")[0]
            homes[claim] = {f"data/claims/{section}.ttl"}
    named = set().union(*homes.values())
    for iri, wanted in homes.items():
        place = root.name_of(dataset.files[iri])
        if wanted and place in named - wanted:
            home = " or ".join(sorted(wanted))
            message = f"This stands in another file than it belongs in. Move its block to {home}."
            shape = rule("each-block-stands-in-its-file")
            yield Result(NamedNode(iri), None, None, message, shape, severity="Warning")


def _file(check: str) -> Path:
    return Path(CHECKS.replace("*", check))


def _solutions(dataset: Dataset, query: str, *, union: bool = False) -> Iterator[dict[str, Term]]:
    solutions = cast(QuerySolutions, dataset.store.query(query, use_default_graph_as_union=union))
    names = [variable.value for variable in solutions.variables]
    for solution in solutions:
        yield {name: term for name in names if (term := solution[name]) is not None}


# What an editor reads


class _Reader:
    """Says in an editor's words what a result speaks of, and in which file to look."""

    def __init__(self, dataset: Dataset, root: Root | None) -> None:
        self.dataset = dataset
        self._root = root
        self._guesses: dict[str, str] = {}

    @functools.cached_property
    def _known(self) -> frozenset[str]:
        """What is stated by hand of something: its names as editors write them."""
        subjects = {quad.subject for quad in asserted(self.dataset)}
        return frozenset(self.text(node) for node in subjects if isinstance(node, NamedNode))

    def violation(self, result: Result) -> Violation:
        """Return the result in words."""
        return Violation(
            focus_node=self.text(self.owner(result.focus)),
            path=self.path(result.path) if result.path else None,
            value=self.text(result.value) if result.value else None,
            message=result.message + self._suggestion(result.path, result.value),
            source_shape=self.dataset.compact(result.shape),
            severity=result.severity,
            file=self._file(result.focus, result.path),
        )

    def text(self, term: Term) -> str:
        """Return a compact IRI, or a literal as Turtle writes it."""
        if isinstance(term, NamedNode):
            return self.dataset.compact(term.value)
        if isinstance(term, Literal) and not term.language:
            kind = self.dataset.compact(term.datatype.value)
            return f'"{term.value}"' + ("" if kind == "xsd:string" else f"^^{kind}")
        return "[]" if isinstance(term, BlankNode) else str(term)

    def path(self, path: Term) -> str:
        """Return a property path; a text that stands where a property belongs, as it is there."""
        return self.text(path) if isinstance(path, Literal) else write_path(self.dataset, path)

    def owner(self, node: Term) -> Term:
        """Return the named thing whose block holds a blank node; a reason is its subject's."""
        seen = set()
        while isinstance(node, BlankNode) and node not in seen:
            seen.add(node)
            reason = self.dataset.store.quads_for_pattern(node, _ANNOTATED_SOURCE, None, None)
            inside = self.dataset.store.quads_for_pattern(None, None, node, None)
            node = [*(q.object for q in reason), *(q.subject for q in inside), node][0]
        return node

    def path_copy(self, path: Term | None, name: str) -> tuple[Term | None, list[Triple]]:
        """Return a SHACL property path under another name: its node, and the statements on it."""
        if not isinstance(path, BlankNode):
            return path, []
        node, triples = BlankNode(name), list[Triple]()
        for number, (predicate, value) in enumerate(stated_on(self.dataset, path).items()):
            inner, more = self.path_copy(value, f"{name}-{number}")
            triples += [Triple(node, predicate, cast(Term, inner)), *more]
        return node, triples

    def _file(self, node: Term, path: Term | None) -> str | None:
        """The file of the statement at fault, else of the thing."""
        file = self.dataset.places.get((node, None if isinstance(node, BlankNode) else path))
        owner = self.owner(node)
        if file is None and isinstance(owner, NamedNode):
            file = self.dataset.files.get(owner.value)
        return self._root.name_of(file) if file and self._root else None

    def _suggestion(self, *given: Term | None) -> str:
        """Name the known thing that an unknown one resembles; of the first unknown ones only."""
        for term in given:
            name = self.text(term) if isinstance(term, NamedNode) else ""
            if not name or name in self._known:
                continue
            if name not in self._guesses and len(self._guesses) < _MOST_GUESSED:
                close = difflib.get_close_matches(name, self._known, 1, _NEAR)
                self._guesses[name] = close[0] if close else ""
            if guess := self._guesses.get(name):
                return f" Did you mean {guess}?"
        return ""


def _report(results: list[Result], conforms: bool, reader: _Reader) -> list[Triple]:
    """Return the validation report (SHACL 3.6)."""
    report = BlankNode("report")
    nodes = [BlankNode(f"result{number}") for number in range(1, len(results) + 1)]
    triples = [
        Triple(report, terms.RDF_TYPE, sh("ValidationReport")),
        Triple(report, sh("conforms"), Literal(conforms)),
        *(Triple(report, sh("result"), node) for node in nodes),
    ]
    for node, result in zip(nodes, results, strict=True):
        triples += _result_triples(node, result, reader)
    return triples


def _in_turtle(triples: list[Triple], prefixes: dict[str, str]) -> str:
    """Return the statements in their order: the same text for the same statements."""
    turtle = cast(bytes, serialize(triples, format=RdfFormat.TURTLE, prefixes=prefixes)).decode()
    lines = turtle.splitlines(keepends=True)
    return "".join(sorted(lines[: len(prefixes)]) + lines[len(prefixes) :])


def _result_triples(node: BlankNode, result: Result, reader: _Reader) -> Iterator[Triple]:
    """Yield the statements of one validation result, with blank nodes named after it."""
    path, path_triples = reader.path_copy(result.path, f"{node.value}-resultPath")
    fields = {
        "focusNode": reader.owner(result.focus),
        "resultPath": None if isinstance(path, Literal) else path,
        "value": result.value,
        "resultMessage": Literal(result.message, language="en"),
        "resultSeverity": sh(result.severity),
        "sourceConstraintComponent": result.component and NamedNode(result.component),
        "sourceShape": NamedNode(result.shape),
    }
    yield Triple(node, terms.RDF_TYPE, sh("ValidationResult"))
    for name, term in fields.items():
        if isinstance(term, BlankNode):
            yield Triple(node, sh(name), BlankNode(f"{node.value}-{name}"))
        elif term:
            yield Triple(node, sh(name), term)
    yield from path_triples
