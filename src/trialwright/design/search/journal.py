"""What a search has evaluated, kept in a file, so that an interrupted search goes on where it was.

A journal has one JSON object per line: first what all candidates have in common (definition, seed, trials, version),
then each evaluated candidate under the digest of its design. A line that a crash left unfinished at the end is dropped.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialwright.design.search.model import EnrollmentForecast, LookEvaluation, ScenarioEvaluation
from trialwright.design.simulation.operating_characteristics import Estimate
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.definition.model import DesignDefinition, TrialDesign

#: Of the lines; another one cannot be read.
_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedBehavior:
    """What of a design's evaluation is simulated; the rest is computed from the design again.

    weighted_success  power averaged over the weights of the scenarios; None without weights
    """

    scenarios: tuple[ScenarioEvaluation, ...]
    maximum_cost: Estimate | None
    weighted_success: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """Why a candidate is no possible trial."""

    reason: str


Entry = SimulatedBehavior | Impossible


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHeader:
    """What all candidates of a journal have in common; with any of it changed they would behave differently.

    definition  digest of what is asked and assumed, without the designs in question
    """

    definition: str
    seed: int
    trials: int
    version: str


@dataclass(kw_only=True)
class Journal:
    """Candidates by the digests of their designs; written to `path` as they come, kept in memory without one."""

    path: Path | None
    entries: dict[str, Entry] = field(default_factory=dict)

    def add(self, entries: Mapping[str, Entry]) -> None:
        """Keep what was evaluated: on disk before this returns."""
        self.entries.update(entries)
        if self.path is None or not entries:
            return
        lines = "".join(_line({"candidate": key, **_encoded(entry)}) for key, entry in entries.items())
        with self.path.open("a", encoding="utf-8") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())


def open_journal(path: Path | None, header: JournalHeader) -> Journal:
    """The journal at `path`, begun if there is none.

    Raises `DesignError` if it is of another search: another definition, seed, number of trials, or version.
    """
    if path is None:
        return Journal(path=None)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        content = b""
    except OSError as error:
        raise DesignError(f"The journal {path} cannot be read: {error.strerror}. Give the path of a file.") from error
    # What follows the last line end was never finished.
    whole = content[: content.rfind(b"\n") + 1]
    lines = whole.decode("utf-8", errors="replace").splitlines()
    try:
        if not lines:
            path.write_text(_line({"journal": _FORMAT, **asdict(header)}), encoding="utf-8")
            return Journal(path=path)
        if len(whole) < len(content):
            os.truncate(path, len(whole))
    except OSError as error:
        raise DesignError(f"The journal {path} cannot be written: {error.strerror}. Give another path.") from error
    _check_header(path, lines[0], header)
    return Journal(path=path, entries=dict(_entry(path, number, line) for number, line in enumerate(lines[1:], 2)))


def is_journal_of(path: Path, definition: DesignDefinition, *, seed: int, trials: int) -> bool:
    """Whether a search of this definition, seed and number of trials can go on with the journal at `path`."""
    try:
        open_journal(path, header_of(definition, seed=seed, trials=trials))
    except DesignError:
        return False
    return True


def digest_of(value: object) -> str:
    """SHA-256 of the content of dataclasses, mappings, tuples and plain values."""
    return hashlib.sha256(json.dumps(_plain(value), ensure_ascii=False).encode()).hexdigest()


def header_of(definition: DesignDefinition, *, seed: int, trials: int) -> JournalHeader:
    """What candidates of a search have in common."""
    # The designs in question are no matter of a candidate's, but the prior is of the chosen one's endpoint.
    assumed = [getattr(definition, one.name) for one in fields(definition) if one.name not in ("designs", "chosen")]
    endpoint = definition.designs[definition.chosen].endpoint
    return JournalHeader(
        definition=digest_of([*assumed, endpoint]), seed=seed, trials=trials, version=version("trialwright")
    )


def key_of(design: TrialDesign) -> str:
    """The digest of a design, whatever it is called."""
    return digest_of(replace(design, id="", label=""))


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, *(_plain(getattr(value, one.name)) for one in fields(value))]
    if isinstance(value, Mapping):
        return [[_plain(key), _plain(one)] for key, one in value.items()]
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise DesignError(f"{value!r} cannot be written to a journal. Spending functions of your own must be dataclasses.")


def _line(content: Mapping[str, object]) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"


def _encoded(entry: Entry) -> dict[str, object]:
    return {"impossible": entry.reason} if isinstance(entry, Impossible) else {"behavior": asdict(entry)}


def _check_header(path: Path, line: str, header: JournalHeader) -> None:
    found = _object(path, 1, line)
    if found.get("journal") != _FORMAT:
        raise DesignError(f"{path} is no journal of a search that this version can read. Give another path.")
    for name, expected in asdict(header).items():
        if found.get(name) != expected:
            of = "of another definition" if name == "definition" else f"of {name} {found.get(name)!r}, not {expected!r}"
            raise DesignError(
                f"The journal {path} is {of}: its candidates do not behave like those of this search. Give the path of "
                "a new journal, or go back to what this one is of."
            )


def _entry(path: Path, number: int, line: str) -> tuple[str, Entry]:
    content = _object(path, number, line)
    try:
        if "impossible" in content:
            return content["candidate"], Impossible(reason=content["impossible"])
        return content["candidate"], _behavior(content["behavior"])
    except (KeyError, TypeError) as error:
        raise _broken(path, number) from error


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except json.JSONDecodeError as error:
        raise _broken(path, number) from error
    if not isinstance(content, dict):
        raise _broken(path, number)
    return content


def _broken(path: Path, number: int) -> DesignError:
    return DesignError(
        f"Line {number} of the journal {path} is no entry of a search. Delete the line, whose candidate is then "
        "evaluated again, or give the path of a new journal."
    )


def _behavior(content: Mapping[str, Any]) -> SimulatedBehavior:
    return SimulatedBehavior(
        scenarios=tuple(_scenario(one) for one in content["scenarios"]),
        maximum_cost=_maybe_estimate(content["maximum_cost"]),
        weighted_success=_maybe_estimate(content["weighted_success"]),
    )


def _scenario(content: Mapping[str, Any]) -> ScenarioEvaluation:
    forecast = content["enrollment"]
    expected = ("expected_subjects", "expected_observed", "expected_duration")
    estimates = {name: _estimate(content[name]) for name in ("power", "any_rejection", "all_rejections", *expected)}
    return ScenarioEvaluation(
        scenario=content["scenario"],
        rejections=tuple(_estimate(one) for one in content["rejections"]),
        expected_cost=_maybe_estimate(content["expected_cost"]),
        cost_parts={id: _estimate(one) for id, one in content["cost_parts"].items()},
        looks=tuple(
            LookEvaluation(**{one.name: _estimate(look[one.name]) for one in fields(LookEvaluation)})
            for look in content["looks"]
        ),
        enrollment=EnrollmentForecast(
            level=forecast["level"],
            **{name: tuple(forecast[name]) for name in ("subjects", "median", "lower", "upper")},
        ),
        **estimates,
    )


def _estimate(content: Mapping[str, float | None]) -> Estimate:
    return Estimate(value=content["value"], standard_error=content["standard_error"])


def _maybe_estimate(content: Mapping[str, float | None] | None) -> Estimate | None:
    return None if content is None else _estimate(content)
