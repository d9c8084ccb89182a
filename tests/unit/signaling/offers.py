"""Offers as browsers make them, short."""

FINGERPRINT = ":".join(["AB"] * 32)
EXTENSIONS = (
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
    "a=extmap:15 urn:3gpp:video-orientation\r\n"
    "a=extmap:9 urn:unknown\r\n"
)
COMMON = (
    "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:" + "p" * 24 + "\r\n"
    f"a=ice-options:trickle\r\na=fingerprint:sha-256 {FINGERPRINT}\r\na=setup:actpass\r\na=rtcp-mux\r\n"
)


def audio(mid: str, direction: str = "sendonly") -> str:
    return (
        f"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0\r\n{COMMON}a=mid:{mid}\r\na={direction}\r\n{EXTENSIONS}"
        "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
        "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:0 PCMU/8000\r\na=ssrc:77 cname:x\r\n"
    )


def video(mid: str, direction: str = "sendonly", extra: str = "") -> str:
    return (
        f"m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104\r\n{COMMON}a=mid:{mid}\r\na={direction}\r\n{EXTENSIONS}"
        "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\n"
        "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
        "a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=42001f\r\n"
        "a=rtpmap:103 H264/90000\r\na=fmtp:103 packetization-mode=0\r\na=rtpmap:104 ulpfec/90000\r\n" + extra
    )


SIMULCAST = "a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=rid:x recv\r\na=simulcast:send q;h;f\r\n"
NAMED = "a=ssrc-group:FID 100 200\r\na=ssrc:100 cname:x\r\na=ssrc:100 msid:s t\r\na=ssrc:200 cname:x\r\n"


def offer(*sections: str, bundle: str = "") -> str:
    mids = bundle or " ".join(section.split("a=mid:")[1].split("\r\n")[0] for section in sections)
    head = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    return f"{head}a=group:BUNDLE {mids}\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n{''.join(sections)}"


FULL = offer(
    audio("0"),
    video("1", extra=SIMULCAST),
    video("2", extra=NAMED),
    audio("3", "recvonly"),
    video("4", "recvonly"),
    video("5", "inactive"),
)
