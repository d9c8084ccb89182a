import { Lock, Reply, Trash2 } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { ChatMessage as Message } from "../../client/protocol";
import { findReceiver, senderOf } from "../../client/receiver";
import { useCallParts, useCallState } from "../../hooks/useCallContext";
import { useDates } from "../../hooks/useDates";
import { cn } from "../../lib/cn";
import { Tooltip } from "../ui/Tooltip";
import { ChatText } from "./ChatText";
import { moderate } from "./moderation";

interface ChatMessageProps {
  message: Message;
  /** It follows another one of the same person closely, and needs no name. */
  together: boolean;
}

export const ChatMessage = memo(function ChatMessage({ message, together }: ChatMessageProps) {
  const { t } = useTranslation("call");
  const { time } = useDates();
  const mine = message.mine === true;
  const personal = message.to !== null && message.to !== undefined;
  return (
    // A tap focuses it, which shows what can be done with it where there is no pointer to hover.
    <li
      tabIndex={-1}
      className={cn("chat-message", mine && "chat-own", personal && "chat-personal", together && "chat-together")}
    >
      {!together && (
        <div className="flex items-baseline gap-2 text-[13px]">
          <strong className="min-w-0 truncate">{mine ? t("chat.you") : message.sender_name}</strong>
          <time className="ml-auto shrink-0 text-quiet" dateTime={new Date(message.sent_at * 1000).toISOString()}>
            {time(message.sent_at)}
          </time>
        </div>
      )}
      {personal && !together && (
        <p className="flex items-center gap-1 text-[13px] font-medium text-warm">
          <Lock aria-hidden size={13} className="shrink-0" />
          <span className="min-w-0 truncate">
            {mine ? t("chat.onlyTo", { name: message.to_name ?? t("chat.somebody") }) : t("chat.onlyToYou")}
          </span>
        </p>
      )}
      <ChatText text={message.text} />
      <MessageActions message={message} personal={personal} />
    </li>
  );
});

function MessageActions({ message, personal }: { message: Message; personal: boolean }) {
  const { t } = useTranslation("call");
  const { call, ui } = useCallParts();
  const host = useCallState(({ rights }) => rights.moderate);
  const here = useCallState(
    (state) => message.sender !== state.you && findReceiver(state, senderOf(message)) !== undefined,
  );
  const deletes = host && !personal;
  if (!here && !deletes) return null;
  return (
    <div className="chat-actions">
      {here && (
        <ActionButton
          label={t("chat.reply", { name: message.sender_name })}
          onClick={() => ui.writeTo(senderOf(message))}
        >
          <Reply aria-hidden size={17} />
        </ActionButton>
      )}
      {deletes && (
        <ActionButton
          label={t("chat.delete", { name: message.sender_name })}
          onClick={() => moderate(call, { do: "delete_chat", message: message.id }, t)}
        >
          <Trash2 aria-hidden size={17} />
        </ActionButton>
      )}
    </div>
  );
}

function ActionButton({ label, onClick, children }: { label: string; onClick: () => void; children: React.ReactNode }) {
  return (
    <Tooltip text={label}>
      <button type="button" className="chat-action" aria-label={label} onClick={onClick}>
        {children}
      </button>
    </Tooltip>
  );
}
