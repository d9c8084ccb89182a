const RETRY_MS = 500;
const MOST_TRIES = 5;

/** Which encodings of one sender are sent: the server says which ones anyone watches. All the rest stays as it is. */
export class SentLayers {
  private wanted: ReadonlySet<string> | null = null;
  private applying: Promise<void> | null = null;

  /** `closed`: the connection has ended, and nothing can be changed any more. */
  constructor(
    private readonly sender: Pick<RTCRtpSender, "getParameters" | "setParameters">,
    private readonly closed: () => boolean,
  ) {}

  /** Sends only the encodings with these rids; the only encoding of a sender has an empty one. */
  want(rids: readonly string[]): Promise<void> {
    this.wanted = new Set(rids);
    this.applying ??= this.apply().finally(() => (this.applying = null));
    return this.applying;
  }

  /** One change at a time, until what was wanted last is so: browsers refuse to change what they are changing. */
  private async apply(): Promise<void> {
    let tries = 0;
    while (!this.closed() && tries < MOST_TRIES) {
      // Browsers only take what they gave in the same turn of the loop.
      const parameters = this.sender.getParameters();
      if (!this.change(parameters)) return;
      try {
        await this.sender.setParameters(parameters);
        tries = 0;
      } catch {
        // Such as while an offer is under way.
        tries++;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private change({ encodings }: RTCRtpSendParameters): boolean {
    let changed = false;
    for (const encoding of encodings) {
      const active = this.wanted?.has(encoding.rid ?? "") ?? true;
      changed ||= (encoding.active ?? true) !== active;
      encoding.active = active;
    }
    return changed;
  }
}
