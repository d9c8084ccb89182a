import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";

/** What went wrong, where it belongs to no field. Nothing where there is nothing. */
export function Problem({ text, children }: { text: string | null; children?: ReactNode }) {
  if (text === null) return null;
  return (
    <div
      role="alert"
      className="flex animate-fade-in items-start gap-3 rounded-control bg-danger-soft px-3.5 py-3 text-[15px] text-danger"
    >
      <CircleAlert aria-hidden size={20} className="mt-0.5 shrink-0" />
      <div className="grid gap-1">
        <p>{text}</p>
        {children}
      </div>
    </div>
  );
}
