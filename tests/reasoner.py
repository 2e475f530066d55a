"""Asks HermiT whether an ontology in N-Triples is consistent: run by the Python of .venv-tools."""

import sys
from pathlib import Path

import owlready2  # type: ignore[import-not-found,unused-ignore]


def main(path: Path) -> None:
    """Print the version and the verdict; raises what owlready2 raises for anything else."""
    world = owlready2.World()
    ontology = world.get_ontology(path.as_uri()).load(format="ntriples")
    owlready2.JAVA_MEMORY = 500
    try:
        with ontology:
            owlready2.sync_reasoner_hermit(world, debug=0)
        verdict = "consistent"
    except owlready2.OwlReadyInconsistentOntologyError:
        verdict = "inconsistent"
    print(owlready2.VERSION, verdict)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
