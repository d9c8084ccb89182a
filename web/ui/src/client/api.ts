/** A refusal of the server's HTTP API, or no answer from it: `code` is then "unreachable". */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    /** A sentence for each field that is not right, in English. */
    readonly fields: Readonly<Record<string, string>> = {},
    /** Seconds after which the server wants to be asked again. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export interface JoinGrant {
  token: string;
  /** A path or an address. */
  ws_url: string;
}

const ANSWER_MS = 10_000;

interface ErrorBody {
  error?: { code?: string; message?: string };
}

/** Asks for a token that opens the room. Without a name: under that of one's account. */
export async function joinRoom(code: string, name: string | null): Promise<JoinGrant> {
  let response: Response;
  try {
    response = await fetch("/api/rooms/join", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(name === null ? { code } : { code, name }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  } catch {
    throw new ApiError("unreachable", "The server cannot be reached.", 0);
  }
  if (response.ok) return (await response.json()) as JoinGrant;
  const { error } = await response
    .json()
    .then((value) => value as ErrorBody)
    // Not from the API: a proxy's page, say.
    .catch((): ErrorBody => ({}));
  const refusal = error?.code ?? (response.status >= 502 ? "unavailable" : "unknown");
  throw new ApiError(refusal, error?.message ?? `The server answered ${response.status}.`, response.status);
}

/** The address of the WebSocket that a join grant names, seen from the page at `base`. */
export function socketAddress(wsUrl: string, base: string): string {
  const address = new URL(wsUrl, base);
  address.protocol = address.protocol.replace(/^http/, "ws");
  return address.href;
}
