import { useEffect, useState, useSyncExternalStore } from "react";
import { ConnectionTest, type TestState } from "../client/connectionTest";

/** A connection test that is stopped when the component goes; `name` is what its two ends are called. */
export function useConnectionTest(name: string): { state: TestState; run: () => void } {
  const [test] = useState(() => new ConnectionTest(name));
  const state = useSyncExternalStore(test.subscribe, test.getSnapshot);
  useEffect(() => () => test.stop(), [test]);
  return { state, run: () => void test.run() };
}
