"""Validation: the guide conforms, each shape and check catches its examples, verdicts are kept."""

import os
import re
import resource
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pyshacl
import pytest
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse
from rdflib import RDF, RDFS, SH, BNode, Graph
from rdflib.term import Node

from calcguide import terms, validation
from calcguide.dataset import Dataset, Term
from calcguide.errors import DataError, InvalidData, UnreadableData, Violation
from calcguide.files import CHECKS, Root, published
from calcguide.loading import load_asserted, parse_turtle
from calcguide.settings import Settings
from calcguide.shacl import rdflib_graph, run_shapes
from calcguide.validation import Verdict, ensure_valid, stored_verdict, validate, validate_dataset
from tests.conftest import Ask
from tests.running import CALCGUIDE

FOLDER = Path(__file__).parent / "shapes"
EXAMPLES = {f"{p.parent.name}/{p.stem}": p for p in sorted(FOLDER.glob("*/*.ttl"))}
"""Name -> a few blocks of Turtle that are added to the guide. The opening comment names the
shapes that catch them, and the entities whose own blocks they replace."""
GRAPHS = {
    "claims": "claims",
    "guide": "claims",
    "questions": "claims",
    "background": "background",
    "alignments": "alignments",
    "dataset": "dataset",
    "ontology": "ontology",
}
"""Folder of an example -> the named graph that it is added to, else `entities`."""
ANNOTATED_SOURCE = NamedNode(terms.OWL + "annotatedSource")
CHECK_FILES = Root(published()).glob(CHECKS)


def noted(example: Path, word: str) -> set[str]:
    """What the opening comment of an example names after a word."""
    return set(re.findall(rf"^# {word}: (?:id:)?(\S+)$", example.read_text("utf-8"), re.MULTILINE))


@pytest.fixture(scope="session")
def verdict() -> Verdict:
    """The verdict on the guide."""
    return validate(Root(published()))


def with_examples() -> tuple[Dataset, dict[str, str]]:
    """The asserted guide with all examples in it, and who speaks: compact IRI -> example.

    Each example speaks of subjects of its own, so that results can be told apart.
    """
    dataset = load_asserted(Root(published()))
    speakers: dict[str, str] = {}
    for name, path in EXAMPLES.items():
        for slug in noted(path, "replaces"):
            node = dataset.iri(f"id/{slug}")
            for quad in list(dataset.store.quads_for_pattern(node, None, None, None)):
                dataset.store.remove(quad)
        graph = dataset.graph(GRAPHS.get(path.parent.name, "entities"))
        for quad in parse_turtle(path):
            dataset.store.add(Quad(quad.subject, quad.predicate, quad.object, graph))
            subject = quad.object if quad.predicate == ANNOTATED_SOURCE else quad.subject
            if isinstance(subject, NamedNode):
                compact = dataset.compact(subject.value)
                assert speakers.setdefault(compact, name) == name, f"{compact} is spoken of twice"
    return dataset, speakers


@pytest.fixture(scope="session")
def caught() -> dict[str, set[str]]:
    """Example -> the shapes and checks that catch it, all examples validated together.

    What no example accounts for stands under the empty name.
    """
    dataset, speakers = with_examples()
    found: dict[str, set[str]] = defaultdict(set)
    for result in validate_dataset(dataset, Root(published())).violations:
        found[speakers.get(result.focus_node, "")].add(result.source_shape)
    return found


