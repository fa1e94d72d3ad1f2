// Every named method as what it is: a choice of parts. A new method is one entry of this table.
import { classesOf, defaults, trainingKeys, type Choices } from "./choices";
import { needsGaussian } from "./rules";

/** The parts that methods differ in; all else (data, network, learning rate) is common to them. */
export const partKeys = [
  "schedule",
  "gamma",
  "coupling",
  "objective",
  "predict",
  "sampler",
] as const;
export type PartKey = (typeof partKeys)[number];
export type Parts = Pick<Choices, PartKey>;

/** What methods of a kind have in common, in a word for the page. */
export const families = {
  flow: "Flow",
  transport: "Transport",
  interpolant: "Interpolants",
  diffusion: "Diffusion",
  score: "Score",
  solver: "Solvers",
  few: "Few steps",
} as const;
export type Family = keyof typeof families;

export interface Method {
  id: string;
  name: string;
  family: Family;
  meaning: string;
  paper: { by: string; href: string };
  parts: Parts;
  steps: number;
  /** Whether the source has to be Gaussian. */
  gaussian: boolean;
  /** What of the page shows it. */
  shown: Partial<Pick<Choices, "view" | "rounds" | "distilled">>;
}

/** The first method: the others are told by what they choose otherwise. */
const common: Parts = {
  schedule: "linear",
  gamma: "zero",
  coupling: "independent",
  objective: "regression",
  predict: "velocity",
  sampler: "heun",
};

type Row = [
  id: string,
  name: string,
  parts: Partial<Parts>,
  steps: number,
  /** An arXiv number, or an address. */
  paper: [by: string, where: string],
  meaning: string,
  shown?: Method["shown"],
];

const vp: Partial<Parts> = { schedule: "vp-linear", predict: "noise" };

