/**
 * The folder of the site in which this page is, such as "/meet"; empty at the root. The server writes it into the
 * document: only the operator knows what a proxy cuts off.
 */
export const BASE: string =
  typeof document === "undefined"
    ? ""
    : (document.querySelector<HTMLMetaElement>('meta[name="milanio-base"]')?.content ?? "");

/** Where something of the server is, given its path there. */
export function pathOf(path: string, base = BASE): string {
  return path.startsWith("/") && !path.startsWith("//") ? base + path : path;
}
