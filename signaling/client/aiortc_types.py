"""Types that need aiortc, for annotations without loading it: the `.pyi` beside this file says what they are."""

from typing import Any

MediaStreamTrack = Any
LiveTrack = Any
RemoteTrack = Any
