import { initials, nameColour } from "./names";

export function Avatar({ name }: { name: string }) {
  return (
    <span className={`avatar avatar-${nameColour(name)}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
