"""Which layer a packet belongs to, where its frame begins and ends, and where viewers may get one layer more."""

import pytest

from sfu import codecs
from sfu.codecs import dependency
from sfu.codecs.dependency import MAX_SPATIAL, MAX_TEMPLATES, MAX_TEMPORAL, DependencyError, Template
from sfu.wire.extensions import DEPENDENCY_DESCRIPTOR
from sfu.wire.packet import Packet

L1T3 = ([(0, "SSS"), (1, "-DS"), (1, "--D"), (3, "")], 3)
"""Steps between layers with indications of each template, and the number of decode targets; 3 ends the list."""


def packet(payload: bytes, marker: int = 0) -> Packet:
    return Packet(96, marker, 1, 2, payload, 0.0, {})


def place(name: str, payload: str, marker: int = 0) -> tuple[int, int, bool, bool]:
    one = packet(bytes.fromhex(payload), marker)
    codecs.annotate[name](one)
    return one.spatial, one.temporal, one.begins_frame, one.ends_frame


@pytest.mark.parametrize(
    ("payload", "marker", "expected"),
    [
        ("90e08001070001", 0, (0, 0, True, False)),
        ("90e08001074001", 0, (0, 1, True, False)),
        ("80e08001078001", 0x80, (0, 2, False, True)),
        ("91e08001074001", 0, (0, 1, False, False)),
        ("1001", 0x80, (0, 0, True, True)),
    ],
)
def test_vp8(payload: str, marker: int, expected: tuple[int, int, bool, bool]) -> None:
    assert place("VP8", payload, marker) == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("ac8005" + "00" + "00", (0, 0, True, True)),
        ("a88005" + "42" + "00", (1, 2, True, False)),
        ("a405" + "24" + "00", (2, 1, False, True)),
        ("2c" + "e6" + "00", (3, 7, True, True)),
        ("0c00", (0, 0, True, True)),
    ],
)
def test_vp9(payload: str, expected: tuple[int, int, bool, bool]) -> None:
    assert place("VP9", payload) == expected


def test_a_vp8_sync_frame_lets_those_up_who_lack_just_its_layer() -> None:
    one = packet(bytes.fromhex("90e08001076001"))
    codecs.annotate["VP8"](one)
    assert [one.switches_up(have) for have in range(4)] == [True, False, False, False]
    other = packet(bytes.fromhex("90e0800107a001"))
    codecs.annotate["VP8"](other)
    assert [other.switches_up(have) for have in range(4)] == [False, True, False, False]
    plain = packet(bytes.fromhex("90e08001074001"))
    codecs.annotate["VP8"](plain)
    assert not any(plain.switches_up(have) for have in range(8))


def test_a_vp9_switching_up_point_lets_those_up_who_get_it() -> None:
    one = packet(bytes.fromhex("a88005" + "30" + "00"))
    codecs.annotate["VP9"](one)
    assert [one.switches_up(have) for have in range(8)] == [False] + [True] * 6 + [False]


def bits(*fields: tuple[int, int]) -> bytes:
    """Numbers, each with how many bits it takes, padded to whole bytes."""
    text = "".join(f"{value:0{count}b}" for value, count in fields if count)
    return int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8))


def with_structure(
    templates: list[tuple[int, str]], targets: int, *, offset: int = 0, template: int | None = None
) -> bytes:
    """A descriptor of a keyframe, up to the dependencies, which aren't read."""
    steps = [(step, 2) for step, _ in templates[1:]]
    marks = [("-DSR".index(mark), 2) for _, found in templates for mark in found]
    first = 0x80 | (offset if template is None else template)
    structure = bits((1, 1), (0, 4), (offset, 6), (targets - 1, 5), *steps, *marks)
    return bytes((first, 0, 7)) + structure


def test_a_structure_tells_the_layer_of_each_template_and_how_far_up_it_lets_viewers() -> None:
    structure = dependency.parse_structure(with_structure(*L1T3))
    assert structure is not None
    assert structure.templates == (Template(0, 0, 2), Template(0, 1, 2), Template(0, 2, 0))


def test_template_ids_begin_anywhere_and_wrap() -> None:
    structure = dependency.parse_structure(with_structure(*L1T3, offset=62))
    assert structure is not None
    assert [structure.find(number) for number in (62, 63, 0)] == list(structure.templates)
    assert structure.find(1) is None


def test_spatial_layers_count_up() -> None:
    structure = dependency.parse_structure(with_structure([(0, "SR"), (2, "-S"), (3, "")], 2))
    assert structure is not None
    assert [(each.spatial, each.temporal) for each in structure.templates] == [(0, 0), (1, 0)]


def annotated(value: bytes, structure: dependency.Structure | None) -> tuple[Packet, dependency.Structure | None]:
    one = packet(b"x")
    one.extensions = {DEPENDENCY_DESCRIPTOR: value}
    return one, codecs.annotate_by_dependencies(one, structure)


def test_packets_are_placed_by_the_structure_of_the_latest_keyframe() -> None:
    first, structure = annotated(with_structure(*L1T3, offset=4), None)
    assert (first.spatial, first.temporal, first.begins_frame, first.ends_frame) == (0, 0, True, False)
    assert [first.switches_up(have) for have in range(3)] == [True, True, False]
    last, same = annotated(bytes((0x40 | 6, 0, 9)), structure)
    assert (last.temporal, last.begins_frame, last.ends_frame) == (2, False, True)
    assert same is structure
    other, _ = annotated(bytes((0x80 | 5, 0, 10)), structure)
    assert (other.temporal, other.switches_up(0), other.switches_up(1)) == (1, False, True)


@pytest.mark.parametrize("value", [b"", b"\x80\x00", b"\x80\x00\x01\x80", with_structure(*L1T3)[:5]])
def test_a_descriptor_that_can_t_be_read_changes_nothing(value: bytes) -> None:
    _, structure = annotated(with_structure(*L1T3), None)
    one, same = annotated(value, structure)
    assert (one.place, same) == (0, structure)


def test_a_template_that_no_structure_has_places_nothing() -> None:
    assert annotated(bytes((0x80, 0, 1)), None)[0].place == 0
    _, structure = annotated(with_structure(*L1T3), None)
    assert annotated(bytes((0x80 | 40, 0, 1)), structure)[0].place == 0


def test_the_largest_structure_is_read_whatever_is_behind_it() -> None:
    templates = [(0, "S" * 5), *[(1, "S" * 5)] * MAX_TEMPORAL]
    for _ in range(MAX_SPATIAL):
        templates += [(2, "S" * 5), *[(1, "S" * 5)] * MAX_TEMPORAL]
    value = with_structure([*templates, (3, "")], 5)
    structure = dependency.parse_structure(value + bytes(200))
    assert structure is not None
    layers = [(spatial, temporal) for spatial in range(MAX_SPATIAL + 1) for temporal in range(MAX_TEMPORAL + 1)]
    assert structure.templates == tuple(Template(*layer, MAX_TEMPORAL) for layer in layers)
    assert len(layers) == MAX_TEMPLATES


def test_a_structure_of_more_layers_than_anyone_sends_is_refused() -> None:
    for templates in (
        [(0, "S")] * 70 + [(3, "")],
        [(0, "S")] * (MAX_TEMPLATES + 1) + [(3, "")],
        [(0, "S" * 32)] * 8 + [(3, "")],
        [(1, "S")] * 10 + [(3, "")],
        [(2, "S")] * (MAX_SPATIAL + 2) + [(3, "")],
    ):
        with pytest.raises(DependencyError):
            dependency.parse_structure(with_structure(templates, len(templates[0][1])))