def test_the_guide_conforms_without_a_warning(verdict: Verdict) -> None:
    assert verdict.conforms
    assert not verdict.violations, "\n\n".join(map(str, verdict.violations))
    assert verdict.counts["focus_nodes"] > 500
    assert verdict.counts["checks"] == len(CHECK_FILES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_caught_by_its_shapes_and_by_no_other(
    caught: dict[str, set[str]], name: str
) -> None:
    expected = noted(EXAMPLES[name], "caught by")
    assert bool(expected) == EXAMPLES[name].name.startswith("violates-")
    assert caught[name] == expected


def test_an_example_harms_nothing_but_itself(caught: dict[str, set[str]]) -> None:
    assert not caught[""]


@pytest.mark.parametrize("path", CHECK_FILES, ids=lambda path: path.stem)
def test_a_check_names_what_is_bad_and_nothing_else(path: Path) -> None:
    """Each check has its example: named graphs at another base, in which bad things are `bad-…`."""
    ours = load_asserted(Root(published()))
    store = Store()
    for name, into in (("ontology", DefaultGraph()), ("shapes", ours.graph("shapes"))):
        store.extend(
            Quad(q.subject, q.predicate, q.object, into) for q in ours.graph_quads(ours.graph(name))
        )
    quads = list(parse(path=FOLDER / "checks" / f"{path.stem}.trig", format=RdfFormat.TRIG))
    store.extend([*quads, *(Quad(*quad.triple) for quad in quads)])
    ends = {s for q in quads for s in (q.subject, q.graph_name) if isinstance(s, NamedNode)}
    names = {end.value for end in ends}
    bad = {name for name in names if name.rsplit("/", 1)[-1].startswith("bad")}
    solutions = store.query(path.read_text("utf-8"))
    found = {solution["focus"].value for solution in solutions}  # type: ignore[union-attr]
    assert bad
    assert {name for name in found if name.startswith("https://example.org/")} == bad


@pytest.mark.slow
def test_pyshacl_alone_finds_the_same_with_the_shapes_as_they_are_written(shapes: Graph) -> None:
    dataset, _ = with_examples()
    ours = {
        (result.focus, result.value, result.shape, result.message) for result in run_shapes(dataset)
    }
    outside = {dataset.graph(name) for name in ("shapes", "queries")}
    known: dict[Term, Node] = {}
    data = rdflib_graph((q for q in dataset.store if q.graph_name not in outside), known)
    term_of: dict[Node | None, Term] = {node: term for term, node in known.items()}
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, advanced=True, inplace=True)
    assert isinstance(report, Graph)
    theirs = set()
    for result in report.objects(None, SH.result):
        field = {str(p).removeprefix(terms.SH): o for p, o in report.predicate_objects(result)}
        theirs.add(
            (
                term_of[field["focusNode"]],
                term_of.get(field.get("value")),
                str(field["sourceShape"]),
                str(field["resultMessage"]),
            )
        )
    assert ours == theirs
    assert len(ours) > 400


def test_validating_the_whole_guide_takes_less_than_three_seconds_of_cpu() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*CALCGUIDE, "validate"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3


# The shapes themselves


@pytest.fixture(scope="session")
def shapes() -> Graph:
    """All shapes as one graph."""
    graph = Graph()
    for path in Root(published()).glob("shapes/*.ttl"):
        graph.parse(path)
    return graph


def kinds(shapes: Graph) -> set[Node]:
    return {*shapes.subjects(RDF.type, SH.NodeShape), *shapes.subjects(RDF.type, SH.PropertyShape)}


@pytest.mark.slow
def test_the_shapes_are_well_formed_by_the_shapes_of_shacl(shapes: Graph) -> None:
    conforms, _, text = pyshacl.validate(
        Graph(), shacl_graph=shapes, advanced=True, meta_shacl=True
    )
    assert conforms, text


@pytest.mark.parametrize("field", ["name", "message", "severity", "order"])
def test_each_shape_says_what_a_reader_and_an_editor_need(shapes: Graph, field: str) -> None:
    assert not [s for s in kinds(shapes) if len(list(shapes.objects(s, SH[field]))) != 1]


def test_each_shape_has_a_name_of_its_own(shapes: Graph) -> None:
    assert all(str(shape).startswith(terms.BASE + "shapes#") for shape in kinds(shapes))
    values = {*shapes.objects(None, SH.property), *shapes.objects(None, SH.node)}
    assert not [value for value in values if isinstance(value, BNode)]


