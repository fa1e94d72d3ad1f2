// The library's names in words for people, and what each control is for.

const words: Record<string, Record<string, string>> = {
  schedule: {
    linear: "linear (flow)",
    trig: "trigonometric",
    "vp-linear": "VP, linear β",
    "vp-cosine": "VP, cosine",
    "sub-vp": "sub-VP",
    ve: "VE (exploding)",
    "linear-sigma-min": "linear, σ_min (flow)",
    polynomial: "quadratic t²",
    edm: "EDM",
    "ddpm-linear": "DDPM, linear β",
    "ddpm-scaled-linear": "DDPM, scaled linear β",
    "ddpm-cosine": "DDPM, cosine",
  },
  predict: {
    data: "data x₀",
    noise: "source x₁ (noise)",
    velocity: "velocity",
    v: "v (Salimans–Ho)",
    score: "score",
    edm: "F (EDM)",
  },
  gamma: {
    zero: "none",
    brownian: "√(t(1−t))",
    quadratic: "t(1−t)",
    "sine-squared": "sin²(πt)",
  },
  objective: {
    regression: "regression",
    "likelihood-weighted": "regression, weight g²",
    implicit: "implicit score matching",
    sliced: "sliced score matching",
    interpolant: "interpolant",
    action: "action matching",
    "entropic-action": "entropic action matching",
    "mean-flow": "mean flow",
    shortcut: "shortcut",
    consistency: "consistency",
    "consistency-distillation": "consistency distillation",
  },
  coupling: {
    independent: "at random",
    ot: "optimal transport",
    sinkhorn: "entropic transport",
    "conditional-ot": "transport within labels",
    pairs: "as given",
    bridge: "Schrödinger bridge",
  },
  sampler: {
    euler: "Euler",
    midpoint: "Midpoint",
    heun: "Heun",
    rk4: "Runge–Kutta 4",
    dopri5: "Dormand–Prince 5(4)",
    ddim: "DDIM",
    ddpm: "DDPM",
    "dpm-solver-2": "DPM-Solver 2",
    "dpm-solver-3": "DPM-Solver 3",
    "dpmpp-2s": "DPM-Solver++ 2S",
    "dpmpp-2m": "DPM-Solver++ 2M",
    "dpmpp-3m": "DPM-Solver++ 3M",
    "dpmpp-sde-2m": "DPM-Solver++ SDE",
    unipc: "UniPC",
    edm: "EDM Heun",
    "euler-maruyama": "Euler–Maruyama",
    "stochastic-heun": "Stochastic Heun",
    "predictor-corrector": "Predictor–corrector",
    langevin: "Annealed Langevin",
    "edm-churn": "EDM Heun, churned",
    sit: "Euler–Maruyama, w = σ",
    jump: "Jump",
    consistency: "Consistency",
  },
  speed: { "5": "5 steps/s", "50": "50 steps/s", "300": "300 steps/s", max: "full speed" },
};

export function describe(key: string, value: string | number): string {
  const word = words[key]?.[String(value)];
  if (word) return word;
  return typeof value === "number" && value >= 1000 ? value.toLocaleString("en") : String(value);
}

/** What a control decides, in a sentence. */
const purposes: Record<string, string> = {
  schedule: "How much of data and of source is in the mix at each time.",
  gamma: "Noise of the path’s own, on top of the mix: none at both ends, most in between.",
  objective: "What a training step makes smaller.",
  predict: "The question put to the network. Every answer gives all the others.",
  coupling: "Which source point is paired with which data point in a batch.",
  width: "Units in each hidden layer: more can bend more, and cost more.",
  depth: "Hidden layers of the network.",
  batch: "Pairs drawn for each training step: more is steadier and slower.",
  lr: "Size of a training step: too small crawls, too large never settles.",
  seed: "The same seed and choices give the same numbers, here and on other machines.",
  sampler: "How points are moved from source to data.",
  steps: "In how many steps time goes from 1 to 0: fewer is faster and rougher.",
  speed: "Training steps a second: slow down to watch single steps.",
  quantity: "What the arrows show: where points move, or where they are more likely.",
};

