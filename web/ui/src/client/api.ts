/** A refusal of the server's HTTP API, or no answer from it: `code` is then "unreachable". */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export interface CreatedRoom {
  id: string;
  code: string;
  link: string;
  title: string;
}

export interface JoinGrant {
  token: string;
  /** A path or an address. */
  ws_url: string;
  room: { id: string; code: string; title: string };
}

interface ErrorBody {
  error?: { code?: string; message?: string; fields?: Record<string, string> | null };
}

export function createRoom(title?: string): Promise<CreatedRoom> {
  return post("/api/rooms/create", title === undefined ? {} : { title });
}

export function joinRoom(code: string, name: string): Promise<JoinGrant> {
  return post("/api/rooms/join", { code, name });
}

/** The address of the WebSocket that a join grant names, seen from the page at `base`. */
export function socketAddress(wsUrl: string, base: string): string {
  const address = new URL(wsUrl, base);
  address.protocol = address.protocol.replace(/^http/, "ws");
  return address.href;
}

async function post<Body>(path: string, body: object): Promise<Body> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
  } catch {
    throw new ApiError("unreachable", "The server cannot be reached.", 0);
  }
  if (response.ok) return (await response.json()) as Body;
  const { error } = await response
    .json()
    .then((value) => value as ErrorBody)
    .catch((): ErrorBody => ({}));
  const message = error?.message ?? `The server answered with an error (${response.status}).`;
  throw new ApiError(error?.code ?? "unknown", message, response.status, error?.fields ?? {});
}
