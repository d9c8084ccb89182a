import { useEffect, useState } from "react";

/**
 * The token behind the # of a mailed link; null: there is none.
 *
 * It never went to the server with the request for the page, and it is taken out of the address, so that it stays
 * in no history.
 */
export function useFragmentToken(): string | null {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get("token"));
  useEffect(() => {
    if (location.hash !== "") history.replaceState(history.state, "", location.pathname + location.search);
  }, []);
  return token;
}
