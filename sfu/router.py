"""A room's media: who publishes what, what each participant's slots should carry, and making it so.

The wanted state is computed whole and applied as a difference; nothing else moves publications in and out of slots.
"""

from dataclasses import dataclass, field

from sfu.publication import Encoding, Publication
from sfu.rtp import Mid, Rid
from sfu.slot import Slot, SlotState
from sfu.speakers import SpeakerDetector, loudest
from sfu.transport import State, Transport


class RouterError(Exception):
    """A wish that can't be fulfilled; `args[0]` says why in a sentence."""


@dataclass(frozen=True, slots=True)
class SlotWish:
    """What a viewer wants in a video slot; `height` in pixels, 0: nothing now."""

    slot: Mid
    publication: str | None
    height: int
    priority: int = 0


@dataclass(frozen=True, slots=True)
class SlotChange:
    """A slot carries something else from now on."""

    member: str
    slot: Mid
    state: SlotState


@dataclass(slots=True)
class Member:
    """A participant's side of the room's media."""

    transport: Transport
    wishes: dict[Mid, SlotWish] = field(default_factory=dict)
    publications: dict[str, Publication] = field(default_factory=dict)
    """By source."""


class Router:
    """The media of one room."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}
        self._publications: dict[str, Publication] = {}
        self._detector = SpeakerDetector()
        self.speakers: list[str] = []
        """Members who speak, loudest first."""

    def join(self, member: str, transport: Transport) -> None:
        """Take in a member's transport, in place of one that it had before."""
        self.leave(member)
        self._members[member] = Member(transport)

    def leave(self, member: str) -> None:
        """Take a member out, with all it publishes. Its transport is closed by whoever made it."""
        gone = self._members.pop(member, None)
        if gone is None:
            return
        for publication in gone.publications.values():
            self._publications.pop(publication.id, None)
            publication.id = ""

    def publish(self, member: str, mid: Mid, source: str, *, muted: bool, heights: dict[Rid, int]) -> Publication:
        """Name what a section carries, or tell anew about it. Raises `RouterError`."""
        entry = self._members.get(member)
        publication = None if entry is None else entry.transport.receiver.publications.get(mid)
        if entry is None or publication is None:
            raise RouterError(f"The offer has no section {mid} that sends.")
        other = entry.publications.get(source)
        if other is not None and other is not publication:
            raise RouterError(f"{source} is published in section {other.mid} already.")
        if publication.source not in ("", source):
            raise RouterError(f"Section {mid} carries {publication.source} already.")
        publication.id = f"{member}.{source}"
        publication.source = source
        publication.muted = muted
        publication.heights = heights
        entry.publications[source] = publication
        self._publications[publication.id] = publication
        return publication

    def unpublish(self, member: str, source: str) -> None:
        """Withdraw a publication. Raises `RouterError`."""
        publication = self._own(member, source)
        del self._members[member].publications[source]
        del self._publications[publication.id]
        publication.id = publication.source = ""

    def mute(self, member: str, source: str, *, muted: bool) -> None:
        """Stop forwarding a publication, or go on. Raises `RouterError`."""
        self._own(member, source).muted = muted

    def _own(self, member: str, source: str) -> Publication:
        entry = self._members.get(member)
        if entry is None or source not in entry.publications:
            raise RouterError(f"{source} is not published.")
        return entry.publications[source]

    def watch(self, member: str, wishes: list[SlotWish]) -> None:
        """Take what video slots should show. Raises `RouterError` for slots that aren't there; then nothing changes."""
        entry = self._members.get(member)
        if entry is None:
            raise RouterError("There is no media connection yet.")
        for wish in wishes:
            slot = entry.transport.sender.slots.get(wish.slot)
            if slot is None or slot.kind != "video":
                raise RouterError(f"The offer has no section {wish.slot} that receives video.")
        entry.wishes.update({wish.slot: wish for wish in wishes})

    def listen(self, now: float) -> bool:
        """Look who speaks. True: `speakers` has changed."""
        levels = [
            (member, publication.loudness)
            for member, entry in self._members.items()
            for source, publication in entry.publications.items()
            if source == "microphone" and not publication.muted and publication.alive(now)
        ]
        before, self.speakers = self.speakers, self._detector.update(levels)
        return before != self.speakers

    def reconcile(self, now: float, only: Transport | None = None) -> list[SlotChange]:
        """Make every slot carry what it should; what has changed for its viewer. `only`: of this one's slots."""
        audible = {
            publication.id: publication.loudness if publication.alive(now) else -1.0
            for publication in self._publications.values()
            if publication.kind == "audio" and not publication.muted
        }
        changes: list[SlotChange] = []
        for name, member in self._members.items():
            if only is not None and member.transport is not only:
                continue
            slots = member.transport.sender.slots.values()
            own = {publication.id for publication in member.publications.values()}
            self._fill_audio([slot for slot in slots if slot.kind == "audio"], audible, own)
            for slot in slots:
                if slot.kind == "video":
                    self._fill_video(slot, member, own)
                self._apply(slot, member.transport, now)
                state = slot.state()
                if state != slot.told:
                    slot.told = state
                    changes.append(SlotChange(name, slot.mid, state))
        return changes

    def _fill_audio(self, slots: list[Slot], audible: dict[str, float], own: set[str]) -> None:
        """Everyone while they fit, else the loudest; who stays heard stays in the same slot."""
        seated = {slot.publication.id: slot for slot in slots if slot.publication is not None}
        others = {publication: level for publication, level in audible.items() if publication not in own}
        wanted = loudest(others, len(slots), seated) if len(others) > len(slots) else list(others)
        for slot in slots:
            if slot.publication is not None and slot.publication.id not in wanted:
                slot.publication = None
        free = [slot for slot in slots if slot.publication is None]
        for publication in wanted:
            if publication not in seated:
                free.pop(0).publication = self._publications[publication]

    def _fill_video(self, slot: Slot, member: Member, own: set[str]) -> None:
        wish = member.wishes.get(slot.mid)
        if wish is None or wish.publication is None or wish.publication in own:
            slot.publication, slot.height = None, 0
            return
        publication = self._publications.get(wish.publication)
        slot.publication = publication if publication is not None and publication.kind == "video" else None
        slot.height, slot.priority = wish.height, wish.priority

    def _apply(self, slot: Slot, transport: Transport, now: float) -> None:
        forwarder = slot.forwarder
        if transport.state is State.CONNECTING:
            # The keyframe is asked for, once, while the connection is being made, and kept for when it is.
            coming = slot.wanted(now)
            if coming is not slot.prepared:
                slot.prepared = coming
                self._prepare(coming, now)
        can_send = transport.outgoing_srtp is not None and transport.state is not State.CLOSED
        wanted = slot.wanted(now) if can_send else None
        if wanted is None:
            forwarder.set_target(None)
        elif wanted is forwarder.current:
            forwarder.stay()
        elif wanted is not forwarder.target:
            forwarder.set_target(wanted)
            self._prepare(wanted, now)

    def _prepare(self, encoding: Encoding | None, now: float) -> None:
        """See to it that a viewer can be started."""
        if encoding is not None and encoding.needs_keyframe and not encoding.has_recent_keyframe(now):
            encoding.keyframes.want()
