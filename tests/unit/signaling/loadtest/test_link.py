import pytest

from signaling.loadtest import link as link_module
from signaling.loadtest.link import LinkError
from tests.unit.signaling.loadtest.crowds import Wire, links

pytestmark = pytest.mark.asyncio


async def test_messages_arrive_in_order_until_the_end() -> None:
    here, there = links()
    for number in range(3):
        await here.send({"number": number, "text": "a\nb é"})
    here.close()
    assert [await there.receive() for _ in range(3)] == [{"number": n, "text": "a\nb é"} for n in range(3)]
    assert await there.receive() is None
    with pytest.raises(LinkError, match="connection was lost"):
        await here.send({})


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"hello\n", "isn't JSON"),
        (b"\xff\n", "isn't JSON"),
        (b"[" * 100_000 + b"\n", "isn't JSON"),
        (b"[1]\n", "no object"),
    ],
)
async def test_what_is_no_message_is_told(sent: bytes, said: str) -> None:
    wire = Wire()
    there = link_module.Link(wire.reader, Wire())
    wire.write(sent)
    with pytest.raises(LinkError, match=said):
        await there.receive()


async def test_the_rest_of_a_line_that_was_cut_is_the_end() -> None:
    wire = Wire()
    there = link_module.Link(wire.reader, Wire())
    wire.write(b'{"is": "sec')
    wire.close()
    assert await there.receive() is None


async def test_no_line_is_longer_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "MAX_LINE", 100)
    wire = Wire(100)
    with pytest.raises(LinkError, match="too long"):
        await link_module.Link(Wire().reader, wire).send({"text": "x" * 100})
    wire.write(b"x" * 1000)
    with pytest.raises(LinkError, match="a line of more than 100 bytes"):
        await link_module.Link(wire.reader, Wire()).receive()


async def test_sealed_lines_are_read_by_those_who_know_the_secret() -> None:
    here, there = links((b"secret", b"secret"))
    await here.send({"a": 1})
    await here.send({"a": 1})
    assert [await there.receive(), await there.receive()] == [{"a": 1}] * 2
    await there.send({"b": 2})
    assert await here.receive() == {"b": 2}


async def test_another_secret_opens_nothing() -> None:
    here, there = links((b"secret", b"guess"))
    await here.send({"a": 1})
    with pytest.raises(LinkError, match="doesn't know the secret"):
        await there.receive()


@pytest.mark.parametrize("change", ["repeat", "reorder", "alter", "cut", "send back"])
async def test_a_sealed_line_is_good_once_and_as_it_was(change: str) -> None:
    here, there = links((b"secret", b"secret"))
    outgoing = here._writer
    assert isinstance(outgoing, Wire)
    lines: list[bytes] = []
    outgoing.write = lines.append  # type: ignore[method-assign]
    await here.send({"a": 1})
    await here.send({"a": 2})
    first, second = lines
    sent = {
        "repeat": [first, first],
        "reorder": [second],
        "alter": [first.replace(b"1}", b"3}")],
        "cut": [b"abc\n"],
        "send back": [first],
    }[change]
    target = here if change == "send back" else there
    for line in sent:
        target._reader.feed_data(line)
    if change == "repeat":
        assert await target.receive() == {"a": 1}
    with pytest.raises(LinkError, match="doesn't know the secret"):
        await target.receive()
