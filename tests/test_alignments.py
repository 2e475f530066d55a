"""Alignments: what is matched to other vocabularies, on whose word, and where it shows."""

import csv
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode

from calcguide import terms
from calcguide.alignments import parse_sssom
from calcguide.dataset import DEFAULT_GRAPH, Dataset
from calcguide.errors import DataError, UnreadableData
from calcguide.files import Root
from calcguide.validation import validate
from tests import judges
from tests.conftest import REPOSITORY, Ask
from tests.markup import read

Row = dict[str, str]

ENTITIES: Final = REPOSITORY / "data" / "alignments.sssom.tsv"
PROPERTIES: Final = REPOSITORY / "ontology" / "alignments.sssom.tsv"
SETS: Final = (ENTITIES, PROPERTIES)
PROPOSED: Final = REPOSITORY.parent / "shared" / "vocabularies"
"""The proposed mappings and the verified identifiers, which are not part of the project."""
MATCHES: Final = {f"skos:{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related")}
each_set = pytest.mark.parametrize("path", SETS, ids=lambda path: path.parent.name)


def table(path: Path) -> list[Row]:
    """The rows of a table, those of a mapping set without its header."""
    lines = path.read_text("utf-8").splitlines()
    rows = csv.DictReader((line for line in lines if line[:1] != "#"), delimiter="\t")
    return list(rows)


def proposed(name: str) -> list[Row]:
    if not PROPOSED.is_dir():
        pytest.skip(f"the verified identifiers are not at {PROPOSED.parent.name}/{PROPOSED.name}")
    return table(PROPOSED / name)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [row for path in SETS for row in table(path)]


@pytest.fixture(scope="module")
def subjects() -> dict[str, Row]:
    """The decision on each proposed subject."""
    found = table(REPOSITORY / "data" / "alignment-subjects.tsv")
    assert len({row["subject"] for row in found}) == len(found)
    return {row["subject"]: row for row in found}


@pytest.fixture(scope="module")
def changes() -> dict[tuple[str, str], Row]:
    """The decision on each proposed mapping that was not taken as it is."""
    found = table(REPOSITORY / "data" / "alignment-changes.tsv")
    return {(row["subject"], row["object"]): row for row in found}


# What was proposed, and what was decided


def test_each_proposed_subject_is_mapped_to_an_entity_or_dropped_with_the_reason(
    guide: Dataset, subjects: dict[str, Row]
) -> None:
    assert len(subjects) == 99
    for row in subjects.values():
        assert row["slug"] or row["reason"], row
        assert not row["slug"] or guide.knows(guide.base + "id/" + row["slug"]), row
    used = Counter(row["slug"] for row in subjects.values() if row["slug"])
    assert used.most_common(1)[0][1] == 1


def test_the_decisions_are_on_what_was_proposed(
    subjects: dict[str, Row], changes: dict[tuple[str, str], Row]
) -> None:
    given = {(r["subject_id"][5:], r["object_id"]): r for r in proposed("mappings.sssom.tsv")}
    assert {subject for subject, _ in given} == subjects.keys()
    for pair, row in changes.items():
        assert row["proposed"] == given[pair]["predicate_id"] != row["kept"]
        assert row["kept"] in MATCHES - {"skos:exactMatch"} | {""}, "no change makes a match exact"
        assert row["reason"]
        assert subjects[pair[0]]["slug"]


def test_the_proposals_and_the_decisions_make_the_mapping_set(
    subjects: dict[str, Row], changes: dict[tuple[str, str], Row]
) -> None:
    expected = []
    for row in proposed("mappings.sssom.tsv"):
        subject = row["subject_id"].removeprefix("calc:")
        change = changes.get((subject, row["object_id"]))
        if not subjects[subject]["slug"] or (change and not change["kept"]):
            continue
        expected.append(
            {
                **row,
                "subject_id": "id:" + subjects[subject]["slug"],
                "predicate_id": change["kept"] if change else row["predicate_id"],
                "confidence": "" if change else row["confidence"],
                "comment": change["reason"] if change else row["comment"],
            }
        )
    assert _unordered(table(ENTITIES)) == _unordered(expected)


