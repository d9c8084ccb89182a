import { pathOf } from "../lib/base";
import type { HttpApi } from "./httpTypes";
import { callAll } from "./listeners";

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

export type Method = "GET" | "POST" | "PUT" | "DELETE";

const ANSWER_MS = 15_000;

/** Pictures take their time on a slow uplink. */
const UPLOAD_MS = 60_000;

interface ErrorBody {
  error?: { code?: string; message?: string; fields?: Record<string, string> | null };
}

type Listener = () => void;
const listeners = new Set<Listener>();

/** Called whenever the server says that this browser is not (or no longer) logged in. */
export function onSignedOut(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

type Endpoint = keyof HttpApi;
type Reply<Of extends Endpoint> = HttpApi[Of]["reply"];

/** The names in braces of an endpoint's path. */
type Names<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;

/** What an endpoint needs: what stands for the names in its path, and its body, where there are such. */
type Given<Of extends Endpoint> = [
  ...([Names<Of>] extends [never] ? [] : [names: Record<Names<Of>, string>]),
  ...(HttpApi[Of]["body"] extends undefined ? [] : [body: HttpApi[Of]["body"]]),
];

/** Calls an endpoint of the API; `undefined` where it answers without a body. Throws `ApiError`. */
export async function call<Of extends Endpoint>(endpoint: Of, ...given: Given<Of>): Promise<Reply<Of>> {
  const [method, path] = endpoint.split(" ") as [Method, string];
  const rest: (object | undefined)[] = [...given];
  const names = (path.includes("{") ? rest.shift() : {}) as Record<string, string>;
  const filled = path.replace(/{(\w+)}/g, (_, name: string) => encodeURIComponent(names[name] ?? ""));
  return request<Reply<Of>>(method, filled, rest[0]);
}

/** Asks the API; `undefined` for an answer without a body. Throws `ApiError`. */
export async function request<Answer>(method: Method, path: string, body?: object): Promise<Answer> {
  return answerOf<Answer>(
    await send(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    }),
  );
}

/** Sends a file as it is. Throws `ApiError`. */
export async function upload<Answer>(path: string, file: Blob): Promise<Answer> {
  const headers = { "Content-Type": file.type || "application/octet-stream" };
  return answerOf<Answer>(
    await send(path, { method: "PUT", headers, body: file, signal: AbortSignal.timeout(UPLOAD_MS) }),
  );
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(pathOf(path), init);
  } catch {
    throw new ApiError("unreachable", "The server cannot be reached.", 0);
  }
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as Answer;
  const { error } = await response
    .json()
    .then((value) => value as ErrorBody)
    // Not from the API: a proxy's page, say.
    .catch((): ErrorBody => ({}));
  const code = error?.code ?? (response.status >= 502 ? "unavailable" : "unknown");
  if (code === "not_signed_in") callAll(listeners);
  const message = error?.message ?? `The server answered with an error (${response.status}).`;
  const after = Number(response.headers.get("Retry-After") ?? "");
  throw new ApiError(code, message, response.status, error?.fields ?? {}, after > 0 ? after : null);
}
