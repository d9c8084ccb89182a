import { Send, SmilePlus } from "lucide-react";
import { type ClipboardEvent, type KeyboardEvent, useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { sendable } from "../../client/chat";
import { useCallParts, useCallState, useCallView } from "../../hooks/useCallContext";
import { useCursor } from "../../hooks/useCursor";
import { isComposing } from "../../lib/composing";
import { IconButton } from "../ui/IconButton";
import { Popover } from "../ui/Popover";
import { ChatLength, isTooLong } from "./ChatLength";
import { EmojiPicker } from "./EmojiPicker";
import { type DraftReceiver, ReceiverChoice, useDraftReceiver } from "./ReceiverChoice";

/** Chromium takes minutes to paste thousands of lines by itself, and no time at all to take them from a script. */
const QUICKLY_PASTED = 1000;

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
  write: (change: string | ((text: string) => string)) => void;
  submit: () => void;
}

/** What was sent is among the messages; where it can't be, it stays. */
function useDraft({ to, gone }: DraftReceiver): Draft {
  const { t } = useTranslation("call");
  const { call, ui } = useCallParts();
  const text = useCallView(({ draft }) => draft.text);
  const write = useCallback<Draft["write"]>((change) => ui.write(change), [ui]);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (): void => {
    if (gone || !isMessage(text)) return;
    const sent = call.sendChat(text, to);
    if (sent) write("");
    setProblem(sent ? null : t("chat.waiting"));
  };
  return { text, problem, write, submit };
}

/** Whether it can be sent as it is. */
function isMessage(text: string): boolean {
  return sendable(text) !== "" && !isTooLong(text);
}

function OpenChatForm() {
  const { t } = useTranslation("call");
  const receiver = useDraftReceiver();
  const { text, problem, write, submit } = useDraft(receiver);
  const field = useRef<HTMLTextAreaElement>(null);
  useCursor(field);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event.nativeEvent)) return;
    event.preventDefault();
    submit();
  };
  const insert = (added: string): void => {
    const element = field.current;
    if (element === null) return;
    element.setRangeText(added, element.selectionStart, element.selectionEnd, "end");
    write(element.value);
    element.focus();
  };
  const onPaste = (event: ClipboardEvent): void => {
    const pasted = event.clipboardData.getData("text/plain");
    if (pasted.length <= QUICKLY_PASTED) return;
    event.preventDefault();
    insert(pasted);
  };
  return (
    <form className="chat-form" action={submit}>
      {problem !== null && (
        <p role="alert" className="text-sm font-medium text-danger">
          {problem}
        </p>
      )}
      <ReceiverChoice receiver={receiver} />
      <div className="flex items-end gap-1.5">
        <textarea
          ref={field}
          aria-label={t("chat.message")}
          placeholder={t("chat.placeholder")}
          rows={1}
          aria-invalid={isTooLong(text)}
          value={text}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          className="chat-field"
        />
        <EmojiButton onPick={insert} />
        <IconButton icon={Send} label={t("chat.send")} onClick={submit} disabled={receiver.gone || !isMessage(text)} />
      </div>
      <ChatLength text={text} />
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
