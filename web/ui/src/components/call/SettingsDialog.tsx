import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { OwnView } from "../../client/preferences";
import { useCallParts, useCallView, useMedia, usePreference } from "../../hooks/useCallContext";
import { Dialog } from "../ui/Dialog";
import { SelectField } from "../ui/Field";
import { SwitchField } from "../ui/Switch";
import { Tabs } from "../ui/Tabs";
import { AppearanceSettings } from "./AppearanceSettings";
import { CameraPicker, MicrophonePicker, SpeakerPicker } from "./DevicePickers";
import { DeviceProblems } from "./DeviceProblems";
import { LevelMeter } from "./LevelMeter";
import { ownViewOptions } from "./ownView";

type Tab = "audio" | "video" | "receive" | "general";

export function SettingsDialog() {
  const { t } = useTranslation("call");
  const { ui } = useCallParts();
  const open = useCallView(({ window }) => window?.kind === "settings");
  const [tab, setTab] = useState<Tab>("audio");
  return (
    <Dialog open={open} onClose={() => ui.closeWindow()} title={t("settings.title")} size="lg">
      <Tabs
        label={t("settings.title")}
        value={tab}
        onChange={setTab}
        tabs={[
          { value: "audio", label: t("settings.audio"), content: <AudioSettings /> },
          { value: "video", label: t("settings.video"), content: <VideoSettings /> },
          { value: "receive", label: t("settings.receive"), content: <ReceiveSettings /> },
          { value: "general", label: t("settings.general"), content: <GeneralSettings /> },
        ]}
      />
    </Dialog>
  );
}

function AudioSettings() {
  const { t } = useTranslation("call");
  const { media } = useCallParts();
  const { preferences } = media;
  const { echoCancellation, noiseSuppression } = usePreference((all) => all);
  const track = useMedia(({ microphone }) => (microphone.on ? microphone.track : null));
  return (
    <div className="grid gap-5">
      <div className="grid gap-2.5">
        <MicrophonePicker media={media} />
        <LevelMeter track={track} />
      </div>
      <SpeakerPicker media={media} />
      <SwitchField
        label={t("settings.noise")}
        hint={t("settings.noiseHint")}
        checked={noiseSuppression}
        onChange={(wanted) => preferences.update({ noiseSuppression: wanted })}
      />
      <SwitchField
        label={t("settings.echo")}
        hint={t("settings.echoHint")}
        checked={echoCancellation}
        onChange={(wanted) => preferences.update({ echoCancellation: wanted })}
      />
      <DeviceProblems media={media} />
    </div>
  );
}

function VideoSettings() {
  const { t } = useTranslation("call");
  const { media } = useCallParts();
  const { preferences } = media;
  const { mirror, blur, ownView } = usePreference((all) => all);
  const blurs = useMedia((state) => state.blurs);
  return (
    <div className="grid gap-5">
      <CameraPicker media={media} />
      <SwitchField
        label={t("settings.mirror")}
        hint={t("settings.mirrorHint")}
        checked={mirror}
        onChange={(wanted) => preferences.update({ mirror: wanted })}
      />
      <SwitchField
        label={t("settings.blur")}
        hint={t(blurs ? "settings.blurHint" : "settings.blurMissing")}
        checked={blur && blurs}
        disabled={!blurs}
        onChange={(wanted) => preferences.update({ blur: wanted })}
      />
      <SelectField<OwnView>
        label={t("own.label")}
        value={ownView}
        options={ownViewOptions(t)}
        onChoose={(wanted) => preferences.update({ ownView: wanted })}
      />
    </div>
  );
}

const HEIGHTS = ["", "720", "360", "180"];
const VIDEOS = ["", "25", "16", "9", "4", "1", "0"];

/** What of the others is received: less costs less, of the line and of the machine. */
function ReceiveSettings() {
  const { t } = useTranslation("call");
  const { preferences } = useCallParts().media;
  const { mostVideos, mostHeight } = usePreference((all) => all);
  const number = (value: string): number | null => (value === "" ? null : Number(value));
  return (
    <div className="grid gap-5">
      <SelectField
        label={t("settings.quality")}
        hint={t("settings.qualityHint")}
        value={String(mostHeight ?? "")}
        options={HEIGHTS.map((value) => ({
          value,
          label: value === "" ? t("settings.qualityAny") : t("settings.qualityMost", { height: value }),
        }))}
        onChoose={(value) => preferences.update({ mostHeight: number(value) })}
      />
      <SelectField
        label={t("settings.videos")}
        hint={t("settings.videosHint")}
        value={String(mostVideos ?? "")}
        options={VIDEOS.map((value) => ({
          value,
          label: value === "" ? t("settings.videosAny") : t("settings.videosMost", { count: Number(value) }),
        }))}
        onChoose={(value) => preferences.update({ mostVideos: number(value) })}
      />
    </div>
  );
}

function GeneralSettings() {
  const { t } = useTranslation("call");
  const { preferences } = useCallParts().media;
  const { pushToTalk, shortcuts, liveKeys } = usePreference((all) => all);
  return (
    <div className="grid gap-5">
      <AppearanceSettings />
      <SwitchField
        label={t("settings.pushToTalk")}
        hint={t("settings.pushToTalkHint")}
        checked={pushToTalk}
        onChange={(wanted) => preferences.update({ pushToTalk: wanted })}
      />
      <SwitchField
        label={t("settings.shortcuts")}
        hint={t("settings.shortcutsHint")}
        checked={shortcuts}
        onChange={(wanted) => preferences.update({ shortcuts: wanted })}
      />
      <SwitchField
        label={t("settings.liveKeys")}
        hint={t("settings.liveKeysHint")}
        checked={shortcuts && liveKeys}
        disabled={!shortcuts}
        onChange={(wanted) => preferences.update({ liveKeys: wanted })}
      />
    </div>
  );
}
