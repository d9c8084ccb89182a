import type { CSSProperties, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { cn } from "../lib/cn";
import { ErrorBoundary } from "./ErrorBoundary";
import { TextButton } from "./ui/TextButton";

interface PartProps {
  /** What stands in its place where it failed. */
  element?: "div" | "li";
  className?: string;
  style?: CSSProperties;
  /** It has no place of its own: the notice floats above the rest. */
  floating?: boolean;
  children: ReactNode;
}

/** A part of a page that may fail by itself: the rest goes on, and it can be tried again. */
export function Part({ children, ...place }: PartProps) {
  return <ErrorBoundary instead={(retry) => <Failed {...place} onRetry={retry} />}>{children}</ErrorBoundary>;
}

interface FailedProps extends Omit<PartProps, "children"> {
  onRetry: () => void;
}

function Failed({ element: Element = "div", className, style, floating = false, onRetry }: FailedProps) {
  const { t } = useTranslation("common");
  return (
    <Element className={cn("part-failed", floating && "part-failed-floating", className)} style={style}>
      <p role="alert">{t("crash.part")}</p>
      <TextButton onClick={onRetry}>{t("action.retry")}</TextButton>
    </Element>
  );
}