def test_each_relation_has_a_group_with_a_heading(shapes: Graph) -> None:
    for shape, group in shapes.subject_objects(SH.group):
        assert (group, RDF.type, SH.PropertyGroup) in shapes, shape
        assert shapes.value(group, RDFS.label), group
        assert shapes.value(group, SH.order), group


def test_each_shape_with_a_constraint_has_an_example_that_it_catches(shapes: Graph) -> None:
    examples = {shape for path in EXAMPLES.values() for shape in noted(path, "caught by")}
    words = {SH.closed, SH.pattern, SH.minCount, SH.maxCount, SH["in"], SH["class"], SH.datatype}
    relations = set(shapes.subjects(SH.group))
    constraining = {s for s in kinds(shapes) - relations if words & set(shapes.predicates(s))}
    constraining -= set(shapes.objects(None, SH["not"]))
    names = {f"shape:{str(shape).rsplit('#')[-1]}" for shape in constraining}
    assert not sorted(names - examples)


def test_the_shapes_name_nothing_that_only_this_guide_has(shapes: Graph) -> None:
    for triple in shapes:
        for term in triple:
            path = str(term).removeprefix(terms.BASE)
            assert path == str(term) or path.startswith(("ontology", "shapes")), triple


@pytest.mark.parametrize("end", ["subject", "object"])
def test_each_claim_is_listed_by_the_shape_of_its(ask: Ask, end: str) -> None:
    path = "sh:path" if end == "subject" else "sh:path/sh:inversePath"
    assert not ask(
        f"""SELECT ?claim WHERE {{
          ?claim calc:{end} ?entity ; calc:predicate ?predicate .
          FILTER NOT EXISTS {{
            GRAPH graph:shapes {{ ?shape sh:property ?relation ; sh:targetClass ?class .
              ?relation sh:group ?group ; {path} ?predicate }}
            GRAPH ?asserted {{ ?entity a ?class }}
          }}
          FILTER NOT EXISTS {{ ?predicate a owl:SymmetricProperty }}
        }}"""
    )


MISTAKES_IN_SHAPES = [
    (
        "shape:Claim-gloss sh:maxlength 5 .",
        ("shape:Claim-gloss", "sh:maxlength", "shape:shape-terms-are-of-shacl"),
    ),
    (
        "shape:Claim sh:js [ sh:jsFunctionName 'f' ] .",
        ("shape:Claim", "sh:js", "shape:shapes-run-no-code"),
    ),
    (
        "shape:Claim sh:target [ a sh:SPARQLTarget ; sh:select 'SELECT ?this {' ] .",
        ("shape:Claim", "sh:select", "shape:shape-queries-are-sparql"),
    ),
    (
        "shape:Idle a sh:NodeShape ; sh:class calc:Claim .",
        ("shape:Idle", None, "shape:shapes-are-used"),
    ),
]


def test_what_a_processor_passes_over_in_a_shape_is_named(copy_of_guide: Path) -> None:
    edit(copy_of_guide / "shapes/claims.ttl", "\n".join(text for text, _ in MISTAKES_IN_SHAPES))
    verdict = validate(Root(copy_of_guide))
    found = {(v.focus_node, v.path, v.source_shape) for v in verdict.violations}
    assert {mistake for _, mistake in MISTAKES_IN_SHAPES} <= found
    assert {v.file for v in verdict.violations if v.focus_node == "shape:Idle"} == {
        "shapes/claims.ttl"
    }


def test_shapes_that_cannot_be_used_do_not_conform(copy_of_guide: Path) -> None:
    edit(copy_of_guide / "shapes/claims.ttl", "shape:Claim sh:property shape:Missing .")
    verdict = validate(Root(copy_of_guide))
    assert not verdict.conforms
    assert "shape:shapes-are-well-formed" in {v.source_shape for v in verdict.violations}


def test_a_check_that_says_of_nothing_what_it_is_about_is_named(copy_of_guide: Path) -> None:
    (copy_of_guide / "shapes/checks/broken.rq").write_text("SELECT ?s { ?s a ?class }")
    with pytest.raises(DataError, match=r"shapes/checks/broken\.rq: a check binds \?focus"):
        validate(Root(copy_of_guide))