def _unordered(rows: list[Row]) -> Counter[tuple[tuple[str, str], ...]]:
    """The rows whatever their order, without the labels: proposals named the things otherwise."""
    return Counter(
        tuple(sorted((c, v) for c, v in row.items() if c != "subject_label")) for row in rows
    )


def test_each_identifier_stands_with_its_label_in_the_table_of_verified_ones() -> None:
    verified = {(row["curie"], row["label"]) for row in proposed("terms.tsv")}
    used = {(row["object_id"], row["object_label"]) for row in table(ENTITIES)}
    assert used <= verified


def test_nothing_comes_from_the_restricted_mappings(rows: list[Row]) -> None:
    restricted = {row["object_id"] for row in proposed("mappings-restricted.sssom.tsv")}
    assert not restricted & {row["object_id"] for row in rows}


def test_the_vocabulary_is_aligned_by_the_terms_that_the_design_names() -> None:
    found = {(r["subject_id"], r["predicate_id"], r["object_id"]) for r in table(PROPERTIES)}
    treating = "biolink:treats_or_applied_or_studied_to_treat"
    assert found == {
        ("calc:causes", "skos:broadMatch", "RO:0003302"),
        ("calc:contributesTo", "skos:closeMatch", "RO:0003302"),
        ("calc:hasCause", "skos:relatedMatch", "RO:0003302"),
        ("calc:hasContributor", "skos:relatedMatch", "RO:0003302"),
        ("calc:manages", "skos:closeMatch", treating),
        ("calc:occursIn", "skos:closeMatch", "RO:0004026"),
        ("calc:treats", "skos:broadMatch", treating),
    }


@pytest.mark.parametrize(
    ("slug", "words", "reason"),
    [
        ("eswt", "lithotripsy", "shockwave therapy is not lithotripsy"),
        ("lithotripsy", "shockwave therapy", "lithotripsy is not shockwave therapy"),
        ("nsaid", "therapy", "a class of drugs is not an action"),
        ("calcium-channel-blocker", "therapy", "a class of drugs is not an action"),
        ("medication", "therapy", "drugs are not an action"),
        ("kidney-disease", "failure", "kidney disease is not kidney failure"),
        ("kidney-failure", "disease", "kidney failure is not kidney disease"),
        ("atherosclerosis", "plaque", "a disease is not its lesion"),
    ],
)
def test_what_experts_would_object_to_is_not_matched(
    rows: list[Row], slug: str, words: str, reason: str
) -> None:
    found = [r["object_label"] for r in rows if r["subject_id"] == f"id:{slug}"]
    assert not [label for label in found if words in label.casefold()], reason


def test_a_stone_or_an_intake_is_not_the_same_as_a_disorder(rows: list[Row]) -> None:
    for slug in ("kidney-stone", "excessive-vitamin-d-intake"):
        kinds = {r["predicate_id"] for r in rows if r["subject_id"] == f"id:{slug}"}
        assert kinds
        assert "skos:exactMatch" not in kinds


# The mapping sets


def test_each_thing_is_named_as_it_is_here(guide: Dataset, rows: list[Row]) -> None:
    for row in rows:
        prefix, _, local = row["subject_id"].partition(":")
        node = NamedNode(guide.prefixes[prefix] + local)
        assert row["subject_label"] == guide.label(node)


def test_each_mapping_has_a_kind_a_justification_and_a_label(rows: list[Row]) -> None:
    for row in rows:
        assert row["predicate_id"] in MATCHES
        assert row["mapping_justification"] == "semapv:ManualMappingCuration"
        assert row["object_label"].strip() == row["object_label"] != ""
        assert not row.get("confidence") or 0 < float(row["confidence"]) <= 1


