"""Validates with pyrudof and prints what it finds: run by the Python of .venv-tools."""

import json
import sys
from importlib import metadata

import pyrudof  # type: ignore[import-not-found,unused-ignore]


def main(data: str, shapes: str) -> None:
    """Print the version, and focus node, shape and component of each result, as JSON."""
    rudof = pyrudof.Rudof(pyrudof.RudofConfig())
    rudof.read_data(data, format=pyrudof.RDFFormat.NTriples)
    rudof.read_shacl(shapes)
    found = {
        (result.focus_node, result.source_shape, result.constraint_component)
        for result in rudof.validate_shacl().violations
    }
    print(json.dumps({"version": metadata.version("pyrudof"), "results": sorted(found)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
