"""Asks HermiT whether an ontology in N-Triples is consistent: run by the Python of .venv-tools."""

import re
import sys
import zipfile
from pathlib import Path

import owlready2  # type: ignore[import-not-found,unused-ignore]


def main(path: Path) -> None:
    """Print the verdict, then the versions; raises what owlready2 raises for anything else."""
    world = owlready2.World()
    ontology = world.get_ontology(path.as_uri()).load(format="ntriples")
    owlready2.JAVA_MEMORY = 500
    try:
        with ontology:
            owlready2.sync_reasoner_hermit(world, debug=0)
        verdict = "consistent"
    except owlready2.OwlReadyInconsistentOntologyError:
        verdict = "inconsistent"
    print(f"{verdict} HermiT {_version()} of owlready2 {owlready2.VERSION}")


def _version() -> str:
    """The version that HermiT's archive states."""
    archive = Path(owlready2.__file__).parent / "hermit" / "HermiT.jar"
    with zipfile.ZipFile(archive) as opened:
        manifest = opened.read("META-INF/MANIFEST.MF").decode()
    found = re.search(r"^Implementation-Version: (\S+)", manifest, re.MULTILINE)
    return found[1] if found else "of no stated version"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
