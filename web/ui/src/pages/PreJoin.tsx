import { type SubmitEvent, useState } from "react";
import { Link, useSearch } from "wouter";
import type { LocalMedia } from "../client/media";
import { DevicePickers } from "../components/DevicePickers";
import { DeviceProblems } from "../components/DeviceProblems";
import { Preview } from "../components/Preview";
import { useRemembered } from "../hooks/useRemembered";
import { useSnapshot } from "../hooks/useSnapshot";

const LONGEST_NAME = 60;

interface PreJoinProps {
  media: LocalMedia;
  joining: boolean;
  problem: string | null;
  onJoin: (name: string) => void;
}

export function PreJoin({ media, joining, problem, onJoin }: PreJoinProps) {
  const state = useSnapshot(media);
  const given = new URLSearchParams(useSearch()).get("name");
  const [remembered, remember] = useRemembered("milanio.name");
  const [name, setName] = useState(given ?? remembered);
  const [missing, setMissing] = useState(false);

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const wanted = name.trim();
    setMissing(wanted === "");
    if (wanted === "") return;
    remember(wanted);
    onJoin(wanted);
  };

  return (
    <main className="prejoin">
      <header className="prejoin-head">
        <Link href="/">Milanio</Link>
        <h1>Ready to join?</h1>
      </header>
      <div className="prejoin-columns">
        <div className="prejoin-mirror">
          <Preview media={media} state={state} />
          <DeviceProblems state={state} />
        </div>
        <form className="card" onSubmit={submit} noValidate>
          <label className="field">
            <span>Your name</span>
            <input
              value={name}
              maxLength={LONGEST_NAME}
              autoComplete="name"
              onChange={(event) => setName(event.target.value)}
              aria-invalid={missing}
              aria-describedby={missing ? "name-problem" : undefined}
            />
          </label>
          {missing && (
            <p id="name-problem" className="problem" role="alert">
              Type a name that the others will see.
            </p>
          )}
          <DevicePickers media={media} state={state} />
          {problem !== null && (
            <p className="problem" role="alert">
              {problem}
            </p>
          )}
          <button type="submit" className="button button-primary" disabled={joining}>
            {joining ? "Joining…" : "Join"}
          </button>
        </form>
      </div>
    </main>
  );
}
