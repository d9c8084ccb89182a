"""What a load test does: rooms, people, what they send and watch, and over what networks."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

VideoCodec = Literal["VP8", "H264", "VP9", "AV1"]
Layout = Literal["grid", "speaker"]

MAX_PEOPLE = 10_000
"""In all rooms of a scenario."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Network(_Part):
    """What a group's network does to its packets, in both directions: UDP only, and drawn from the scenario's seed."""

    loss: Annotated[float, Field(ge=0, le=100, description="percent of packets that are lost")] = 0.0
    delay_ms: Annotated[float, Field(ge=0, le=5000, description="one-way delay, milliseconds")] = 0.0
    jitter_ms: Annotated[float, Field(ge=0, le=2000, description="added delay, even between 0 and this")] = 0.0
    down_kbps: Annotated[float, Field(ge=0, description="rate towards the client, kbit/s; 0: unlimited")] = 0.0
    up_kbps: Annotated[float, Field(ge=0, description="rate from the client, kbit/s; 0: unlimited")] = 0.0

    @property
    def impaired(self) -> bool:
        """Whether it does anything."""
        return self != Network()


class Group(_Part):
    """People of each room who are alike."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9 _-]{0,39}$", description="shown in the report")] = "people"
    people: Annotated[int, Field(ge=1, le=2000, description="of this group in each room")] = 10
    audio: Annotated[bool, Field(description="whether they have a microphone")] = True
    video: Annotated[bool, Field(description="whether they have a camera")] = True
    screen: Annotated[bool, Field(description="whether the first of them shares a screen")] = False
    publish: Annotated[
        str,
        Field(
            max_length=1000,
            description="media file that they send, in one size, not what Milanio has; needs PyAV",
        ),
    ] = ""
    codec: Annotated[VideoCodec, Field(description="of the camera")] = "VP8"
    height: Annotated[Literal[180, 360, 720], Field(description="lines of the camera's largest encoding")] = 360
    fps: Annotated[Literal[15, 30], Field(description="frames per second")] = 15
    simulcast: Annotated[bool, Field(description="whether the camera is sent in several sizes")] = True
    layout: Annotated[Layout, Field(description="`grid`: tiles of equal size; `speaker`: one large tile")] = "grid"
    tiles: Annotated[int, Field(ge=0, le=25, description="cameras that each person watches")] = 9
    network: Annotated[Network, Field(description="what lies between them and the server")] = Network()


class Scenario(_Part):
    """A load test. Times are in seconds."""

    name: Annotated[str, Field(max_length=60, description="for the report")] = "custom"
    rooms: Annotated[int, Field(ge=1, le=1000, description="rooms at a time")] = 1
    groups: Annotated[tuple[Group, ...], Field(min_length=1, max_length=20, description="the people of each room")] = (
        Group(),
    )
    speakers: Annotated[int, Field(ge=0, le=50, description="people of each room who speak at a time")] = 2
    turn: Annotated[float, Field(ge=0.5, le=3600, description="seconds until another speaks")] = 5.0
    ramp: Annotated[float, Field(gt=0, le=1000, description="people that join per second, in all rooms")] = 20.0
    duration: Annotated[float, Field(ge=1, le=86_400, description="seconds measured, after the last has joined")] = 60.0
    churn: Annotated[float, Field(ge=0, le=100, description="people per second who leave and are replaced")] = 0.0
    relayout: Annotated[float, Field(ge=0, description="seconds until a person watches others; 0: never")] = 15.0
    mute_every: Annotated[float, Field(ge=0, description="seconds until a person mutes or unmutes; 0: never")] = 0.0
    chat_every: Annotated[float, Field(ge=0, description="seconds until somebody in a room writes; 0: never")] = 0.0
    seed: Annotated[int, Field(ge=0, lt=2**63, description="of all that happens at random")] = 1

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.people > MAX_PEOPLE:
            raise ValueError(f"{self.people} people in all; at most {MAX_PEOPLE:,} are allowed")
        names = [group.name for group in self.groups]
        if len(set(names)) < len(names):
            raise ValueError("two groups have the same name")
        return self

    @property
    def people_per_room(self) -> int:
        """In each room."""
        return sum(group.people for group in self.groups)

    @property
    def people(self) -> int:
        """In all rooms."""
        return self.rooms * self.people_per_room
