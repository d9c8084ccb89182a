/** What a section of the offer is for. */
export type Direction = "send" | "receive";

/** The video codecs that offers have, and those that everyone in the room can decode; both preferred first. */
export interface VideoCodecs {
  offer: readonly string[];
  send: readonly string[];
}

/** Of servers that name none. */
export const DEFAULT_CODECS: VideoCodecs = { offer: ["VP8", "H264"], send: ["VP8", "H264"] };

/** Video codecs in the order of an offer: a section sends the first one. */
export function codecOrder({ offer, send }: VideoCodecs, direction: Direction): readonly string[] {
  return direction === "send" ? [...new Set([...send.filter((name) => offer.includes(name)), ...offer])] : offer;
}

/** Keeps offers small and the relay's work known: Opus in RED, the wanted video codecs, retransmission, nothing else. */
export function preferCodecs(
  transceiver: RTCRtpTransceiver,
  kind: "audio" | "video",
  direction: Direction,
  video = DEFAULT_CODECS,
): void {
  const capabilities = direction === "send" ? RTCRtpSender.getCapabilities(kind) : RTCRtpReceiver.getCapabilities(kind);
  const codecs = wantedCodecs(capabilities?.codecs ?? [], kind, codecOrder(video, direction));
  if (codecs.length === 0) return;
  try {
    transceiver.setCodecPreferences(codecs);
  } catch {
    // A browser that takes only what it can also receive: its own list is larger, but the call works.
  }
}

export function wantedCodecs(
  codecs: readonly RTCRtpCodec[],
  kind: "audio" | "video",
  order: readonly string[] = DEFAULT_CODECS.offer,
): RTCRtpCodec[] {
  const named = (name: string): RTCRtpCodec[] =>
    codecs.filter((codec) => codec.mimeType.toLowerCase() === `${kind}/${name}`);
  // The first is what is sent: RED repeats each packet's sound in the next one. The relay leaves that out for those to
  // whom nothing is lost.
  if (kind === "audio") return [...named("red"), ...named("opus")];
  const variants = order.map((name) => name.toLowerCase()).map((name) => preferredVariants(name, named(name)));
  return [...variants.flat(), ...named("rtx")];
}

/** The variants that every browser with this codec decodes: the common profile of H.264, profile 0 of VP9 and AV1. */
function preferredVariants(name: string, codecs: RTCRtpCodec[]): RTCRtpCodec[] {
  if (name === "h264") return preferredH264(codecs);
  if (name === "vp9") return codecs.filter(({ sdpFmtpLine }) => !/profile-id=[^0]/.test(sdpFmtpLine ?? ""));
  if (name === "av1") return codecs.filter(({ sdpFmtpLine }) => !/profile=[^0]/.test(sdpFmtpLine ?? ""));
  return codecs;
}

/** The profile that every WebRTC browser has; where it is missing, all that packetise in the same way. */
function preferredH264(codecs: RTCRtpCodec[]): RTCRtpCodec[] {
  const packetised = codecs.filter((codec) => codec.sdpFmtpLine?.includes("packetization-mode=1"));
  const baseline = packetised.filter((codec) => codec.sdpFmtpLine?.includes("profile-level-id=42e0"));
  return baseline.length > 0 ? baseline : packetised;
}
