/** Two chairs that wait for somebody. */
export function EmptyRooms() {
  return (
    <svg viewBox="0 0 200 110" className="h-28 w-auto" aria-hidden>
      <ellipse cx="100" cy="98" rx="88" ry="9" fill="var(--raised)" />
      <g fill="none" stroke="var(--accent)" strokeWidth="7" strokeLinecap="round" strokeLinejoin="round">
        <path d="M44 34v32h34v28M44 66v28" />
      </g>
      <g fill="none" stroke="var(--warm)" strokeWidth="7" strokeLinecap="round" strokeLinejoin="round">
        <path d="M156 34v32h-34v28M156 66v28" />
      </g>
      <path d="M88 60h24" stroke="var(--edge)" strokeWidth="6" strokeLinecap="round" />
      <path d="M100 60v34" stroke="var(--edge)" strokeWidth="6" strokeLinecap="round" />
      <path d="M94 47h10v10H94z" fill="var(--surface)" stroke="var(--edge)" strokeWidth="4" strokeLinejoin="round" />
    </svg>
  );
}
