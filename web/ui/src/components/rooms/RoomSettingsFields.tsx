import { useState } from "react";
import { useTranslation } from "react-i18next";
import { LEAST_CAPACITY, LONGEST_TITLE, MOST_CAPACITY } from "../../client/httpTypes";
import type { RoomSettingsForm } from "../../hooks/useRoomSettings";
import { Choice } from "../ui/Choice";
import { SelectField, TextField } from "../ui/Field";
import { SwitchField } from "../ui/Switch";
import { capacityFrom, LIFETIMES, SWITCHES } from "./settings";

/** All that can be set of a room. */
export function RoomSettingsFields({ form }: { form: RoomSettingsForm }) {
  const { t } = useTranslation("lobby");
  const { settings, change: onChange, problems, setCapacityValid: onCapacityValid } = form;
  return (
    <div className="grid gap-5">
      <TextField
        label={t("settings.title")}
        placeholder={t("settings.titlePlaceholder")}
        value={settings.title}
        maxLength={LONGEST_TITLE}
        autoComplete="off"
        error={problems.title ? t("settings.titleRefused") : null}
        onChange={(event) => onChange({ title: event.target.value })}
      />
      <Choice
        label={t("settings.access")}
        value={settings.access}
        options={[
          { value: "open", label: t("access.open"), hint: t("access.openHint") },
          { value: "waiting", label: t("access.waiting"), hint: t("access.waitingHint") },
          { value: "members", label: t("access.members"), hint: t("access.membersHint") },
        ]}
        onChoose={(access) => onChange({ access })}
      />
      <Switches settings={settings} onChange={onChange} />
      <div className="grid gap-5 sm:grid-cols-2">
        <CapacityField
          capacity={settings.capacity}
          onChange={(capacity) => {
            onCapacityValid(capacity !== undefined);
            if (capacity !== undefined) onChange({ capacity });
          }}
        />
        <LifetimeField seconds={settings.ttl_seconds} onChange={(ttl_seconds) => onChange({ ttl_seconds })} />
      </div>
    </div>
  );
}

interface SwitchesProps {
  settings: RoomSettingsForm["settings"];
  onChange: RoomSettingsForm["change"];
}

function Switches({ settings, onChange }: SwitchesProps) {
  const { t } = useTranslation("lobby");
  return (
    <div className="grid gap-2">
      {SWITCHES.map((name) => (
        <SwitchField
          key={name}
          label={t(`settings.${name}`)}
          hint={name === "locked" ? t("settings.lockedHint") : undefined}
          checked={settings[name]}
          onChange={(checked) => onChange({ [name]: checked })}
        />
      ))}
    </div>
  );
}

interface CapacityFieldProps {
  capacity: number | null;
  /** undefined: what was typed is no number of people. */
  onChange: (capacity: number | null | undefined) => void;
}

function CapacityField({ capacity, onChange }: CapacityFieldProps) {
  const { t } = useTranslation("lobby");
  const [text, setText] = useState(capacity === null ? "" : String(capacity));
  const wrong = capacityFrom(text) === undefined;
  return (
    <TextField
      label={t("settings.capacity")}
      placeholder={t("settings.capacityPlaceholder")}
      inputMode="numeric"
      autoComplete="off"
      value={text}
      error={wrong ? t("settings.capacityProblem", { least: LEAST_CAPACITY, most: MOST_CAPACITY }) : null}
      onChange={(event) => {
        setText(event.target.value);
        onChange(capacityFrom(event.target.value));
      }}
    />
  );
}

function LifetimeField({ seconds, onChange }: { seconds: number | null; onChange: (seconds: number | null) => void }) {
  const { t } = useTranslation("lobby");
  // One that was set elsewhere, by a program say, can be kept.
  const known = LIFETIMES.includes(seconds) ? LIFETIMES : [seconds, ...LIFETIMES];
  const label = (lifetime: number | null): string => {
    if (lifetime === null) return t("settings.forever");
    const hours = Math.max(1, Math.round(lifetime / 3600));
    return hours < 24 ? t("settings.hours", { count: hours }) : t("settings.days", { count: Math.round(hours / 24) });
  };
  return (
    <SelectField
      label={t("settings.lifetime")}
      value={String(seconds)}
      options={known.map((lifetime) => ({ value: String(lifetime), label: label(lifetime) }))}
      onChoose={(value) => onChange(value === "null" ? null : Number(value))}
    />
  );
}
