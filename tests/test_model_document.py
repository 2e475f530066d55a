"""The document of the model: its tables are those of the files, its order is MIRO's."""

import re
from pathlib import Path

import pytest

from calcguide import terms
from calcguide.dataset import Dataset
from calcguide.files import opening_comment
from tests.conftest import REPOSITORY, Ask
from tests.test_alignments import PROPERTIES, table

DOCUMENT = REPOSITORY / "docs" / "model.md"
MARK = "<!-- tables -->\n"
OURS = f"rdfs:isDefinedBy <{terms.BASE}ontology>"
VALUED = "VALUES ?sort { owl:DatatypeProperty owl:AnnotationProperty }"
CHARACTERISTICS = {
    f"{kind}Property"
    for kind in ("Asymmetric", "Functional", "Irreflexive", "Symmetric", "Transitive")
}
COUNTS = {
    "claims": "?x a calc:Claim",
    "passages": "?x a calc:Passage",
    "entities": "?x a calc:Entity",
    "classes of ours": f"GRAPH graph:ontology {{ ?x a owl:Class ; {OURS} }}",
    "properties between things": f"GRAPH graph:ontology {{ ?x a owl:ObjectProperty ; {OURS} }}",
    "properties with a value": f"GRAPH graph:ontology {{ {VALUED} ?x a ?sort ; {OURS} }}",
    "qualifiers": "?x a calc:Qualifier",
    "statements that follow from claims, plain": "GRAPH graph:facts { ?x ?p ?o }",
    "statements that follow from claims, qualified": "GRAPH graph:qualified-facts { ?x ?p ?o }",
    "entailed statements": "GRAPH graph:entailed { ?x ?p ?o }",
    "entailed statements with a qualified premise": "GRAPH graph:qualified-entailed { ?x ?p ?o }",
    "node shapes": "GRAPH graph:shapes { ?x a sh:NodeShape }",
    "property shapes": "GRAPH graph:shapes { ?x a sh:PropertyShape }",
}


def tables(guide: Dataset, ask: Ask) -> str:
    """The generated part: classes, properties, rules, matches, shapes, checks and counts."""
    classes = ask(
        f"SELECT ?c ?l (GROUP_CONCAT(?w; separator=', ') AS ?ws) ?d {{ GRAPH graph:ontology {{"
        f"?c a owl:Class ; {OURS} ; rdfs:label ?l ; skos:definition ?d . OPTIONAL {{"
        "?c rdfs:subClassOf ?wider . ?wider rdfs:label ?w } } } GROUP BY ?c ?l ?d ORDER BY ?c"
    )
    properties: list[tuple[str, ...]] = [
        (term, start, end, _axioms(ask, term), definition)
        for term, start, end, definition in ask(
            f"SELECT ?p ?from ?to ?d {{ GRAPH graph:ontology {{ ?p a owl:ObjectProperty ; {OURS} ;"
            "skos:definition ?d OPTIONAL { ?p rdfs:domain/rdfs:label ?from }"
            "OPTIONAL { ?p rdfs:range/rdfs:label ?to } } } ORDER BY ?p"
        )
    ]
    valued = ask(
        f"SELECT ?p ?from ?to ?d {{ GRAPH graph:ontology {{ {VALUED} ?p a ?sort ; {OURS} ;"
        "skos:definition ?d OPTIONAL { ?p rdfs:domain/rdfs:label ?from }"
        "OPTIONAL { ?p rdfs:range ?to } } } ORDER BY ?p"
    )
    rules: list[tuple[str, ...]] = [
        (path.stem, " ".join(opening_comment(path.read_text("utf-8")).split()))
        for path in sorted((REPOSITORY / "ontology" / "rules").rglob("*.rq"))
    ]
    checks: list[tuple[str, ...]] = [
        (name.replace("-", " "), " ".join(opening_comment(query).split()))
        for name, query in sorted(guide.checks.items())
    ]
    columns = ("subject_id", "predicate_id", "object_id", "object_label", "comment")
    matches = [tuple(row[c] for c in columns) for row in table(PROPERTIES)]
    shapes = ask(
        "SELECT ?n ?s (COUNT(?p) AS ?count) ?m { GRAPH graph:shapes { ?s a sh:NodeShape ;"
        "sh:name ?n ; sh:message ?m OPTIONAL { ?s sh:property ?p } } }"
        "GROUP BY ?n ?s ?m ORDER BY ?n ?s"
    )
    between = ("property", "from", "to", "in OWL", "definition")
    rows: list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]] = [
        ("Classes", ("class", "label", "wider", "definition"), classes),
        ("Properties between things", between, properties),
        ("Properties with a value", ("property", "from", "to", "definition"), valued),
        ("Rules", ("rule", "what it makes"), rules),
        ("Matches of the vocabulary", ("ours", "match", "term", "its label", "why"), matches),
        ("Shapes", ("name", "shape", "properties", "message"), shapes),
        ("Checks across graphs", ("what holds", "what is said where it does not"), checks),
        ("Counts", ("what", "how many"), _counts(guide, ask)),
    ]
    return "\n".join(_table(title, header, body) for title, header, body in rows)


