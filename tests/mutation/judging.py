"""Who notices a mutant: the shapes and checks, then the questions, then the guide's own text."""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Final

from calcguide import coding, source
from calcguide.dataset import Dataset
from calcguide.errors import Violation
from calcguide.files import Root, published
from calcguide.loading import derive, load, load_asserted
from calcguide.validation import validate_dataset
from tests.mutation import systematic, telling
from tests.mutation.mutants import Change, Mutant, World, mutant
from tests.test_queries import FILES, Example, answer

SEED: Final = 20
SIZES: Final = (60, 8, 1)
"""How many mutants are validated in one run, at most: at first, and where that leaves doubt."""

Rules = frozenset[str]


def make_mutants(seed: int = SEED) -> list[Mutant]:
    """Return the mutants of all operators: the same ones for the same data and seed."""
    world = World(load_asserted(Root(published())))
    found: dict[tuple[object, object], Mutant] = {}
    names: set[str] = set()
    for operator, changes, count in _choices(world):
        for change in sorted(changes, key=partial(_chance, seed, operator))[:count]:
            made = mutant(world, operator, change)
            if made.removed == made.added or made.name in names:
                continue  # nothing is changed, or what is reported under the same name already
            names.add(made.name)
            found.setdefault((made.removed, made.added), made)
    return list(found.values())


def _chance(seed: int, operator: str, change: Change) -> bytes:
    """A number by chance that is the change's own: what else there is does not alter it."""
    return hashlib.sha256(f"{seed} {operator} {change[0]}".encode()).digest()


def _choices(world: World) -> Iterator[tuple[str, list[Change], int]]:
    """Yield operator, the changes that it can make, and how many of them are chosen."""
    for operator, count in systematic.OPERATORS.items():
        groups: dict[str, list[Change]] = {}
        for change in operator(world):
            groups.setdefault(change[0].partition(",")[0], []).append(change)
        for group, changes in groups.items():
            if not group.endswith("calc:Guide") or operator in systematic.FOR_SINGLES:
                yield operator.__name__, changes, count
    for operator, count in telling.OPERATORS.items():
        yield operator.__name__, list(operator(world)), count


def batches(mutants: Iterable[Mutant], size: int = SIZES[0]) -> list[list[Mutant]]:
    """Return the mutants in groups whose members change different things, few groups in all."""
    groups: list[tuple[set[str], set[str], list[Mutant]]] = []
    for each in mutants:
        for cores, rims, members in groups:
            apart = not (each.core & (cores | rims) or each.rim & cores)
            if apart and len(members) < size and not (each.alone or members[0].alone):
                break
        else:
            cores, rims, members = set(), set(), []
            groups.append((cores, rims, members))
        cores |= each.core
        rims |= each.rim
        members.append(each)
    return [members for _, _, members in groups]


def validated(mutants: Iterable[Mutant]) -> tuple[Violation, ...]:
    """Return what a full validation finds in the guide with all of these changes."""
    root = Root(published())
    dataset = load_asserted(root)
    for each in mutants:
        each.apply(dataset)
    return validate_dataset(dataset, root).violations


def rules_of(mutants: Iterable[Mutant]) -> dict[str, Rules]:
    """Return for each mutant the shapes and checks that catch it, many validated in one run.

    A result belongs to the mutant that changed what it speaks of. Where that may be one of
    several, these are judged again, in smaller groups and alone in the end.
    """
    judged: dict[str, Rules] = {}
    for size in SIZES:
        unsure: dict[str, Mutant] = {}
        for group in batches(mutants, size):
            judged |= _judged_together(group, unsure)
        mutants = unsure.values()
    return judged


def _judged_together(mutants: list[Mutant], unsure: dict[str, Mutant]) -> dict[str, Rules]:
    """What catches each; `unsure` is told of what has to be judged again.

    Where a result belongs to none of them, they are judged in two halves.
    """
    results = validated(mutants)
    if len(mutants) == 1:
        return {mutants[0].name: frozenset(v.source_shape for v in results)}
    caught: dict[str, set[str]] = {each.name: set() for each in mutants}
    for result in results:
        owners = _owners(mutants, result)
        if not owners:
            half = len(mutants) // 2
            halves = (mutants[:half], mutants[half:])
            return {k: v for each in halves for k, v in _judged_together(each, unsure).items()}
        if len(owners) > 1:
            unsure.update((each.name, each) for each in owners)
        caught[owners[0].name].add(result.source_shape)
    return {name: frozenset(rules) for name, rules in caught.items()}


def _owners(mutants: list[Mutant], result: Violation) -> list[Mutant]:
    """The mutants that changed what a result speaks of, or else what it mentions.

    Where one changed what it speaks of and another what it mentions, it may be either's.
    """
    for name in (result.focus_node, result.value):
        owners = [m for m in mutants if name in m.core] or [m for m in mutants if name in m.rim]
        if len(owners) > 1:
            named = [m for m in owners if result.value in m.core | m.rim]
            return named or owners
        if owners:
            others = [m for m in mutants if result.value in m.core and m not in owners]
            return [*owners, *others]
    return []


def answered_otherwise(mutant: Mutant) -> list[str]:
    """Return the questions whose published answer the guide with this change does not give."""
    root = Root(published())
    dataset = load_asserted(root)
    mutant.apply(dataset)
    derive(dataset, root)
    examples = [(path.stem, Example(path)) for path in FILES]
    return [name for name, example in examples if answer(example, dataset) != example.expected]


def contradicted_by_the_text(mutant: Mutant, guide_text: Path) -> list[str]:
    """Return what a copy of the guide's text shows of the guide with this change, but not without.

    Positions and checksums are compared, and hedging words with the words of their passage.
    """
    root = Root(published())
    dataset = load_asserted(root)
    mutant.apply(dataset)
    derive(dataset, root)
    return sorted(set(_remarks(dataset, guide_text)) - _usual_remarks(guide_text))


def _remarks(dataset: Dataset, guide_text: Path) -> Iterator[str]:
    yield from source.verify(dataset, guide_text).problems
    for passage in coding.coded_passages(dataset, copy=guide_text):
        yield from (f"{passage.name} {remark}" for remark in coding.unmatched_words(passage))


@cache
def _usual_remarks(guide_text: Path) -> frozenset[str]:
    return frozenset(_remarks(load(Root(published())), guide_text))
