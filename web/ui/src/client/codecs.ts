/** What a section of the offer is for. */
export type Direction = "send" | "receive";

/** Keeps offers small and the relay's work known: Opus in RED, VP8 then H.264, retransmission, nothing else. */
export function preferCodecs(transceiver: RTCRtpTransceiver, kind: "audio" | "video", direction: Direction): void {
  const capabilities = direction === "send" ? RTCRtpSender.getCapabilities(kind) : RTCRtpReceiver.getCapabilities(kind);
  const codecs = wantedCodecs(capabilities?.codecs ?? [], kind);
  if (codecs.length === 0) return;
  try {
    transceiver.setCodecPreferences(codecs);
  } catch {
    // A browser that takes only what it can also receive: its own list is larger, but the call works.
  }
}

export function wantedCodecs(codecs: readonly RTCRtpCodec[], kind: "audio" | "video"): RTCRtpCodec[] {
  const named = (name: string): RTCRtpCodec[] =>
    codecs.filter((codec) => codec.mimeType.toLowerCase() === `${kind}/${name}`);
  // The first is what is sent: RED repeats each packet's sound in the next one. The relay leaves that out for those to
  // whom nothing is lost.
  if (kind === "audio") return [...named("red"), ...named("opus")];
  return [...named("vp8"), ...preferredH264(named("h264")), ...named("rtx")];
}

/** The profile that every WebRTC browser has; where it is missing, all that packetise in the same way. */
function preferredH264(codecs: RTCRtpCodec[]): RTCRtpCodec[] {
  const packetised = codecs.filter((codec) => codec.sdpFmtpLine?.includes("packetization-mode=1"));
  const baseline = packetised.filter((codec) => codec.sdpFmtpLine?.includes("profile-level-id=42e0"));
  return baseline.length > 0 ? baseline : packetised;
}
