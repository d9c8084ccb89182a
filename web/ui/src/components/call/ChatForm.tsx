import { Send, SmilePlus } from "lucide-react";
import { type KeyboardEvent, useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCallParts, useCallState, useCallView } from "../../hooks/useCallContext";
import { useCursor } from "../../hooks/useCursor";
import { IconButton } from "../ui/IconButton";
import { Popover } from "../ui/Popover";
import { EmojiPicker } from "./EmojiPicker";
import { failureText } from "./failure";
import { type DraftReceiver, ReceiverChoice, useDraftReceiver } from "./ReceiverChoice";

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
  write: (change: string | ((text: string) => string)) => void;
  submit: () => void;
}

/** A message that is not sent comes back to be sent again. */
function useDraft({ to, gone }: DraftReceiver): Draft {
  const { t } = useTranslation("call");
  const { call, ui } = useCallParts();
  const text = useCallView(({ draft }) => draft.text);
  const write = useCallback<Draft["write"]>((change) => ui.write(change), [ui]);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (): void => {
    const message = text.trim();
    if (message === "" || gone) return;
    const { draft } = ui.getSnapshot();
    write("");
    setProblem(null);
    call.sendChat(message, to).catch((error: unknown) => {
      ui.giveBack({ ...draft, text: message });
      setProblem(t("chat.notSent", { why: failureText(error, t) }));
    });
  };
  return { text, problem, write, submit };
}

function OpenChatForm() {
  const { t } = useTranslation("call");
  const receiver = useDraftReceiver();
  const { text, problem, write, submit } = useDraft(receiver);
  const field = useRef<HTMLTextAreaElement>(null);
  useCursor(field);

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
      <ReceiverChoice receiver={receiver} />
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
        <IconButton
          icon={Send}
          label={t("chat.send")}
          onClick={submit}
          disabled={receiver.gone || text.trim() === ""}
        />
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
