import type { LucideIcon } from "lucide-react";
import { cn } from "../lib/cn";

/** A picture at the head of a page that says something. */
export function RoundIcon({ icon: Icon, look = "good" }: { icon: LucideIcon; look?: "good" | "bad" | "warm" }) {
  const looks = {
    good: "bg-accent-soft text-accent",
    bad: "bg-danger-soft text-danger",
    warm: "bg-warm-soft text-warm",
  };
  return (
    <span className={cn("grid size-22 place-items-center rounded-full", looks[look])}>
      <Icon aria-hidden size={40} strokeWidth={1.75} />
    </span>
  );
}
