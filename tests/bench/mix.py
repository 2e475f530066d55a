"""The mix of queries: what readers and programs ask of a guide, with parameters from a seed."""

import itertools
import random
import re
from dataclasses import dataclass
from urllib.parse import quote

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
)

from calcguide import terms
from tests.bench.answers import GRAPH, SOLUTIONS, Answer, read

_PREFIXES = terms.prefixes(terms.BASE)
_OF_A_SUBJECT = "?claim calc:subject ?x"
_CANDIDATES = 20_000
"""Parameters that are chosen from, at most: finding all would take long in a large graph."""


@dataclass(frozen=True)
class Template:
    """A query in which $x stands for a parameter: any ?x that `among` finds gives an answer."""

    name: str
    text: str
    among: str = "BIND(1 AS ?x)"


@dataclass(frozen=True)
class Query:
    """A query of the mix, and the right answer to it."""

    name: str
    text: str
    right: Answer

    @property
    def accept(self) -> str:
        """The Accept header: what every server can write for this kind of query."""
        return SOLUTIONS if re.search(r"\b(SELECT|ASK)\b", self.text) else GRAPH

    @property
    def path(self) -> str:
        """The query string that asks it by GET (SPARQL 1.1 Protocol, section 2.1.1)."""
        return "?query=" + quote(self.text, safe="")


