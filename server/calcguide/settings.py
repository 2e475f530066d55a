"""Every setting, as data: name, default, help. Each is also an environment variable."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from calcguide.errors import UsageError

_CONTACT: Final = re.compile(r"""((mailto:|https://)[^\s<>"{}|\\^`]+)?""")


@dataclass(frozen=True)
class Setting:
    """One setting: `CALCGUIDE_` + its upper-case name is its environment variable."""

    name: str
    default: str
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "CALCGUIDE_" + self.name.upper()


SETTINGS = (
    Setting("host", "127.0.0.1", "Address to listen on."),
    Setting("port", "8000", "Port to listen on."),
    Setting("fronts", "2", "Front processes that answer HTTP requests."),
    Setting(
        "public_url",
        "",
        "Address under which the public reaches the server, such as https://example.org/guide. "
        "Empty: the address that was asked at, once its host is on the allow-list.",
    ),
    Setting(
        "allowed_hosts",
        "localhost 127.0.0.1 [::1]",
        "Host names that requests may name, separated by spaces; the host listened on and that "
        "of the public URL are always among them.",
    ),
    Setting("query_seconds", "10", "Seconds that a query may take."),
    Setting("query_memory_mb", "512", "Megabytes of memory that a query may take."),
    Setting("result_mb", "16", "Megabytes that a result may have."),
    Setting(
        "fast_milliseconds",
        "250",
        "Milliseconds after which a heavy query needs one of the places for slow queries.",
    ),
    Setting(
        "fast_queries",
        "4",
        "Heavy queries that run at once in the whole server until they are slow ones.",
    ),
    Setting("slow_queries", "2", "Slow queries that run at once, in the whole server."),
    Setting(
        "wait_milliseconds",
        "1000",
        "Milliseconds that a query waits for a place, a slow one suspended, before it is refused.",
    ),
    Setting("prepared_mb", "32", "Megabytes of answers that each front keeps; 0: none."),
    Setting("validation_seconds", "30", "Seconds that the validation of posted data may take."),
    Setting(
        "memory_store_mb",
        "100",
        "Megabytes of RDF given with --data or --graph that are held in memory; more is kept in a "
        "store on disk, which is built once and only read.",
    ),
    Setting(
        "cache",
        "",
        "Folder for validation reports and stores on disk. Empty: calcguide in the user's cache "
        "folder.",
    ),
    Setting(
        "metrics_port",
        "",
        "Port of the loopback address for Prometheus. Empty: the port plus 1000; 0: none.",
    ),
    Setting("access_log", "on", "Whether each request is logged on standard error: on or off."),
    Setting("contact", "", "Where readers report a mistake: a mailto: or https: address."),
)


class Settings(dict[str, str]):
    """The settings in force, by name."""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, **given: object) -> "Settings":
        """Return what is `given` (None counts as not given), else the environment, else defaults.

        Raises UsageError for a number that is none, and for a contact that is no address.
        """
        settings = cls()
        for setting in SETTINGS:
            value = given.pop(setting.name, None)
            settings[setting.name] = (
                str(value)
                if value is not None
                else environment.get(setting.variable, setting.default)
            )
        if given:
            raise TypeError(f"no such setting: {', '.join(given)}")
        for setting in SETTINGS:
            if setting.default.isdecimal():
                settings.number(setting.name)
        if not _CONTACT.fullmatch(settings["contact"]):
            raise UsageError(
                "The setting contact (CALCGUIDE_CONTACT) must be a mailto: or https: address, "
                f"not {settings['contact']!r}."
            )
        return settings

    @property
    def cache_folder(self) -> Path:
        """The folder for what is kept between starts: as set, else as the XDG rules say."""
        if self["cache"]:
            return Path(self["cache"])
        stated = Path(os.environ.get("XDG_CACHE_HOME", ""))
        return (stated if stated.is_absolute() else Path("~/.cache").expanduser()) / "calcguide"

    def number(self, name: str) -> int:
        """Return the setting as a whole number; raises UsageError where it is none."""
        if not self[name].isdecimal():
            variable = next(s.variable for s in SETTINGS if s.name == name)
            raise UsageError(
                f"The setting {name} ({variable}) must be a whole number, not {self[name]!r}."
            )
        return int(self[name])