# Mistakes and their places


def edit(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + "\n" + text + "\n", "utf-8")


def test_a_syntax_error_is_named_with_its_place(copy_of_guide: Path) -> None:
    edit(copy_of_guide / "data/locations.ttl", "id:knee a calc:Location ; .. ")
    with pytest.raises(UnreadableData, match=r"data/locations\.ttl:\d+:\d+: not well-formed"):
        validate(Root(copy_of_guide))


MISTAKES = {
    "a claim without passage": (
        "data/claims/faq.ttl",
        "calc:statedIn <https://w3id.org/calcguide/passage/faq/a1s2> ;\n    calc:subject "
        "id:heart-healthy-diet ;\n.",
        "calc:subject id:heart-healthy-diet ;\n.",
        ("calc:statedIn", None, "shape:Claim-statedIn"),
    ),
    "a circumstance as subject of the wrong class": (
        "data/claims/comparison.ttl",
        "comparison/r5c2> ;\n    calc:subject id:kidney-stone ;",
        "comparison/r5c2> ;\n    calc:subject id:small-stone ;",
        ("calc:subject", "id:small-stone", "shape:Claim-domain"),
    ),
    "an unknown property of a claim": (
        "data/claims/intro.ttl",
        "calc:polarity",
        "calc:polarty",
        ("calc:polarty", "calc:affirmed", "shape:Claim"),
    ),
    "an unknown property of an entity": (
        "data/interventions.ttl",
        "id:cancer-risk-assessment\n    a calc:Intervention ;",
        "id:cancer-risk-assessment\n    a calc:Intervention ;\n    calc:treets id:calcification ;",
        ("calc:treets", "id:calcification", "shape:Entity"),
    ),
    "a reason that does not say of what": (
        "data/background.ttl",
        "    owl:annotatedSource id:calcium-supplement ;\n",
        "",
        ("owl:annotatedSource", None, "shape:Reason-subject"),
    ),
    "a background statement about the wrong thing": (
        "data/background.ttl",
        "calc:locatedWithin id:breast ;",
        "calc:locatedWithin id:hypercalcemia ;",
        ("calc:locatedWithin", "id:hypercalcemia", "shape:Location-locatedWithin"),
    ),
}


