"""The flags of `milanio loadtest` that make a scenario, or change one: each stands for a field of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AllowInfNan, BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from signaling.loadtest.allowed import allowed
from signaling.loadtest.scenario import Group, Network, Scenario
from signaling.loadtest.scenario_file import ScenarioError, load, shipped, validate


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag for one field, of all groups where it is one of theirs."""

    name: str
    model: type[BaseModel]
    field: str

    @property
    def info(self) -> FieldInfo:
        """The field's declaration."""
        return self.model.model_fields[self.field]

    @property
    def destination(self) -> str:
        """Its name among parsed arguments."""
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def help(self) -> str:
        """For `--help` and the documentation."""
        description = (self.info.description or "").replace("`", "")
        return f"{description}; {allowed(self.info)} (default: {self.info.default})"

    def read(self, text: str) -> Any:
        """The value that a text stands for. Raises `ScenarioError`."""
        kind = self.info.annotation
        if get_origin(kind) is Literal:
            choices = {str(value): value for value in get_args(kind)}
            if text not in choices:
                raise self._wrong(text)
            return choices[text]
        try:
            return TypeAdapter[Any](_constrained(self.info)).validate_python(text)
        except ValidationError:
            raise self._wrong(text) from None

    def _wrong(self, text: str) -> ScenarioError:
        return ScenarioError(f"{self.name} {text[:60]!r} isn't allowed, only {allowed(self.info)}")


def _constrained(field: FieldInfo) -> Any:
    """The type of a field with its bounds, apart from its model."""
    kind: Any = field.annotation
    for each in field.metadata:
        kind = Annotated[kind, each]
    return Annotated[kind, AllowInfNan(False)] if field.annotation is float else kind


FLAGS = (
    Flag("--rooms", Scenario, "rooms"),
    Flag("--duration", Scenario, "duration"),
    Flag("--ramp", Scenario, "ramp"),
    Flag("--churn", Scenario, "churn"),
    Flag("--speakers", Scenario, "speakers"),
    Flag("--seed", Scenario, "seed"),
    Flag("--publish", Group, "publish"),
    Flag("--codec", Group, "codec"),
    Flag("--height", Group, "height"),
    Flag("--fps", Group, "fps"),
    Flag("--layout", Group, "layout"),
    Flag("--tiles", Group, "tiles"),
    Flag("--loss", Network, "loss"),
    Flag("--delay", Network, "delay_ms"),
    Flag("--jitter", Network, "jitter_ms"),
    Flag("--down-kbps", Network, "down_kbps"),
    Flag("--up-kbps", Network, "up_kbps"),
)

MAX_PER_ROOM = 2000

PEOPLE_FLAGS = {
    "people": "people in each room; without --publishers and --viewers all of them publish",
    "publishers": "of them, how many have a camera and a microphone",
    "viewers": "of them, how many only watch and listen",
}
"""By name without dashes: the sizes of groups, of a scenario that has as simple ones."""

SCENARIO_HELP = f"one of {', '.join(shipped())}, or a TOML file; other flags change it"


def scenario(texts: Mapping[str, str | None]) -> Scenario:
    """The scenario that flags ask for, by their names without dashes. Raises `ScenarioError`."""
    name = texts.get("scenario")
    base = Scenario() if name is None else load(name)
    values = base.model_dump()
    counts = {flag: _count(flag, text) for flag in PEOPLE_FLAGS if (text := texts.get(flag)) is not None}
    if counts and name is None:
        values["groups"] = _simple_groups(counts)
    elif counts:
        _resize(values["groups"], counts, base.name)
    for flag in FLAGS:
        text = texts.get(flag.destination)
        if text is None:
            continue
        value = flag.read(text)
        for part in _parts(values, flag.model):
            part[flag.field] = value
    return validate(values)


def _parts(values: dict[str, Any], model: type[BaseModel]) -> list[dict[str, Any]]:
    """The tables of a scenario that are of a model."""
    if model is Scenario:
        return [values]
    groups: list[dict[str, Any]] = list(values["groups"])
    return groups if model is Group else [group["network"] for group in groups]


def _count(flag: str, text: str) -> int:
    least = 0 if flag == "viewers" else 1
    if not (text.isascii() and text.isdecimal() and least <= int(text[:9]) <= MAX_PER_ROOM):
        raise ScenarioError(
            f"--{flag} {text[:60]!r} isn't allowed, only a whole number from {least} to {MAX_PER_ROOM:,}"
        )
    return int(text)


def _simple_groups(counts: dict[str, int]) -> list[dict[str, Any]]:
    """Those who publish and those who only watch."""
    people, publishers, viewers = (counts.get(flag) for flag in PEOPLE_FLAGS)
    if publishers is None:
        publishers = 0 if people is None else people - (viewers or 0)
    if viewers is None:
        viewers = 0 if people is None else people - publishers
    if people is not None and (publishers < 0 or viewers < 0 or publishers + viewers != people):
        given = " and ".join(f"--{flag} {count}" for flag, count in counts.items())
        raise ScenarioError(f"{given} don't fit together; --people is the sum of --publishers and --viewers")
    groups = [Group(name="publishers", people=publishers)] if publishers else []
    groups += [Group(name="viewers", people=viewers, audio=False, video=False)] if viewers else []
    if not groups:
        raise ScenarioError("nobody is in the rooms; --people, --publishers or --viewers says how many are")
    return [group.model_dump() for group in groups]


def _resize(groups: tuple[dict[str, Any], ...], counts: dict[str, int], name: str) -> None:
    """Change the sizes of a scenario's groups: it has one of publishers, one of viewers, or both."""
    kinds: dict[str, list[dict[str, Any]]] = {"publishers": [], "viewers": []}
    for group in groups:
        kinds["publishers" if group["audio"] or group["video"] or group["screen"] else "viewers"].append(group)
    for flag, count in counts.items():
        found = list(groups) if flag == "people" else kinds[flag]
        if len(found) != 1 or count == 0:
            raise ScenarioError(
                f"--{flag} doesn't say for which group of the scenario {name}; set people of its groups in a file"
            )
        found[0]["people"] = count
