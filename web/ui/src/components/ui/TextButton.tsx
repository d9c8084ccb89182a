import type { ReactNode } from "react";

/** Something to press in the middle of a text. */
export function TextButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="min-h-8 rounded-md font-semibold text-accent underline-offset-4 hover:underline"
    >
      {children}
    </button>
  );
}
