from sfu.wire import extensions, rtp
from sfu.wire.extensions import ExtensionMap


def test_equal_ids_share_one_object() -> None:
    ids = {extensions.TRANSPORT_WIDE: 3, extensions.AUDIO_LEVEL: 1}
    assert ExtensionMap.of(ids) is ExtensionMap.of({**ids, extensions.MID: 5, "unknown": 6})
    assert ExtensionMap.of(ids) is not ExtensionMap.of({**ids, extensions.AUDIO_LEVEL: 2})


def test_ids_that_fit_no_element_are_left_out() -> None:
    ids = ExtensionMap.of({extensions.TRANSPORT_WIDE: 256, extensions.AUDIO_LEVEL: 0, extensions.VIDEO_ORIENTATION: 14})
    assert ids.transport_wide == 0
    assert ids.forwarded == {extensions.VIDEO_ORIENTATION: 14}
    assert ids.profile == rtp.ONE_BYTE_PROFILE


def test_one_large_id_puts_all_elements_into_the_two_byte_form() -> None:
    for ids in ({extensions.TRANSPORT_WIDE: 15, extensions.AUDIO_LEVEL: 1}, {extensions.AUDIO_LEVEL: 255}):
        assert ExtensionMap.of(ids).profile == rtp.TWO_BYTE_PROFILE


def test_objects_that_clients_make_up_are_not_kept_without_end() -> None:
    for number in range(1, 256):
        for other in range(1, 20):
            ExtensionMap.of({extensions.AUDIO_LEVEL: number, extensions.VIDEO_ORIENTATION: other})
    assert len(ExtensionMap._known) <= 1024


def test_names_of_streams_are_never_passed_on() -> None:
    names = {extensions.MID, extensions.RID, extensions.REPAIRED_RID, extensions.TRANSPORT_WIDE}
    assert not names & extensions.FORWARDED
    assert names <= extensions.RECEIVED
