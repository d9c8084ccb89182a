import pytest

from sfu.codecs import Codec, av1, can_play_any, find_playable, fmtp, h264, vp9

VP8 = Codec("VP8", 96, 90_000)
OPUS = Codec("opus", 111, 48_000)


@pytest.mark.parametrize(
    ("decoder", "stream", "decodes"),
    [
        # Profiles: RFC 6184, section 8.1, table 5.
        ("profile-level-id=42e01f;packetization-mode=1", "packetization-mode=1;profile-level-id=42001f", True),
        ("profile-level-id=42e01f", "profile-level-id=4d001f", False),
        ("profile-level-id=42e01f", "profile-level-id=4d801f", True),
        ("profile-level-id=42e01f", "profile-level-id=58c00d", True),
        ("profile-level-id=42e01f", "profile-level-id=640c1f", False),
        ("profile-level-id=4D001F", "profile-level-id=42e01f", True),
        ("profile-level-id=640032", "profile-level-id=4d0032", True),
        ("profile-level-id=64001f", "profile-level-id=f4001f", False),
        ("profile-level-id=f4001f", "profile-level-id=f4001e", True),
        ("", "profile-level-id=42e01f", True),
        ("profile-level-id=nothex", "profile-level-id=42e01f", True),
        ("", "profile-level-id=64001f", False),
        # Levels.
        ("profile-level-id=4d001f", "profile-level-id=42e034", False),
        ("profile-level-id=64001f", "profile-level-id=640020", False),
        ("profile-level-id=640020", "profile-level-id=64001f", True),
        (
            "profile-level-id=42e01f;level-asymmetry-allowed=1",
            "profile-level-id=42e020;level-asymmetry-allowed=1",
            False,
        ),
        ("profile-level-id=42e01f;max-recv-level=e028", "profile-level-id=42e028", True),
        ("profile-level-id=42e01f;max-recv-level=e00d", "profile-level-id=42e01f", True),
        ("profile-level-id=42e01f;max-recv-level=x028", "profile-level-id=42e028", False),
        # Level 1b, between 1 and 1.1.
        ("profile-level-id=42e00a", "profile-level-id=42f00b", False),
        ("profile-level-id=42f00b", "profile-level-id=42e00a", True),
        ("profile-level-id=42f00b", "profile-level-id=42e00b", False),
        ("profile-level-id=640009", "profile-level-id=64000a", True),
        ("profile-level-id=64100b", "profile-level-id=64000b", True),
        # Packetization modes: RFC 6184, section 5.4.
        ("packetization-mode=1", "packetization-mode=0", True),
        ("packetization-mode=1", "", True),
        ("packetization-mode=0", "packetization-mode=1", False),
        ("", "packetization-mode=1", False),
        ("packetization-mode=2", "packetization-mode=1", False),
        ("packetization-mode=2", "packetization-mode=0", False),
        ("packetization-mode=2", "packetization-mode=2", True),
        ("packetization-mode=1", "packetization-mode=2", False),
    ],
)
def test_a_decoder_plays_the_h264_that_it_states(decoder: str, stream: str, *, decodes: bool) -> None:
    assert h264.decodes(decoder, stream) is decodes


@pytest.mark.parametrize(
    ("decoder", "stream", "decodes"),
    [
        ("", "profile-id=0", True),
        ("profile-id=0", "", True),
        ("profile-id=2", "profile-id=2", True),
        ("profile-id=2", "profile-id=0", False),
        ("", "profile-id=1", False),
        ("profile-id=high", "", True),
    ],
)
def test_a_decoder_plays_the_vp9_profile_that_it_states(decoder: str, stream: str, *, decodes: bool) -> None:
    assert vp9.decodes(decoder, stream) is decodes


