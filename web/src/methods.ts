// Every named method as what it is: a choice of parts. A new method is one entry of this table.
import { trainingKeys, type Choices } from "./choices";

/** The parts that methods differ in; all else (data, network, learning rate) is common to them. */
export const partKeys = ["schedule", "predict", "coupling", "sampler"] as const;
export type PartKey = (typeof partKeys)[number];
export type Parts = Pick<Choices, PartKey>;

export interface Method {
  id: string;
  name: string;
  /** Who asked first: where the endpoints are joined, or where noise is taken away. */
  family: "flow" | "diffusion";
  meaning: string;
  paper: { by: string; arxiv: string };
  parts: Parts;
  steps: number;
  /** Whether the source has to be Gaussian. */
  gaussian: boolean;
}

type Row = [
  id: string,
  name: string,
  parts: [Choices["schedule"], Choices["predict"], Choices["coupling"], Choices["sampler"], number],
  paper: [by: string, arxiv: string],
  meaning: string,
];

const flows: Row[] = [
  [
    "flow-matching",
    "Flow matching",
    ["linear", "velocity", "independent", "heun", 16],
    ["Lipman et al. 2022", "2210.02747"],
    "Straight lines between random pairs; the network learns their velocity, and an ODE solver follows it.",
  ],
  [
    "rectified-flow",
    "Rectified flow",
    ["linear", "velocity", "independent", "euler", 16],
    ["Liu et al. 2022", "2209.03003"],
    "Straight lines and Euler steps: where lines would cross, the average turns them aside.",
  ],
  [
    "alpha-deblending",
    "α-deblending",
    ["linear", "velocity", "independent", "euler", 16],
    ["Heitz et al. 2023", "2305.03486"],
    "Blend two pictures, learn their difference, take the blend apart in small steps.",
  ],
  [
    "ot-cfm",
    "OT-CFM",
    ["linear", "velocity", "ot", "euler", 4],
    ["Tong et al. 2023", "2302.00482"],
    "Each batch is paired by optimal transport, so lines no longer cross and few steps are enough.",
  ],
  [
    "interpolants",
    "Interpolants",
    ["trig", "velocity", "independent", "heun", 16],
    ["Albergo & Vanden-Eijnden 2022", "2209.15571"],
    "A quarter circle instead of a line: the size of the mix stays the same on the way.",
  ],
];

const diffusions: Row[] = [
  [
    "ddpm",
    "DDPM",
    ["vp-linear", "noise", "independent", "ddpm", 80],
    ["Ho et al. 2020", "2006.11239"],
    "Asks for the noise in the mix, and steps back with fresh noise at every step.",
  ],
  [
    "ddim",
    "DDIM",
    ["vp-linear", "noise", "independent", "ddim", 20],
    ["Song et al. 2020", "2010.02502"],
    "DDPM's network without the fresh noise: jumps along the estimated data and noise.",
  ],
  [
    "dpm-solver++",
    "DPM-Solver++",
    ["vp-linear", "noise", "independent", "dpmpp-2m", 10],
    ["Lu et al. 2022", "2211.01095"],
    "DDPM's network once more: an ODE solver that knows its linear part, so ten steps do.",
  ],
  [
    "v-prediction",
    "v-prediction",
    ["vp-cosine", "v", "independent", "ddim", 20],
    ["Salimans & Ho 2022", "2202.00512"],
    "Asks for a quarter turn of the mix: as hard to tell at either end.",
  ],
  [
    "sde-vp",
    "SDE VP",
    ["vp-linear", "score", "independent", "euler-maruyama", 100],
    ["Song et al. 2021", "2011.13456"],
    "Learns where points get likelier, and runs the noising SDE backwards.",
  ],
  [
    "sde-sub-vp",
    "sub-VP",
    ["sub-vp", "score", "independent", "euler-maruyama", 100],
    ["Song et al. 2021", "2011.13456"],
    "As VP with less noise at every time between: better likelihoods.",
  ],
  [
    "sde-ve",
    "VE",
    ["ve", "score", "independent", "predictor-corrector", 60],
    ["Song et al. 2021", "2011.13456"],
    "The data stay whole and ever larger noise is added; Langevin steps mend each level.",
  ],
  [
    "edm",
    "EDM",
    ["edm", "edm", "independent", "edm", 18],
    ["Karras et al. 2022", "2206.00364"],
    "Asks for a scaled mix of the clean point and the noise, and takes Heun steps in the noise's own size.",
  ],
];

const needNoise = ["ddpm", "euler-maruyama", "predictor-corrector"];

function methodOf(family: Method["family"], row: Row): Method {
  const [id, name, [schedule, predict, coupling, sampler, steps], [by, arxiv], meaning] = row;
  const gaussian =
    predict === "score" || schedule === "ve" || schedule === "edm" || needNoise.includes(sampler);
  const parts = { schedule, predict, coupling, sampler };
  return { id, name, family, meaning, paper: { by, arxiv }, parts, steps, gaussian };
}

export const methods: readonly Method[] = [
  ...flows.map((row) => methodOf("flow", row)),
  ...diffusions.map((row) => methodOf("diffusion", row)),
];

export const methodNamed = (id: string): Method | undefined => methods.find((m) => m.id === id);

/** A method's choices: its parts, and of all else what stands there now. */
export function withMethod(method: Method, now: Readonly<Choices>): Choices {
  const source = method.gaussian ? "gaussian" : now.source;
  return { ...now, ...method.parts, steps: method.steps, source };
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
