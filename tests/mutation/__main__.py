"""Reports how many mutants are noticed, and by what: `python -m tests.mutation`."""

import sys
from collections import Counter

from tests.conftest import source_file
from tests.mutation.judging import (
    answered_otherwise,
    contradicted_by_the_text,
    make_mutants,
    rules_of,
)


def report() -> int:
    """Print the figures; return how many mutants nothing notices."""
    mutants = make_mutants()
    rules = rules_of(mutants)
    left = [each for each in mutants if not rules[each.name]]
    print(f"{len(mutants)} mutants made")
    print(f"{len(mutants) - len(left)} caught by shapes and checks")
    asked = {each.name: answered_otherwise(each) for each in left}
    left = [each for each in left if not asked[each.name]]
    print(f"{sum(map(bool, asked.values()))} more change a published answer")
    text = source_file()
    if text.is_file():
        read = {each.name: contradicted_by_the_text(each, text) for each in left}
        left = [each for each in left if not read[each.name]]
        print(f"{sum(map(bool, read.values()))} more are contradicted by the text of the guide")
    print(f"{len(left)} noticed by nothing:")
    for operator, count in sorted(Counter(each.operator for each in left).items()):
        print(f"\n{operator}: {count}")
        for each in left:
            if each.operator == operator:
                print(f"  {each.about}")
    return len(left)


if __name__ == "__main__":
    report()
    sys.exit()
