"""Why an entailed statement holds: the rule that makes it, and the statements it follows from."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, cast

from pyoxigraph import (
    BlankNode,
    NamedNode,
    QuerySolution,
    QuerySolutions,
    QueryTriples,
    Store,
    Triple,
)

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset, Term
from calcguide.description.naming import Name, calc, name
from calcguide.description.statements import (
    Claim,
    Origin,
    Statement,
    editors_reason,
    read_claims,
    unclaimed,
)
from calcguide.files import opening_comment

_RULE: Final = re.compile(
    r"(?P<prologue>.*?)CONSTRUCT\s*\{(?P<head>[^{}]*)\}\s*WHERE\s*\{(?P<body>.*)\}\s*$", re.DOTALL
)
_NOT_YET: Final = re.compile(r"FILTER NOT EXISTS\s*\{[^{}]*\}")
"""What keeps a rule from making a statement again: it would hide how one came about."""
_FILTER: Final = re.compile(r"FILTER\s*\((?:[^()]|\([^()]*\))*\)")
_VARIABLE: Final = re.compile(r"\?(\w+)")
_STANDS_FOR: Final = "variable:"
"""How the IRI begins that stands for a variable where the engine reads a pattern."""
_DERIVATIONS: Final = 20
_DEEPEST: Final = 6
_QUALIFIED: Final = ("qualified-facts", "qualified-entailed")
_ORIGINS: Final = {
    "facts": Origin.CLAIMS,
    "qualified-facts": Origin.CLAIMS,
    "entailed": Origin.RULE,
    "qualified-entailed": Origin.HEDGED_RULE,
    "ontology": Origin.ONTOLOGY,
}
"""Graph -> who says what stands in it; what stands in any other, the editors say."""


@dataclass(frozen=True)
class Rule:
    """A rule: `local` is its anchor on the page of the ontology, its name is a sentence."""

    name: Name
    local: str
    query: str


@dataclass(frozen=True)
class Explained:
    """A statement; where it is entailed, `because` says how."""

    statement: Statement
    because: "Explanation | None" = None


@dataclass(frozen=True)
class Explanation:
    """The last step that leads to a statement."""

    rule: Rule
    premises: tuple[Explained, ...]


@lru_cache(maxsize=4)
def rules_of(dataset: Dataset) -> tuple[Rule, ...]:
    """Return the rules that entail, in the order of their names; kept."""
    return tuple(
        Rule(
            Name(opening_comment(query), f"{terms.BASE}ontology#rule-{stem}"),
            f"rule-{stem}",
            query,
        )
        for stem, query in sorted(dataset.rules.items())
    )


def explained(dataset: Dataset, statement: Statement) -> Explained:
    """Return a statement about named things with its explanation."""
    ends = (NamedNode(iri or "") for iri in statement.triple)
    return Explained(statement, explain(dataset, Triple(*ends)))


@lru_cache(maxsize=2_000)
def explain(dataset: Dataset, triple: Triple) -> Explanation | None:
    """Return how a statement is entailed, None where no rule makes it; a dataset does not change.

    What holds without hedge or condition is never explained by what does not.
    """
    return _explain(dataset, triple, (), _origin(dataset, triple) is Origin.HEDGED_RULE)


def _explain(
    dataset: Dataset, triple: Triple, below: tuple[Triple, ...], hedged: bool
) -> Explanation | None:
    """The first derivation whose premises all hold without the statements that are below."""
    if len(below) == _DEEPEST:
        return None
    for rule, found in _derivations(dataset, triple):
        if triple in found or not found.isdisjoint(below):
            continue
        premises = []
        for premise in sorted(found, key=lambda t: _in_order(dataset, t)):
            shown = _premise(dataset, premise, (*below, triple), hedged)
            if shown is None:
                break
            premises.append(shown)
        else:
            return Explanation(rule, tuple(premises))
    return None


def _premise(
    dataset: Dataset, triple: Triple, below: tuple[Triple, ...], hedged: bool
) -> Explained | None:
    """The statement with its claims, reason or explanation; None where it may not be used."""
    graphs = _graphs(dataset, triple)
    if not graphs or (not hedged and all(graph in _QUALIFIED for graph in graphs)):
        return None
    origin = _origin(dataset, triple)
    statement = unclaimed(dataset, triple, origin, editors_reason(dataset, triple))
    if origin is Origin.CLAIMS:
        return Explained(replace(statement, claims=_claims(dataset, triple)))
    if origin not in (Origin.RULE, Origin.HEDGED_RULE):
        return Explained(statement)
    because = _explain(dataset, triple, below, hedged)
    return Explained(statement, because) if because else None


def _derivations(dataset: Dataset, triple: Triple) -> list[tuple[Rule, set[Triple]]]:
    """The ways in which one step of a rule makes the statement; those from stated ones first."""
    if any(isinstance(term, BlankNode) for term in triple):
        return []
    found = [
        (rule, premises)
        for rule in _rules_for(dataset, triple.predicate)
        for premises in _steps(dataset, rule.query, triple)
    ]
    entailed = (Origin.RULE, Origin.HEDGED_RULE)
    found.sort(key=lambda step: sum(_origin(dataset, t) in entailed for t in step[1]))
    return found


@lru_cache(maxsize=1_000)
def _rules_for(dataset: Dataset, predicate: NamedNode) -> tuple[Rule, ...]:
    """The rules that make any statement with a predicate: few do, and asking all takes time."""
    return tuple(rule for rule in rules_of(dataset) if _makes(dataset, rule.query, predicate))


@lru_cache(maxsize=100)
def _read(query: str) -> re.Match[str] | None:
    """The parts of a rule, None where it has others; kept."""
    return _RULE.match(_NOT_YET.sub("", query))


def _makes(dataset: Dataset, query: str, predicate: NamedNode) -> bool:
    rule = _read(query)
    if not rule:
        return False
    made = _triples(rule["prologue"], rule["head"])
    if not any(isinstance(term, str) or term == predicate for _, term, _ in made):
        return False
    token = rule["head"].split()[1]
    bound = {token: str(predicate)} if token.startswith("?") else {}
    return any(_solutions(dataset, rule, bound, 1))


def _steps(dataset: Dataset, query: str, triple: Triple) -> Iterator[set[Triple]]:
    """Yield what a rule makes the statement of: its own pattern, with each solution filled in."""
    rule = _read(query)
    if not rule:
        return
    ends = zip(rule["head"].split()[:3], triple, strict=True)
    bound = {token: str(term) for token, term in ends if token.startswith("?")}
    for solution in _solutions(dataset, rule, bound, _DERIVATIONS):
        if triple in _filled(_triples(rule["prologue"], rule["head"]), solution):
            premises = _filled(_triples(rule["prologue"], _pattern(rule["body"])), solution)
            yield {t for t in premises if _in_store(dataset, t)}


def _solutions(
    dataset: Dataset, rule: re.Match[str], bound: Mapping[str, str], most: int
) -> QuerySolutions:
    """What fits the WHERE clause of a rule where some of its variables are bound."""
    values = f"VALUES ({' '.join(bound)}) {{ ({' '.join(bound.values())}) }}"
    solutions = dataset.store.query(
        f"{rule['prologue']} SELECT * {{ {values} {rule['body']} }} LIMIT {most}"
    )
    return cast(QuerySolutions, solutions)


@lru_cache(maxsize=100)
def _pattern(body: str) -> str:
    """The triple patterns of a WHERE clause, without what groups and filters them; kept."""
    text = re.sub(r"\bUNION\b|\{", " ", _FILTER.sub(" ", body)).replace("}", " . ")
    return re.sub(r"\s\.(\s+\.)+", " .", f" {text} ")


@lru_cache(maxsize=200)
def _triples(prologue: str, pattern: str) -> tuple[tuple[str | Term, ...], ...]:
    """The triples of a pattern, a variable by its name; kept, since the engine reads them."""
    text = _VARIABLE.sub(rf"<{_STANDS_FOR}\1>", pattern)
    found = Store().query(f"{prologue} CONSTRUCT {{ {text} }} WHERE {{}}")
    return tuple(tuple(map(_variable, triple)) for triple in cast(QueryTriples, found))


def _variable(term: Term) -> str | Term:
    if isinstance(term, NamedNode) and term.value.startswith(_STANDS_FOR):
        return term.value.removeprefix(_STANDS_FOR)
    return term


def _filled(pattern: Iterable[Iterable[str | Term]], solution: QuerySolution) -> set[Triple]:
    """The triples of a pattern with the variables as in a solution."""
    return {
        Triple(*(solution[term] if isinstance(term, str) else term for term in triple))  # type: ignore[arg-type]
        for triple in pattern
    }


def _in_store(dataset: Dataset, triple: Triple) -> bool:
    """Whether it is stated; a part of a list, such as a chain of properties, is left out."""
    if isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode):
        return False
    subject, predicate, object = triple
    found = dataset.store.quads_for_pattern(subject, predicate, object, DEFAULT_GRAPH)
    return next(found, None) is not None


@lru_cache(maxsize=5_000)
def _graphs(dataset: Dataset, triple: Triple) -> tuple[str, ...]:
    """The names of the graphs that state it; kept."""
    prefix = dataset.graph("").value
    subject, predicate, object = triple
    return tuple(
        quad.graph_name.value.removeprefix(prefix)
        for quad in dataset.store.quads_for_pattern(subject, predicate, object, None)
        if isinstance(quad.graph_name, NamedNode)
    )


def _origin(dataset: Dataset, triple: Triple) -> Origin:
    graphs = _graphs(dataset, triple)
    return next((_ORIGINS[graph] for graph in graphs if graph in _ORIGINS), Origin.EDITORS)


def _in_order(dataset: Dataset, triple: Triple) -> tuple[bool, str]:
    """What is said of things before what is said of words."""
    return _origin(dataset, triple) is Origin.ONTOLOGY, str(triple)


def _claims(dataset: Dataset, triple: Triple) -> tuple[Claim, ...]:
    proposition = tuple(name(dataset, term) for term in triple)
    about = read_claims(dataset, dataset.subjects(calc("subject"), triple.subject))
    return tuple(claim for claim in about if claim.affirmed and claim.proposition == proposition)
