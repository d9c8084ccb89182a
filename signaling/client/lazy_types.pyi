"""What type checkers read in place of the module."""

from aiortc import MediaStreamTrack as MediaStreamTrack

from signaling.client.live import LiveTrack as LiveTrack
from signaling.client.record import Recorder as Recorder
from signaling.client.tracks import RemoteTrack as RemoteTrack