const rows: Record<Family, Row[]> = {
  flow: [
    [
      "flow-matching",
      "Flow matching",
      {},
      16,
      ["Lipman et al. 2022", "2210.02747"],
      "Straight lines between random pairs; the network learns their velocity, and an ODE solver follows it.",
    ],
    [
      "flow-matching-sigma-min",
      "FM with σ_min",
      { schedule: "linear-sigma-min" },
      16,
      ["Lipman et al. 2022", "2210.02747"],
      "The paper's own form: lines end in a small cloud about each data point, not on it.",
    ],
    [
      "rectified-flow",
      "Rectified flow",
      { sampler: "euler" },
      16,
      ["Liu et al. 2022", "2209.03003"],
      "Straight lines and Euler steps: where lines would cross, the average turns them aside.",
    ],
    [
      "alpha-deblending",
      "α-deblending",
      { sampler: "euler" },
      16,
      ["Heitz et al. 2023", "2305.03486"],
      "Blend two pictures, learn their difference, take the blend apart in small steps.",
    ],
    [
      "neural-ode",
      "Adaptive ODE",
      { sampler: "dopri5" },
      16,
      ["Chen et al. 2018", "1806.07366"],
      "A continuous flow, solved by steps that choose their own length to keep the error small.",
    ],
  ],
  transport: [
    [
      "ot-cfm",
      "OT-CFM",
      { coupling: "ot", sampler: "euler" },
      4,
      ["Tong et al. 2023", "2302.00482"],
      "Each batch is paired by optimal transport, so lines no longer cross and few steps are enough.",
    ],
    [
      "multisample",
      "Multisample FM",
      { coupling: "sinkhorn", sampler: "euler" },
      8,
      ["Pooladian et al. 2023", "2304.14772"],
      "Partners drawn from an entropic plan: near ones are likelier, none is certain.",
    ],
    [
      "conditional-ot",
      "Conditional OT",
      { coupling: "conditional-ot", sampler: "euler" },
      4,
      ["Cheng & Schwing 2025", "2503.10636"],
      "A network told each point’s class: transport pairs within classes alone, so that none gets noise of its own.",
    ],
    [
      "sb-cfm",
      "SB-CFM",
      { coupling: "bridge", gamma: "brownian", objective: "interpolant" },
      16,
      ["Tong et al. 2023", "2302.00482"],
      "A Schrödinger bridge: partners by entropic transport, joined by Brownian bridges; its flow, as an ODE.",
    ],
    [
      "sf2m",
      "[SF]²M",
      {
        coupling: "bridge",
        gamma: "brownian",
        objective: "interpolant",
        sampler: "euler-maruyama",
      },
      80,
      ["Tong et al. 2023", "2307.03672"],
      "The same bridge's flow and score, learnt without simulation and followed as the SDE it is.",
    ],
  ],
  interpolant: [
    [
      "interpolants",
      "Interpolants",
      { schedule: "trig" },
      16,
      ["Albergo & Vanden-Eijnden 2022", "2209.15571"],
      "A quarter circle instead of a line: the size of the mix stays the same on the way.",
    ],
    [
      "stochastic-interpolants",
      "Stochastic interpolants",
      { gamma: "brownian", objective: "interpolant", sampler: "euler-maruyama" },
      80,
      ["Albergo et al. 2023", "2303.08797"],
      "Noise of the path's own: velocity and score between any two laws, and so an SDE between them.",
    ],
    [
      "interpolants-quadratic",
      "γ = t(1−t)",
      { gamma: "quadratic", objective: "interpolant", sampler: "euler-maruyama" },
      80,
      ["Albergo et al. 2023", "2303.08797"],
      "Noise that comes and goes smoothly: no infinite slope at the ends.",
    ],
    [
      "interpolants-sine",
      "γ = sin²(πt)",
      { gamma: "sine-squared", objective: "interpolant" },
      16,
      ["Albergo et al. 2023", "2303.08797"],
      "Noise by sin², here followed without noise: the ODE of the same crowd.",
    ],
    [
      "action-matching",
      "Action matching",
      { objective: "action", coupling: "ot" },
      16,
      ["Neklyudov et al. 2023", "2210.06662"],
      "A scalar whose gradient moves the crowd, learnt from samples at each time: nobody need be followed.",
    ],
    [
      "entropic-action-matching",
      "Entropic AM",
      { objective: "entropic-action", coupling: "ot", sampler: "euler-maruyama" },
      80,
      ["Neklyudov et al. 2023", "2210.06662"],
      "The same for an SDE: velocity and score from snapshots alone, and noise on the way.",
    ],
    [
      "sit",
      "SiT",
      { sampler: "sit" },
      80,
      ["Ma et al. 2024", "2401.08740"],
      "Flow matching's network from noise, followed as an SDE whose noise w = σ fades near the data.",
    ],
  ],
  diffusion: [
    [
      "ddpm",
      "DDPM",
      { ...vp, sampler: "ddpm" },
      80,
      ["Ho et al. 2020", "2006.11239"],
      "Asks for the noise in the mix, and steps back with fresh noise at every step.",
    ],
    [
      "ddim",
      "DDIM",
      { ...vp, sampler: "ddim" },
      20,
      ["Song et al. 2020", "2010.02502"],
      "DDPM's network without the fresh noise: jumps along the estimated data and noise.",
    ],
    [
      "improved-ddpm",
      "Improved DDPM",
      { schedule: "ddpm-cosine", predict: "noise", sampler: "ddpm" },
      80,
      ["Nichol & Dhariwal 2021", "2102.09672"],
      "DDPM on a cosine: less of the way is spent in pure noise.",
    ],
    [
      "latent-diffusion",
      "Latent diffusion",
      { schedule: "ddpm-scaled-linear", predict: "noise", sampler: "ddim" },
      20,
      ["Rombach et al. 2022", "2112.10752"],
      "Stable Diffusion's thousand noise levels, here on the plane instead of a latent space.",
    ],
    [
      "v-prediction",
      "v-prediction",
      { schedule: "vp-cosine", predict: "v", sampler: "ddim" },
      20,
      ["Salimans & Ho 2022", "2202.00512"],
      "Asks for a quarter turn of the mix: as hard to tell at either end.",
    ],
    [
      "edm",
      "EDM",
      { schedule: "edm", predict: "edm", sampler: "edm" },
      18,
      ["Karras et al. 2022", "2206.00364"],
      "Asks for a scaled mix of the clean point and the noise, and takes Heun steps in the noise's own size.",
    ],
    [
      "edm-churn",
      "EDM, churned",
      { schedule: "edm", predict: "edm", sampler: "edm-churn" },
      18,
      ["Karras et al. 2022", "2206.00364"],
      "EDM's network: some noise is added back before every step, and mends what the last one missed.",
    ],
  ],
  score: [
    [
      "sde-vp",
      "SDE VP",
      { schedule: "vp-linear", predict: "score", sampler: "euler-maruyama" },
      100,
      ["Song et al. 2021", "2011.13456"],
      "Learns where points get likelier, and runs the noising SDE backwards.",
    ],
    [
      "sde-sub-vp",
      "sub-VP",
      { schedule: "sub-vp", predict: "score", sampler: "euler-maruyama" },
      100,
      ["Song et al. 2021", "2011.13456"],
      "As VP with less noise at every time between: better likelihoods.",
    ],
    [
      "sde-ve",
      "VE",
      { schedule: "ve", predict: "score", sampler: "predictor-corrector" },
      60,
      ["Song et al. 2021", "2011.13456"],
      "The data stay whole and ever larger noise is added; Langevin steps mend each level.",
    ],
    [
      "ncsn",
      "NCSN",
      { schedule: "ve", predict: "score", sampler: "langevin" },
      100,
      ["Song & Ermon 2019", "1907.05600"],
      "Annealed Langevin: at every level of noise the crowd is only shaken along the score.",
    ],
    [
      "likelihood-weighting",
      "Likelihood weight",
      {
        schedule: "vp-linear",
        predict: "score",
        objective: "likelihood-weighted",
        sampler: "euler-maruyama",
      },
      100,
      ["Song et al. 2021", "2101.09258"],
      "Denoising score matching weighed by g²: the loss then bounds the likelihood.",
    ],
    [
      "implicit-score-matching",
      "Implicit",
      {
        schedule: "vp-linear",
        predict: "score",
        objective: "implicit",
        sampler: "euler-maruyama",
      },
      100,
      ["Hyvärinen 2005", "https://jmlr.org/papers/v6/hyvarinen05a.html"],
      "Score matching without a target: half the score's square and its exact divergence.",
    ],
    [
      "sliced-score-matching",
      "Sliced",
      { schedule: "vp-linear", predict: "score", objective: "sliced", sampler: "euler-maruyama" },
      100,
      ["Song et al. 2019", "1905.07088"],
      "The divergence along one random direction at a time: one derivative whatever the dimension.",
    ],
  ],
  solver: [
    [
      "dpm-solver",
      "DPM-Solver",
      { ...vp, sampler: "dpm-solver-2" },
      8,
      ["Lu et al. 2022", "2206.00927"],
      "DDPM's network, its ODE's linear part solved exactly: bends with the estimated noise.",
    ],
    [
      "dpm-solver++",
      "DPM-Solver++",
      { ...vp, sampler: "dpmpp-2m" },
      10,
      ["Lu et al. 2022", "2211.01095"],
      "DDPM's network once more: an ODE solver that knows its linear part, so ten steps do.",
    ],
    [
      "dpm-solver++-sde",
      "++ SDE",
      { ...vp, sampler: "dpmpp-sde-2m" },
      20,
      ["Lu et al. 2022", "2211.01095"],
      "The same solver with fresh noise at every step: errors are forgotten on the way.",
    ],
    [
      "unipc",
      "UniPC",
      { ...vp, sampler: "unipc" },
      8,
      ["Zhao et al. 2023", "2302.04867"],
      "Predicts as DPM-Solver++ does, and mends each step once the next evaluation is there.",
    ],
    [
      "predictor-corrector",
      "Predictor–corrector",
      { schedule: "vp-linear", predict: "score", sampler: "predictor-corrector" },
      60,
      ["Song et al. 2021", "2011.13456"],
      "A step of the reverse SDE, then a Langevin step that shakes the crowd into place.",
    ],
  ],
  few: [
    [
      "reflow",
      "Reflow",
      { sampler: "euler" },
      16,
      ["Liu et al. 2022", "2209.03003"],
      "Rectified flow again, on the pairs that its own ODE joins: paths straighten until one step is enough.",
      { view: "reflow", rounds: 1 },
    ],
    [
      "reflow-distilled",
      "One-step distillation",
      { sampler: "euler" },
      16,
      ["Liu et al. 2022", "2209.03003"],
      "A round of reflow, and then a network that only knows the whole way at once.",
      { view: "reflow", rounds: 1, distilled: true },
    ],
    [
      "mean-flow",
      "Mean flow",
      { objective: "mean-flow", sampler: "jump" },
      1,
      ["Geng et al. 2025", "2505.13447"],
      "The mean velocity of any stretch of the path: one step is a stretch as long as the path.",
      { view: "steps" },
    ],
    [
      "shortcut",
      "Shortcut",
      { objective: "shortcut", sampler: "jump" },
      1,
      ["Frans et al. 2024", "2410.12557"],
      "One network for steps of every length: each must do what two of half the length do.",
      { view: "steps" },
    ],
    [
      "consistency",
      "Consistency",
      { objective: "consistency", predict: "data", sampler: "consistency" },
      2,
      ["Song et al. 2023", "2303.01469"],
      "All points of a path must name the same end; a leap there, and each further one corrects it.",
      { view: "steps" },
    ],
    [
      "consistency-distillation",
      "Consistency distillation",
      { objective: "consistency-distillation", predict: "data", sampler: "consistency" },
      2,
      ["Song et al. 2023", "2303.01469"],
      "The network at hand teaches: its ODE says which points lie on one path, and a student leaps to the end.",
      { view: "steps" },
    ],
  ],
};

