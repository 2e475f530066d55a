"""The build hook: validates the guide and puts the verdict into the wheel, so it starts at once."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Refuses to build a wheel of data that do not conform."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Ship the verdict beside the data; an editable install needs none."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root) / "server"))
        from calcguide.files import Root, published
        from calcguide.validation import store_verdict, validate

        root = Root(published())
        verdict = validate(root)
        if not verdict.conforms:
            sys.exit("The data do not conform: run scripts/check.")
        folder = Path(tempfile.mkdtemp(prefix="calcguide-"))
        store_verdict(verdict, folder)
        build_data["force_include"][str(folder)] = "calcguide/published/validation"
