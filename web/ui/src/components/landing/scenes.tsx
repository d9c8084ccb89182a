import type { ReactNode } from "react";
import { ADA, BEN, Bust, CLEO, DAN, EVA, FIN, Tile } from "./people";

/** The pictures of the showcase, drawn in the colours of the theme. What they show is said beside them. */
function Scene({ children }: { children: ReactNode }) {
  return (
    <svg viewBox="0 0 480 300" className="mx-auto h-auto w-full max-w-[30rem]" aria-hidden>
      {children}
    </svg>
  );
}

function Sheet({ x, y, width, height, rx = 16 }: { x: number; y: number; width: number; height: number; rx?: number }) {
  return (
    <rect
      x={x}
      y={y}
      width={width}
      height={height}
      rx={rx}
      fill="var(--surface)"
      stroke="var(--line)"
      strokeWidth="2"
    />
  );
}

/** A line of text that need not be read. */
function Line({ x, y, width, colour = "var(--line)" }: { x: number; y: number; width: number; colour?: string }) {
  return <rect x={x} y={y} width={width} height="7" rx="3.5" fill={colour} />;
}

export function CallScene() {
  const people = [ADA, BEN, CLEO, DAN, EVA, FIN];
  return (
    <Scene>
      <Sheet x={40} y={16} width={400} height={268} rx={22} />
      {people.map((look, index) => (
        <Tile
          key={look.shirt}
          x={56 + (index % 3) * 125}
          y={32 + Math.floor(index / 3) * 100}
          width={118}
          height={92}
          look={look}
          speaking={index === 1}
        />
      ))}
      <Controls y={256} />
    </Scene>
  );
}

function Controls({ y }: { y: number }) {
  const colours = ["var(--raised)", "var(--raised)", "var(--accent)", "var(--raised)", "var(--danger)"];
  return (
    <g>
      {colours.map((colour, index) => (
        <circle key={index} cx={172 + index * 34} cy={y} r="12" fill={colour} />
      ))}
    </g>
  );
}

export function ScreenScene() {
  return (
    <Scene>
      <Sheet x={28} y={30} width={318} height={224} />
      <circle cx="50" cy="50" r="5" fill="var(--warm)" />
      <circle cx="66" cy="50" r="5" fill="var(--edge)" />
      <circle cx="82" cy="50" r="5" fill="var(--accent)" />
      <Line x={50} y={80} width={120} colour="var(--text)" />
      <Line x={50} y={98} width={180} />
      <path
        d="M54 214l52-44 46 20 58-62 46 26 58-46"
        fill="none"
        stroke="var(--accent)"
        strokeWidth="6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      {[54, 106, 152, 210, 256].map((x, index) => (
        <rect
          key={x}
          x={x - 4}
          y={228 - index * 3}
          width="26"
          height={10 + index * 3}
          rx="4"
          fill="var(--warm)"
          opacity="0.45"
        />
      ))}
      <path d="M252 148l0 34 9-8 7 15 7-3-7-15 12-2z" fill="var(--text)" stroke="var(--surface)" strokeWidth="2.5" />
      <Tile x={362} y={30} width={92} height={68} look={CLEO} />
      <Tile x={362} y={108} width={92} height={68} look={DAN} speaking />
      <Tile x={362} y={186} width={92} height={68} look={EVA} />
    </Scene>
  );
}

export function ChatScene() {
  return (
    <Scene>
      <Tile x={34} y={44} width={190} height={212} look={ADA} radius={20} />
      <Sheet x={244} y={28} width={204} height={244} rx={20} />
      <rect x="262" y="50" width="140" height="46" rx="14" fill="var(--raised)" />
      <Line x={276} y={62} width={90} colour="var(--edge)" />
      <Line x={276} y={77} width={60} colour="var(--edge)" />
      <rect x="292" y="108" width="138" height="32" rx="14" fill="var(--accent)" />
      <Line x={306} y={120} width={100} colour="var(--on-accent)" />
      <rect x="262" y="152" width="112" height="32" rx="14" fill="var(--raised)" />
      <Line x={276} y={164} width={78} colour="var(--edge)" />
      <rect x="262" y="226" width="168" height="30" rx="15" fill="none" stroke="var(--edge)" strokeWidth="2" />
      <Line x={278} y={238} width={64} />
      <circle cx="286" cy="204" r="4" fill="var(--quiet)" className="animate-pulse" />
      <circle cx="299" cy="204" r="4" fill="var(--quiet)" className="animate-pulse" />
      <circle cx="312" cy="204" r="4" fill="var(--quiet)" className="animate-pulse" />
      <Hand x={192} y={70} />
      <path
        d="M70 92c-10-13-27-1-20 13 4 8 20 18 20 18s16-10 20-18c7-14-10-26-20-13z"
        fill="#e2574c"
        stroke="var(--surface)"
        strokeWidth="3"
      />
    </Scene>
  );
}

