"""Calls over a network that loses and delays."""

import asyncio
from itertools import permutations

import pytest

from sfu.secure import ice_lite
from tests import times
from tests.browser.conftest import FRONT, Meeting
from tests.browser.people import SMALL, Person, until
from tests.browser.tcp_proxy import TcpProxy
from tests.browser.udp_proxy import Misfortune, UdpProxy
from tests.browser.watching import LONGEST_GAP
from tests.thorough import choose

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180), pytest.mark.alone]


async def test_with_loss_and_jitter_three_people_go_on_seeing_and_hearing_one_another(
    networked: tuple[Meeting, UdpProxy],
) -> None:
    meeting, proxy = networked
    proxy.misfortune = Misfortune(loss=0.1, jitter=0.05)
    people = await meeting.bring("Ada", "Ben", "Cleo")
    for viewer, other in permutations(people, 2):
        await viewer.keeps_seeing(other)
    seconds = choose(10, 20)
    longest = await _longest_gap(people, seconds)
    if longest >= 1000 * times.seconds(3):
        # Chance can hit one keyframe and all that repeats it, which is rare; it doesn't do so again.
        longest = await _longest_gap(people, seconds)
    assert longest < 1000 * times.seconds(3)
    assert proxy.lost > 0.05 * (proxy.carried + proxy.lost)


@pytest.mark.long
async def test_from_the_other_side_of_the_world_with_loss_three_people_see_and_hear_one_another(
    networked: tuple[Meeting, UdpProxy],
) -> None:
    """0.3 s and 5 % of loss each way, and as long for the page and signaling."""
    meeting, proxy = networked
    proxy.misfortune = Misfortune(loss=0.05, jitter=0.01, delay=0.3)
    tcp = TcpProxy(meeting.server.port)
    await tcp.start()
    try:
        tcp.delay = proxy.misfortune.delay
        meeting.base, meeting.camera = f"http://localhost:{tcp.port}", SMALL
        people = await meeting.bring("Ada", "Ben", "Cleo")
        for viewer, other in permutations(people, 2):
            await viewer.keeps_seeing(other)
        before = [await concealed(person) for person in people]
        longest = await _longest_gap(people, choose(15, 120))
        assert longest < 1000 * times.seconds(5)
        for person, (lost, samples) in zip(people, before, strict=True):
            lost_after, samples_after = await concealed(person)
            # Without redundancy it is a tenth.
            assert lost_after - lost < 0.08 * (samples_after - samples), person.name
        assert proxy.lost > 0.03 * (proxy.carried + proxy.lost)
    finally:
        await tcp.stop()


async def _longest_gap(people: list[Person], seconds: float) -> float:
    """For how many milliseconds at most somebody saw nothing new of another, who all hear one another all the time."""
    for viewer, other in permutations(people, 2):
        await viewer.page.evaluate(LONGEST_GAP, other.name)
    await asyncio.sleep(seconds)  # the time that is watched, not a wait for something
    found = []
    for viewer in people:
        await viewer.hears(2)
        for name, gap in (await viewer.page.evaluate("window.gaps")).items():
            assert gap["frames"] > 5 * seconds / times.seconds(1), (viewer.name, name, gap)
            found.append(gap["longest"])
    return float(max(found))


async def frames(viewer: Person, other: Person) -> int:
    picture = await viewer.picture(other)
    return 0 if picture is None else picture.frames


async def goes_on(viewer: Person, other: Person, seconds: float) -> None:
    """Wait until more pictures are shown than at this moment, a new video's count beginning again."""
    before = await frames(viewer, other)

    async def more() -> bool:
        now = await frames(viewer, other)
        return now > before + 3 or 3 < now < before

    await until(more, times.seconds(seconds))


async def flows(*people: Person) -> None:
    for person in people:
        await until(lambda: person.call("call.getSnapshot().mediaConnected"))  # noqa: B023


async def two(meeting: Meeting) -> tuple[Person, Person]:
    """Two people who see each other."""
    meeting.camera = SMALL
    ada, ben = await meeting.bring("Ada", "Ben")
    await ada.keeps_seeing(ben)
    await ben.keeps_seeing(ada)
    await flows(ada, ben)
    return ada, ben


async def concealed(viewer: Person) -> tuple[int, int]:
    """Samples that were made up for lost ones, and all."""
    sounds = [entry for entry in await viewer.stats() if entry["type"] == "inbound-rtp" and entry["kind"] == "audio"]
    return sum(entry["concealedSamples"] for entry in sounds), sum(entry["totalSamplesReceived"] for entry in sounds)


