import type { ReactNode } from "react";
import { cn } from "../../lib/cn";

export function Card({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <div className={cn("rounded-card border border-line bg-surface p-5 shadow-card sm:p-6", className)}>{children}</div>
  );
}

interface SectionProps {
  title: string;
  text?: string;
  children: ReactNode;
}

/** A card with a heading. */
export function Section({ title, text, children }: SectionProps) {
  return (
    <section className="rounded-card border border-line bg-surface p-5 shadow-card sm:p-6">
      <h2 className="text-lg">{title}</h2>
      {text !== undefined && <p className="mt-1 text-[15px] text-quiet">{text}</p>}
      <div className="mt-4">{children}</div>
    </section>
  );
}
