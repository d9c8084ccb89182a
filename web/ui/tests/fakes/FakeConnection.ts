/** As much of an RTCPeerConnection as Peer uses. */
export class FakeConnection extends EventTarget {
  iceConnectionState = "new";
  connectionState = "new";
  signalingState = "stable";
  readonly transceivers: FakeTransceiver[] = [];
  readonly offers: RTCOfferOptions[] = [];
  readonly remote: string[] = [];
  closed = false;
  flows = false;
  relayed = false;
  configuration: RTCConfiguration = {};
  private bytes = 0;

  addTransceiver(kind: string, init: RTCRtpTransceiverInit): FakeTransceiver {
    const transceiver = new FakeTransceiver(kind, init);
    this.transceivers.push(transceiver);
    return transceiver;
  }

  getConfiguration(): RTCConfiguration {
    return this.configuration;
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }

  createOffer(options: RTCOfferOptions): Promise<RTCSessionDescriptionInit> {
    this.offers.push(options);
    return Promise.resolve({ type: "offer", sdp: `offer ${this.offers.length}` });
  }

  setLocalDescription({ type }: RTCSessionDescriptionInit): Promise<void> {
    this.signalingState = type === "offer" ? "have-local-offer" : "stable";
    if (type === "offer") this.transceivers.forEach((transceiver, index) => (transceiver.mid = `${index}`));
    return Promise.resolve();
  }

  setRemoteDescription({ sdp }: RTCSessionDescriptionInit): Promise<void> {
    this.signalingState = "stable";
    this.remote.push(sdp ?? "");
    return Promise.resolve();
  }

  state(connection: string, ice = connection): void {
    this.connectionState = connection;
    this.iceConnectionState = ice;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  /** Every look at the statistics finds more packets, as long as media flows. */
  getStats(): Promise<Map<string, object>> {
    if (this.flows) this.bytes += 4000;
    const entries = [
      { id: "T", type: "transport", bytesReceived: this.bytes, selectedCandidatePairId: "P" },
      { id: "P", type: "candidate-pair", localCandidateId: "L" },
      { id: "L", type: "local-candidate", candidateType: this.relayed ? "relay" : "host", protocol: "udp" },
    ];
    return Promise.resolve(new Map(entries.map((entry) => [entry.id, entry])));
  }

  close(): void {
    this.closed = true;
  }
}

export class FakeTransceiver {
  mid: string | null = null;
  readonly direction: string | undefined;
  readonly encodings: RTCRtpEncodingParameters[];
  readonly receiver = { track: {} };
  readonly sender = {
    track: null as unknown,
    replaceTrack: (track: unknown): Promise<void> => {
      this.sender.track = track;
      return Promise.resolve();
    },
    getParameters: (): { encodings: RTCRtpEncodingParameters[] } => ({
      encodings: this.encodings.map((encoding) => ({ ...encoding })),
    }),
    setParameters: ({ encodings }: { encodings: RTCRtpEncodingParameters[] }): Promise<void> => {
      this.encodings.splice(0, this.encodings.length, ...encodings);
      return Promise.resolve();
    },
  };

  constructor(
    readonly kind: string,
    init: RTCRtpTransceiverInit,
  ) {
    this.direction = init.direction;
    this.encodings = init.sendEncodings ?? [];
  }

  setCodecPreferences: (codecs: RTCRtpCodec[]) => void = () => {
    // Which codecs are chosen is tested on its own.
  };
}