def test_exact_matches_are_one_to_one_in_each_vocabulary(rows: list[Row]) -> None:
    exact = [row for row in rows if row["predicate_id"] == "skos:exactMatch"]
    ours = Counter(row["object_id"] for row in exact)
    theirs = Counter((row["subject_id"], row["object_id"].split(":")[0]) for row in exact)
    assert {*ours.values(), *theirs.values()} == {1}


@each_set
def test_a_mapping_set_declares_the_prefixes_that_it_uses_and_no_other(path: Path) -> None:
    header = [line for line in path.read_text("utf-8").splitlines() if line.startswith("#  ")]
    declared = {line[3:].split(": ")[0] for line in header if ": http" in line}
    columns = ("subject_id", "predicate_id", "object_id", "mapping_justification")
    assert declared == {row[c].split(":")[0] for row in table(path) for c in columns}


@each_set
def test_a_mapping_set_says_what_it_is_and_that_no_clinician_has_reviewed_it(
    guide: Dataset, path: Path
) -> None:
    [mapping_set] = [n for n, p in guide.files.items() if p == path and "/alignments/" in n]
    node = NamedNode(mapping_set)
    assert mapping_set.startswith(guide.base)
    assert guide.value(node, NamedNode(terms.DCT + "license")) == NamedNode(
        "https://creativecommons.org/publicdomain/zero/1.0/"
    )
    description = guide.value(node, NamedNode(terms.DCT + "description"))
    assert isinstance(description, Literal)
    assert "Not reviewed by a clinician." in description.value
    version = guide.value(node, NamedNode(terms.OWL + "versionInfo"))
    assert isinstance(version, Literal)
    assert version.value == guide.version


def faults(path: Path) -> str:
    try:
        return judges.sssom_faults(path)
    except judges.Missing as missing:
        pytest.skip(str(missing))


@pytest.mark.slow
@each_set
def test_the_sssom_package_finds_no_fault(path: Path) -> None:
    assert not faults(path)


@pytest.mark.slow
@pytest.mark.parametrize(("right", "wrong"), [("\t0.98\t", "\t9.8\t"), ("\tHP:", "\tHQ:")])
def test_the_sssom_package_would_find_one(tmp_path: Path, right: str, wrong: str) -> None:
    spoilt = tmp_path / "spoilt.sssom.tsv"
    spoilt.write_text(ENTITIES.read_text("utf-8").replace(right, wrong, 1), "utf-8")
    assert faults(spoilt)


# The statements made of them


def test_the_graph_holds_a_statement_for_each_row_and_the_label_of_each_term(
    ask: Ask, rows: list[Row]
) -> None:
    found = ask(
        """SELECT ?s ?p ?label ?prefix ?space ?o WHERE {
             VALUES ?p { skos:exactMatch skos:closeMatch skos:broadMatch skos:narrowMatch
                         skos:relatedMatch }
             GRAPH graph:alignments {
               ?s ?p ?term . ?term rdfs:label ?label .
               ?vocabulary void:uriSpace ?space ; vann:preferredNamespacePrefix ?prefix }
             BIND(STR(?term) AS ?o) FILTER(STRSTARTS(?o, ?space)) }"""
    )
    columns = ("subject_id", "predicate_id", "object_label", "object_id")
    assert Counter((s, p, la, f"{pr}:{o[len(sp) :]}") for s, p, la, pr, sp, o in found) == Counter(
        tuple(row[column] for column in columns) for row in rows
    )


def test_an_identifier_leads_to_the_entity_and_the_entity_to_the_identifier(ask: Ask) -> None:
    term = "<http://purl.obolibrary.org/obo/HP_0025520>"
    assert ask(f"SELECT ?e {{ ?e skos:exactMatch {term} }}") == [("id:calcinosis-cutis",)]
    found = ask("SELECT ?t { id:calcinosis-cutis skos:exactMatch ?t }")
    assert ("obo:HP_0025520",) in found


