from sfu.secure.ice_lite import CONSENT_TIMEOUT, MAX_ADDRESSES, REBIND_SILENCE, Credentials, IceLite
from sfu.wire import stun
from sfu.wire.stun import Address, StreamAddress, StunMessage

LOCAL, REMOTE = Credentials("local", "l" * 22), Credentials("remote", "r" * 22)
HERE: Address = ("192.0.2.1", 1000)
THERE: Address = ("192.0.2.1", 2000)


def check(
    local: Credentials = LOCAL, remote: str = "remote", password: str | None = None, *, nominate: bool = True
) -> StunMessage:
    return stun.parse(
        stun.build_request(
            f"{local.ufrag}:{remote}", password or local.password, priority=1, tie_breaker=1, nominate=nominate
        )
    )


def test_an_authentic_check_is_answered_and_its_address_taken() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    answer = ice.check(check(nominate=False), HERE, 5.0)
    assert answer is not None
    assert stun.parse(answer).verify(LOCAL.password)
    assert (ice.address, ice.consent_expires()) == (HERE, 5.0 + CONSENT_TIMEOUT)


def test_a_check_that_isn_t_authentic_changes_nothing() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    for message in (
        check(password="x" * 22),
        check(remote="other"),
        check(Credentials("nobody", LOCAL.password)),
        stun.parse(stun.build_request("", LOCAL.password, priority=1, tie_breaker=1, nominate=True)),
    ):
        assert ice.check(message, HERE, 5.0) is None
    assert (ice.address, ice.addresses, ice.last_check) == (None, {}, 0.0)


def test_the_newest_nomination_is_followed_and_plain_checks_are_not() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    ice.check(check(), HERE, 1.0)
    ice.check(check(nominate=False), THERE, 2.0)
    assert ice.address == HERE
    ice.check(check(), THERE, 3.0)
    assert ice.address == THERE
    ice.check(check(), HERE, 4.0)
    assert ice.address == HERE


def test_a_plain_check_moves_the_address_once_the_one_in_use_has_been_silent() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    ice.check(check(), HERE, 1.0)
    ice.check(check(nominate=False), THERE, 1.5)
    assert ice.moves_at(media_heard=1.2) == 1.2 + REBIND_SILENCE
    ice.move(1.2, 3.1)
    assert ice.address == HERE
    ice.move(1.2, 3.2)
    assert (ice.address, ice.moves_at(1.2)) == (THERE, None)


def test_nothing_moves_while_the_address_in_use_is_heard_by_check_or_by_media() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    ice.check(check(), HERE, 1.0)
    ice.check(check(nominate=False), THERE, 2.0)
    ice.check(check(nominate=False), HERE, 2.5)
    assert ice.moves_at(media_heard=0.0) is None
    ice.check(check(nominate=False), THERE, 3.0)
    ice.move(3.5, 60.0)
    assert (ice.address, ice.moves_at(3.5)) == (HERE, None)


def test_a_check_that_isn_t_authentic_moves_nothing_however_long_it_is_silent() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    ice.check(check(), HERE, 1.0)
    assert ice.check(check(password="x" * 22, nominate=False), THERE, 2.0) is None
    ice.move(1.0, 20.0)
    assert ice.address == HERE


def test_an_address_that_gave_way_to_newer_ones_is_not_moved_to() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    ice.check(check(), HERE, 0.0)
    for port in range(MAX_ADDRESSES):
        ice.check(check(nominate=False), ("203.0.113.1", port), 1.0)
    ice.move(0.0, 10.0)
    assert ice.address == ("203.0.113.1", MAX_ADDRESSES - 1)
    assert ice.address in ice.addresses


def test_a_controlled_client_is_told_to_change_its_role() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    message = check()
    message.attributes[stun.ICE_CONTROLLED] = bytes(8)
    answer = ice.check(message, HERE, 1.0)
    assert answer is not None
    assert stun.parse(answer).attributes[stun.ERROR_CODE].startswith(bytes((0, 0, 4, 87)))
    assert ice.address is None


def test_after_a_restart_the_old_credentials_keep_the_path_until_the_new_ones_nominate() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    ice.check(check(), HERE, 1.0)
    new = Credentials("new", "n" * 22)
    ice.restart(new, Credentials("remote2", "r" * 22))
    assert ice.ufrags == ["new", "local"]
    assert ice.check(check(), THERE, 2.0) is not None
    assert ice.address == HERE
    assert ice.check(check(new, "remote2"), THERE, 3.0) is not None
    assert (ice.address, ice.ufrags) == (THERE, ["new"])
    assert ice.check(check(), HERE, 4.0) is None


def test_a_second_restart_forgets_the_first_credentials() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    for name in ("second", "third"):
        ice.restart(Credentials(name, name * 6), REMOTE)
    assert ice.ufrags == ["third", "second"]


def test_addresses_are_bounded_and_the_one_in_use_stays() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    ice.check(check(), HERE, 0.0)
    for port in range(100):
        ice.check(check(nominate=False), ("203.0.113.1", port), 1.0)
    assert len(ice.addresses) == MAX_ADDRESSES
    assert HERE in ice.addresses
    assert ice.take_forgotten() == [("203.0.113.1", port) for port in range(100 - MAX_ADDRESSES + 1)]
    assert ice.take_forgotten() == []


def test_credentials_are_long_enough_and_never_the_same() -> None:
    made = {Credentials.generate() for _ in range(100)}
    assert len(made) == 100
    assert all(len(each.ufrag) >= 4 and len(each.password) >= 22 for each in made)


STREAM = StreamAddress("192.0.2.1", 3000, 1)
ANOTHER = StreamAddress("192.0.2.1", 3001, 2)


def test_who_nominates_udp_and_tcp_at_once_gets_udp() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    ice.check(check(), HERE, 1.0)
    ice.check(check(), STREAM, 1.1)
    assert ice.address == HERE
    ice = IceLite(LOCAL, REMOTE, 0.0)
    ice.check(check(), STREAM, 1.0)
    ice.check(check(), HERE, 1.1)
    assert ice.address == HERE


def test_tcp_is_followed_once_udp_isn_t_nominated_any_more() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    ice.check(check(), HERE, 1.0)
    ice.check(check(nominate=False), HERE, 2.5)
    ice.check(check(), STREAM, 1.0 + REBIND_SILENCE)
    assert ice.address == STREAM
    ice.check(check(), ANOTHER, 3.1)
    assert ice.address == ANOTHER


def test_a_connection_that_is_closed_is_left_with_the_next_check_of_any_kind() -> None:
    ice = IceLite(LOCAL, REMOTE, 0.0)
    ice.check(check(), STREAM, 1.0)
    ice.check(check(nominate=False), ANOTHER, 1.1)
    ice.close(ANOTHER)
    assert (ice.address, list(ice.addresses), ice.moves_at(0.0)) == (STREAM, [STREAM], None)
    ice.close(STREAM)
    assert not ice.addresses
    ice.check(check(nominate=False), HERE, 1.2)
    assert (ice.address, list(ice.addresses)) == (HERE, [HERE])
