"""Why an entailed statement holds: the rule that makes it, and the statements it follows from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, cast

from pyoxigraph import BlankNode, NamedNode, QuerySolutions, Triple

from calcguide import terms
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.description.naming import Name, calc
from calcguide.description.statements import (
    Claim,
    Origin,
    Statement,
    editors_reason,
    read_claims,
    statements_of,
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


def rules_of(dataset: Dataset) -> tuple[Rule, ...]:
    """Return the rules that entail, in the order of their names."""
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
    found = [
        (rule, premises)
        for rule in rules_of(dataset)
        for premises in _steps(dataset, rule.query, triple)
    ]
    entailed = (Origin.RULE, Origin.HEDGED_RULE)
    found.sort(key=lambda step: sum(_origin(dataset, t) in entailed for t in step[1]))
    return found


def _steps(dataset: Dataset, query: str, triple: Triple) -> Iterator[set[Triple]]:
    """Yield what a rule makes the statement of: its own pattern, with each solution filled in."""
    rule = _RULE.match(query)
    if not rule or any(isinstance(term, BlankNode) for term in triple):
        return
    ends = zip(rule["head"].split()[:3], triple, strict=True)
    bound = {token: str(term) for token, term in ends if token.startswith("?")}
    body = _NOT_YET.sub("", rule["body"])
    solutions = dataset.store.query(
        f"{rule['prologue']} SELECT * {{ VALUES ({' '.join(bound)}) {{ ({' '.join(bound.values())})"
        f" }} {body} }} LIMIT {_DERIVATIONS}"
    )
    names = _VARIABLE.findall(query)
    for solution in cast(QuerySolutions, solutions):
        filled = {name: str(solution[name]) for name in names}
        made = _ground(dataset, rule["prologue"], rule["head"], filled)
        if triple in made:
            premises = _ground(dataset, rule["prologue"], _pattern(body), filled)
            yield {t for t in premises if _in_store(dataset, t)}


def _pattern(body: str) -> str:
    """The triple patterns of a WHERE clause, without what groups and filters them."""
    text = re.sub(r"\bUNION\b|\{", " ", _FILTER.sub(" ", body)).replace("}", " . ")
    return re.sub(r"\s\.(\s+\.)+", " .", f" {text} ")


def _ground(dataset: Dataset, prologue: str, pattern: str, filled: dict[str, str]) -> set[Triple]:
    text = _VARIABLE.sub(lambda found: filled[found[1]], pattern)
    return set(dataset.store.query(f"{prologue} CONSTRUCT {{ {text} }} WHERE {{}}"))  # type: ignore[arg-type]


def _in_store(dataset: Dataset, triple: Triple) -> bool:
    """Whether it is stated; a part of a list, such as a chain of properties, is left out."""
    if isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode):
        return False
    subject, predicate, object = triple
    found = dataset.store.quads_for_pattern(subject, predicate, object, DEFAULT_GRAPH)
    return next(found, None) is not None


def _graphs(dataset: Dataset, triple: Triple) -> list[str]:
    """The names of the graphs that state it."""
    prefix = dataset.graph("").value
    subject, predicate, object = triple
    return [
        quad.graph_name.value.removeprefix(prefix)
        for quad in dataset.store.quads_for_pattern(subject, predicate, object, None)
        if isinstance(quad.graph_name, NamedNode)
    ]


def _origin(dataset: Dataset, triple: Triple) -> Origin:
    graphs = _graphs(dataset, triple)
    return next((_ORIGINS[graph] for graph in graphs if graph in _ORIGINS), Origin.EDITORS)


def _in_order(dataset: Dataset, triple: Triple) -> tuple[bool, str]:
    """What is said of things before what is said of words."""
    return _origin(dataset, triple) is Origin.ONTOLOGY, str(triple)


def _claims(dataset: Dataset, triple: Triple) -> tuple[Claim, ...]:
    subjects = dataset.subjects(calc("subject"), triple.subject)
    stated = unclaimed(dataset, triple, Origin.CLAIMS)
    return next(
        (
            found.claims
            for found in statements_of(read_claims(dataset, subjects))
            if found.triple == stated.triple and found.polarity == stated.polarity
        ),
        (),
    )
