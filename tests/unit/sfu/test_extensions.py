from sfu import extensions
from sfu.extensions import ExtensionMap


def test_equal_ids_share_one_object() -> None:
    ids = {extensions.TRANSPORT_WIDE: 3, extensions.AUDIO_LEVEL: 1}
    assert ExtensionMap.of(ids) is ExtensionMap.of({**ids, extensions.MID: 5, "unknown": 6})
    assert ExtensionMap.of(ids) is not ExtensionMap.of({**ids, extensions.AUDIO_LEVEL: 2})


def test_ids_that_fit_no_one_byte_element_are_left_out() -> None:
    ids = ExtensionMap.of({extensions.TRANSPORT_WIDE: 15, extensions.AUDIO_LEVEL: 0, extensions.VIDEO_ORIENTATION: 14})
    assert ids.transport_wide == 0
    assert ids.forwarded == {extensions.VIDEO_ORIENTATION: 14}


def test_names_of_streams_are_never_passed_on() -> None:
    names = {extensions.MID, extensions.RID, extensions.REPAIRED_RID, extensions.TRANSPORT_WIDE}
    assert not names & extensions.FORWARDED
    assert names <= extensions.RECEIVED