def _axioms(ask: Ask, term: str) -> str:
    """What OWL says of a property, in words."""
    [row] = ask(
        "SELECT (GROUP_CONCAT(DISTINCT ?kind; separator=' ') AS ?kinds)"
        "(GROUP_CONCAT(DISTINCT ?w; separator=' ') AS ?wider)"
        "(GROUP_CONCAT(DISTINCT ?i; separator=' ') AS ?inverse)"
        f"(COUNT(DISTINCT ?chain) AS ?chains) {{ GRAPH graph:ontology {{ {term} a ?type ."
        "BIND(STRAFTER(STR(?type), '#') AS ?kind)"
        f"OPTIONAL {{ {term} rdfs:subPropertyOf ?wide . BIND(STRAFTER(STR(?wide), '#') AS ?w) }}"
        f"OPTIONAL {{ {term} owl:inverseOf|^owl:inverseOf ?other ."
        "BIND(STRAFTER(STR(?other), '#') AS ?i) }"
        f"OPTIONAL {{ {term} owl:propertyChainAxiom ?chain }} }} }}"
    )
    kinds, wider, inverse, chains = row
    words = sorted(
        k.removesuffix("Property").lower() for k in kinds.split() if k in CHARACTERISTICS
    )
    words += [f"a case of {w}" for w in sorted(wider.split())]
    words += [f"inverse of {i}" for i in sorted(inverse.split())]
    return ", ".join([*words, *(["made by a chain"] if chains != "0" else [])])


def _counts(guide: Dataset, ask: Ask) -> list[tuple[str, ...]]:
    counted = [
        (what, ask(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")[0][0])
        for what, pattern in COUNTS.items()
    ]
    return [*counted, ("checks across graphs", str(len(guide.checks)))]


def _table(title: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    body = "\n".join("| " + " | ".join(row).replace("\n", " ") + " |" for row in lines)
    return f"\n### {title}\n\n{body}\n"


def test_the_tables_are_those_of_the_files(
    guide: Dataset, ask: Ask, request: pytest.FixtureRequest
) -> None:
    text = DOCUMENT.read_text("utf-8")
    before, after = text.split(MARK)
    following = after[after.index("\n### An example") :]
    made = before + MARK + tables(guide, ask) + following
    if request.config.getoption("--update-golden"):
        DOCUMENT.write_text(made, "utf-8")
    assert DOCUMENT.read_text("utf-8") == made


def test_the_document_has_the_parts_of_miro_in_their_order() -> None:
    found = re.findall(r"^## ([A-Z])\.", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert found == list("ABCDEFG")


@pytest.mark.parametrize("path", sorted((REPOSITORY / "docs").glob("*.md")), ids=lambda p: p.name)
def test_a_document_links_to_files_that_there_are(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_each_of_the_twelve_objections_is_answered() -> None:
    numbers = re.findall(r"^\| (\d+) \| [^|]+ \| [^|]{40,} \|$", DOCUMENT.read_text("utf-8"), re.M)
    assert numbers == [str(number) for number in range(1, 13)]


def test_the_worked_questions_that_the_document_names_exist() -> None:
    named = re.findall(r"`([a-z]+(?:-[a-z]+){3,})`", DOCUMENT.read_text("utf-8"))
    assert named
    assert [n for n in named if not (REPOSITORY / f"data/queries/{n}.ttl").exists()] == []
