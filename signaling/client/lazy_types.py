"""Types that need aiortc or PyAV, for annotations without loading them: see the `.pyi` beside this file."""

from typing import Any

MediaStreamTrack = Any
LiveTrack = Any
Recorder = Any
RemoteTrack = Any
