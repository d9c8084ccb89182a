import { LazyMotion, MotionConfig } from "motion/react";
import type { ReactNode } from "react";

const features = () => import("../lib/motionFeatures").then((module) => module.default);

/** What pages with parts that move (`m.div` …) stand in: short, calm, and not at all for who wants no motion. */
export function Moving({ children }: { children: ReactNode }) {
  return (
    <LazyMotion features={features} strict>
      <MotionConfig reducedMotion="user" transition={{ duration: 0.2, ease: [0.2, 0.8, 0.2, 1] }}>
        {children}
      </MotionConfig>
    </LazyMotion>
  );
}
