"""Who is heard where there are fewer audio slots than people, packet by packet."""

import random
from dataclasses import dataclass, field

from sfu.net.plane_loop import HEAR_SECONDS
from tests.sim.conftest import MakeWorld
from tests.sim.network import World
from tests.sim.peer import Peer

NOISE, SILENCE = 75, 127
"""Levels in -dBov: of a quiet room, and of nothing."""


@dataclass
class Word:
    """A stretch of speech, in seconds."""

    speaker: Peer
    begins: float
    ends: float
    level: int
    numbers: list[int] = field(default_factory=list)
    """The packets of its first 200 ms."""


class Talk:
    """A room of people with microphones, and one more who only listens, with four audio slots."""

    def __init__(self, world: World, people: int, *, dtx: bool = False) -> None:
        self.world = world
        self.peers = [
            world.join(f"p{number}", publish=("microphone",), audio_slots=0, video_slots=0) for number in range(people)
        ]
        self.listener = world.join("listener", publish=(), audio_slots=4, video_slots=0)
        self.dtx = dtx
        self.words: list[Word] = []
        self.noises: dict[int, int] = {}
        """Levels of steady noise, by number of peer."""
        self._noise = random.Random(people)
        world.connect()
        self._set()
        self._hear()

    def say(self, speaker: int, after: float, seconds: float = 0.7, level: int = 35) -> None:
        """Say a word so many seconds from now."""
        begins = round(self.world.now + after, 2)
        self.words.append(Word(self.peers[speaker], begins, begins + seconds, level))

    def _set(self) -> None:
        """Set every microphone's level, every 10 ms: syllables of 200 ms with dips of 40 ms."""
        now = self.world.now
        for peer in self.peers:
            assert peer.microphone is not None
            word = next((word for word in self.words if word.speaker is peer and word.begins <= now < word.ends), None)
            peer.microphone.paused = self.dtx and word is None
            if word is None:
                peer.microphone.level = self.noises.get(peer.number, NOISE) - self._noise.randrange(3)
            elif (now - word.begins) % 0.24 < 0.2:
                peer.microphone.level = word.level + self._noise.randrange(6)
            else:
                peer.microphone.level = word.level + 20
            if word is not None and now < word.begins + 0.2 and peer.microphone.number not in word.numbers:
                word.numbers.append(peer.microphone.number)
        self.world.at(round(now + 0.01, 3), self._set)

    def _hear(self) -> None:
        """Do what `LocalPlane` does between ticks."""
        if self.world.router.crowded and self.world.router.hear(self.world.now):
            self.world.reconcile()
        self.world.at(round(self.world.now + HEAR_SECONDS, 3), self._hear)

    def lost(self) -> float:
        """The share of the first 200 ms of the words that the listener didn't get."""
        heard = {packet[1:] for audio in self.listener.audio.values() for packet in audio.heard}
        sent = [(word.speaker.number, number) for word in self.words for number in word.numbers]
        assert len(sent) >= 9 * len(self.words)
        return sum(packet not in heard for packet in sent) / len(sent)

    def order_of(self, speaker: int) -> list[int]:
        """The numbers of the speaker's packets in the order in which the listener got them."""
        packets = sorted(packet for audio in self.listener.audio.values() for packet in audio.heard)
        return [number for _, sender, number in packets if sender == speaker]


def test_no_beginning_of_a_word_is_lost_while_twelve_take_turns_in_four_slots(make_world: MakeWorld) -> None:
    talk = Talk(make_world(31), 12)
    talk.world.run(1.0)
    speakers = random.Random(31).sample(range(12), 12)
    for turn in range(16):
        talk.say(speakers[turn % 12], 0.1 + turn * 0.5)
    talk.world.run(9.0)
    assert talk.lost() == 0.0
    for number in range(12):
        order = talk.order_of(number)
        assert order == sorted(set(order))


def test_no_beginning_of_a_word_is_lost_while_loud_noises_have_all_the_slots(make_world: MakeWorld) -> None:
    talk = Talk(make_world(32), 8)
    talk.noises = dict.fromkeys(range(4), 55)
    talk.world.run(7.0)
    for turn in range(6):
        talk.say(4 + turn % 4, 0.1 + turn * 0.7, level=45)
    talk.world.run(5.0)
    assert talk.lost() == 0.0


def test_speakers_with_discontinuous_transmission_keep_their_slots(make_world: MakeWorld) -> None:
    talk = Talk(make_world(33), 10, dtx=True)
    for turn in range(12):
        talk.say(turn % 4, 0.1 + turn * 0.6)
    talk.world.run(3.0)
    changes = len(talk.world.changes)
    talk.world.run(6.0)
    assert talk.lost() == 0.0
    assert len(talk.world.changes) == changes
