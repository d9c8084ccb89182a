"""A room's media: its publications, and what each participant's slots carry.

The wanted state is computed and applied as a difference; nothing else moves publications in and out of slots. In a room
of hundreds most of it is as it was, so `reconcile` compares what the wanted state depends on (publications, their live
encodings, wishes, transports, who is loudest) with the last time, and visits only slots that can have changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sfu.allotment import Allotment, Ladders, Link
from sfu.codecs import Codec
from sfu.governor import SMALLEST
from sfu.plane import SlotWish, publication_id
from sfu.publication import Encoding, Publication
from sfu.slot import Slot, SlotState
from sfu.speakers import SPEAKING, SpeakerDetector
from sfu.transport import State, Transport
from sfu.voices import Stage
from sfu.wire.rtp import Mid, Rid

SAMPLE_INTERVAL = 0.15
"""Least seconds between two samples of speakers and of encodings sent: all packets of a frame arrive within it."""

HEAR_PER_VOICE, LONGEST_HEAR = 0.0003, 0.15
"""Least seconds between two looks for people who begin to speak: for each voice, which costs a few µs each time, and at
most. The last packets are kept for longer (`publication.HISTORY`), so nothing is lost."""

_SOUND_OF = {"camera": "microphone", "screen": "screen_audio"}
"""The audio source that belongs to each video source."""


class RouterError(Exception):
    """A request that can't be fulfilled; `args[0]` says why in a sentence."""


@dataclass(frozen=True, slots=True)
class SlotChange:
    """What a slot carries from now on."""

    member: str
    slot: Mid
    state: SlotState


@dataclass(frozen=True, slots=True)
class LayerChange:
    """The encodings that a member should send from now on, by source; of all its video."""

    member: str
    wanted: dict[str, tuple[Rid, ...]]


@dataclass(slots=True)
class Member:
    """A participant's side of the room's media."""

    transport: Transport
    wishes: dict[Mid, SlotWish] = field(default_factory=dict)
    publications: dict[str, Publication] = field(default_factory=dict)
    """By source."""
    audio: list[Slot] = field(default_factory=list)
    video: list[Slot] = field(default_factory=list)
    pairs: dict[str, Slot] = field(default_factory=dict)
    """By publication of sound: the audio slot that is in sync with the video slot in which its sender is shown."""
    link: Link | None = None
    """The bandwidth towards it, where it isn't the transport's estimate."""
    allotment: Allotment = field(default_factory=Allotment)
    seated: tuple[list[str], list[str | None]] | None = None
    """Who was to be heard, and in which places, as last computed; None: compute it again."""
    tell_layers: bool = False
    """Whether to tell it which encodings are wanted as soon as it publishes video, even if that is all."""
    seen: tuple[State, bool, int] | None = None
    """Transport state, whether it had keys, and its number of offers, at the last `reconcile`."""

    def poll(self) -> bool:
        """Whether the transport has changed since the last call."""
        transport = self.transport
        seen = transport.state, transport.outgoing_srtp is not None, transport.offers
        if seen == self.seen:
            return False
        self.seen = seen
        slots = transport.sender.slots.values()
        self.audio = [slot for slot in slots if slot.kind == "audio" and slot.active]
        self.video = [slot for slot in slots if slot.kind == "video"]
        self.pair()
        return True

    def pair(self) -> None:
        """Pair each person's sound with their largest picture."""
        self.seated = None
        self.pairs = {}
        audio = {slot.pair: slot for slot in self.audio}
        shown = [wish for wish in self.wishes.values() if wish.publication is not None and wish.height > 0]
        for wish in sorted(shown, key=lambda wish: -wish.height):
            video = self.transport.sender.slots.get(wish.slot)
            slot = None if video is None else audio.get(video.pair)
            owner, _, source = (wish.publication or "").rpartition(".")
            if slot is not None and source in _SOUND_OF:
                self.pairs.setdefault(f"{owner}.{_SOUND_OF[source]}", slot)

    def seat(self, wanted: list[str]) -> dict[Slot, str]:
        """Assign sounds to slots: in sync with their picture, else where they are now, else in a free slot."""
        seats: dict[Slot, str] = {}
        others: dict[str, None] = {}
        for name in wanted:
            slot = self.pairs.get(name)
            if slot is None:
                others[name] = None
            else:
                seats[slot] = name
        for slot in self.audio:
            if slot not in seats and slot.publication is not None and slot.publication.id in others:
                seats[slot] = slot.publication.id
                del others[slot.publication.id]
        free = [slot for slot in self.audio if slot not in seats]
        taken = set(self.pairs.values())
        free.sort(key=lambda slot: slot in taken)  # preferably not in sync with someone else's picture
        seats.update(zip(free, others, strict=False))
        return seats