function methodOf(family: Family, row: Row): Method {
  const [id, name, own, steps, [by, where], meaning, shown = {}] = row;
  const parts = { ...common, ...own };
  const href = where.includes("/") ? where : `https://arxiv.org/abs/${where}`;
  const gaussian = needsGaussian(parts);
  return { id, name, family, meaning, paper: { by, href }, parts, steps, gaussian, shown };
}

export const methods: readonly Method[] = (Object.keys(rows) as Family[]).flatMap((family) =>
  rows[family].map((row) => methodOf(family, row)),
);

export const methodNamed = (id: string): Method | undefined => methods.find((m) => m.id === id);

/** A method's choices: its parts, and of all else what stands there now. */
export function withMethod(method: Method, now: Readonly<Choices>): Choices {
  const source = method.gaussian ? "gaussian" : now.source;
  const within = method.parts.coupling === "conditional-ot" && classesOf(now) === 0;
  const data = within ? defaults.data : now.data;
  return { ...now, ...method.parts, ...method.shown, steps: method.steps, source, data };
}

export function isMethod(method: Method, choices: Readonly<Choices>): boolean {
  return partKeys.every((key) => method.parts[key] === choices[key]);
}

/** The parts in which two differ. */
export function differing(a: Parts, b: Parts): PartKey[] {
  return partKeys.filter((key) => a[key] !== b[key]);
}

/** The methods, other than itself, that train the very same network. */
export function sameNetwork(method: Method): Method[] {
  const trained = partKeys.filter((key) => (trainingKeys as readonly string[]).includes(key));
  return methods.filter(
    (other) => other !== method && trained.every((key) => other.parts[key] === method.parts[key]),
  );
}
