"""The costliest offers that the limits in `signaling.sdp` allow."""

from collections.abc import Callable

from signaling.sdp.description import MAX_BYTES, MAX_LINES, MAX_SECTIONS
from tests.unit.signaling.offers import FINGERPRINT

_HEAD = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    f"a=ice-ufrag:abcd\r\na=ice-pwd:{'p' * 24}\r\na=fingerprint:sha-256 {FINGERPRINT}\r\na=setup:actpass\r\n"
)
_TYPES = " ".join(map(str, range(128)))


def _lines(line: Callable[[int], str]) -> str:
    """One section with as many of these lines as fit."""
    text = f"{_HEAD}a=group:BUNDLE 0\r\nm=video 9 X {_TYPES}\r\na=mid:0\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"
    room, most = MAX_BYTES - len(text), MAX_LINES - text.count("\n")
    lines: list[str] = []
    while len(lines) < most and room > 0:
        lines.append(line(len(lines)) + "\r\n")
        room -= len(lines[-1])
    return text + "".join(lines[:-1])


def _sections(section: Callable[[str], str]) -> str:
    """As many sections as fit."""
    text = f"{_HEAD}a=group:BUNDLE {' '.join(f's{number}' for number in range(MAX_SECTIONS))}\r\n"
    for number in range(MAX_SECTIONS):
        more = section(f"s{number}")
        if len(text) + len(more) > MAX_BYTES or text.count("\n") + more.count("\n") > MAX_LINES:
            break
        text += more
    return text


def _slot(mid: str, direction: str = "recvonly", formats: int = 4) -> str:
    lines = [f"m=video 9 X {_TYPES}", f"a=mid:{mid}", f"a={direction}", "a=rtcp-mux"]
    for number in range(formats):
        lines += [f"a=rtpmap:{number} rtx/90000", f"a=fmtp:{number} apt={number};x=1;y=2", f"a=rtcp-fb:{number} nack"]
    lines += ["a=rtcp-fb:* nack pli", "a=rtpmap:127 VP8/90000", "a=rtpmap:126 H264/90000"]
    lines += [f"a=extmap:{number} urn:ietf:params:rtp-hdrext:sdes:mid" for number in range(1, 9)]
    return "".join(line + "\r\n" for line in lines)


def _profiles(mid: str, parameters: str, count: int = 100) -> str:
    lines = [f"m=video 9 X {_TYPES}", f"a=mid:{mid}", "a=sendonly", "a=rtcp-mux"]
    for number in range(count):
        lines += [f"a=rtpmap:{number} H264/90000", f"a=fmtp:{number} {parameters}"]
    return "".join(line + "\r\n" for line in lines)


HOSTILE: dict[str, str] = {
    "feedback for all formats": _lines(lambda _: "a=rtcp-fb:* x"),
    "feedback": _lines(lambda _: "a=rtcp-fb:96 nack"),
    "parameters": _lines(lambda number: f"a=fmtp:{number % 128} " + ";" * 990),
    "short parameters": _lines(lambda number: f"a=fmtp:{number % 128} a=b"),
    "formats": _lines(lambda number: f"a=rtpmap:{number % 128} rtx/90000"),
    "SSRCs": _lines(lambda number: f"a=ssrc:{number} cname:x"),
    "pairs of SSRCs": _lines(lambda number: f"a=ssrc-group:FID {number} {number + 1}"),
    "long groups of SSRCs": _lines(lambda _: "a=ssrc-group:FID " + "1 " * 20_000),
    "extensions": _lines(lambda number: f"a=extmap:{number} urn:x"),
    "candidates": _lines(lambda _: "a=candidate:1 1 udp 1 192.0.2.1 9 typ host"),
    "fingerprints": _lines(lambda _: "a=fingerprint:a b"),
    "RIDs": _lines(lambda number: f"a=rid:{number} send"),
    "MIDs": _lines(lambda number: f"a=mid:{number}"),
    "unknown attributes": _lines(lambda _: "a=x"),
    "empty lines": _lines(lambda _: ""),
    "long unknown lines": _lines(lambda _: "a=x:" + "y" * 20_000),
    "groups": "v=0\r\n" + "a=group:BUNDLE a b c d\r\n" * (MAX_LINES - 5),
    "a long group": "v=0\r\na=group:BUNDLE " + "a " * 90_000 + "\r\nm=video 9 X 1" * MAX_SECTIONS,
    "a group of many": "v=0\na=group:BUNDLE "
    + " ".join(map(str, range(30_000)))
    + "\nm=video 9 X 1\na=mid:x" * MAX_SECTIONS,
    "payload types": "v=0\nm=video 9 X " + " ".join(map(str, range(15_000))) + "\na=rtcp-fb:* n" * (MAX_LINES - 10),
    "one payload type again and again": "v=0\nm=video 9 X " + "96 " * 60_000 + "\na=rtpmap:96 VP8/90000\n",
    "fingerprints of the session": "v=0\n"
    + "a=fingerprint:a b\n" * (MAX_LINES - 200)
    + "m=video 9 X 1\n" * MAX_SECTIONS,
    "large sections": _sections(lambda mid: _slot(mid, formats=60)),
    "many sections": _sections(lambda mid: _slot(mid, "recvonly" if int(mid[1:]) % 2 else "sendonly", 8)),
    "refused sections": _sections(lambda mid: f"m=video 0 X {_TYPES}\r\na=mid:{mid}\r\na=inactive\r\n"),
    "data channels": _sections(lambda mid: f"m=application 9 X {_TYPES}\r\na=mid:{mid}\r\na=rtpmap:1 x/1\r\n"),
    "H.264 profiles": _sections(
        lambda mid: _profiles(mid, "packetization-mode=1" + ";" * 40 + "profile-level-id=42e01f")
    ),
    "long H.264 profiles": _sections(lambda mid: _profiles(mid, "packetization-mode=1" + ";" * 970, 20)),
    "long digits": _lines(lambda _: "a=ssrc:" + "9" * 4_200 + " x"),
}
"""By the part that is repeated."""