Snapshot = tuple[Publication, bool, dict[int, Codec], list[tuple[Encoding, bool]]]
"""A publication as `reconcile` saw it: whether it was muted, its codecs, and which of its encodings were sent."""


class _Audience:
    """Who is to be heard; computed once for all members with the same number of places who aren't heard themselves."""

    def __init__(self, order: list[str]) -> None:
        self._order = order
        self._found: dict[tuple[int, tuple[str, ...]], list[str]] = {}

    def wanted(self, places: int, own: Iterable[str]) -> list[str]:
        """All sounds but the member's own if they fit, else the first ones."""
        # Two more are enough: a member has at most two sources of sound of its own.
        head = self._order[: places + 2]
        key = places, tuple(name for name in own if name in head)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = [name for name in head if name not in key[1]][:places]
        return found


class Router:
    """The media of one room."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}
        self._publications: dict[str, Publication] = {}
        self._detector = SpeakerDetector()
        self._stage = Stage()
        self._order: list[str] = []
        """Publications of sound; those to be heard come first."""
        self._audible_before: list[str] = []
        """Those that could be heard at the last `reconcile`."""
        self._watchers: dict[str, set[tuple[str, Mid]]] = {}
        """Members and slots that want a publication, by that publication."""
        self._snapshots: dict[str, Snapshot] = {}
        self._due: set[str] = set()
        """Members whose wishes changed; the next `reconcile` visits their slots."""
        self._news: set[str] = set()
        """Publications that changed in ways that a `Snapshot` doesn't show."""
        self._asked: set[str] = set()
        """Publications that viewers may want in another size than before."""
        self._layer_news: set[str] = set()
        """Members that should send other encodings than they were told."""
        self._ladders = Ladders()
        self._sampled_at = 0.0
        self._ranked_at = 0.0
        self.level = 0
        """By how much viewers get less than they want, as the relay can't keep up: see `governor`."""
        self._level_before = 0
        """The same at the last `reconcile`."""
        self._places = 0
        """The most audio slots that a member has."""
        self.speakers: list[str] = []
        """Members who speak, loudest first."""

    def join(self, member: str, transport: Transport, link: Link | None = None, *, tell_layers: bool = False) -> None:
        """Add a member's transport, replacing an earlier one. `tell_layers`: see `Member`."""
        self.leave(member)
        self._members[member] = Member(transport, link=link, tell_layers=tell_layers)

    def leave(self, member: str) -> None:
        """Remove a member and its publications. The transport's owner closes it."""
        gone = self._members.pop(member, None)
        if gone is None:
            return
        self._due.discard(member)
        for wish in gone.wishes.values():
            self._forget_wish(member, wish)
        for publication in gone.publications.values():
            self._publications.pop(publication.id, None)
            publication.id = ""

    def _forget_wish(self, member: str, wish: SlotWish) -> None:
        if wish.publication is not None:
            self._asked.add(wish.publication)
            watchers = self._watchers[wish.publication]
            watchers.remove((member, wish.slot))
            if not watchers:
                del self._watchers[wish.publication]

    def publish(
        self,
        member: str,
        mid: Mid,
        source: str,
        *,
        muted: bool,
        heights: dict[Rid, int],
        bitrates: dict[Rid, int] | None = None,
    ) -> Publication:
        """Publish a section under a source, or update the publication. Raises `RouterError`."""
        entry = self._members.get(member)
        publication = None if entry is None else entry.transport.receiver.publications.get(mid)
        if entry is None or publication is None:
            raise RouterError(f"The offer has no section {mid} that sends.")
        other = entry.publications.get(source)
        if other is not None and other is not publication:
            raise RouterError(f"{source} is published in section {other.mid} already.")
        if publication.source not in ("", source):
            raise RouterError(f"Section {mid} carries {publication.source} already.")
        publication.id = publication_id(member, source)
        publication.source = source
        publication.heights, publication.bitrates = heights, bitrates or {}
        if entry.tell_layers and other is None and publication.kind == "video":
            self._layer_news.add(member)
        if publication.voice is not None:
            publication.voice.shared = source == "screen_audio"
        entry.publications[source] = publication
        self._publications[publication.id] = publication
        self._news.add(publication.id)
        self._asked.add(publication.id)
        self._set_muted(publication, muted=muted)
        return publication

    def unpublish(self, member: str, source: str) -> None:
        """Withdraw a publication, which stops at once. Raises `RouterError`."""
        publication = self._own(member, source)
        del self._members[member].publications[source]
        del self._publications[publication.id]
        publication.id = publication.source = ""
        publication.stop()

    def withdrawn(self, member: str) -> list[str]:
        """Sources that a member published in sections that its last offer lacks."""
        entry = self._members.get(member)
        if entry is None:
            return []
        sections = entry.transport.receiver.publications
        return [source for source, each in entry.publications.items() if sections.get(each.mid) is not each]

    def mute(self, member: str, source: str, *, muted: bool) -> None:
        """Mute a publication at once, or unmute it at the next `reconcile`. Raises `RouterError`."""
        self._set_muted(self._own(member, source), muted=muted)

    def _set_muted(self, publication: Publication, *, muted: bool) -> None:
        if muted and not publication.muted:
            publication.stop()
        publication.muted = muted

    def _own(self, member: str, source: str) -> Publication:
        entry = self._members.get(member)
        if entry is None or source not in entry.publications:
            raise RouterError(f"{source} is not published.")
        return entry.publications[source]

    def watch(self, member: str, wishes: list[SlotWish]) -> None:
        """Set what video slots should show. Raises `RouterError` for unknown slots; then nothing changes."""
        entry = self._members.get(member)
        if entry is None:
            raise RouterError("There is no media connection yet.")
        for wish in wishes:
            slot = entry.transport.sender.slots.get(wish.slot)
            if slot is None or slot.kind != "video":
                raise RouterError(f"The offer has no section {wish.slot} that receives video.")
        for wish in wishes:
            before = entry.wishes.get(wish.slot)
            if before is not None:
                self._forget_wish(member, before)
            entry.wishes[wish.slot] = wish
            if wish.publication is not None:
                self._watchers.setdefault(wish.publication, set()).add((member, wish.slot))
                self._asked.add(wish.publication)
        entry.pair()
        self._due.add(member)

    def listen(self, now: float) -> bool:
        """Update the speakers and which encodings are sent. True: `speakers` changed.

        `now`: the time up to which the relay has read its socket.
        """
        if now - self._sampled_at >= SAMPLE_INTERVAL:
            self._sampled_at = now
            for name, publication in self._publications.items():
                for encoding in publication.encodings.values():
                    encoding.measure(now)
                if publication.voice is None:
                    publication.compare_encodings()
                    self._switch_layers(name, publication, now)
            self._ladders.clear()
            for member in self._members.values():
                member.transport.sender.weigh_redundancy(now)
            self._places = max((len(member.audio) for member in self._members.values()), default=0)
            self._rank(now)
        before, self.speakers = self.speakers, self._detector.update(self._loudness(now), now)
        return before != self.speakers

    def _loudness(self, now: float) -> list[tuple[str, float]]:
        """Members who are heard, and their loudness: at least that of a speaker while a soft voice speaks."""
        heard = self._order[: self._places] if self._places else self._order
        found = []
        for name in heard:
            publication = self._publications.get(name)
            if publication is None or publication.source != "microphone" or name not in self._stage.sounding:
                continue
            voice = publication.voice
            if voice is not None and voice.sounds(now):
                found.append((name.rpartition(".")[0], max(publication.loudness, SPEAKING)))
            elif name == self._stage.steady:
                found.append((name.rpartition(".")[0], publication.loudness))
        return found

    @property
    def crowded(self) -> bool:
        """Whether some member can't hear everyone at once: then `hear` has to be called more often than `listen`."""
        return len(self._order) > self._places > 0

    def hear(self, now: float) -> bool:
        """Notice who begins to speak. True: others are to be heard than before; `reconcile` does that."""
        if now - self._ranked_at < min(len(self._order) * HEAR_PER_VOICE, LONGEST_HEAR):
            return False
        head = self._places + 2
        before = self._order[:head]
        self._rank(now)
        return self._order[:head] != before

    def _rank(self, now: float) -> None:
        self._ranked_at = now
        voices, silent = {}, []
        for name, publication in self._publications.items():
            if publication.voice is not None and publication.audible:
                publication.update_voice(now)
                voices[name] = publication.voice
                if not publication.alive(now):
                    silent.append(name)
        self._order = self._stage.rank(voices, silent, self._places, now)

    def _switch_asked(self, now: float) -> None:
        """Switch encodings of the publications that viewers may want in another size than before."""
        asked, self._asked = self._asked, set()
        for name in asked:
            publication = self._publications.get(name)
            if publication is not None and publication.kind == "video":
                publication.wanted_height = self._wanted_height(name, publication)
                self._switch_layers(name, publication, now)

    def _switch_layers(self, name: str, publication: Publication, now: float) -> None:
        if publication.switch_layers(now):
            self._news.add(name)
            self._layer_news.add(name.rpartition(".")[0])

    def _wanted_height(self, name: str, publication: Publication) -> int:
        """Height of the largest tile in which somebody wants to see a publication and could; 0: nobody.

        Muting makes no difference: nothing is sent then anyway, and the picture comes back at once. A slot that is left
        out because the relay can't keep up wants nothing: what is sent for it would have to be read.
        """
        wanted = 0
        smallest = self.level - (publication.source == "screen") >= SMALLEST
        for viewer, mid in self._watchers.get(name, ()):
            member = self._members[viewer]
            height, slot = member.wishes[mid].height, member.transport.sender.slots.get(mid)
            if (
                height > wanted
                and slot is not None
                and slot.active
                and not slot.left_out
                and member.transport.state is not State.CLOSED
                and member.publications.get(publication.source) is not publication
                and not slot.lacks_codec(publication)
            ):
                wanted = height
        return min(wanted, 1) if smallest else wanted

    def take_layer_news(self) -> list[LayerChange]:
        """The members that should send other encodings since the last call, and which of each source."""
        members, self._layer_news = self._layer_news, set()
        changes = []
        for name in members & self._members.keys():
            publications = self._members[name].publications
            wanted = {source: each.wanted_rids() for source, each in publications.items() if each.kind == "video"}
            changes.append(LayerChange(name, wanted))
        return changes

    def _audible(self) -> list[str]:
        """Publications of sound that may be heard: known ones in their latest order, then new ones."""
        audible = [name for name, publication in self._publications.items() if publication.audible]
        if audible == self._order:
            return audible
        ranked = dict.fromkeys(self._order)
        present = set(audible)
        return [name for name in self._order if name in present] + [name for name in audible if name not in ranked]

    def reconcile(self, now: float, heard_until: float | None = None) -> list[SlotChange]:
        """Make every slot carry what it should; returns the changes.

        `heard_until`: the time up to which the relay has read its socket, if it is behind. An encoding that was silent
        since then may have packets waiting there, and isn't taken for dead.
        """
        heard = now if heard_until is None else min(now, heard_until)
        self._switch_asked(now)
        news = self._changed_publications(heard)
        if news:
            self._ladders.clear()
        due, self._due = self._due, set()
        order, before = self._audible(), self._audible_before
        audience, self._audible_before = _Audience(order), order
        still = not news and order == before  # then only members who did something themselves have changed
        changes: list[SlotChange] = []
        for name, member in self._members.items():
            if member.transport.egress.switched:
                changes += self.report_switched(name)
            slots: Iterable[Slot]
            changed = member.poll()
            if changed:
                self._forget_slots(name, member)
                self._asked.update(wish.publication for wish in member.wishes.values() if wish.publication is not None)
                self._asked.update(each.id for each in member.publications.values())
            elif still and name not in due and member.seated is not None:
                continue
            if changed or name in due:
                due.add(name)
                self._fill_audio(member, audience)
                slots = (*member.audio, *member.video)
            else:
                slots = self._fill_audio(member, audience)
                if news:
                    seated = (slot for slot in member.audio if slot.publication and slot.publication.id in news)
                    slots = dict.fromkeys((*slots, *seated))
            if slots:
                self._visit(name, member, slots, now, heard, changes)
        for publication in news:
            for name, mid in self._watchers.get(publication, ()):
                if name not in due:
                    member = self._members[name]
                    self._visit(name, member, [member.transport.sender.slots[mid]], now, heard, changes)
        stays, self._level_before = self.level == self._level_before, self.level
        if not stays:
            self._asked.update(self._publications)
        for name, member in self._members.items():
            if not stays or member.allotment.due(now):
                self._visit(name, member, (), now, heard, changes)
        return changes

    def _forget_slots(self, name: str, member: Member) -> None:
        """Drop the wishes for slots that the last offer lacks."""
        for mid in [mid for mid in member.wishes if mid not in member.transport.sender.slots]:
            self._forget_wish(name, member.wishes.pop(mid))

    def fulfil(self, now: float, heard_until: float) -> list[SlotChange]:
        """Fulfil the wishes made by `watch` since the last `reconcile`, if nothing else has changed."""
        self._switch_asked(now)
        due, self._due = self._due, set()
        changes: list[SlotChange] = []
        for name in due:
            member = self._members[name]
            if member.seen is None:
                self._due.add(name)  # its first reconcile is still to come
                continue
            self._visit(name, member, member.video, now, min(now, heard_until), changes)
        return changes

    def _changed_publications(self, heard: float) -> set[str]:
        """Publications that have changed."""
        before, snapshots = self._snapshots, dict[str, Snapshot]()
        news, self._news = self._news, set()
        for name, publication in self._publications.items():
            sent = publication.sent(heard)
            encodings = [(encoding, encoding in sent) for encoding in publication.encodings.values()]
            off = publication.muted or not publication.active
            snapshot = snapshots[name] = publication, off, publication.codecs, encodings
            if before.get(name) != snapshot:
                news.add(name)
        news.update(name for name in before if name not in snapshots)
        self._snapshots = snapshots
        return news

    def _visit(
        self,
        name: str,
        member: Member,
        slots: Iterable[Slot],
        now: float,
        heard: float,
        changes: list[SlotChange],
    ) -> None:
        slots = list(slots)
        for slot in slots:
            if slot.kind == "video":
                self._fill_video(slot, member)
        link = member.link or member.allotment.link_of(member.transport, now)
        changed = member.allotment.update(
            link, member.audio, member.video, self._ladders, self.speakers, now, heard, self.level
        )
        member.transport.pace(member.allotment.total, now)
        if changed:
            for slot in changed:
                if self.level >= SMALLEST and slot.publication is not None:
                    self._asked.add(slot.publication.id)
                self._fill_video(slot, member)  # its publication may have been withdrawn since
            slots = list(dict.fromkeys((*slots, *changed)))
        for slot in slots:
            self._apply(slot, member.transport, now, heard)
            change = self._report(name, slot)
            if change is not None:
                changes.append(change)

    def report_switched(self, member: str) -> list[SlotChange]:
        """Report a member's slots that switched to another encoding, and nothing else.

        The next `reconcile` empties a slot whose publication was withdrawn since, and may go on to a larger encoding.
        """
        slots = self._members[member].transport.sender.take_switched()
        if slots:
            self._due.add(member)
        for slot in slots:
            slot.set_layers()
        present = [slot for slot in slots if slot.publication is None or slot.publication.id]
        return [change for slot in present if (change := self._report(member, slot)) is not None]

    def _report(self, member: str, slot: Slot) -> SlotChange | None:
        """What a slot carries now, if its viewer was last told something else."""
        state = slot.state()
        if state == slot.last_sent:
            return None
        slot.last_sent = state
        return SlotChange(member, slot.mid, state)

    def _fill_audio(self, member: Member, audience: _Audience) -> list[Slot]:
        """Fill the audio slots; returns those that changed."""
        slots = member.audio
        own = [publication.id for publication in member.publications.values() if publication.kind == "audio"]
        wanted = audience.wanted(len(slots), own)
        seats = [None if slot.publication is None else slot.publication.id for slot in slots]
        if (wanted, seats) == member.seated:
            return []
        planned = member.seat(wanted)
        changed = []
        for slot, seated in zip(slots, seats, strict=True):
            name = planned.get(slot)
            if name != seated:
                slot.publication = None if name is None else self._publications[name]
                changed.append(slot)
        member.seated = wanted, [planned.get(slot) for slot in slots]
        return changed

    def _fill_video(self, slot: Slot, member: Member) -> None:
        wish = member.wishes.get(slot.mid)
        publication = None if wish is None or wish.publication is None else self._publications.get(wish.publication)
        if wish is None or publication is None or publication.kind != "video":
            slot.publication = None
        elif member.publications.get(publication.source) is publication:
            slot.publication = None  # nobody is shown their own picture
        else:
            slot.publication = publication
        slot.height = 0 if wish is None or wish.publication is None else wish.height
        slot.priority = 0 if wish is None else wish.priority

    def _apply(self, slot: Slot, transport: Transport, now: float, heard: float) -> None:
        forwarder = slot.forwarder
        if transport.state is State.CONNECTING:
            # One keyframe is requested while the connection is being made, and kept for it.
            coming = slot.wanted(heard)
            if coming is not slot.prepared:
                slot.prepared = coming
                self._prepare(coming, now)
        can_send = transport.outgoing_srtp is not None and transport.state is not State.CLOSED
        wanted = slot.wanted(heard) if can_send else None
        if wanted is None:
            forwarder.set_target(None)
        elif wanted is forwarder.current:
            forwarder.stay()
        elif wanted is not forwarder.target:
            forwarder.set_target(wanted)
            self._prepare(wanted, now)
        slot.set_layers()

    def _prepare(self, encoding: Encoding | None, now: float) -> None:
        """Make sure that a viewer can start: with a cached keyframe, or a new one."""
        if encoding is None or not encoding.needs_keyframe or encoding.resting_since is not None:
            return  # sound, or it begins again with a keyframe
        if not encoding.has_recent_keyframe(now):
            encoding.keyframes.want()
