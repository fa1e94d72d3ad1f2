// The views of the middle: what each shows, in a word for its tab and a sentence for its tip.
export const viewNames = [
  "flow",
  "compare",
  "noise",
  "density",
  "steps",
  "likelihood",
  "reflow",
] as const;
/** Of reflow. */
export const mostRounds = 4;
export type ViewName = (typeof viewNames)[number];

export const viewWords: Record<ViewName, { tab: string; tip: string }> = {
  flow: { tab: "Flow", tip: "The particles, their paths and the field that moves them." },
  compare: {
    tab: "Compare",
    tip: "Two methods side by side: the same data, the same seed, the same starting points.",
  },
  noise: {
    tab: "ODE or SDE",
    tip: "The same network followed without noise and with it: rough paths, the same crowd.",
  },
  density: {
    tab: "Fokker–Planck",
    tip: "Particles of the ODE, particles of the SDE and the density itself: three ways, one crowd.",
  },
  steps: {
    tab: "Steps",
    tip: "How near to the data each sampler comes for how many network evaluations.",
  },
  likelihood: {
    tab: "Likelihood",
    tip: "The density that the network has learnt, beside the data's own, in exact nats.",
  },
  reflow: {
    tab: "Reflow",
    tip: "Straighter from round to round: each network learns from the pairs that the last one joins.",
  },
};
