"""An editor adds a treatment as CONTRIBUTING.md says, and is told of each mistake what to do."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from calcguide.canonical import main
from calcguide.errors import CalcguideError
from calcguide.files import Root
from calcguide.validation import Verdict, validate
from tests.conftest import REPOSITORY

ENTITIES: Final = "data/interventions.ttl"
CLAIMS: Final = "data/claims/comparison.ttl"
Change = Callable[[str], str]


def example(beginning: str) -> str:
    """The block of CONTRIBUTING.md that begins so, as an editor copies it."""
    text = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")
    [block] = re.findall(rf"^ {{7}}{re.escape(beginning)}\n(?: {{7}}.*\n)+", text, re.MULTILINE)
    return "\n" + re.sub(r"^ {7}", "", block, flags=re.MULTILINE)


ENTITY: Final = example("id:new-treatment")
CLAIM: Final = example("claim:c250")


def put(text: str, instead: str) -> Change:
    """A change of one place in a text that holds it."""

    def change(block: str) -> str:
        assert text in block, f"{text} is no longer in the example"
        return block.replace(text, instead, 1)

    return change


def same(block: str) -> str:
    return block


def unproven_cause(block: str) -> str:
    for text, instead in (
        ("subject id:new-treatment", "subject id:kidney-stone"),
        ("predicate calc:treats", "predicate calc:hasCause"),
        ("object id:kidney-stone", "object id:new-treatment"),
        ("calc:affirmed", "calc:unproven"),
        (
            'calc:possible ;\n    calc:hedgeWord "may"',
            'calc:stated ;\n    calc:hedgeWord "no proof"',
        ),
    ):
        block = put(text, instead)(block)
    return block


MISTAKES: Final[dict[str, tuple[Change, Change, str, str]]] = {
    "no definition": (
        lambda block: re.sub(r"    skos:definition.*\n", "", block),
        same,
        "id:new-treatment",
        "Give one skos:definition per language",
    ),
    "a label that ends in a space": (
        put('treatment"@en', 'treatment "@en'),
        same,
        "id:new-treatment",
        "without stray spaces",
    ),
    "a label without a language": (
        put('treatment"@en', 'treatment"'),
        same,
        "id:new-treatment",
        "with its language tag",
    ),
    "a definition without a language": (
        lambda block: re.sub(r'(skos:definition ".*")@en', r"\1", block),
        same,
        "id:new-treatment",
        "with its language tag",
    ),
    "two hedging words": (
        same,
        put('"may"', '"may" , "could"'),
        "claim:c250",
        "Give one calc:hedgeWord",
    ),
    "a misspelt class": (
        put("calc:Intervention", "calc:Interventions"),
        same,
        "id:new-treatment",
        "Did you mean calc:Intervention?",
    ),
    "a direct statement": (
        put("calc:Intervention ;", "calc:Intervention ;\n    calc:treats id:kidney-stone ;"),
        same,
        "id:new-treatment",
        "belongs in a claim",
    ),
    "a misspelt property": (
        same,
        put("calc:hedgeWord", "calc:hedgeword"),
        "claim:c250",
        "Did you mean calc:hedgeWord?",
    ),
    "an invented property": (
        same,
        put("calc:treats", "calc:heals"),
        "claim:c250",
        "a property that the ontology declares",
    ),
    "a misspelt subject": (
        same,
        put("subject id:new-", "subject id:nwe-"),
        "claim:c250",
        "Did you mean id:new-treatment",
    ),
    "a misspelt circumstance": (
        same,
        put("id:large-stone", "id:large-stones"),
        "claim:c250",
        "Did you mean id:large-stone?",
    ),
    "a passage that is none": (
        same,
        put("r5c4>", "r55c4>"),
        "claim:c250",
        "Did you mean passage:comparison/r5c4?",
    ),
    "a passage of another section": (
        same,
        put("comparison/r5c4>", "intro/p1s1>"),
        "claim:c250",
        "Move its block to data/claims/intro.ttl.",
    ),
    "two polarities": (
        same,
        put("calc:affirmed", "calc:affirmed , calc:denied"),
        "claim:c250",
        "exactly one calc:polarity",
    ),
    "a qualifier that is none": (
        same,
        put("calc:possible", "calc:maybe"),
        "claim:c250",
        "exactly one calc:certainty: calc:stated, calc:possible or calc:likely",
    ),
    "stated, though the word hedges": (
        same,
        put("calc:possible", "calc:stated"),
        "claim:c250",
        "stands for a qualifier that the claim does not have",
    ),
    "an unproven cause": (
        same,
        unproven_cause,
        "claim:c250",
        "its subject must be an intervention",
    ),
    "subject and object exchanged": (
        same,
        lambda block: put("object id:kidney-stone", "object id:new-treatment")(
            put("subject id:new-treatment", "subject id:kidney-stone")(block)
        ),
        "claim:c250",
        "swap subject and object",
    ),
    "no passage": (
        same,
        lambda block: re.sub(r"    calc:statedIn.*\n", "", block),
        "claim:c250",
        "Say with calc:statedIn which one passage",
    ),
    "a number without its letter": (
        same,
        put("claim:c250\n", "claim:250\n"),
        "claim:250",
        "A claim's IRI ends in claim/c and its number",
    ),
}
"""Mistake -> what it makes of the entity and of the claim; what is named, and with which advice."""


def added(copy: Path, entity: str, claim: str) -> Path:
    """A copy of the guide with two blocks more, in canonical form."""
    for folder in ("ontology", "data", "shapes"):
        shutil.copytree(REPOSITORY / folder, copy / folder, dirs_exist_ok=True)
    for file, block in ((ENTITIES, entity), (CLAIMS, claim)):
        path = copy / file
        path.write_text(path.read_text("utf-8") + block, "utf-8")
    assert main([str(copy / ENTITIES), str(copy / CLAIMS)]) == 0
    return copy


def numbered(text: str, number: int) -> str:
    """The same of another treatment and another claim, so that many mistakes are made at once."""
    text = text.replace("new-treatment", f"new-treatment-{number}")
    text = text.replace("nwe-treatment", f"nwe-treatment-{number}")
    text = re.sub(r"New treatment\b", f"New treatment {number}", text)
    return re.sub(r"\bc250\b", f"c{number}", text)


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """The verdict on the guide with every mistake made once, each at a treatment of its own."""
    entities, claims = "", ""
    for number, (entity, claim, *_) in enumerate(MISTAKES.values(), start=300):
        entities += numbered(entity(ENTITY), number)
        claims += numbered(claim(CLAIM), number)
    return validate(Root(added(tmp_path_factory.mktemp("editing"), entities, claims)))


def test_the_example_of_the_instructions_conforms(tmp_path: Path) -> None:
    verdict = validate(Root(added(tmp_path, ENTITY, CLAIM)))
    assert verdict.violations == ()


def test_a_claim_whose_passage_is_not_known_is_sent_to_no_file(tmp_path: Path) -> None:
    claim = put("calc:statedIn", "calc:stated_in")(CLAIM)
    verdict = validate(Root(added(tmp_path, ENTITY, claim)))
    assert verdict.violations
    assert not [v for v in verdict.violations if "another file" in v.message]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_with_what_to_do(verdict: Verdict, mistake: str) -> None:
    number = 300 + list(MISTAKES).index(mistake)
    _, _, focus, advice = MISTAKES[mistake]
    file = CLAIMS if focus.startswith("claim:") else ENTITIES
    found = [
        violation.message
        for violation in verdict.violations
        if violation.focus_node == numbered(focus, number) and violation.file == file
    ]
    assert any(numbered(advice, number) in message for message in found), found


@pytest.mark.parametrize(
    ("file", "block", "line", "words"),
    [
        (
            CLAIMS,
            put("calc:treats", "calcs:treats")(CLAIM),
            6,
            "The prefix calcs: has not been declared. Mend its name",
        ),
        (CLAIMS, CLAIM.rstrip().rstrip(".") + CLAIM.replace("c250", "c251"), 15, "just before it"),
        (ENTITIES, put('"New treatment"', '"New treatment')(ENTITY), 2, "quotation mark may be"),
        (CLAIMS, put("calc:affirmed ;", "calc:affirmed")(CLAIM), 9, "a semicolon"),
        (CLAIMS, CLAIM.replace("c250", "c175"), 0, "claim:c175 has a block already, in line "),
        (ENTITIES, ENTITY + "# a remark\n", 5, "Move it to the top of the file"),
    ],
    ids=[
        "wrong prefix",
        "no full stop",
        "no quote",
        "no semicolon",
        "number used twice",
        "comment",
    ],
)
def test_what_cannot_be_read_or_kept_is_named_with_its_line(
    copy_of_guide: Path, file: str, block: str, line: int, words: str
) -> None:
    path = copy_of_guide / file
    first = path.read_text("utf-8").count("\n") + 2
    path.write_text(path.read_text("utf-8") + block, "utf-8")
    with pytest.raises(CalcguideError, match=re.escape(words)) as caught:
        main(["--check", str(path)])
    assert re.search(rf"{re.escape(file)}:({first + line}|{first + line + 1}):", str(caught.value))