MIX = (
    Template("lookup", "SELECT ?p ?o { $x ?p ?o }", _OF_A_SUBJECT),
    Template("label", "SELECT ?label { $x rdfs:label ?label }", "?x a calc:Entity ; rdfs:label ?l"),
    Template("by label", "SELECT ?thing { ?thing skos:prefLabel $x }", "?e skos:prefLabel ?x"),
    Template(
        "claims",
        "SELECT ?claim ?property ?object "
        "{ ?claim calc:subject $x ; calc:predicate ?property ; calc:object ?object }",
        _OF_A_SUBJECT,
    ),
    Template(
        "join claim, passage, place",
        "SELECT ?claim ?start ?end { ?claim calc:subject $x ; calc:statedIn ?passage . "
        "?passage oa:hasSelector ?place . ?place oa:start ?start ; oa:end ?end }",
        _OF_A_SUBJECT,
    ),
    Template(
        "OPTIONAL",
        "SELECT ?claim ?polarity ?word ?condition "
        "{ ?claim calc:subject $x ; calc:polarity ?polarity . "
        "OPTIONAL { ?claim calc:hedgeWord ?word } "
        "OPTIONAL { ?claim calc:under ?under . ?under rdfs:label ?condition } }",
        _OF_A_SUBJECT,
    ),
    Template(
        "FILTER",
        "SELECT ?claim ?polarity "
        "{ ?claim calc:subject $x ; calc:polarity ?polarity FILTER(?polarity != calc:affirmed) }",
        "?claim calc:subject ?x ; calc:polarity calc:denied",
    ),
    Template(
        "NOT EXISTS",
        "SELECT ?claim "
        "{ ?claim calc:subject $x FILTER NOT EXISTS { ?claim calc:hedgeWord ?word } }",
        "?claim calc:subject ?x FILTER NOT EXISTS { ?claim calc:hedgeWord ?word }",
    ),
    Template(
        "MINUS",
        "SELECT ?claim { ?claim calc:subject $x MINUS { ?claim calc:polarity calc:denied } }",
        "?claim calc:subject ?x ; calc:polarity calc:affirmed",
    ),
    Template(
        "path upwards",
        "SELECT ?above ?label { $x skos:broader+ ?above . ?above rdfs:label ?label }",
        "?x skos:broader ?y . ?y rdfs:label ?l",
    ),
    Template(
        "path of properties",
        "SELECT ?claim ?who ?how { ?how rdfs:subPropertyOf* calc:manages . "
        "?claim calc:predicate ?how ; calc:object $x ; calc:subject ?who }",
        "?claim calc:predicate calc:treats ; calc:object ?x",
    ),
    Template(
        "path of alternatives",
        "SELECT DISTINCT ?claim { ?claim calc:subject|calc:object $x }",
        _OF_A_SUBJECT,
    ),
    Template(
        "UNION",
        "SELECT ?p ?other { { $x ?p ?other FILTER(isIRI(?other)) } UNION { ?other ?p $x } }",
        _OF_A_SUBJECT,
    ),
    Template(
        "VALUES",
        "SELECT ?thing ?label { VALUES ?thing { $x calc:affirmed calc:denied } "
        "?thing rdfs:label ?label }",
        "?x a calc:Entity ; rdfs:label ?l",
    ),
    Template(
        "BIND",
        "SELECT ?length { $x oa:hasSelector ?place . ?place oa:start ?start ; oa:end ?end "
        "BIND(?end - ?start AS ?length) }",
        "?x a calc:Passage ; oa:hasSelector ?s",
    ),
    Template(
        "DISTINCT over a join",
        "SELECT DISTINCT ?section { ?claim calc:subject $x ; calc:statedIn ?passage . "
        "?section dct:hasPart ?passage }",
        "?claim calc:subject ?x ; calc:statedIn ?p . ?s dct:hasPart ?p",
    ),
    Template(
        "subquery",
        "SELECT ?claim ?label { { SELECT ?claim { ?claim calc:subject $x } ORDER BY ?claim "
        "LIMIT 3 } ?claim skos:prefLabel ?label }",
        _OF_A_SUBJECT,
    ),
    Template(
        "GROUP BY of a thing",
        "SELECT ?polarity (COUNT(?claim) AS ?claims) "
        "{ ?claim calc:subject $x ; calc:polarity ?polarity } GROUP BY ?polarity",
        _OF_A_SUBJECT,
    ),
    Template(
        "GROUP BY of a section",
        "SELECT ?passage (COUNT(?claim) AS ?claims) "
        "{ $x dct:hasPart ?passage . ?claim calc:statedIn ?passage } GROUP BY ?passage",
        "?x a calc:Section ; dct:hasPart ?p . ?claim calc:statedIn ?p",
    ),
    Template(
        "GROUP BY of all",
        "SELECT ?certainty (COUNT(?claim) AS ?claims) { ?claim calc:certainty ?certainty } "
        "GROUP BY ?certainty",
    ),
    Template(
        "ORDER BY count, LIMIT",
        "SELECT ?object (COUNT(?claim) AS ?claims) "
        "{ ?claim calc:predicate $x ; calc:object ?object } "
        "GROUP BY ?object ORDER BY DESC(?claims) ?object LIMIT 5",
        "?claim calc:predicate ?x",
    ),
    Template(
        "ORDER BY label, LIMIT",
        "SELECT ?thing ?label { ?thing a $x ; rdfs:label ?label } ORDER BY ?label ?thing LIMIT 10",
        "?thing a calc:Entity, ?x ; rdfs:label ?l FILTER(?x != calc:Entity)",
    ),
    Template(
        "words in labels",
        "SELECT ?thing ?label { ?thing a $x ; rdfs:label ?label "
        'FILTER(CONTAINS(LCASE(STR(?label)), "al")) }',
        "?thing a calc:Entity, ?x ; rdfs:label ?l "
        'FILTER(?x != calc:Entity && CONTAINS(LCASE(STR(?l)), "al"))',
    ),
    Template(
        "ASK",
        "ASK { ?claim calc:subject $x ; calc:polarity calc:affirmed }",
        _OF_A_SUBJECT,
    ),
    Template(
        "CONSTRUCT",
        "CONSTRUCT { $x ?p ?o . ?o rdfs:label ?label } WHERE { $x ?p ?o . ?o rdfs:label ?label }",
        "?x a calc:Entity ; ?p ?o . ?o rdfs:label ?l",
    ),
    Template("DESCRIBE", "DESCRIBE $x", "?x a calc:Claim"),
    # The questions of the README and others about the whole guide, the first of many rows.
    Template(
        "types and places",
        "SELECT ?type ?kind ?place { ?type a calc:Calcification ; rdfs:label ?kind ; "
        "calc:occursIn ?location . ?location rdfs:label ?place } "
        "ORDER BY ?kind ?type ?place LIMIT 20",
    ),
    Template(
        "mechanisms and causes",
        "SELECT ?claim ?type ?origin ?polarity ?certainty ?word "
        "{ ?claim calc:predicate $x ; calc:subject ?kind ; calc:object ?thing ; "
        "calc:polarity/rdfs:label ?polarity ; calc:certainty/rdfs:label ?certainty . "
        "?kind a calc:Calcification ; rdfs:label ?type . ?thing rdfs:label ?origin "
        "OPTIONAL { ?claim calc:hedgeWord ?word } } "
        "ORDER BY ?type ?claim LIMIT 20",
        "VALUES ?x { calc:hasMechanism calc:hasCause } ?claim calc:predicate ?x",
    ),
    Template(
        "treatments and passages",
        "SELECT ?claim ?treatment ?type ?passage { ?effect rdfs:subPropertyOf* calc:manages . "
        "?claim calc:predicate ?effect ; calc:subject/rdfs:label ?treatment ; "
        "calc:object/rdfs:label ?type ; calc:statedIn ?passage } "
        "ORDER BY ?treatment ?claim LIMIT 20",
    ),
    Template(
        "how sure it is",
        "SELECT ?polarity ?certainty (COUNT(?claim) AS ?claims) "
        "{ ?claim calc:polarity ?polarity ; calc:certainty ?certainty } "
        "GROUP BY ?polarity ?certainty",
    ),
    Template(
        "passages without a claim",
        "SELECT (COUNT(?passage) AS ?passages) "
        "{ ?passage a calc:Passage FILTER NOT EXISTS { ?claim calc:statedIn ?passage } }",
    ),
)


