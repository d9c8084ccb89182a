import { useEffect } from "react";
import { session, type SessionState } from "../api/session";
import { useSnapshot } from "./useSnapshot";

/** Who uses this page. */
export function useSession(): SessionState {
  useEffect(() => session.start(), []);
  return useSnapshot(session);
}
