"""Inputs that once broke something: parser, input in hexadecimal, what it did. Each is run for ever."""

KEPT = [
    ("rtp", "b000" + "00" * 10, "padding and an extension flag without room for either"),
    ("dtls", "15fefd000000000000000500020228", "a forged plain alert ended a handshake"),
    ("dtls", "16", "a single byte"),
    ("dtls", "16fefd0000000000000000ffff", "a record that says it is longer than it is"),
    ("messages", "5b" * 5000, "deep nesting"),
    ("messages", b'{"type":"chat","id":7,"text":"\\ud800"}'.hex(), "half a surrogate pair"),
    ("message bytes", "fffe", "not UTF-8"),
    ("sdp", b"v=0\nm=audio 9 U 1\na=ssrc:\n".hex(), "an SSRC without a number"),
    ("sdp", ("v=0\n" + "\x0bm=audio 9 U 111" * 400).encode().hex(), "sections that the limits didn't see"),
    ("sdp", ("v=0\na=rtcp-fb:* x\nm=video 9 X " + " ".join(map(str, range(3000)))).encode().hex(), "payload types"),
    ("rtcp", "8fcd0005" + "00000001" + "00000002" + "0000ffff" + "00000000" + "3fff3fff", "feedback on 65,535 packets"),
]