@pytest.mark.parametrize(
    ("decoder", "stream", "decodes"),
    [
        ("", "level-idx=5;profile=0;tier=0", True),
        ("level-idx=5;profile=0;tier=0", "", True),
        ("", "profile=1", False),
        ("profile=1", "profile=0", True),
        ("profile=2;level-idx=13", "profile=1;level-idx=12", True),
        ("level-idx=5", "level-idx=6", False),
        ("level-idx=4", "", False),
        ("level-idx=31", "level-idx=13", True),
        ("", "tier=1", False),
        ("tier=1", "tier=1", True),
        ("tier=1", "tier=0", True),
        (f"level-idx={'9' * 5000}", "level-idx=6", False),
    ],
)
def test_a_decoder_plays_the_av1_that_it_states(decoder: str, stream: str, *, decodes: bool) -> None:
    assert av1.decodes(decoder, stream) is decodes


def h264_codec(payload_type: int, profile: str) -> Codec:
    return Codec("H264", payload_type, 90_000, None, f"packetization-mode=1;profile-level-id={profile}")


@pytest.mark.parametrize(
    ("taken", "sent", "payload_type"),
    [
        ([VP8], VP8, 96),
        ([VP8], Codec("VP8", 120, 90_000, None, "max-fs=12288"), 96),
        ([VP8], Codec("VP9", 98, 90_000), None),
        ([Codec("VP9", 98, 90_000, None, "profile-id=0")], Codec("VP9", 100, 90_000), 98),
        ([Codec("VP9", 98, 90_000)], Codec("VP9", 100, 90_000, None, "profile-id=2"), None),
        ([h264_codec(102, "64001f")], h264_codec(108, "42e01f"), 102),
        ([h264_codec(102, "42e01f")], h264_codec(108, "64001f"), None),
        ([Codec("AV1", 45, 90_000)], Codec("AV1", 46, 90_000, None, "profile=1"), None),
        ([OPUS], Codec("red", 63, 48_000, None, "111/111"), 111),
        ([], OPUS, None),
    ],
)
def test_a_viewer_gets_a_stream_under_its_own_payload_type_or_not_at_all(
    taken: list[Codec], sent: Codec, payload_type: int | None
) -> None:
    found = find_playable({codec.name: codec for codec in taken}, sent)
    assert (None if found is None else found.payload_type) == payload_type
    assert can_play_any({codec.name: codec for codec in taken}, [sent]) is (payload_type is not None)


def test_a_viewer_of_one_of_the_codecs_that_may_be_sent_can_play_it() -> None:
    assert can_play_any({"VP8": VP8}, [Codec("AV1", 45, 90_000), VP8])
    assert not can_play_any({"VP8": VP8}, [])


@pytest.mark.parametrize(
    ("offered", "answered"),
    [
        ("packetization-mode=1;profile-level-id=640034", "packetization-mode=1;profile-level-id=64001f"),
        ("profile-level-id=42E034", "profile-level-id=42e01f"),
        ("profile-level-id=42e00d", "profile-level-id=42e00d"),
        ("Profile-Level-Id=42e034;x", "Profile-Level-Id=42e01f;x"),
        ("profile-level-id=zz", "profile-level-id=zz"),
        ("", ""),
    ],
)
def test_senders_of_h264_are_answered_with_a_level_that_all_decoders_state(offered: str, answered: str) -> None:
    assert h264.bound_level(offered) == answered


@pytest.mark.parametrize(
    ("offered", "answered"),
    [("level-idx=13;profile=1;tier=1", "level-idx=5;profile=1;tier=0"), ("level-idx=4", "level-idx=4"), ("", "")],
)
def test_senders_of_av1_are_answered_with_a_level_that_all_decoders_state(offered: str, answered: str) -> None:
    assert av1.bound_level(offered) == answered


def test_parameters_are_found_by_their_whole_name() -> None:
    text = "Apt=96; x-profile=3 ;profile=1;flag"
    assert [fmtp.find(text, name) for name in ("apt", "profile", "x-profile", "flag", "file")] == [
        "96", "1", "3", None, None,
    ]  # fmt: skip
    assert fmtp.number(text, "profile", 7) == 1
    assert fmtp.number("profile=\u00b2", "profile", 7) == 7
    assert fmtp.replace(text, "profile", "0") == "Apt=96; x-profile=3 ;profile=0;flag"
