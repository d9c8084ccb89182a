import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { Sample, VideoStats } from "../../client/stats";
import { MOST_SAMPLES } from "../../client/statsMonitor";
import { type CallState, findParticipant } from "../../client/state";
import { useCallParts, useCallState } from "../../hooks/useCallContext";
import { useSelector } from "../../hooks/useSelector";
import { Plot } from "./Plot";

/** The connection in figures: what is sent and received, how much of it is lost, and how long it is under way. */
export function DetailsPanel() {
  const { t } = useTranslation("call");
  const { call } = useCallParts();
  const samples = useSelector(call.stats, (all) => all);
  useEffect(() => call.stats.look(), [call]);
  const latest = samples[samples.length - 1];
  if (latest === undefined) {
    return <p className="px-4 py-8 text-center text-quiet">{t("details.measuring")}</p>;
  }
  return (
    <div
      role="region"
      aria-label={t("details.title")}
      tabIndex={0}
      className="grid min-h-0 grow content-start gap-5 overflow-y-auto overscroll-contain px-4 pb-6"
    >
      <Plots samples={samples} />
      <Facts latest={latest} />
      <Pictures title={t("details.sending")} pictures={latest.sending} />
      <Received pictures={latest.receiving} />
      <Others />
    </div>
  );
}

const percent = (share: number | null): number | null => (share === null ? null : share * 100);

function Plots({ samples }: { samples: readonly Sample[] }) {
  const { t } = useTranslation("call");
  const inMegabits = (bitrate: number): number => bitrate / 1e6;
  const sent = { name: t("details.sent"), look: "sent" as const };
  const received = { name: t("details.received"), look: "received" as const };
  return (
    <>
      <Plot
        title={t("details.bitrate")}
        unit="Mbit/s"
        most={MOST_SAMPLES}
        lines={[
          { ...received, values: samples.map((sample) => inMegabits(sample.received.bitrate)) },
          { ...sent, values: samples.map((sample) => inMegabits(sample.sent.bitrate)) },
        ]}
      />
      <Plot
        title={t("details.loss")}
        unit="%"
        most={MOST_SAMPLES}
        least={5}
        lines={[
          { ...received, values: samples.map((sample) => percent(sample.received.loss)) },
          { ...sent, values: samples.map((sample) => percent(sample.sent.loss)) },
        ]}
      />
      <Plot
        title={t("details.roundTrip")}
        unit="ms"
        most={MOST_SAMPLES}
        least={50}
        lines={[
          { name: t("details.roundTrip"), look: "received", values: samples.map((sample) => sample.roundTripMs) },
        ]}
      />
    </>
  );
}

function Facts({ latest }: { latest: Sample }) {
  const { t } = useTranslation("call");
  const protocol = latest.protocol?.toUpperCase() ?? null;
  const facts: [string, string | null][] = [
    [t("details.transport"), latest.turn === null ? protocol : t("details.turn", { by: latest.turn.toUpperCase() })],
    [t("details.relay"), latest.relay],
    [t("details.available"), latest.available === null ? null : megabits(latest.available)],
  ];
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-quiet">{name}</dt>
          <dd className="text-right font-medium tabular-nums">{value ?? "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What each slot shows, by the names of those who are in it. */
function Received({ pictures }: { pictures: readonly VideoStats[] }) {
  const { t } = useTranslation("call");
  const slots = useCallState((state) => state.slots);
  const names = useCallState(namesOf);
  const shown = pictures
    .filter(({ mid }) => slots[mid]?.paused === false)
    .map((picture) => ({ ...picture, name: names.get(slots[picture.mid]?.publication ?? "") }));
  return <Pictures title={t("details.receiving")} pictures={shown} />;
}

const named = new WeakMap<CallState["participants"], ReadonlyMap<string, string>>();

/** Whose each publication is; made once for each list of participants. */
function namesOf(state: CallState): ReadonlyMap<string, string> {
  const known = named.get(state.participants);
  if (known !== undefined) return known;
  const entries = state.participants.flatMap(({ id, publications }) =>
    publications.map((publication) => [publication.id, findParticipant(state, id)?.name ?? ""] as const),
  );
  const made = new Map(entries);
  named.set(state.participants, made);
  return made;
}

/** The connections of the others, as far as the server has had anything to say of them. */
function Others() {
  const { t } = useTranslation("call");
  const quality = useCallState((state) => state.quality);
  const participants = useCallState((state) => state.participants);
  const known = participants.flatMap(({ id, name }) => {
    const measured = quality[id];
    return measured === undefined ? [] : [{ id, name, ...measured }];
  });
  if (known.length === 0) return null;
  return (
    <section>
      <h3 className="mb-1 text-sm font-semibold">{t("details.others")}</h3>
      <table className="details-table">
        <thead className="sr-only">
          <tr>
            <th>{t("people.title")}</th>
            <th>{t("details.quality")}</th>
            <th>{t("details.loss")}</th>
            <th>{t("details.roundTrip")}</th>
          </tr>
        </thead>
        <tbody>
          {known.map(({ id, name, level, loss, roundTripMs }) => (
            <tr key={id}>
              <td>{name}</td>
              <td>{t(`quality.${level}`)}</td>
              <td>{loss === null ? "–" : `${Math.round(loss * 100)} %`}</td>
              <td>{roundTripMs === null ? "–" : `${Math.round(roundTripMs)} ms`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Pictures({ title, pictures }: { title: string; pictures: readonly (VideoStats & { name?: string })[] }) {
  const { t } = useTranslation("call");
  if (pictures.length === 0) return null;
  return (
    <section>
      <h3 className="mb-1 text-sm font-semibold">{title}</h3>
      <table className="details-table">
        <thead className="sr-only">
          <tr>
            <th>{t("details.picture")}</th>
            <th>{t("details.size")}</th>
            <th>{t("details.rate")}</th>
            <th>{t("details.bitrate")}</th>
          </tr>
        </thead>
        <tbody>
          {pictures.map((picture) => (
            <tr key={`${picture.mid} ${picture.rid}`}>
              <td>{picture.name ?? `${picture.codec ?? ""} ${picture.rid}`}</td>
              <td>
                {picture.width}×{picture.height}
              </td>
              <td>{Math.round(picture.framesPerSecond)}/s</td>
              <td>{megabits(picture.bitrate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function megabits(bitrate: number): string {
  return bitrate < 1e6 ? `${Math.round(bitrate / 1000)} kbit/s` : `${(bitrate / 1e6).toFixed(1)} Mbit/s`;
}
