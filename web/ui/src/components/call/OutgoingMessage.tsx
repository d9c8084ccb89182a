import { Lock } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { OutgoingMessage as Message } from "../../client/chatOutbox";
import { useCallParts } from "../../hooks/useCallContext";
import { cn } from "../../lib/cn";
import { TextButton } from "../ui/TextButton";
import { ChatText } from "./ChatText";
import { failureOf } from "./failure";

/** One's own message, as long as it is not known to have arrived. */
export const OutgoingMessage = memo(function OutgoingMessage({ message }: { message: Message }) {
  const { t } = useTranslation("call");
  const { text, to, toName, problem } = message;
  return (
    <li className={cn("chat-message chat-own", to !== null && "chat-personal")} data-outgoing={problem ?? "sending"}>
      {to !== null && (
        <p className="flex items-center gap-1 text-[13px] font-medium text-warm">
          <Lock aria-hidden size={13} className="shrink-0" />
          <span className="min-w-0 truncate">{t("chat.onlyTo", { name: toName ?? t("chat.somebody") })}</span>
        </p>
      )}
      <ChatText text={text} />
      {problem === null ? <p className="chat-sending">{t("chat.sending")}</p> : <NotSent message={message} />}
    </li>
  );
});

function NotSent({ message: { client_id, problem } }: { message: Message }) {
  const { t } = useTranslation("call");
  const { outbox } = useCallParts().call;
  return (
    <div className="text-sm">
      <p role="alert" className="font-medium text-danger">
        {t("chat.notSent", { why: failureOf(problem, t) })}
      </p>
      <div className="flex gap-4">
        <TextButton onClick={() => outbox.retry(client_id)}>{t("chat.sendAgain")}</TextButton>
        <TextButton onClick={() => outbox.discard(client_id)}>{t("chat.discard")}</TextButton>
      </div>
    </div>
  );
}
