"""The document of the model: its tables are those of the files, its order is MIRO's."""

import re
from pathlib import Path

import pytest

from calcguide import terms
from calcguide.dataset import Dataset
from tests.conftest import REPOSITORY, Ask

DOCUMENT = REPOSITORY / "docs" / "model.md"
MARK = "<!-- tables -->\n"
COUNTS = {
    "claims": "?x a calc:Claim",
    "passages": "?x a calc:Passage",
    "entities": "?x a calc:Entity",
    "statements that follow from claims, plain": "GRAPH graph:facts { ?x ?p ?o }",
    "statements that follow from claims, qualified": "GRAPH graph:qualified-facts { ?x ?p ?o }",
    "entailed statements": "GRAPH graph:entailed { ?x ?p ?o }",
    "entailed statements with a qualified premise": "GRAPH graph:qualified-entailed { ?x ?p ?o }",
    "node shapes": "GRAPH graph:shapes { ?x a sh:NodeShape }",
    "property shapes": "GRAPH graph:shapes { ?x a sh:PropertyShape }",
}


def tables(guide: Dataset, ask: Ask) -> str:
    """The generated part: classes, properties, shapes and counts."""
    ours = f"rdfs:isDefinedBy <{terms.BASE}ontology>"
    classes = ask(
        f"SELECT ?c ?l (GROUP_CONCAT(?w; separator=', ') AS ?ws) ?d {{ GRAPH graph:ontology {{"
        f"?c a owl:Class ; {ours} ; rdfs:label ?l ; skos:definition ?d . OPTIONAL {{"
        "?c rdfs:subClassOf ?wider . ?wider rdfs:label ?w } } } GROUP BY ?c ?l ?d ORDER BY ?c"
    )
    properties = ask(
        f"SELECT ?p ?from ?to ?d {{ GRAPH graph:ontology {{ ?p a owl:ObjectProperty ; {ours} ;"
        "skos:definition ?d OPTIONAL { ?p rdfs:domain/rdfs:label ?from }"
        "OPTIONAL { ?p rdfs:range/rdfs:label ?to } } } ORDER BY ?p"
    )
    shapes = ask(
        "SELECT ?n ?s (COUNT(?p) AS ?count) ?m { GRAPH graph:shapes { ?s a sh:NodeShape ;"
        "sh:name ?n ; sh:message ?m OPTIONAL { ?s sh:property ?p } } }"
        "GROUP BY ?n ?s ?m ORDER BY ?n ?s"
    )
    rows = [
        ("Classes", ("class", "label", "wider", "definition"), classes),
        ("Properties between things", ("property", "from", "to", "definition"), properties),
        ("Shapes", ("name", "shape", "properties", "message"), shapes),
        ("Counts", ("what", "how many"), _counts(guide, ask)),
    ]
    return "\n".join(_table(title, header, body) for title, header, body in rows)


def _counts(guide: Dataset, ask: Ask) -> list[tuple[str, ...]]:
    counted = [
        (what, ask(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")[0][0])
        for what, pattern in COUNTS.items()
    ]
    return [*counted, ("checks across graphs", str(len(guide.checks)))]


def _table(title: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    body = "\n".join("| " + " | ".join(row) + " |" for row in lines)
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