async def test_sound_of_lost_packets_is_heard_from_the_next_ones(networked: tuple[Meeting, UdpProxy]) -> None:
    """A tenth is lost on each of two ways. Without redundancy 15 % of the sound and more are made up."""
    meeting, proxy = networked
    ada, ben = await two(meeting)
    proxy.misfortune = Misfortune(loss=0.1)
    relay = meeting.server.media.relay
    slots = [slot for each in relay.transports for slot in each.sender.slots.values() if slot.kind == "audio"]
    await until(lambda: wait_for(sum(slot.forwarder.sends_redundancy for slot in slots) == 2))
    before = [await concealed(person) for person in (ada, ben)]
    await asyncio.sleep(10)  # the time that is measured
    after = [await concealed(person) for person in (ada, ben)]
    for (lost, samples), (lost_before, samples_before) in zip(after, before, strict=True):
        assert samples - samples_before > 100_000
        assert (lost - lost_before) / (samples - samples_before) < 0.1


async def identities(*people: Person) -> list[str]:
    """Their ids in the call, and that nobody else is in it."""
    for person in people:
        assert await person.call("call.getSnapshot().participants.length") == len(people)
    return [str(await person.call("call.getSnapshot().you")) for person in people]


async def test_chromium_is_back_two_seconds_after_its_nat_gave_it_another_port(
    networked: tuple[Meeting, UdpProxy],
) -> None:
    meeting, proxy = networked
    ada, ben = await two(meeting)
    same = await identities(ada, ben)
    for _ in range(2):
        await proxy.rebind()
        await asyncio.gather(goes_on(ada, ben, 2.5), goes_on(ben, ada, 2.5))
        await flows(ada, ben)
    assert await identities(ada, ben) == same


async def test_media_is_back_after_an_outage_in_which_the_relay_gave_up(
    networked: tuple[Meeting, UdpProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes 30 s without network; signaling goes on meanwhile, so it is by its word that the page knows."""
    monkeypatch.setattr(ice_lite, "CONSENT_TIMEOUT", 5.0)
    meeting, proxy = networked
    ada, ben = await two(meeting)
    same = await identities(ada, ben)
    relay = meeting.server.media.relay
    before = set(relay.transports)
    proxy.misfortune = Misfortune(loss=1.0)
    await until(lambda: wait_for(not before & set(relay.transports)))
    proxy.misfortune = Misfortune()
    await asyncio.gather(goes_on(ada, ben, 10), goes_on(ben, ada, 10))
    await flows(ada, ben)
    await ada.hears(1)
    assert await identities(ada, ben) == same
    assert await ada.call("call.getSnapshot().participants.map(({ connection }) => connection)") == ["connected"] * 2


async def wait_for(condition: bool) -> bool:
    return condition


@pytest.mark.parametrize("told", [True, False], ids=["told by the browser", "noticed by the page"])
async def test_another_network_takes_three_seconds(networked: tuple[Meeting, UdpProxy], told: bool) -> None:
    meeting, proxy = networked
    tcp = TcpProxy(meeting.server.port)
    await tcp.start()
    try:
        meeting.camera = SMALL
        (ada,) = await meeting.bring("Ada")
        await flows(ada)
        others = proxy.clients
        meeting.base = f"http://localhost:{tcp.port}"
        (ben,) = await meeting.bring("Ben")
        await ada.keeps_seeing(ben)
        await ben.keeps_seeing(ada)
        await flows(ben)
        same = await identities(ada, ben)
        # The address is gone: nothing that was sent from it arrives, and no answer does.
        proxy.blocked |= proxy.clients - others
        tcp.forget()
        if told:
            await ben.page.evaluate("window.dispatchEvent(new Event('online'))")
        await asyncio.gather(goes_on(ada, ben, 3 if told else 4), goes_on(ben, ada, 3 if told else 4))
        assert await identities(ada, ben) == same
    finally:
        await tcp.stop()


async def test_where_udp_is_blocked_it_is_said_what_to_ask_for_and_the_chat_goes_on(
    networked: tuple[Meeting, UdpProxy],
) -> None:
    meeting, proxy = networked
    meeting.camera = SMALL
    (ada,) = await meeting.bring("Ada")
    await flows(ada)
    others = proxy.clients
    proxy.only = others
    (ben,) = await meeting.bring("Ben")
    await ben.in_call()
    await ben.page.get_by_text(f"UDP to {FRONT}:{meeting.server.media.port}").wait_for(timeout=times.seconds(8) * 1000)
    await ben.open_chat()
    await ben.say("I see nothing")
    await ada.open_chat()
    await ada.said("I see nothing").wait_for()
    same = await identities(ada, ben)
    proxy.only = None
    await ben.press("Try again")
    await ada.keeps_seeing(ben)
    await ben.keeps_seeing(ada)
    await ben.page.get_by_text("UDP to").wait_for(state="detached")
    assert await identities(ada, ben) == same
