import type { Notice } from "../hooks/useNotices";

export function Notices({ notices }: { notices: readonly Notice[] }) {
  return (
    <div className="notices" aria-live="polite" aria-relevant="additions">
      {notices.map(({ id, text }) => (
        <p key={id} className="notice">
          {text}
        </p>
      ))}
    </div>
  );
}