def test_no_rule_says_anything_of_a_term_of_others(guide: Dataset, rows: list[Row]) -> None:
    foreign = {
        quad.object
        for local in MATCHES
        for quad in guide.store.quads_for_pattern(
            None, NamedNode(terms.SKOS + local[5:]), None, DEFAULT_GRAPH
        )
    }
    assert len(foreign) == len({row["object_id"] for row in rows})
    for quad in guide.store:
        if quad.subject in foreign:
            assert quad.predicate == terms.RDFS_LABEL
            assert quad.graph_name in (DEFAULT_GRAPH, guide.graph("alignments"))


def test_a_document_carries_the_matches_of_its_entity_with_their_labels(guide: Dataset) -> None:
    document = guide.describe(guide.base + "id/calcinosis-cutis")
    found = [quad for quad in document if quad.graph_name == guide.graph("alignments")]
    matched = {q.object for q in found if q.predicate.value.endswith("Match")}
    labelled = {q.subject for q in found if q.predicate == terms.RDFS_LABEL}
    assert len(matched) == 4
    assert matched == labelled


# What an editor gets to read


HEADER: Final = """#mapping_set_id: https://example.org/set
#curie_map:
#  id: https://example.org/id/
#  HP: http://purl.obolibrary.org/obo/HP_
#  skos: http://www.w3.org/2004/02/skos/core#
"""
COLUMNS: Final = "subject_id\tpredicate_id\tobject_id\tobject_label\tmapping_justification\n"
ROW: Final = "id:hip\tskos:closeMatch\tHP:0000001\tHip\tsemapv:ManualMappingCuration\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "set.sssom.tsv"
    path.write_text(text, "utf-8")
    return path


def test_a_row_makes_a_match_and_a_label(tmp_path: Path) -> None:
    quads = parse_sssom(written(tmp_path, HEADER + COLUMNS + ROW))
    [match, label] = [q for q in quads if q.subject.value != "https://example.org/set"]  # type: ignore[union-attr]
    assert match.subject == NamedNode("https://example.org/id/hip")
    assert match.object == label.subject == NamedNode("http://purl.obolibrary.org/obo/HP_0000001")
    assert label.object == Literal("Hip", language="en")


def test_a_mapping_set_saved_with_other_line_ends_says_the_same(tmp_path: Path) -> None:
    text = HEADER + COLUMNS + ROW
    expected = parse_sssom(written(tmp_path, text))
    (tmp_path / "set.sssom.tsv").write_bytes(text.replace("\n", "\r\n").encode())
    assert parse_sssom(tmp_path / "set.sssom.tsv") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (COLUMNS + ROW, r"set\.sssom\.tsv: has no mapping_set_id in its header"),
        ("#mapping_set_id: x:y\n" + COLUMNS + ROW, r"set\.sssom\.tsv: has no curie_map"),
        (HEADER.replace("https://example.org/set", "set") + COLUMNS, r":5: .*as SSSOM"),
        (HEADER, r":6: .*no column subject_id and no column predicate_id"),
        (HEADER + COLUMNS.replace("object_label", "label") + ROW, r":6: .*no column object_label"),
        (HEADER + COLUMNS + ROW + ROW.replace("HP:", "HQ:"), r":8: .*“HQ:0000001” is no prefix"),
        (HEADER + COLUMNS + ROW.replace("HP:", ""), r":7: .*“0000001” is no prefix"),
        (HEADER + COLUMNS + ROW.replace("0000001", ""), r":7: .*“HP:” is no prefix"),
        (HEADER + COLUMNS + ROW.replace("semapv:", "by:"), r":7: .*“by:ManualMappingCuration” is"),
        (HEADER + COLUMNS + ROW.replace("Hip\t", ""), r":7: .*has 4 cells, and there are 5"),
        (HEADER + COLUMNS + ROW.replace("Hip", '"Hip'), r": cannot be read as SSSOM"),
    ],
)
def test_a_mapping_set_that_cannot_be_read_is_named_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        parse_sssom(written(tmp_path, text))


