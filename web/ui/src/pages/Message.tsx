import type { ReactNode } from "react";
import { Link } from "wouter";

interface MessageProps {
  title: string;
  text?: string | null;
  children?: ReactNode;
}

/** A page that only says something, with a way on. */
export function Message({ title, text, children }: MessageProps) {
  return (
    <main className="home">
      <h1>{title}</h1>
      {text && <p className="pitch">{text}</p>}
      <div className="ways">
        {children}
        <Link href="/" className="button">
          Home
        </Link>
      </div>
    </main>
  );
}
