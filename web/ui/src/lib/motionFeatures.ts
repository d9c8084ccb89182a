// A chunk of its own: what moves may start to move a moment after it is seen.
export { domMax as default } from "motion/react";
