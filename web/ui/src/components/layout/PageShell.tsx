import { type ReactNode, useRef } from "react";
import { useArrival } from "../../hooks/useArrival";
import { useTitle } from "../../hooks/useTitle";
import { cn } from "../../lib/cn";
import { Header } from "./Header";

interface PageShellProps {
  /** For the tab of the browser; left out: only the name of the product. */
  title?: string;
  /** "centre": little text in the middle of the page. */
  layout?: "wide" | "narrow" | "centre";
  children: ReactNode;
}

const LAYOUTS = {
  wide: "max-w-6xl",
  narrow: "max-w-2xl",
  centre: "max-w-2xl flex flex-col items-center justify-center gap-5 text-center",
};

/** What is around every page but the call: the header, and one main part. */
export function PageShell({ title, layout = "wide", children }: PageShellProps) {
  const main = useRef<HTMLElement>(null);
  useTitle(title);
  useArrival(main, title);
  return (
    <div className="flex min-h-dvh flex-col">
      <Header />
      <main ref={main} tabIndex={-1} className={cn("mx-auto w-full grow px-4 pb-10 sm:px-6", LAYOUTS[layout])}>
        {children}
      </main>
    </div>
  );
}