@pytest.fixture(scope="session")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the guide with one mistake of each sort."""
    copy = tmp_path_factory.mktemp("spoilt")
    for folder in ("ontology", "data", "shapes"):
        shutil.copytree(published() / folder, copy / folder)
    for file, right, wrong, _ in MISTAKES.values():
        text = (copy / file).read_text("utf-8")
        assert right in text, f"{file} has changed: choose another block to spoil"
        (copy / file).write_text(text.replace(right, wrong, 1), "utf-8")
    return copy


@pytest.fixture(scope="session")
def mistaken(spoilt: Path) -> Verdict:
    """The verdict on it."""
    return validate(Root(spoilt))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place(mistaken: Verdict, mistake: str) -> None:
    file, _, _, expected = MISTAKES[mistake]
    places = {(v.path, v.value, v.source_shape): v.file for v in mistaken.violations}
    assert places[expected] == file


def test_a_misspelt_term_is_answered_with_the_one_that_was_meant(mistaken: Verdict) -> None:
    messages = {v.path: v.message for v in mistaken.violations}
    assert messages["calc:treets"].endswith("Did you mean calc:treats?")
    assert messages["calc:polarty"].endswith("Did you mean calc:polarity?")


def test_invalid_data_read_as_sentences(mistaken: Verdict) -> None:
    text = str(InvalidData(mistaken.violations))
    assert re.search(
        r"Violation: claim:c\d+ in data/claims/faq\.ttl\n    Say with calc:statedIn .*\n"
        r"    path: calc:statedIn\n    rule: shape:Claim-statedIn",
        text,
    )


def test_a_text_where_a_property_belongs_is_named_and_ends_nothing(copy_of_guide: Path) -> None:
    path = copy_of_guide / "data/background.ttl"
    text = path.read_text("utf-8")
    right = "owl:annotatedProperty calc:locatedWithin"
    path.write_text(text.replace(right, 'owl:annotatedProperty "within"', 1), "utf-8")
    verdict = validate(Root(copy_of_guide))
    assert '"within"' in {violation.path for violation in verdict.violations}
    assert Graph().parse(data=verdict.report)


def test_the_report_holds_each_result_once(mistaken: Verdict) -> None:
    report = Graph().parse(data=mistaken.report)
    results = list(report.subjects(RDF.type, SH.ValidationResult))
    assert len(results) == len(mistaken.violations) > len(MISTAKES)
    assert len(list(report.objects(None, SH.result))) == len(results)
    conforms, _, text = pyshacl.validate(report, shacl_graph=Graph().parse(data=REPORT_SHAPE))
    assert conforms, text


REPORT_SHAPE = """
PREFIX sh: <http://www.w3.org/ns/shacl#>
[] a sh:NodeShape ; sh:targetClass sh:ValidationResult ;
  sh:property [ sh:path sh:focusNode ; sh:minCount 1 ; sh:maxCount 1 ] ,
    [ sh:path sh:resultSeverity ; sh:minCount 1 ; sh:maxCount 1 ] ,
    [ sh:path sh:sourceShape ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ] ,
    [ sh:path sh:resultMessage ; sh:minCount 1 ; sh:maxCount 1 ] ,
    [ sh:path sh:resultPath ; sh:maxCount 1 ] , [ sh:path sh:value ; sh:maxCount 1 ] .
"""


def test_another_guide_at_another_base_conforms_to_the_same_shapes(copy_of_guide: Path) -> None:
    data = copy_of_guide / "data"
    for path in (*data.rglob("*.ttl"), *data.rglob("*.tsv")):
        text = path.read_text("utf-8").replace(terms.BASE, "https://example.org/other/")
        text = text.replace("https://example.org/other/ontology", terms.BASE + "ontology")
        path.write_text(text, "utf-8")
    for folder in ("ontology", "shapes"):
        shutil.rmtree(copy_of_guide / folder)
    assert not validate(Root(copy_of_guide)).violations


def test_a_warning_is_named_but_data_with_warnings_conform() -> None:
    example = EXAMPLES["entities/violates-mentioned-by-no-claim"]
    verdict = validate(Root(published(), added=(example,)))
    assert verdict.conforms
    (warning,) = verdict.violations
    assert (warning.severity, warning.focus_node) == ("Warning", "id:lonely")
    assert (warning.file or "").endswith("entities/violates-mentioned-by-no-claim.ttl")
    mentions = ["^calc:subject", "^calc:object", "^calc:under", "^calc:especially"]
    assert warning.path == f"({'|'.join(mentions)}|owl:deprecated)"
    report = Graph().parse(data=verdict.report)
    (result,) = report.objects(None, SH.result)
    assert report.value(result, SH.resultSeverity) == SH.Warning
    path = report.value(report.value(result, SH.resultPath), SH.alternativePath)
    assert len(list(report.items(path))) == len(mentions) + 1  # type: ignore[arg-type]
    assert [str(value) for value in report.objects(None, SH.conforms)] == ["true"]


# Verdicts that are kept


def test_a_verdict_survives_storing(verdict: Verdict, mistaken: Verdict) -> None:
    assert Verdict.from_json(verdict.to_json()) == verdict
    assert Verdict.from_json(mistaken.to_json()) == mistaken


def test_a_verdict_is_the_same_each_time(spoilt: Path, mistaken: Verdict) -> None:
    again = validate(Root(spoilt))
    assert again.report == mistaken.report
    assert again.violations == mistaken.violations


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.read({}, cache=tmp_path / "cache")


@pytest.fixture
def validated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fingerprints that were validated: validation itself is replaced by a quick one."""
    found: list[str] = []

    def quick(root: Root) -> Verdict:
        found.append(root.fingerprint())
        bad = "bad" in (root.folder / "data/dataset.ttl").read_text("utf-8")
        result = Violation("id:bad", None, None, "Mend it.", "shape:Entity", "Violation", None)
        return Verdict(found[-1], not bad, (result,) if bad else (), {}, "")

    monkeypatch.setattr(validation, "validate", quick)
    return found


