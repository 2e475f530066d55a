"""The locks name versions and hashes, and no address."""

import re
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

_NPM = (REPOSITORY / "tests/bench/trifid", REPOSITORY / "editor")
LOCKS = [*REPOSITORY.glob("*.lock"), *(folder / "package-lock.json" for folder in _NPM)]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(REPOSITORY)))
def test_a_lock_holds_no_address(lock: Path) -> None:
    found = re.findall(r"\w+://\S+|--(?:extra-)?index-url.*", lock.read_text(encoding="utf-8"))
    assert found == []
