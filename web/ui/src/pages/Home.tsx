import { type SubmitEvent, useState } from "react";
import { useLocation } from "wouter";
import { ApiError, createRoom } from "../client/api";
import { roomCodeFrom } from "../components/names";
import icon from "../icon.svg";

export function Home() {
  const [, navigate] = useLocation();
  const [creating, setCreating] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const create = (): void => {
    setCreating(true);
    setProblem(null);
    createRoom().then(
      ({ code }) => navigate(`/r/${code}`),
      (error: unknown) => {
        setCreating(false);
        setProblem(error instanceof ApiError ? error.message : "The room could not be created.");
      },
    );
  };

  return (
    <main className="home">
      <h1>
        <img src={icon} alt="" width={48} height={48} /> Milanio
      </h1>
      <p className="pitch">Video calls for large groups, in the browser, on a server of your own.</p>
      <div className="card">
        <button type="button" className="button button-primary" onClick={create} disabled={creating}>
          {creating ? "Creating…" : "Create room"}
        </button>
        {problem !== null && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <p className="or">or</p>
        <JoinForm onJoin={(code) => navigate(`/r/${code}`)} />
      </div>
    </main>
  );
}

function JoinForm({ onJoin }: { onJoin: (code: string) => void }) {
  const [input, setInput] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const code = roomCodeFrom(input);
    if (code === null) setProblem("Type the code of a room, or paste its link.");
    else onJoin(code);
  };
  return (
    <form onSubmit={submit} noValidate>
      <label className="field">
        <span>Room code or link</span>
        <input
          value={input}
          onChange={(event) => setInput(event.target.value)}
          autoComplete="off"
          autoCapitalize="none"
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? undefined : "code-problem"}
        />
      </label>
      {problem !== null && (
        <p id="code-problem" className="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" className="button">
        Join room
      </button>
    </form>
  );
}