function Hand({ x, y }: { x: number; y: number }) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <circle r="24" fill="#f5b93f" stroke="var(--surface)" strokeWidth="4" />
      <g fill="none" stroke="#3a2a05" strokeWidth="5" strokeLinecap="round" strokeLinejoin="round">
        <path d="M-7 2v-9M0 1v-12M7 2v-9M-7 2q-1 10 7 10t8-8" />
      </g>
    </g>
  );
}

export function DoorScene() {
  return (
    <Scene>
      <Sheet x={40} y={28} width={232} height={236} rx={22} />
      <Tile x={56} y={44} width={96} height={96} look={BEN} />
      <Tile x={160} y={44} width={96} height={96} look={FIN} />
      <Tile x={56} y={148} width={200} height={100} look={EVA} speaking />
      <path d="M300 264V64q0-18 18-18h104q18 0 18 18v200z" fill="var(--accent-soft)" />
      <path d="M316 264V76q0-12 12-12h84q12 0 12 12v188z" fill="var(--surface)" />
      <svg x="316" y="64" width="96" height="200" viewBox="0 0 96 200">
        <Bust x={56} y={200} size={132} look={DAN} />
      </svg>
      <path d="M300 264V64q0-18 18-18h20v218z" fill="var(--accent)" />
      <circle cx="328" cy="166" r="6" fill="var(--on-accent)" />
      <g transform="translate(410 66)">
        <circle r="28" fill="var(--warm)" stroke="var(--surface)" strokeWidth="5" />
        <rect x="-11" y="-4" width="22" height="17" rx="4" fill="var(--surface)" />
        <path d="M-6-4v-5a6 6 0 0 1 12 0v5" fill="none" stroke="var(--surface)" strokeWidth="4" />
      </g>
    </Scene>
  );
}

export function ServerScene() {
  return (
    <Scene>
      <path
        d="M240 20 420 136v128q0 14-14 14H74q-14 0-14-14V136z"
        fill="var(--surface)"
        stroke="var(--line)"
        strokeWidth="2"
      />
      <path
        d="M46 146 240 22l194 124"
        fill="none"
        stroke="var(--warm)"
        strokeWidth="12"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      {[128, 176, 224].map((y, index) => (
        <g key={y}>
          <rect
            x="166"
            y={y}
            width="148"
            height="40"
            rx="10"
            fill="var(--raised)"
            stroke="var(--line)"
            strokeWidth="2"
          />
          <circle
            cx="186"
            cy={y + 20}
            r="6"
            fill={index === 0 ? "var(--warm)" : "var(--speaking)"}
            className={index === 0 ? "" : "animate-pulse"}
          />
          <Line x={206} y={y + 16} width={92 - index * 16} />
        </g>
      ))}
      <path
        d="M314 196h34q14 0 14 14v16"
        fill="none"
        stroke="var(--accent)"
        strokeWidth="5"
        strokeLinecap="round"
        strokeDasharray="2 11"
      />
      <path
        d="M166 196h-34q-14 0-14 14v16"
        fill="none"
        stroke="var(--accent)"
        strokeWidth="5"
        strokeLinecap="round"
        strokeDasharray="2 11"
      />
      <Tile x={84} y={218} width={66} height={52} look={ADA} />
      <Tile x={330} y={218} width={66} height={52} look={BEN} />
    </Scene>
  );
}

export function DevicesScene() {
  return (
    <Scene>
      <Sheet x={40} y={36} width={286} height={188} rx={18} />
      <Tile x={54} y={50} width={124} height={160} look={CLEO} />
      <Tile x={188} y={50} width={124} height={76} look={FIN} />
      <Tile x={188} y={134} width={124} height={76} look={EVA} speaking />
      <path d="M20 236h326q0 18-18 18H38q-18 0-18-18z" fill="var(--edge)" />
      <rect x="338" y="72" width="112" height="206" rx="22" fill="var(--text)" />
      <rect x="345" y="79" width="98" height="192" rx="16" fill="var(--surface)" />
      <Tile x={351} y={86} width={86} height={104} look={EVA} speaking />
      <Tile x={351} y={196} width={40} height={34} look={CLEO} radius={8} />
      <Tile x={397} y={196} width={40} height={34} look={FIN} radius={8} />
      <circle cx="372" cy="250" r="10" fill="var(--raised)" />
      <circle cx="394" cy="250" r="10" fill="var(--accent)" />
      <circle cx="416" cy="250" r="10" fill="var(--danger)" />
    </Scene>
  );
}
