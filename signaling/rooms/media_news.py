"""The messages that tell participants what happened to media."""

from sfu.plane import LayersWanted, QualityChanged, SlotChanged
from signaling import messages
from signaling.mailbox import Body
from signaling.rooms.participant import Participant


def slot_changed(participant: Participant, event: SlotChanged) -> Body:
    """Tell a viewer what a slot carries. Another publication's packets follow, so that this can't wait."""
    paused = event.why is not None
    body = Body(
        messages.SlotChanged(
            slot=event.slot, publication=event.publication, layer=event.layer, paused=paused, why=event.why
        )
    )
    body.prompt = participant.media.shows(event.slot, event.publication)
    return body


def layers_wanted(participant: Participant, event: LayersWanted) -> messages.LayersWanted:
    """Tell a publisher which encodings to send."""
    rids = {each.source: [str(rid) for rid in each.rids] for each in event.layers}
    sources = [source for source in participant.publications if source in rids]
    return messages.LayersWanted(sources=[messages.SourceLayers(source=each, rids=rids[each]) for each in sources])


def quality(event: QualityChanged) -> messages.Quality:
    """Tell everyone how good someone's connection is."""
    round_trip_ms = None if event.round_trip is None else round(event.round_trip * 1000, 1)
    return messages.Quality(participant=event.member, quality=event.level, loss=event.loss, round_trip_ms=round_trip_ms)
