from signaling import messages
from signaling.rooms.hosts import Hosts
from signaling.rooms.journal import HostMade
from tests.unit.signaling.people import Notebook, Someone, make_room


def test_who_is_there_longest_acts_for_absent_hosts_until_one_comes() -> None:
    hosts = Hosts("owner", {"owner"})
    hosts.settle(["a", "b"])
    assert [person in hosts for person in ("a", "b", "owner")] == [True, False, True]
    assert not hosts.is_standing("a")
    hosts.settle(["b"])
    assert "b" in hosts
    hosts.settle(["b", "owner"])
    assert "b" not in hosts
    hosts.settle([])
    assert "b" not in hosts


def test_in_a_room_of_nobody_who_acts_as_host_stays_one() -> None:
    hosts = Hosts(None, set())
    hosts.settle(["a", "b"])
    hosts.settle(["b"])
    hosts.settle(["b", "a"])
    assert ("a" in hosts, "b" in hosts) == (True, True)


def test_who_gives_it_up_is_not_chosen_again_unless_alone() -> None:
    hosts = Hosts("owner", {"owner"})
    hosts.settle(["a", "b"])
    hosts.remove("a")
    hosts.settle(["a", "b"], exclude="a")
    assert ("a" in hosts, "b" in hosts) == (False, True)
    hosts.remove("b")
    hosts.settle(["b"], exclude="b")
    assert "b" in hosts


def test_a_room_never_lacks_a_host_and_everyone_is_told() -> None:
    room = make_room(owner="ada")
    ben, cem, dan = Someone(room, "ben"), Someone(room, "cem"), Someone(room, "dan")
    assert (ben.is_host, cem.is_host) == (True, False)
    ben.leaves()
    assert cem.is_host
    assert cem.told("rights.updated")[-1]["rights"]["moderate"] is True
    ada = Someone(room, "ada", guest=False, host=True)
    assert (ada.is_host, cem.is_host) == (True, False)
    assert cem.told("rights.updated")[-1]["rights"]["moderate"] is False
    told = [(event["participant"], event["host"]) for event in dan.told("participant.updated")]
    assert told == [(cem.id, True), (cem.id, False)]
    assert not room.participants[cem.id].describe().host


def test_a_host_who_comes_back_is_host_again() -> None:
    room = make_room()
    ada, ben = Someone(room, "ada"), Someone(room, "ben")
    ada.leaves()
    assert ben.is_host
    again = Someone(room, "ada")
    assert (again.is_host, ben.is_host) == (True, True)


def test_handing_over_makes_a_host_and_ends_being_one() -> None:
    notebook = Notebook()
    room = make_room(notebook, owner="ada")
    ada, ben = Someone(room, "ada", guest=False, host=True), Someone(room, "ben", guest=False)
    ada.does(messages.HandOver(do="hand_over", participant=ben.id))
    assert (ada.is_host, ben.is_host) == (False, True)
    # It stays the owner's room: only what Ben got is kept.
    assert [fact for fact in notebook.facts if isinstance(fact, HostMade)] == [HostMade("id", "ben", True)]
    ben.does(messages.MakeHost(do="make_host", participant=ada.id))
    assert (ada.is_host, ben.is_host) == (True, True)


def test_who_only_acts_as_host_makes_nobody_host_for_good() -> None:
    notebook = Notebook()
    room = make_room(notebook, owner="ada")
    ben, cem = Someone(room, "ben", guest=False), Someone(room, "cem", guest=False)
    ben.does(messages.MakeHost(participant=cem.id))
    assert cem.is_host
    assert [fact for fact in notebook.facts if isinstance(fact, HostMade)] == []


def test_the_last_one_can_not_hand_over_to_nobody() -> None:
    room = make_room(owner="ada")
    ada = Someone(room, "ada", guest=False, host=True)
    room.make_host("ada", host=False)
    assert ada.is_host
