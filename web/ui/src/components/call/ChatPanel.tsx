import { ArrowDown } from "lucide-react";
import { Fragment, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { hasGap, type Older } from "../../client/chat";
import type { ChatMessage as Message } from "../../client/protocol";
import { useCallParts, useCallState } from "../../hooks/useCallContext";
import { useDates } from "../../hooks/useDates";
import { useSelector } from "../../hooks/useSelector";
import { notify } from "../../notices/notices";
import { Part } from "../Part";
import { Button } from "../ui/Button";
import { Spinner } from "../ui/Spinner";
import { ChatForm } from "./ChatForm";
import { ChatMessage } from "./ChatMessage";
import { failureText } from "./failure";
import { OutgoingMessage } from "./OutgoingMessage";

/** So near the end, in pixels, that who reads there wants to see what comes. */
const NEAR_END = 80;
/** Messages of one person within this time stand under one name. */
const TOGETHER_SECONDS = 180;

export function ChatPanel() {
  const { t } = useTranslation("call");
  const chat = useCallState((state) => state.chat);
  const { messages, older } = chat;
  const outgoing = useSelector(useCallParts().call.outbox, (all) => all);
  const { list, atEnd, toEnd, onScroll, loadOlder } = useChatScroll(messages, outgoing, older);
  const { day } = useDates();

  return (
    <div className="relative flex min-h-0 grow flex-col">
      <div
        ref={list}
        role="log"
        aria-label={t("chat.history")}
        tabIndex={0}
        className="chat-scroll"
        onScroll={onScroll}
      >
        <OlderMessages older={older} onLoad={loadOlder} />
        {messages.length + outgoing.length === 0 && (
          <p className="m-auto px-6 text-center text-quiet">{t("chat.none")}</p>
        )}
        <ol className="flex flex-col">
          {messages.map((message, index) => {
            const before = messages[index - 1];
            const newDay = before === undefined || day(before.sent_at) !== day(message.sent_at);
            return (
              <Fragment key={message.id}>
                {hasGap(chat, before, message) && <MissingMessages />}
                {newDay && (
                  <li className="my-2 text-center text-xs font-semibold text-quiet">{day(message.sent_at)}</li>
                )}
                <Part element="li">
                  <ChatMessage message={message} together={!newDay && areTogether(before, message)} />
                </Part>
              </Fragment>
            );
          })}
          {hasGap(chat, messages.at(-1), undefined) && <MissingMessages />}
          {outgoing.map((message) => (
            <Part key={message.client_id} element="li">
              <OutgoingMessage message={message} />
            </Part>
          ))}
        </ol>
      </div>
      {!atEnd && messages.length > 0 && (
        <button type="button" className="chat-to-end" aria-label={t("chat.toEnd")} onClick={toEnd}>
          <ArrowDown aria-hidden size={20} />
        </button>
      )}
      <Part>
        <ChatForm />
      </Part>
    </div>
  );
}

/** The server stopped here before it had stored everything. */
function MissingMessages() {
  const { t } = useTranslation("call");
  return <li className="my-2 text-center text-xs text-quiet">{t("chat.gap")}</li>;
}

/** Whether a message can do without a head of its own. */
export function areTogether(before: Message | undefined, message: Message): boolean {
  if (before === undefined) return false;
  const same =
    before.sender === message.sender && before.sender_name === message.sender_name && before.mine === message.mine;
  return same && before.to === message.to && message.sent_at - before.sent_at < TOGETHER_SECONDS;
}

function OlderMessages({ older, onLoad }: { older: Older; onLoad: () => void }) {
  const { t } = useTranslation("call");
  const mark = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = mark.current;
    if (element === null || older !== "some") return;
    // Scrolling up to the first message is asking for what was before it.
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) onLoad();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [older, onLoad]);
  if (older === "none") return null;
  return (
    <div ref={mark} className="grid min-h-12 shrink-0 place-items-center text-quiet">
      {older === "loading" ? (
        <Spinner label={t("chat.loading")} />
      ) : (
        <Button look="ghost" onClick={onLoad}>
          {t("chat.older")}
        </Button>
      )}
    </div>
  );
}

interface ChatScroll {
  list: React.RefObject<HTMLDivElement | null>;
  atEnd: boolean;
  toEnd: () => void;
  onScroll: () => void;
  loadOlder: () => void;
}

/** Follows what is said while one is at the end, and keeps what one reads in its place when older messages come. */
function useChatScroll(messages: readonly Message[], outgoing: readonly unknown[], older: Older): ChatScroll {
  const { t } = useTranslation("call");
  const { call } = useCallParts();
  const list = useRef<HTMLDivElement>(null);
  const place = useRef({ end: true, fromBottom: 0 });
  const [atEnd, setAtEnd] = useState(true);
  const first = messages[0]?.id;

  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return;
    const { end, fromBottom } = place.current;
    element.scrollTop = end ? element.scrollHeight : element.scrollHeight - fromBottom;
  }, [first, older]);
  useLayoutEffect(() => {
    const element = list.current;
    if (element !== null && place.current.end) element.scrollTop = element.scrollHeight;
  }, [messages, outgoing]);

  const [actions] = useState(() => ({
    toEnd: (): void => {
      const element = list.current;
      if (element !== null) element.scrollTo({ top: element.scrollHeight, behavior: "smooth" });
    },
    onScroll: (): void => {
      const element = list.current;
      if (element === null) return;
      const fromBottom = element.scrollHeight - element.scrollTop;
      const end = fromBottom - element.clientHeight < NEAR_END;
      place.current = { end, fromBottom };
      setAtEnd(end);
    },
    loadOlder: (): void => {
      call.loadOlderChat().catch((error: unknown) => notify(failureText(error, t), { kind: "bad" }));
    },
  }));
  return { list, atEnd, ...actions };
}
