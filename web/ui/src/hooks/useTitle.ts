import { useEffect } from "react";

/** The name of the page in the browser's tab; undefined: only that of the product. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title === undefined ? "Milanio" : `${title} · Milanio`;
    return () => {
      document.title = "Milanio";
    };
  }, [title]);
}