def queries(store: Store, seed: int, each: int = 4) -> list[Query]:
    """Return `each` queries of every template, in an order of chance, with their answers.

    `store` holds the graph in its default graph: pyoxigraph, in this process, is the reference.
    """
    chance = random.Random(seed)
    made = [
        Query(template.name, text, reference(store, text))
        for template in MIX
        for text in _texts(template, store, chance, each)
    ]
    chance.shuffle(made)
    return made


def _texts(template: Template, store: Store, chance: random.Random, each: int) -> list[str]:
    wanted = declared(f"SELECT DISTINCT ?x {{ {template.among} }} LIMIT {_CANDIDATES}")
    found = store.query(wanted)
    assert isinstance(found, QuerySolutions)
    parameters = sorted(str(solution["x"]) for solution in found)
    chance.shuffle(parameters)
    # Where there are fewer, some come again: every template has the same weight.
    chosen = itertools.islice(itertools.cycle(parameters), each)
    return [declared(template.text.replace("$x", parameter)) for parameter in chosen]


def declared(text: str) -> str:
    """Return the query with the PREFIX lines that it needs, as a stranger would send it."""
    used = [prefix for prefix in _PREFIXES if re.search(rf"(?<![\w/]){prefix}:(?!/)", text)]
    return " ".join([*(f"PREFIX {prefix}: <{_PREFIXES[prefix]}>" for prefix in used), text])


def reference(store: Store, text: str) -> Answer:
    """Return the right answer to a query."""
    found = store.query(text)
    if isinstance(found, QueryTriples):
        return read(found.serialize(format=RdfFormat.TURTLE) or b"", GRAPH)
    assert isinstance(found, QuerySolutions | QueryBoolean)
    return read(found.serialize(format=QueryResultsFormat.JSON) or b"", SOLUTIONS)


def is_right(query: Query, answer: Answer) -> bool:
    """Return whether an answer is the right one.

    Rows count in their order where the query orders them. What DESCRIBE adds to the statements of
    the resource is the server's to decide (SPARQL 1.1, section 16.4).
    """
    if "DESCRIBE <" in query.text:
        return set(query.right) <= set(answer)
    if re.search(r"ORDER BY(?!.*\} )", query.text):
        return answer == query.right
    return sorted(answer) == sorted(query.right)


def entities(store: Store, seed: int, number: int) -> list[tuple[str, str]]:
    """Return (path below the base, label) of some entities, for their pages."""
    found = store.query(
        declared(
            "SELECT ?x (SAMPLE(?l) AS ?label) { ?x a calc:Entity ; skos:prefLabel ?l } "
            f"GROUP BY ?x ORDER BY ?x LIMIT {_CANDIDATES}"
        )
    )
    assert isinstance(found, QuerySolutions)
    pairs = [(str(s["x"].value).removeprefix(terms.BASE), str(s["label"].value)) for s in found]
    own = [pair for pair in pairs if pair[0].startswith("id/")]
    return random.Random(seed).sample(own, min(number, len(own)))
