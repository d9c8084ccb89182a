"""Mute everyone in a room at once, and send the events."""

from sfu.plane import MuteChange
from signaling import messages
from signaling.mailbox import Body
from signaling.messages import Publication, Source
from signaling.rooms.participant import Participant
from signaling.rooms.room import Room

MUTED_ONE_BY_ONE = 25
"""Up to this many publications muted at once, older clients get an event for each."""


def mute_all(room: Room, source: Source, by: Participant) -> None:
    """Stop forwarding what everyone except hosts publishes from a source."""
    muted: list[Publication] = []
    for participant in room.participants.values():
        publication = participant.publications.get(source)
        if publication is None or publication.muted or participant.rights.moderate:
            continue
        participant.publications[source] = publication.model_copy(update={"muted": True})
        muted.append(participant.publications[source])
    if muted:
        room.plane.mute(room.id, tuple(MuteChange(each.participant, each.source, muted=True) for each in muted))
        tell_muted(room, muted, by)


def tell_muted(room: Room, publications: list[Publication], by: Participant) -> None:
    """Announce publications muted at once: in one event, or in one event for each to clients of the first release.

    If that would be too many events, those clients only get the ones about their own publications.
    """
    body = Body(messages.PublicationsMuted(publications=[each.id for each in publications], by=by.id))
    one_by_one: list[Participant] = []
    for participant in room.participants.values():
        if "publications.muted" in participant.who.features:
            participant.tell_body(body)
        else:
            one_by_one.append(participant)
    if not one_by_one:
        return
    single = {each.participant: Body(messages.PublicationUpdated(publication=each, by=by.id)) for each in publications}
    for participant in one_by_one:
        if len(single) <= MUTED_ONE_BY_ONE:
            for each in single.values():
                participant.tell_body(each)
        elif participant.id in single:
            participant.tell_body(single[participant.id])
