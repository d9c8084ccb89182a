import type { Protocol } from "../../src/client/protocol";

type ClientMessage = Protocol["client"];

/** A WebSocket without a network: the test is its server. */
export class FakeSocket extends EventTarget {
  readonly sent: ClientMessage[] = [];
  closed = false;

  open(): void {
    this.dispatchEvent(new Event("open"));
  }

  send(text: string): void {
    if (this.closed) throw new Error("sent on a closed socket");
    this.sent.push(JSON.parse(text) as ClientMessage);
  }

  /** As the browser's: the close event comes later, or never. */
  close(): void {
    this.closed = true;
  }

  /** The connection breaks. */
  break(): void {
    this.closed = true;
    this.dispatchEvent(new Event("close"));
  }

  receive(message: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }

  event(seq: number, event: object): void {
    this.receive({ type: "event", seq, event });
  }

  /** The newest request of a type. */
  last<Type extends ClientMessage["type"]>(type: Type): Extract<ClientMessage, { type: Type }> {
    const found = this.sent.findLast((message) => message.type === type);
    if (found === undefined) throw new Error(`no ${type} was sent`);
    return found as Extract<ClientMessage, { type: Type }>;
  }

  ok(request: { id: number }, result: object | null = null): void {
    this.receive({ type: "ok", id: request.id, result });
  }

  refuse(request: { id: number }, code: string): void {
    this.receive({ type: "error", id: request.id, code, message: `Refused: ${code}.` });
  }
}