def test_a_mistake_in_a_mapping_set_is_named_with_its_file(copy_of_guide: Path) -> None:
    path = copy_of_guide / "data" / "alignments.sssom.tsv"
    text = path.read_text("utf-8")
    text = text.replace("#  skos:", "#  owl: http://www.w3.org/2002/07/owl#\n#  skos:")
    text = text.replace("id:hip\tHip\tskos:exactMatch\tNCIT:", "id:hip\tHip\towl:sameAs\tNCIT:", 1)
    text = text.replace("\tHP:0025520\t", "\tHP:25520\t", 1)
    path.write_text(text, "utf-8")
    found = {
        (v.focus_node, v.source_shape): v.file for v in validate(Root(copy_of_guide)).violations
    }
    assert found["id:hip", "shape:alignments-hold-matches-and-labels-only"] == (
        "data/alignments.sssom.tsv"
    )
    assert found["obo:HP_25520", "shape:ForeignTerm-known"] == "data/alignments.sssom.tsv"


def test_a_mapping_set_that_cannot_be_read_stops_the_guide(copy_of_guide: Path) -> None:
    path = copy_of_guide / "data" / "alignments.sssom.tsv"
    path.write_text(path.read_text("utf-8").replace("#  HP:", "#  HQ:"), "utf-8")
    with pytest.raises(UnreadableData, match=r"data/alignments\.sssom\.tsv:\d+: .*“HP:"):
        validate(Root(copy_of_guide))


# Where it shows


def test_the_page_of_an_entity_shows_each_match_with_vocabulary_label_and_identifier(
    guide: Dataset, client: FlaskClient, rows: list[Row]
) -> None:
    slugs = sorted({r["subject_id"][3:] for r in rows if r["subject_id"].startswith("id:")})
    for slug in slugs:
        page = read(client.get(f"/id/{slug}.html").text)
        [section] = [s for s in page.all("section") if s["aria-labelledby"] == "elsewhere"]
        items = [item.text for item in section.having("data-statement")]
        wanted = [row for row in rows if row["subject_id"] == f"id:{slug}"]
        anywhere = [i for i in page.having("data-statement") if "Match " in i["data-statement"]]
        assert len(items) == len(anywhere) == len(wanted)
        for row in wanted:
            [item] = [item for item in items if item.endswith(f", {row['object_id']}")]
            assert item.startswith(row["object_label"] + " ")
        assert all(a["href"].startswith(("http", "/about")) for a in section.all("a"))
        assert "not reviewed by an expert" in section.text


def test_an_entity_without_a_match_says_nothing_of_other_vocabularies(client: FlaskClient) -> None:
    assert "other vocabularies" not in client.get("/id/older-deposit.html").text


def test_a_mapping_set_is_answered_under_its_own_name(client: FlaskClient) -> None:
    for name, path in (("entities", ENTITIES), ("vocabulary", PROPERTIES)):
        answer = client.get(f"/alignments/{name}.sssom.tsv")
        assert (answer.status_code, answer.mimetype) == (200, "text/tab-separated-values")
        assert answer.data == path.read_bytes()
        assert f"#mapping_set_id: {terms.BASE}alignments/{name}.sssom.tsv\n" in answer.text
    assert client.get("/alignments/planets.sssom.tsv").status_code == 404


def test_the_notices_that_the_licences_ask_for_are_where_they_belong(
    ask: Ask, client: FlaskClient
) -> None:
    described = ask(
        "SELECT ?name ?rights { ?v a calc:Vocabulary ; skos:prefLabel ?name ; dct:rights ?rights }"
    )
    about = read(client.get("/about").text).text
    assert len(described) == 13
    assert not [pair for pair in described if not all(words in about for words in pair)]
    notice = " ".join((REPOSITORY / "NOTICE").read_text("utf-8").split())
    comment = ENTITIES.read_text("utf-8").split("\n#comment: ")[1].split("\n")[0]
    for words in (
        "This product uses the Human Phenotype Ontology (version 2025-01-16)",
        "courtesy of the U.S. National Library of Medicine; not necessarily the current version",
        "Mondo (CC BY 4.0), Uberon (CC BY 3.0)",
    ):
        assert words in notice
        assert words in comment
