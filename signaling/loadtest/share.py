"""A process's share of a load test: the people that it plays."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from signaling.loadtest.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a room. `number` counts all people of the test, `index` those of the room, both from 0."""

    number: int
    index: int
    room: int
    """Which room, from 0."""
    code: str
    """The room's code."""
    group: str
    joins_at: float
    """Seconds after the start."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one process is told.

    `token`: lifts the server's rate limits (`milanio loadtest-token`); None: without. `machine`: its number, of 0 to
    255, which time codes carry: only packets between people on one machine tell their delay.
    """

    url: str
    scenario: Scenario
    people: tuple[Person, ...] = field(default=())
    token: str | None = None
    machine: int = 0

    def as_json(self) -> dict[str, Any]:
        """Values that JSON can carry."""
        people = [asdict(person) for person in self.people]
        return {
            "url": self.url,
            "scenario": self.scenario.model_dump(),
            "people": people,
            "token": self.token,
            "machine": self.machine,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read what `as_json` wrote. Raises `ValueError`, `TypeError` and `KeyError` for anything else."""
        people = tuple(Person(**each) for each in values["people"])
        return cls(
            values["url"], Scenario.model_validate(values["scenario"]), people, values["token"], values["machine"]
        )


def plan(scenario: Scenario, codes: list[str]) -> list[Person]:
    """All people of a scenario in the order in which they join: round the rooms, each room's groups mixed evenly.

    `codes`: of its rooms.
    """
    order = _mixed(scenario)
    people: list[Person] = []
    for index, group in enumerate(order):
        for room, code in enumerate(codes):
            number = len(people)
            people.append(Person(number, index, room, code, group, number / scenario.ramp))
    return people


def _mixed(scenario: Scenario) -> list[str]:
    """The groups of a room's people, those with cameras or microphones first: others have something to watch."""
    places = [
        (not (group.audio or group.video), (index + 0.5) / group.people, group.name)
        for group in scenario.groups
        for index in range(group.people)
    ]
    return [name for _, _, name in sorted(places)]
