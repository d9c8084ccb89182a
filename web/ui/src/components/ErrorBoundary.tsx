import { Bandage } from "lucide-react";
import { Component, type ErrorInfo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { LogoMark } from "./art/Logo";
import { RoundIcon } from "./RoundIcon";
import { Button } from "./ui/Button";

interface ErrorBoundaryProps {
  /** Shown in place of what failed, with how to try it again; left out: a page that says so. */
  instead?: (retry: () => void) => ReactNode;
  children: ReactNode;
}

/** Keeps a mistake in one part from leaving an empty page: also where a new version of the page lacks old files. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    console.error("the page stumbled", error, info.componentStack);
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return this.props.instead === undefined ? <Crash /> : this.props.instead(() => this.setState({ failed: false }));
  }
}

/** On its own: whatever else is on a page may be what has failed. */
function Crash() {
  const { t } = useTranslation();
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-5 px-5 py-10 text-center">
      <LogoMark size={44} />
      <RoundIcon icon={Bandage} look="bad" />
      <h1 className="text-2xl sm:text-3xl">{t("crash.title")}</h1>
      <p className="max-w-md text-[17px] text-balance text-quiet">{t("crash.text")}</p>
      <Button look="primary" onClick={() => location.reload()}>
        {t("crash.reload")}
      </Button>
    </main>
  );
}
