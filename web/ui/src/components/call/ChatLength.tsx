import { useTranslation } from "react-i18next";
import { chatLength, LONGEST_CHAT } from "../../client/chat";

/** From so many characters left on they are counted. */
const NEAR = 200;

/** Whether a text is too long for one message. */
export function isTooLong(text: string): boolean {
  return charactersLeft(text) < 0;
}

function charactersLeft(text: string): number {
  // No text has more characters than code units: most need no counting.
  return LONGEST_CHAT - (text.length < LONGEST_CHAT - NEAR ? text.length : chatLength(text));
}

/** How much still fits, once that is little, or how much is too much. */
export function ChatLength({ text }: { text: string }) {
  const { t, i18n } = useTranslation("call");
  const left = charactersLeft(text);
  if (left > NEAR) return null;
  const number = new Intl.NumberFormat(i18n.language).format(Math.abs(left));
  if (left >= 0) return <p className="text-right text-[13px] text-quiet">{t("chat.left", { count: left, number })}</p>;
  return (
    <p className="text-sm font-medium text-danger">
      {/* Read out once, not with every change of the number. */}
      <span role="alert">{t("chat.tooLong")}</span> {t("chat.over", { count: -left, number })}
    </p>
  );
}
