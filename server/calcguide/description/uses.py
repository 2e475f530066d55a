"""How the data use the terms of the ontology: counts, and one real statement with each."""

from collections import Counter
from dataclasses import replace
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Quad

from calcguide import terms
from calcguide.dataset import Dataset, Term
from calcguide.description.naming import Name, calc, name
from calcguide.description.statements import (
    AFFIRMED,
    Origin,
    Statement,
    read_claims,
    statements_of,
    unclaimed,
)

_PREDICATE: Final = calc("predicate")
_POLARITY: Final = calc("polarity")
_AFFIRMED: Final = NamedNode(AFFIRMED)
_SHOWN: Final = 120
"""Characters of a text that an example shows."""
_GRAPHS: Final = (
    *("facts", "claims", "entities", "background", "dataset", "alignments", "queries", "shapes"),
    *("entailed", "qualified-entailed", "ontology"),
)
"""Where an example is looked for, in this order; a qualified fact is shown by its claims."""
_ORIGINS: Final = {
    "background": Origin.EDITORS,
    "entailed": Origin.RULE,
    "qualified-entailed": Origin.HEDGED_RULE,
}


class Uses:
    """Counts over all named graphs, where each statement stands once."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._graphs: dict[object, str] = {dataset.graph(name): name for name in _GRAPHS}
        self.statements: Counter[Term] = Counter()
        """Property -> the statements with it."""
        self.members: Counter[Term] = Counter()
        """Class -> its members, entailed ones included."""
        self.bearers: Counter[Term] = Counter()
        """Qualifier -> the things that have it as a value."""
        self.claims: Counter[Term] = Counter()
        """Property -> the claims that have it as their predicate."""
        for quad in dataset.store:
            if isinstance(quad.graph_name, NamedNode):
                self._count(quad)

    def _count(self, quad: Quad) -> None:
        self.statements[quad.predicate] += 1
        if quad.predicate == terms.RDF_TYPE:
            self.members[quad.object] += 1
        elif quad.predicate == _PREDICATE:
            self.claims[quad.object] += 1
        elif self._graphs.get(quad.graph_name) == "claims":
            self.bearers[quad.object] += 1

    def example(self, property: NamedNode | None, object: NamedNode | None) -> Statement | None:
        """Return a statement with the property or object given, None where the data have none.

        What claims say comes first, the plainest of it; then what is written by hand, then what
        follows by rule.
        """
        about = self._dataset.subjects(_PREDICATE, property) if property and not object else ()
        claims = read_claims(self._dataset, about)
        if claims:
            best = min(
                claims, key=lambda claim: (not claim.affirmed, not claim.plain, claim.number)
            )
            return statements_of([best])[0]
        quads = self._dataset.store.quads_for_pattern(None, property, object, None)
        found = [quad for quad in quads if quad.graph_name in self._graphs]
        return self._statement(min(found, key=self._preference)) if found else None

    def _preference(self, quad: Quad) -> tuple[bool, bool, bool, int, str]:
        """First what is of things in use, between named ones, undoubted, in a better graph."""
        ends = (quad.subject, quad.object)
        unnamed = any(isinstance(end, BlankNode) for end in ends)
        doubtful = any(
            self._dataset.value(end, _POLARITY) not in (None, _AFFIRMED)
            for end in ends
            if isinstance(end, NamedNode)
        )
        unused = quad.subject.value in self._dataset.out_of_use  # type: ignore[union-attr]
        return unused, unnamed, doubtful, _GRAPHS.index(self._graphs[quad.graph_name]), str(quad)

    def _statement(self, quad: Quad) -> Statement:
        origin = _ORIGINS.get(self._graphs[quad.graph_name], Origin.CLAIMS)
        statement = unclaimed(self._dataset, quad.triple, origin)
        shown = replace(statement.object, label=_cut(statement.object.label))
        return replace(statement, subject=self._owner(quad.subject), object=shown)

    def _owner(self, node: Term) -> Name:
        """The name of a thing; for an unnamed one, that of the thing it belongs to."""
        while isinstance(node, BlankNode):
            around = next(self._dataset.store.quads_for_pattern(None, None, node, None), None)
            if around is None or isinstance(around.subject, BlankNode):
                break
            owner = name(self._dataset, around.subject)
            return replace(owner, label=f"{owner.label}: {self._dataset.label(around.predicate)}")
        return name(self._dataset, node)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN].rsplit(" ", 1)[0] + " …"
