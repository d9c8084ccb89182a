import { useTranslation } from "react-i18next";

/** The names are read out by screen readers in their own language. */
const EMOJI = (
  "😀 😂 🥹 😊 😍 😘 😎 🤔 😅 😬 🙄 😴 😢 😭 😡 🤯 " + "👍 👎 👏 🙌 🙏 💪 👋 🤝 ❤️ 🔥 🎉 ✨ ✅ ❌ ❓ 💡"
).split(" ");

export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useTranslation("call");
  return (
    <div role="group" aria-label={t("emoji.label")} className="grid max-w-[352px] grid-cols-[repeat(auto-fill,44px)]">
      {EMOJI.map((emoji) => (
        <button key={emoji} type="button" className="emoji-button" onClick={() => onPick(emoji)}>
          {emoji}
        </button>
      ))}
    </div>
  );
}
