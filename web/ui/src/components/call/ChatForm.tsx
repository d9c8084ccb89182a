import { Send, SmilePlus } from "lucide-react";
import { type Dispatch, type KeyboardEvent, type SetStateAction, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { findParticipant } from "../../client/state";
import { useCallParts, useCallState, useCallView } from "../../hooks/useCallContext";
import { sameItems } from "../../hooks/useSelector";
import { IconButton } from "../ui/IconButton";
import { Popover } from "../ui/Popover";
import { EmojiPicker } from "./EmojiPicker";
import { failureText } from "./failure";

const LONGEST = 4000;

/** What one is about to say. */
export function ChatForm() {
  const { t } = useTranslation("call");
  const allowed = useCallState(({ rights, room }) => rights.chat && (rights.moderate || room?.chat !== false));
  if (!allowed) return <p className="border-t border-line p-4 text-center text-[15px] text-quiet">{t("chat.off")}</p>;
  return <OpenChatForm />;
}

interface Draft {
  text: string;
  problem: string | null;
  write: Dispatch<SetStateAction<string>>;
  submit: () => void;
}

/** A message that is not sent comes back to be sent again. */
function useDraft(to: string | null): Draft {
  const { t } = useTranslation("call");
  const { call } = useCallParts();
  const [text, write] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (): void => {
    const message = text.trim();
    if (message === "") return;
    write("");
    setProblem(null);
    call.sendChat(message, to).catch((error: unknown) => {
      write((typed) => (typed === "" ? message : typed));
      setProblem(t("chat.notSent", { why: failureText(error, t) }));
    });
  };
  return { text, problem, write, submit };
}

function OpenChatForm() {
  const { t } = useTranslation("call");
  const { ui } = useCallParts();
  const to = useReceiver();
  const { text, problem, write, submit } = useDraft(to);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // Who was chosen to be written to is written to next.
    if (to !== null) field.current?.focus();
  }, [to]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  const insert = (emoji: string): void => {
    const { selectionStart: start = text.length, selectionEnd: end = text.length } = field.current ?? {};
    write((text.slice(0, start) + emoji + text.slice(end)).slice(0, LONGEST));
    field.current?.focus();
  };
  return (
    <form className="chat-form" action={submit}>
      {problem !== null && (
        <p role="alert" className="text-sm font-medium text-danger">
          {problem}
        </p>
      )}
      <ReceiverChoice to={to} onChoose={(chatTo) => ui.update({ chatTo })} />
      <div className="flex items-end gap-1.5">
        <textarea
          ref={field}
          aria-label={t("chat.message")}
          placeholder={t("chat.placeholder")}
          rows={1}
          maxLength={LONGEST}
          value={text}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
          className="chat-field"
        />
        <EmojiButton onPick={insert} />
        <IconButton icon={Send} label={t("chat.send")} onClick={submit} disabled={text.trim() === ""} />
      </div>
    </form>
  );
}

function EmojiButton({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useTranslation("call");
  return (
    <Popover
      label={t("emoji.label")}
      side="top"
      align="end"
      trigger={<IconButton icon={SmilePlus} label={t("emoji.insert")} look="ghost" />}
    >
      <EmojiPicker onPick={onPick} />
    </Popover>
  );
}

/** The one person who will read what is written; null: everyone, also once that person has left. */
function useReceiver(): string | null {
  const chosen = useCallView(({ chatTo }) => chatTo);
  return useCallState((state) => (findParticipant(state, chosen) === undefined ? null : chosen));
}

function ReceiverChoice({ to, onChoose }: { to: string | null; onChoose: (to: string | null) => void }) {
  const { t } = useTranslation("call");
  const others = useCallState(
    ({ participants, you }) => participants.filter(({ id }) => id !== you).map(({ id, name }) => ({ id, name })),
    sameItems,
  );
  return (
    <select
      aria-label={t("chat.to")}
      className="chat-to"
      data-personal={to === null ? undefined : true}
      value={to ?? ""}
      onChange={(event) => onChoose(event.target.value === "" ? null : event.target.value)}
    >
      <option value="">{t("chat.toAll")}</option>
      {others.map(({ id, name }) => (
        <option key={id} value={id}>
          {t("chat.toOne", { name })}
        </option>
      ))}
    </select>
  );
}