def test_a_stored_verdict_is_used_again(
    copy_of_guide: Path, settings: Settings, validated: list[str]
) -> None:
    root = Root(copy_of_guide)
    assert stored_verdict(root, settings) is None
    first = ensure_valid(root, settings)
    assert ensure_valid(Root(copy_of_guide), settings) == first == stored_verdict(root, settings)
    assert len(validated) == 1


@pytest.mark.parametrize(
    "name",
    [
        "data/values.ttl",
        "shapes/claims.ttl",
        "shapes/checks/broader-is-acyclic.rq",
        "ontology/rules/facts.rq",
    ],
)
def test_a_changed_input_is_validated_anew(
    copy_of_guide: Path, settings: Settings, validated: list[str], name: str
) -> None:
    ensure_valid(Root(copy_of_guide), settings)
    edit(copy_of_guide / name, "")
    ensure_valid(Root(copy_of_guide), settings)
    assert len(set(validated)) == 2


def test_data_that_did_not_conform_do_not_conform_later(
    copy_of_guide: Path, settings: Settings, validated: list[str]
) -> None:
    edit(copy_of_guide / "data/dataset.ttl", "# bad")
    for _ in range(2):
        with pytest.raises(InvalidData, match="id:bad"):
            ensure_valid(Root(copy_of_guide), settings)
    assert len(validated) == 1


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"fingerprint": "another"}'])
def test_a_damaged_verdict_is_no_verdict(
    copy_of_guide: Path, settings: Settings, validated: list[str], content: str
) -> None:
    root = Root(copy_of_guide)
    ensure_valid(root, settings)
    (Path(settings["cache"]) / f"{root.fingerprint()}.json").write_text(content)
    assert stored_verdict(root, settings) is None
    assert ensure_valid(root, settings).conforms
    assert len(validated) == 2


def test_a_cache_that_cannot_be_written_is_no_error(
    copy_of_guide: Path, tmp_path: Path, validated: list[str]
) -> None:
    (tmp_path / "file").touch()
    settings = Settings.read({}, cache=tmp_path / "file" / "cache")
    for _ in range(2):
        assert ensure_valid(Root(copy_of_guide), settings).conforms
    assert len(validated) == 2


def test_a_shipped_verdict_is_found_first(
    copy_of_guide: Path, settings: Settings, validated: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Root(copy_of_guide)
    shipped = ensure_valid(root, settings)
    (copy_of_guide / "validation").mkdir()
    Path(settings["cache"], f"{root.fingerprint()}.json").rename(
        copy_of_guide / "validation" / f"{root.fingerprint()}.json"
    )
    monkeypatch.setattr(validation, "published", lambda: copy_of_guide)
    assert stored_verdict(root, settings) == shipped


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"XDG_CACHE_HOME": "/somewhere"}, "/somewhere/calcguide"),
        (
            {"XDG_CACHE_HOME": "not/absolute", "HOME": "/home/reader"},
            "/home/reader/.cache/calcguide",
        ),
        ({"HOME": "/home/reader"}, "/home/reader/.cache/calcguide"),
    ],
)
def test_verdicts_are_kept_in_the_users_cache(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], place: str
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Settings.read({}).cache_folder == Path(place)


def test_a_server_that_finds_a_verdict_needs_no_validator() -> None:
    code = (
        "import sys, calcguide.app, calcguide.validation as v;"
        "v.stored_verdict(v.Root(v.published()), v.Settings.read(cache='.'));"
        "sys.exit(bool({'rdflib', 'pyshacl'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )
