"""What type checkers read in place of the module."""

from signaling.client.client import Client as Client
from signaling.client.errors import ClientError as ClientError
from signaling.client.errors import MediaError as MediaError
from signaling.client.events import Reconnected as Reconnected
from signaling.client.events import Reconnecting as Reconnecting
from signaling.client.events import TrackEnded as TrackEnded
from signaling.client.file import MediaFile as MediaFile
from signaling.client.http import create_room as create_room
from signaling.client.options import ClientOptions as ClientOptions
from signaling.client.pattern import Pattern as Pattern
from signaling.client.receive import Slot as Slot
from signaling.client.receive import SlotStats as SlotStats
