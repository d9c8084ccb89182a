/** The mark: two people side by side, and so an m. */
export function LogoMark({ size = 36 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden className="shrink-0">
      <rect width="32" height="32" rx="9" fill="#0d6b5e" />
      <g fill="none" stroke="#fff" strokeWidth="3.2" strokeLinecap="round" strokeLinejoin="round">
        <path d="M6.5 25v-4.25a4.75 4.75 0 0 1 9.5 0V25" />
        <path d="M16 25v-4.25a4.75 4.75 0 0 1 9.5 0V25" />
      </g>
      <circle cx="11.25" cy="9.75" r="2.9" fill="#8fe6d0" />
      <circle cx="20.75" cy="9.75" r="2.9" fill="#ffb48c" />
    </svg>
  );
}

export function Logo() {
  return (
    <span className="flex items-center gap-2.5">
      <LogoMark />
      <span className="text-[21px] font-bold tracking-tight">Milanio</span>
    </span>
  );
}
