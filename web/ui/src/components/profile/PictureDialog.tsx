import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { session } from "../../api/session";
import { setAvatar } from "../../api/users";
import { useAttempt } from "../../hooks/useAttempt";
import { squarePicture } from "../../lib/squarePicture";
import { notify } from "../../notices/notices";
import { Button } from "../ui/Button";
import { Dialog, DialogCancel } from "../ui/Dialog";
import { Problem } from "../ui/Problem";
import { Spinner } from "../ui/Spinner";

interface Preview {
  picture: Blob;
  address: string;
}

/** Shows what will be seen of a picture, before it is sent. */
export function PictureDialog({ file, onClose }: { file: File; onClose: () => void }) {
  const { t } = useTranslation(["profile", "common"]);
  const { busy, attempt } = useAttempt();
  const preview = usePreview(file);
  const save = (picture: Blob): void =>
    attempt(async () => {
      const user = await setAvatar(picture);
      // Its address stays the same, and the browser would go on showing the old one.
      session.know({ ...user, avatar: user.avatar && `${user.avatar}?${Date.now()}` });
      notify(t("profile:picture.saved"), { kind: "good" });
      onClose();
    });
  const ready = preview !== null && preview !== "bad";
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("profile:picture.title")}
      description={t("profile:picture.text")}
      footer={
        <>
          <DialogCancel />
          <Button look="primary" busy={busy} disabled={busy || !ready} onClick={() => ready && save(preview.picture)}>
            {t("profile:picture.use")}
          </Button>
        </>
      }
    >
      {preview === "bad" && <Problem text={t("common:error.not_a_picture")} />}
      {preview === null && <Spinner label={t("common:loading")} />}
      {ready && (
        <div className="flex items-center justify-center gap-6">
          <img src={preview.address} alt={t("profile:picture.preview")} className="size-44 rounded-full object-cover" />
          <img src={preview.address} alt="" className="size-14 rounded-full object-cover" />
        </div>
      )}
    </Dialog>
  );
}

/** The square in the middle; null: not ready yet. */
function usePreview(file: File): Preview | "bad" | null {
  const [preview, setPreview] = useState<Preview | "bad" | null>(null);
  useEffect(() => {
    let address: string | null = null;
    let here = true;
    squarePicture(file).then(
      (picture) => {
        if (!here) return;
        address = URL.createObjectURL(picture);
        setPreview({ picture, address });
      },
      () => {
        if (here) setPreview("bad");
      },
    );
    return () => {
      here = false;
      if (address !== null) URL.revokeObjectURL(address);
    };
  }, [file]);
  return preview;
}
