"""Writes every file of the release of our own guide into a folder."""

import sys
from pathlib import Path

from calcguide.errors import CalcguideError
from calcguide.files import Root, published
from calcguide.loading import load
from calcguide.release import release_of
from calcguide.words import counted


def main(folder: Path) -> None:
    """Write the files; raises OSError where that cannot be done."""
    release = release_of(load(Root(published())))
    folder.mkdir(parents=True, exist_ok=True)
    files = release.files if release else ()
    for file in files:
        (folder / file.name).write_bytes(file.body)
    megabytes = sum(file.size for file in files) / 1e6
    print(f"{counted(len(files), 'file')}, {megabytes:.1f} MB, in {folder}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("calcguide: Name the folder to write to, such as dist/release.")
    try:
        main(Path(sys.argv[1]))
    except (CalcguideError, OSError) as error:
        sys.exit(f"calcguide: {error}")