/** What a value of it means. */
const meanings: Record<string, Record<string, string>> = {
  schedule: {
    linear: "Linear: straight lines at constant speed, as in flow matching.",
    trig: "Trigonometric: a quarter circle; the size of the mix stays the same.",
    "vp-linear": "VP, linear β: the mix of DDPM; the size of the mix stays the same.",
    "vp-cosine": "VP, cosine: as VP, with more time spent near the data.",
    "sub-vp": "Sub-VP: as VP, with less noise at every time between.",
    ve: "VE: the data stay whole, ever larger noise is added.",
    "linear-sigma-min": "Linear, σ_min: straight lines that end a hair's breadth from the data.",
    polynomial: "Quadratic: straight lines, slow near the data.",
    edm: "EDM: as VE, with noise levels spread as Karras et al. spread them.",
    "ddpm-linear": "DDPM: the thousand levels of the paper, joined by a smooth curve.",
    "ddpm-scaled-linear": "DDPM, scaled linear: latent diffusion's thousand levels.",
    "ddpm-cosine": "DDPM, cosine: the improved DDPM's thousand levels.",
  },
  predict: {
    data: "Data: the clean point that this mix was made from.",
    noise: "Source: the other end, as DDPM asks for its noise.",
    velocity: "Velocity: which way and how fast the mix moves, as flow matching asks.",
    v: "v: a quarter turn from the mix, steady at both ends.",
    score: "Score: which way points become more likely.",
    edm: "F: what is left when the best linear guess is taken off, at unit size.",
  },
  gamma: {
    zero: "None: a point of the path is a mix of the two ends and nothing else.",
    brownian: "√(t(1−t)): partners are joined by a Brownian bridge.",
    quadratic: "t(1−t): comes and goes smoothly.",
    "sine-squared": "sin²(πt): stays small near both ends.",
  },
  objective: {
    regression: "Regression: the squared miss of the asked-for mix. Most methods are this.",
    "likelihood-weighted":
      "The squared miss of the score, weighed by g²: a bound on the likelihood.",
    implicit: "Implicit: the score by its own divergence; no target is ever shown.",
    sliced: "Sliced: the divergence along one random direction a point.",
    action:
      "Action: the kinetic energy of a scalar’s gradient field; samples at each time suffice.",
    "entropic-action": "Entropic action: the same for an SDE, velocity and score together.",
    "mean-flow": "Mean flow: the mean velocity of any stretch of the path, by its own derivative.",
    shortcut: "Shortcut: one step must do what two half as long do.",
    consistency: "Consistency: all points of one path must name the same end.",
    interpolant: "Interpolant: velocity and noise of the path γ, by two heads of one network.",
  },
  coupling: {
    independent: "At random: pairs cross, so paths bend.",
    ot: "Optimal transport: pairs that together travel least, so paths are straight.",
    sinkhorn: "Entropic transport: near partners are likelier, none is certain.",
    bridge: "Schrödinger bridge: partners as random walks of small steps would join them.",
  },
  sampler: {
    euler: "Euler: straight on along the arrow; 1 evaluation a step.",
    midpoint: "Midpoint: takes the arrow half a step ahead; 2 evaluations a step.",
    heun: "Heun: averages the arrows at both ends of a step; 2 evaluations a step.",
    rk4: "Runge–Kutta: blends four arrows; 4 evaluations a step.",
    dopri5: "Dormand–Prince: picks its own steps to keep the error small.",
    ddim: "DDIM: jumps along the estimated data and source; 1 evaluation a step.",
    ddpm: "DDPM: as DDIM with fresh noise at every step.",
    "dpm-solver-2": "DPM-Solver: bends with the estimated noise; 2 evaluations a step.",
    "dpm-solver-3": "DPM-Solver: the same, to third order; 3 evaluations a step.",
    "dpmpp-2s": "DPM-Solver++: bends with the estimated data; 2 evaluations a step.",
    "dpmpp-2m": "DPM-Solver++: learns the bend from the step before; 1 evaluation a step.",
    "dpmpp-3m": "DPM-Solver++: from the two steps before; 1 evaluation a step.",
    "dpmpp-sde-2m": "DPM-Solver++ with fresh noise at every step.",
    unipc: "UniPC: as 2M, and mends each step once the next is known; 1 evaluation a step.",
    edm: "EDM: Heun's rule in the noise's own size; 2 evaluations a step.",
    "euler-maruyama": "Euler–Maruyama: noise on the way, and a pull that makes up for it.",
    "stochastic-heun": "Stochastic Heun: the same, averaged over both ends; 2 evaluations a step.",
    "predictor-corrector": "Predictor–corrector: shakes the crowd into place before every step.",
    langevin: "Annealed Langevin: the corrector alone, from the most noise to the least.",
    "edm-churn": "EDM with some noise put back before each step; 2 evaluations a step.",
    jump: "Jump: one stretch of the path at its mean velocity; 1 evaluation a step.",
    consistency: "Consistency: leap to the data, add noise back, leap again; 1 evaluation a step.",
    sit: "Euler–Maruyama with w = σ: the noise fades towards the data.",
  },
};

/** For a control as it stands: what it decides, and what its value means. */
export function explain(key: string, value: string | number): string {
  const meaning = meanings[key]?.[String(value)];
  return meaning ? `${purposes[key]} ${meaning}` : purposes[key];
}
