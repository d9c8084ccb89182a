import { vi } from "vitest";
import { ApiError } from "../../src/client/http";

/** The HTTP API: the test says what it answers. */
export class FakeServer {
  /** What was asked, as "GET /api/rooms", in order. */
  readonly asked: string[] = [];
  /** The body of each question; null: it had none. */
  readonly sent: unknown[] = [];

  /** The body of the answer to a question, or a promise of it; a thrown ApiError is a refusal, all else no answer. */
  constructor(public answer: (question: string) => unknown) {}

  install(): void {
    vi.stubGlobal("fetch", async (path: string, { method = "GET", body }: RequestInit): Promise<object> => {
      const question = `${method} ${path}`;
      this.asked.push(question);
      this.sent.push(typeof body === "string" ? JSON.parse(body) : null);
      try {
        return response(200, await this.answer(question));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const { code, message, status, fields } = error;
        return response(status, { error: { code, message, fields } });
      }
    });
  }
}

function response(status: number, body: unknown): object {
  return { ok: status < 400, status, headers: new Map(), json: () => Promise.resolve(body) };
}
