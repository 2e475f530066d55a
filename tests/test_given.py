"""Other people's RDF: in memory, or on disk where it is large; there built once and only read."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from calcguide import statistics
from calcguide.errors import DataError, UsageError
from calcguide.given import Given, load_given
from calcguide.settings import Settings
from tests.running import serving
from tests.test_processes import named

TEN = "".join(f'<http://a/{n}> <http://a/p> "{n}" .\n' for n in range(10))


@pytest.fixture
def on_disk(tmp_path: Path) -> Settings:
    return Settings.read({}, memory_store_mb=0, cache=tmp_path / "cache")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "ten.nt"
    place.write_text(TEN)
    return place


def stores(settings: Settings) -> list[Path]:
    return sorted((settings.cache_folder / "stores").iterdir())


def test_small_files_are_held_in_memory(file: Path, tmp_path: Path) -> None:
    settings = Settings.read({}, cache=tmp_path / "cache")
    assert len(load_given([Given(file)], settings).store) == 10
    assert not settings.cache_folder.exists()


def test_large_files_are_loaded_into_a_store_on_disk(on_disk: Settings, file: Path) -> None:
    given = [Given(file), Given(file, "http://a/g")]
    found = load_given(given, on_disk)
    assert len(found.store) == 20
    assert found.statistics == statistics.count(found.store, found.base)
    assert found.statistics.graphs == {"http://a/g": 10}
    with pytest.raises(RuntimeError, match="read-write"):
        found.store.clear()


def test_a_store_on_disk_is_built_once(on_disk: Settings, file: Path) -> None:
    load_given([Given(file)], on_disk)
    built = [(place, place.stat().st_mtime_ns) for place in stores(on_disk)]
    load_given([Given(file)], on_disk)
    assert [(place, place.stat().st_mtime_ns) for place in stores(on_disk)] == built
    assert len(built) == 1


def test_progress_is_told_while_a_store_is_built(
    on_disk: Settings, file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    load_given([Given(file)], on_disk, print)  # in a process of its own
    out = capfd.readouterr().out
    assert f"loading {file} {len(TEN)} {len(TEN)}" in out
    assert out.index("ordering") < out.index("counting")


def test_files_that_have_changed_are_another_store_and_the_old_one_goes(
    on_disk: Settings, file: Path
) -> None:
    load_given([Given(file)], on_disk)
    [old] = stores(on_disk)
    served = os.open(old, os.O_RDONLY)  # as a server that still runs holds it
    fcntl.flock(served, fcntl.LOCK_SH)
    file.write_text(TEN + '<http://a/11> <http://a/p> "11" .\n')
    assert len(load_given([Given(file)], on_disk).store) == 11
    assert len(stores(on_disk)) == 2
    os.close(served)


def test_two_servers_that_start_at_once_build_one_store(on_disk: Settings, file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from calcguide.given import Given, load_given; "
        "from calcguide.settings import Settings; "
        "settings = Settings.read({}, memory_store_mb=0, cache=sys.argv[2]); "
        "print(len(load_given([Given(Path(sys.argv[1]))], settings).store))"
    )
    command = [sys.executable, "-c", code, str(file), str(on_disk.cache_folder)]
    starting = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=30)[0] for process in starting] == ["10\n"] * 3
    assert len(stores(on_disk)) == 1


def _no_file(file: Path) -> None:
    file.unlink()


def _no_syntax(file: Path) -> None:
    file.write_text(TEN + "no triple\n")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_no_file, "ten.nt: cannot be loaded: No such file"),
        (_no_syntax, "ten.nt:11:1: not well-formed"),
    ],
)
@pytest.mark.parametrize("megabytes", [0, 100])
def test_a_file_that_cannot_be_loaded_is_named_with_the_place(
    file: Path, tmp_path: Path, megabytes: int, spoil: Callable[[Path], None], said: str
) -> None:
    settings = Settings.read({}, memory_store_mb=megabytes, cache=tmp_path / "cache")
    spoil(file)
    with pytest.raises(DataError) as refused:
        load_given([Given(file)], settings)
    assert said in str(refused.value)
    assert not [*(tmp_path / "cache").glob("stores/*")]


def test_a_file_that_kills_its_parser_is_a_clear_error(on_disk: Settings, tmp_path: Path) -> None:
    deep = tmp_path / "deep.jsonld"
    deep.write_text('{"http://a/p": ' * 200_000 + "1" + "}" * 200_000)
    with pytest.raises(DataError, match=r"nested too deep|not well-formed"):
        load_given([Given(deep)], on_disk)


def test_a_cache_that_cannot_be_written_is_a_clear_error(file: Path, tmp_path: Path) -> None:
    settings = Settings.read({}, memory_store_mb=0, cache=file / "no-folder")
    with pytest.raises(DataError, match=r"no store can be kept here.*CALCGUIDE_CACHE"):
        load_given([Given(file)], settings)


def test_an_ending_that_says_no_format_is_refused(tmp_path: Path, on_disk: Settings) -> None:
    with pytest.raises(UsageError, match="does not say which RDF format"):
        load_given([Given(tmp_path / "data.docx")], on_disk)


def engine_threads(pid: int) -> list[str]:
    """The threads with which the engine keeps a store on disk open."""
    names = [each.read_text("ascii") for each in Path(f"/proc/{pid}/task").glob("*/comm")]
    return [name for name in names if "rocksdb" in name]


def test_a_store_on_disk_is_served_as_one_in_memory_is(file: Path, tmp_path: Path) -> None:
    """Workers open it before files are forbidden them; a heavy query ends, and others go on."""
    heavy = "SELECT (COUNT(*) AS ?n) { " + " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(12)) + "}"
    for _ in range(2):
        with serving(
            tmp_path,
            "--data",
            str(file),
            CALCGUIDE_QUERY_SECONDS="1",
            CALCGUIDE_MEMORY_STORE_MB="0",
            CALCGUIDE_CACHE=str(tmp_path / "cache"),
        ) as server:
            oldest = min(named(server, "store process"))  # a new front has this name for a moment
            for pid in (server.process.pid, oldest):
                assert not engine_threads(pid), "opened before it forks"
            assert server.ask("SELECT ?o { <http://a/7> ?p ?o }")[1].split() == ["o", "7"]
            assert server.ask(heavy)[0] == 504
            assert server.ask("SELECT ?o { <http://a/8> ?p ?o }")[1].split() == ["o", "8"]
            assert server.ask("SELECT * { SERVICE <http://localhost/> { ?s ?p ?o } }")[0] == 403
            status, page = server.get("/describe?iri=http%3A%2F%2Fa%2F7", "text/html")
            assert (status, '"7"' in page or ">7<" in page) == (200, True)
            assert server.get("/", "text/html")[0] == 200
            assert server.get("/search?q=7", "text/html")[0] == 200
            assert server.get("/.well-known/void", "text/turtle")[0] == 200
