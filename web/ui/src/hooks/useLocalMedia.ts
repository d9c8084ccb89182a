import { useEffect, useState } from "react";
import { LocalMedia } from "../client/media";

/** One's own devices, opened when the component appears and released when it goes. */
export function useLocalMedia(): LocalMedia | null {
  const [media, setMedia] = useState<LocalMedia | null>(null);
  useEffect(() => {
    const opened = new LocalMedia();
    // eslint-disable-next-line react-hooks/set-state-in-effect -- devices may only be opened outside rendering
    setMedia(opened);
    void opened.start();
    return () => opened.close();
  }, []);
  return media;
}
