"""How often a publisher is asked for keyframes when hundreds need one."""

from sfu.feedback.keyframes import INTERVAL
from sfu.plane import SlotWish
from sfu.router import Router
from sfu.wire import rtcp
from sfu.wire.rtcp import KeyframeRequest
from sfu.wire.rtp import Ssrc
from tests.thorough import choose
from tests.unit.sfu.rig import CAMERA, SLOT, Client, Rig

VIEWERS = 200
STEP = 0.05


class Lecture:
    """A camera of three layers, and those who come to see it."""

    def __init__(self, *, answers: bool = True) -> None:
        self.rig = Rig()
        self.router = Router()
        self.router.join("host", self.rig.publisher.transport)
        self.router.publish("host", CAMERA, "camera", muted=False, heights={})
        self.asked: list[tuple[float, Ssrc]] = []
        self.clients: list[Client] = []
        self._answers = answers
        self._frame = 0
        self._keys = {0, 1, 2}

    def come(self, height: int) -> None:
        client, _ = self.rig.viewer()
        name = f"viewer {len(self.clients)}"
        self.clients.append(client)
        self.router.join(name, client.transport)
        self.router.watch(name, [SlotWish(SLOT, "host.camera", height)])

    def step(self) -> None:
        """A twentieth of a second: a frame of each layer, and what the relay makes of it."""
        rig = self.rig
        rig.now += STEP
        for layer in range(3):
            key = layer in self._keys
            for part in range(2):
                rig.deliver(rig.video_packet(layer, 2 * self._frame + part, self._frame, part, key=key))
        self._frame += 1
        self._keys.clear()
        rig.flush()
        self.router.reconcile(rig.now)
        receiver = rig.publisher.transport.receiver
        receiver.poll(rig.now)
        ssrcs = [rig.encoding(layer).ssrc for layer in range(3)]
        for packet in receiver.rtcp_out:
            for each in rtcp.parse(packet):
                if isinstance(each, KeyframeRequest):
                    ssrc = Ssrc(each.media_ssrc)
                    self.asked.append((rig.now, ssrc))
                    if self._answers:
                        self._keys.add(ssrcs.index(ssrc))
        receiver.rtcp_out.clear()

    def asks(self, client: Client) -> None:
        """A viewer's PLI for what it is shown."""
        sender = client.transport.sender
        request = KeyframeRequest(Ssrc(1), sender.slots[SLOT].forwarder.ssrc)
        sender.receive_keyframe_request(request, self.rig.now)

    def requests(self) -> dict[Ssrc, list[float]]:
        """When each layer was asked for a keyframe."""
        return {ssrc: [at for at, each in self.asked if each == ssrc] for _, ssrc in self.asked}


def most_in_a_second(times: list[float]) -> int:
    return max(sum(at <= time < at + 0.99 for time in times) for at in times)


def test_two_hundred_who_come_at_once_cause_two_requests_a_second_for_each_layer() -> None:
    lecture = Lecture()
    for _ in range(20):
        lecture.step()
    for number in range(VIEWERS):
        lecture.come((180, 360, 720)[number % 3])
        if number % 8 == 7:
            lecture.step()
    for _ in range(40):
        lecture.step()
    for times in lecture.requests().values():
        assert most_in_a_second(times) <= 2
    shown = [client.transport.sender.slots[SLOT].state().why for client in lecture.clients]
    assert shown == [None] * VIEWERS


def test_a_lecture_whose_viewers_ask_for_keyframes_without_end_asks_its_speaker_for_few() -> None:
    lecture = Lecture()
    for number in range(VIEWERS):
        lecture.come((180, 360, 720)[number % 3])
    for _ in range(20):
        lecture.step()
    began = lecture.rig.now
    lecture.asked.clear()
    seconds = choose(4, 10)
    for _ in range(round(seconds / STEP)):
        for client in lecture.clients:
            lecture.asks(client)
        lecture.step()
    requests = lecture.requests()
    assert len(requests) == 3
    for times in requests.values():
        assert most_in_a_second(times) <= 2
        # Its keyframes are no larger than its other pictures here, so only the interval bounds them.
        assert len(times) <= seconds / INTERVAL + 1
        assert times[0] - began < INTERVAL + STEP


def test_a_keyframe_is_measured_as_it_came() -> None:
    lecture = Lecture()
    assert lecture.rig.camera.encodings == {}
    lecture.step()
    encoding = lecture.rig.encoding(2)
    whole = encoding.measure_keyframe()
    assert whole == encoding.stats.bytes
    for _ in range(5):
        lecture.step()
    assert encoding.measure_keyframe() == whole
