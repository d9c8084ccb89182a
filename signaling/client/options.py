"""How a program joins a room."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How a client joins.

    `audio_slots`, `video_slots`: how much it can receive at a time, None for what the server proposes. `simulcast`:
    send the camera's picture in three sizes; None: that of a track only, False: never. `codec`: what published tracks
    are encoded in, if the server takes it. `watch_height`: look at every picture that finds a slot, in that height
    in pixels; 0: only at what `watch` says. `timeout`: seconds for each step of joining, and for each request. `wait`:
    seconds to wait for a host to let one in, None for as long as it takes. `access_token`: of an account, from `POST
    /api/auth/login`, or an API key with the scope `join`; without one it is a guest that joins. `host`: with an API
    key, whether it is a host. `rejoin`: seconds for which it tries to come back after the
    server has forgotten it, as after a restart; None for as long as it takes, 0 for not at all. `load_test_token`: from
    `milanio loadtest-token`; lifts the server's limits by address and account. `transport`: what carries media; None:
    UDP, and TCP where that gets no answer.
    """

    audio_slots: int | None = None
    video_slots: int | None = None
    simulcast: bool | None = None
    codec: Literal["VP8", "H264"] = "VP8"
    watch_height: int = 0
    timeout: float = 10.0
    wait: float | None = None
    access_token: str | None = None
    host: bool = False
    rejoin: float | None = 300.0
    load_test_token: str | None = None
    transport: Literal["udp", "tcp"] | None = None
