import { Send } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { ChatMessage } from "../client/protocol";
import { type CallState, findParticipant } from "../client/state";
import { ChatText } from "./ChatText";
import { IconButton } from "./IconButton";

const LONGEST = 4000;
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

interface ChatPanelProps {
  state: CallState;
  send: (text: string, to: string | null) => Promise<void>;
}

export function ChatPanel({ state, send }: ChatPanelProps) {
  const list = useRef<HTMLOListElement>(null);
  const { chat } = state;
  useEffect(() => {
    list.current?.lastElementChild?.scrollIntoView({ block: "end" });
  }, [chat]);
  return (
    <div className="chat">
      <ol ref={list} className="chat-list" role="log" aria-label="History">
        {chat.map((message) => (
          <li key={message.id} className={message.sender === state.you ? "chat-message chat-own" : "chat-message"}>
            <div className="chat-head">
              <strong>{message.sender === state.you ? "You" : message.sender_name}</strong>
              {message.to !== null && message.to !== undefined && <em>{privateNote(message, state)}</em>}
              <time>{TIME.format(message.sent_at * 1000)}</time>
            </div>
            <ChatText text={message.text} />
          </li>
        ))}
      </ol>
      {chat.length === 0 && <p className="chat-none">No messages yet.</p>}
      <ChatForm state={state} send={send} />
    </div>
  );
}

function privateNote(message: ChatMessage, state: CallState): string {
  if (message.to === state.you) return "to you alone";
  return `to ${findParticipant(state, message.to ?? null)?.name ?? "one person"} alone`;
}

function ChatForm({ state, send }: ChatPanelProps) {
  const [text, setText] = useState("");
  const [to, setTo] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const others = state.participants.filter(({ id }) => id !== state.you);
  const receiver = others.some(({ id }) => id === to) ? to : "";

  const submit = (): void => {
    const message = text.trim();
    if (message === "") return;
    setText("");
    setProblem(null);
    send(message, receiver === "" ? null : receiver).catch((error: unknown) => {
      setText((typed) => (typed === "" ? message : typed));
      setProblem(`Not sent. ${error instanceof Error ? error.message : ""}`);
    });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };

  return (
    <form className="chat-form" action={submit}>
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <select aria-label="Send to" value={receiver} onChange={(event) => setTo(event.target.value)}>
        <option value="">To everyone</option>
        {others.map(({ id, name }) => (
          <option key={id} value={id}>
            To {name}
          </option>
        ))}
      </select>
      <div className="chat-line">
        <textarea
          aria-label="Message"
          placeholder="Message"
          rows={2}
          maxLength={LONGEST}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <IconButton icon={Send} label="Send" onClick={submit} disabled={text.trim() === ""} />
      </div>
    </form>
  );
}
