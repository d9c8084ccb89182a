import { useTranslation } from "react-i18next";
import { findParticipant } from "../../client/state";
import { useCallParts, useCallState } from "../../hooks/useCallContext";
import { useSelector } from "../../hooks/useSelector";
import type { PassingReaction } from "../../client/reactions";

/** How many columns they rise in, so that not all are at one place. */
const LANES = 7;

/** Reactions rise over the pictures, with the names of those they are from. */
export function ReactionLayer() {
  const { reactions } = useCallParts();
  const shown = useSelector(reactions, (all) => all);
  return (
    <div className="reaction-layer">
      {shown.map((reaction) => (
        <Rising key={reaction.id} reaction={reaction} />
      ))}
    </div>
  );
}

function Rising({ reaction }: { reaction: PassingReaction }) {
  const { t } = useTranslation("call");
  const name = useCallState((state) => findParticipant(state, reaction.participant)?.name ?? "");
  const own = useCallState(({ you }) => you === reaction.participant);
  const lane = (reaction.id * 3) % LANES;
  return (
    <div className="reaction" style={{ left: `${8 + lane * 6}%` }}>
      <span className="reaction-emoji">{reaction.emoji}</span>
      <span className="reaction-name">{own ? t("chat.you") : name}</span>
    </div>
  );
}
