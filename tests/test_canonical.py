"""Hand-edited Turtle has one form, so that a diff shows what changed and nothing else."""

from pathlib import Path

import pytest
from rdflib import Graph
from rdflib.compare import to_isomorphic

from calcguide.canonical import canonical_turtle, main
from calcguide.errors import DataError
from calcguide.files import Root, published

FILES = [path for _, path in Root(published()).graph_files() if path.suffix == ".ttl"]
FILES += sorted((Path(__file__).parent / "second_guide").rglob("*.ttl"))
HERE = Path("example.ttl")


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_each_file_is_in_canonical_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert canonical_turtle(text, path) == text, "run scripts/format"


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_each_file_opens_with_one_sentence_of_purpose(path: Path) -> None:
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    assert first.startswith("# ")
    assert first.endswith((".", "?"))


def test_the_form_says_the_same_and_is_stable() -> None:
    text = """@prefix : <http://a/> . # names
:b :p "z"@en, "1.50"^^<http://www.w3.org/2001/XMLSchema#decimal> , 01 ; a :C .
:a :q [ :r ( 1 2 ) ] ."""
    text = text.replace(" # names", "")
    canonical = canonical_turtle(text, HERE)
    assert canonical_turtle(canonical, HERE) == canonical
    assert canonical.index(":a") < canonical.index(":b")
    assert to_isomorphic(Graph().parse(data=canonical)) == to_isomorphic(Graph().parse(data=text))


def test_the_opening_comment_is_kept() -> None:
    assert canonical_turtle("# What this is.\n<http://a/a> a <http://a/C> .", HERE).startswith(
        "# What this is.\n"
    )


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("# fine\n<http://a/a> a <http://a/C> .\n  # lost", 3, 3),
        ("<http://a/a> a <http://a/C> . # lost", 1, 31),
    ],
)
def test_a_comment_that_would_be_lost_is_refused_with_its_place(
    text: str, line: int, column: int
) -> None:
    with pytest.raises(DataError, match="would be lost") as caught:
        canonical_turtle(text, HERE)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize("quoted", ['"a # b"', '"""a\n# b"""', "'# b'", "<http://a/#b>"])
def test_a_number_sign_inside_quotes_or_an_iri_is_no_comment(quoted: str) -> None:
    assert "# b" in canonical_turtle(f"<http://a/a> <http://a/p> {quoted} .", HERE) or "<" in quoted


def test_files_are_put_into_form_and_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.ttl"
    path.write_text("<http://a/a> a <http://a/C> .", encoding="utf-8")
    assert main(["--check", str(path)]) == 1
    assert "not in canonical form" in capsys.readouterr().out
    assert main([str(path)]) == 0
    assert main(["--check", str(path)]) == 0
