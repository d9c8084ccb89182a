import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Call } from "../client/call";
import type { LocalMedia } from "../client/media";
import { Preview } from "../components/call/Preview";
import { Button } from "../components/ui/Button";
import { Spinner } from "../components/ui/Spinner";
import { useFirstStep } from "../hooks/useArrival";
import { useSelector } from "../hooks/useSelector";
import { useSession } from "../hooks/useSession";
import { useTitle } from "../hooks/useTitle";

interface WaitingPageProps {
  call: Call;
  media: LocalMedia;
}

/** Before the door: a host has been told, and decides. */
export function WaitingPage({ call, media }: WaitingPageProps) {
  const { t } = useTranslation("call");
  const { user } = useSession();
  const title = useSelector(call, ({ room }) => room?.title ?? "");
  useTitle(t("waiting.title"));
  const main = useRef<HTMLElement>(null);
  useFirstStep(main);
  return (
    <main
      ref={main}
      tabIndex={-1}
      className="mx-auto flex min-h-dvh w-full max-w-2xl flex-col items-center justify-center gap-6 px-4 py-8 text-center"
    >
      <div className="grid justify-items-center gap-3" role="status">
        <Spinner size={40} className="text-accent" />
        <h1 className="text-2xl sm:text-3xl">{t("waiting.title")}</h1>
        <p className="max-w-md text-[17px] text-balance text-quiet">
          {title === "" ? t("waiting.text") : t("waiting.textIn", { title })}
        </p>
      </div>
      <div className="w-full max-w-md">
        <Preview
          media={media}
          name={user?.name ?? ""}
          colour={user?.avatar_colour ?? null}
          picture={user?.avatar ?? null}
        />
      </div>
      <Button onClick={() => call.leave()}>{t("waiting.leave")}</Button>
    </main>
  );
}
