// The public types of the module. `Api` and `Trainer` run in the calling thread; `WorkerApi` and
// `WorkerTrainer` have the same methods as promises.

/** Path schedules: `x_t = alpha(t) x_data + sigma(t) x_source`, t = 0 data, t = 1 source. */
export type Schedule =
  | "linear"
  | "linear-sigma-min"
  | "polynomial"
  | "trig"
  | "vp-linear"
  | "vp-cosine"
  | "sub-vp"
  | "ve"
  | "edm"
  | "ddpm-linear"
  | "ddpm-scaled-linear"
  | "ddpm-cosine";
/**
 * A schedule, with a parameter after a colon where it takes one (`sigma` at the data; the power of
 * `t`), or a table: rows of t, alpha, sigma from t = 0 to t = 1, `"table:0,1,0;0.4,0.8,0.6;1,0,1"`.
 */
export type ScheduleSpec =
  Schedule | `linear-sigma-min:${number}` | `polynomial:${number}` | `table:${string}`;
/** What the network is asked for. */
export type Prediction = "data" | "noise" | "velocity" | "v" | "score" | "edm";
/** What a training step minimises. */
export type Objective =
  | "regression"
  | "implicit"
  | "sliced"
  | "interpolant"
  | "action"
  | "entropic-action"
  | "mean-flow"
  | "shortcut"
  | "consistency"
  | "consistency-distillation";
/** The noise of its own that a stochastic interpolant adds to its path. */
export type Gamma = "zero" | "brownian" | "quadratic" | "sine-squared";
/** Loss weight over t. */
export type Weight = "default" | "velocity" | "sigma2" | "g2" | "one";
/** How a batch's data and source rows are paired. */
export type Coupling = "independent" | "ot" | "sinkhorn" | "conditional-ot" | "pairs" | "bridge";
/**
 * Law of the training times; two also with `:mean,deviation`. "source-end:k": where k Euler steps from
 * the source look, of a run that is sampled by them alone.
 */
export type TimeLaw =
  | "uniform"
  | "stratified"
  | "logit-normal"
  | "edm"
  | "source-end"
  | `logit-normal:${string}`
  | `edm:${string}`
  | `source-end:${number}`;
export type Sampler =
  | "euler"
  | "midpoint"
  | "heun"
  | "rk4"
  | "dopri5"
  | "ddim"
  | "ddpm"
  | "dpm-solver-2"
  | "dpm-solver-3"
  | "dpmpp-2s"
  | "dpmpp-2m"
  | "dpmpp-3m"
  | "dpmpp-sde-2m"
  | "unipc"
  | "edm"
  | "euler-maruyama"
  | "stochastic-heun"
  | "predictor-corrector"
  | "jump"
  | "consistency";
/** Choices of the diffusion w(t) that keeps the marginals ("zero": the ODE). */
export type Diffusion =
  "zero" | "g2" | "sigma" | "time" | "constant" | "decreasing" | "increasing-decreasing";
/** How the divergence of the velocity is found: by every axis, or by random directions. */
export type Divergence = "exact" | "hutchinson";
/** What random directions are made of. */
export type Probe = "rademacher" | "gaussian";
/** How a sampler's steps are spread over time. */
export type TimeGrid =
  | "uniform"
  | "log-snr"
  | "quadratic"
  | "karras"
  | "flow-shift"
  | "leading"
  | "trailing"
  | "linspace";
export type Activation = "silu" | "selu" | "gelu" | "tanh" | "relu";
/** Distances between two samples. */
export type Metric = "w2" | "sliced" | "energy" | "mmd";
/** Which kernels run: picked by what the engine can do, best first. */
export type Variant = "relaxed" | "simd" | "scalar";

/** Row-major float32 data with its shape: points are [n, d], trajectories [times, n, d]. */
export interface FloatArray {
  data: Float32Array;
  shape: number[];
}

/** A data set's name ("moons", "text:HELLO"), or rows of your own. */
export type PointsSpec = string | FloatArray;

/** A sample of the law at one time of the path. */
export interface Snapshot {
  /** In [0, 1]. */
  time: number;
  points: FloatArray;
}

/** One built-in data set, as listed by `api.datasets`. */
export interface DatasetInfo {
  /** The name used everywhere; "text:" is completed by a word of yours. */
  name: string;
  /** For people: "Two moons". */
  title: string;
  /** Formula and scale in a sentence or two. */
  description: string;
  /** Whether `api.density` knows it. */
  hasDensity: boolean;
  /** 0 if its rows carry no labels. */
  classes: number;
}

/** Every list of names the library accepts, read from the library itself. */
export interface Names {
  schedules: Schedule[];
  predictions: Prediction[];
  couplings: Coupling[];
  samplers: Sampler[];
  activations: Activation[];
  metrics: Metric[];
  timeFeatures: ("raw" | "fourier")[];
  weights: Weight[];
  objectives: Objective[];
  gammas: Gamma[];
  lrSchedules: ("constant" | "cosine")[];
  diffusions: Diffusion[];
  grids: TimeGrid[];
}

/** A run. Every field has a default, listed in `api.defaults`. */
export interface TrainerOptions {
  /** What to learn; default "8gaussians". */
  data?: PointsSpec;
  /** What to start from; default "gaussian", N(0, I). */
  source?: PointsSpec;
  /** Class of each row when `data` is given as rows. */
  labels?: Int32Array | number[];
  /** "action", "entropic-action": in place of these three, samples from time 0 (data) to 1 (source). */
  snapshots?: Snapshot[];
  /** Default "linear". */
  schedule?: ScheduleSpec;
  /** Default "velocity". */
  predict?: Prediction;
  /**
   * Default "independent". "ot" joins each batch by exact optimal transport, "conditional-ot" within
   * each label, "sinkhorn" and "bridge" by partners drawn from the entropic plan (all at most 1024
   * rows); "pairs" joins row i of the data to row i of the source.
   */
  coupling?: Coupling;
  /** "sinkhorn": regularisation in mean squared distances (0.05). */
  couplingReg?: number;
  /** "conditional-ot": cost of joining different labels, in mean squared distances; default 1000. */
  labelPenalty?: number;
  /** Law of the training times; default "stratified". */
  timeLaw?: TimeLaw;
  /** Loss weight over t; "velocity" weighs as if velocity were predicted, "sigma2", "g2" and "one" are
   * weights on the error of the score. */
  weight?: Weight;
  /** What is minimised; default "regression" of the prediction. */
  objective?: Objective;
  /** "interpolant": the path's own noise (default "zero"); other than zero, SDEs run between any two
   * data sets. */
  gamma?: Gamma;
  /** gamma^2 is proportional to it, > 0; default 1. */
  gammaScale?: number;
  /** "entropic-action": w of the SDE whose action it is (`diffusion: "sigma"`), > 0; default 1. */
  actionDiffusion?: number;
  /** "mean-flow", "shortcut": share of rows that learn the velocity, [0, 1); default 0.75. */
  flowShare?: number;
  /** "mean-flow": rows weigh 1 / (error^2 + 0.001)^p; default 0. */
  adaptivePower?: number;
  /** "consistency": adjacent times are 1 / this apart at the end, 2..65536; default 128. */
  consistencySteps?: number;
  /** "consistency-distillation": whom to learn from, a saved run or a trainer as it is now. */
  teacher?: ArrayBuffer | Uint8Array | Trainer | WorkerTrainer;
  /** Hidden units per layer, 1..4096; default 128. */
  width?: number;
  /** Hidden layers, 1..16; default 3. */
  depth?: number;
  activation?: Activation;
  timeFeatures?: "raw" | "fourier";
  /** Learn one law per class; the classes are those of the data's labels. */
  conditional?: boolean;
  /** Share of labels hidden from the network in training, [0, 1]; default 0.1. */
  labelDropout?: number;
  /** Rows per step, 1..65536; default 256. */
  batch?: number;
  /** Peak learning rate; default 0.002. */
  lr?: number;
  lrSchedule?: "constant" | "cosine";
  /** Steps of linear warm-up; default 100. */
  warmup?: number;
  /** Planned steps: the end of a cosine schedule; default 20000. */
  steps?: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
  /** Global gradient norm; 0: no clipping. */
  clip?: number;
  /** Decay of the averaged weights that are sampled from, [0, 1); 0: off. */
  ema?: number;
  /** Non-negative integer below 2^53; the same seed gives the same numbers. */
  seed?: number;
}

/** `TrainerOptions` with every field filled in, as the library holds them. */
export type ResolvedTrainerOptions = Required<
  Omit<TrainerOptions, "data" | "source" | "labels" | "snapshots" | "teacher">
> & {
  /** A name; for rows of your own "given" or "snapshots". */
  data: string;
  source: string;
  /** Coordinates of a point. */
  dimension: number;
  /** 0: unconditional. */
  classes: number;
};

export interface StepReport {
  /** Steps taken in all. */
  step: number;
  /** Of the last step. */
  loss: number;
  /** Mean over the steps of this call. */
  meanLoss: number;
  /** Of the last step, before clipping. */
  gradientNorm: number;
  /** Of the last step. */
  learningRate: number;
}

export interface StepOptions {
  /** Stops between slices of steps; the call then throws the signal's reason. Steps taken stay. */
  signal?: AbortSignal;
  /** Called between slices of steps with the report so far. */
  onProgress?: (report: StepReport) => void;
}

export interface SampleOptions {
  /** Points wanted; default 1000. */
  n?: number;
  /** Default "heun". */
  sampler?: Sampler;
  /** Grid intervals, >= 1; default 50. Of no meaning for "dopri5". */
  steps?: number;
  /** Seeds the starting points and the noise of stochastic samplers; default 0. */
  seed?: number;
  /** Start from these rows instead of drawing `n`. */
  start?: FloatArray;
  /** How many equally spaced times to keep (true: 33), or the times themselves, in travel order. */
  trajectories?: boolean | number | number[];
  /** Default "uniform". */
  grid?: TimeGrid;
  /** "ddpm": which variance; default "small". */
  variance?: "small" | "large";
  /** "ddim": 0 deterministic .. 1 ancestral. */
  eta?: number;
  /** "unipc": 1, 2 (default) or 3. */
  order?: number;
  /** "edm": noise added in all over the run (default 0: none), where sigma / alpha is in this range,
   * times `churnNoise`. */
  churn?: number;
  churnFrom?: number;
  churnTo?: number;
  churnNoise?: number;
  /** "predictor-corrector": what moves the points from level to level; default "reverse-diffusion". */
  predictor?: "reverse-diffusion" | "ode" | "none";
  /** "predictor-corrector": Langevin steps at each level (1), and their noise to drift (0.16). */
  correctorSteps?: number;
  correctorSnr?: number;
  /** The step that ends at the data: by its mean (default), by Tweedie's formula, or as any other. */
  lastStep?: "mean" | "tweedie" | "euler";
  /** A grid of your own, falling or rising, in place of `steps`, `grid`, `from` and `to`. */
  times?: number[];
  /** "karras" (7) and "flow-shift" (3) grids. */
  gridRho?: number;
  gridShift?: number;
  /** "euler-maruyama", "stochastic-heun": the diffusion w(t). */
  diffusion?: Diffusion;
  /** Factor on w(t), >= 0. */
  diffusionScale?: number;
  /** "dopri5": relative and absolute error allowed per step. */
  rtol?: number;
  atol?: number;
  /** Class wanted: one for all rows, or one a row. Conditional trainers only. */
  label?: number | ArrayLike<number>;
  /** With a label: the label's weight in classifier-free guidance; default 1, as trained. */
  guidance?: number;
  /** What `guidance` is: "scale", v_u + w (v_c - v_u) (default), or "excess", (1 + w) v_c - w v_u. */
  guidanceConvention?: "scale" | "excess";
  /**
   * Autoguidance: a smaller or less trained model of the same schedule and prediction, away from which
   * `guidance` leads.
   */
  guide?: Trainer | WorkerTrainer;
  /** Another schedule to be sampled on; models with a score only. */
  schedule?: ScheduleSpec;
  /** "data": source to data (default); "source": data to source. */
  toward?: "data" | "source";
  /** true: also log p of each point, along the same solve: Gaussian source, a sampler as in
   * `LogDensityOptions`, no trajectories. */
  logDensity?: boolean;
  /** With `logDensity`, as in `LogDensityOptions`. */
  divergence?: Divergence;
  probes?: number;
  probe?: Probe;
  signal?: AbortSignal;
  /** Called after each step of the sampler with the share done, 0..1. */
  onProgress?: (share: number) => void;
}

export interface SampleResult {
  /** [n, d] at the end. */
  points: FloatArray;
  /** log p of each point in nats, absent unless asked for. */
  logDensity?: Float64Array;
  /** [times, n, d], absent unless asked for. */
  trajectories?: FloatArray;
  /** The kept times, absent unless asked for. */
  times?: Float64Array;
  /** Calls of the network on the whole batch. */
  evaluations: number;
  /** Of the kept trajectories, absent unless asked for. */
  straightness?: number;
  energy?: number;
}

/** How `reflow` draws its pairs, and what the trainer it makes is like. */
export interface ReflowOptions extends Pick<
  SampleOptions,
  | "steps"
  | "grid"
  | "rtol"
  | "atol"
  | "guidance"
  | "guidanceConvention"
  | "seed"
  | "signal"
  | "onProgress"
> {
  /** Rows moved by this trainer's ODE, and all that the new one learns from; default 16384. */
  pairs?: number;
  /** The ODE's solver: none that draws noise. Default "dopri5". `seed`: another for every round. */
  sampler?: Sampler;
  /** k >= 1: distil to k Euler steps, to be sampled by `{ sampler: "euler", steps: k }` alone. */
  distill?: number;
  /** Begin with this trainer's weights, where it learns a velocity on "linear" too; default true. */
  keepWeights?: boolean;
  /** Options other than this trainer's: `steps`, `lr`, `batch`, ... */
  train?: Omit<TrainerOptions, "data" | "source" | "labels" | "coupling">;
}

/** Langevin chains at one time of the learned path. */
export interface LangevinOptions {
  /** Time whose law is sampled; default 0.1. */
  t?: number;
  /** h of x += h/2 score + sqrt(h) z; default 0.1. */
  step?: number;
  /** Default 1000. */
  steps?: number;
  /** Chains; default 1000. Absent with `start`. */
  n?: number;
  /** Default 0. */
  seed?: number;
  /** true: accept or refuse each step (MALA): the model's own law whatever h, for a hundred times the work. */
  metropolis?: boolean;
  /** Steps of rk4 for the log p that this takes; default 16. */
  likelihoodSteps?: number;
  /** Rows [n, d] to begin with; default: noise of the size of data of unit scale at t. */
  start?: FloatArray;
  /** Steps after which points are kept, ascending; 0: the start. */
  keep?: number[];
  label?: number | ArrayLike<number>;
  signal?: AbortSignal;
  onProgress?: (share: number) => void;
}

export interface LangevinResult {
  /** [n, d] after the last step. */
  points: FloatArray;
  /** [kept, n, d], absent unless asked for. */
  trajectories?: FloatArray;
  /** Share of proposals accepted; 1 without `metropolis`. */
  acceptance: number;
  /** Calls of the network on all chains, those for log p among them. */
  evaluations: number;
}

export interface LossFloorOptions {
  /** Draws, at least 256; default 4096. Time grows with them and with the rows of the data. */
  rows?: number;
  /** Default 0. */
  seed?: number;
}

/** loss = floor + excess, of the averaged weights on the rows trained on. */
export interface LossFloor {
  /** What no network's loss comes below: E w|q - q*|^2, q* the exact minimiser. */
  floor: number;
  floorStandardError: number;
  /** E w|q_theta - q*|^2 >= 0. */
  excess: number;
  excessStandardError: number;
}

export interface ErrorsOptions {
  /** In [0, 1]. */
  times: number[];
  /** Draws at each time; default 1024. */
  rows?: number;
  /** Default 0. */
  seed?: number;
  label?: number;
}

/** Against the exact minimiser, one number a time; NaN where there is no conversion. */
export interface ErrorsResult {
  /** E |v - v*|^2. */
  velocity: Float64Array;
  /** The same over E |v*|^2. */
  velocityRelative: Float64Array;
  /** E |s - s*|^2. */
  score: Float64Array;
  scoreRelative: Float64Array;
}

/** Where `logDensity` is wanted, `points` or a `grid`, and how. */
export interface LogDensityOptions {
  /** Rows [n, d] at the data end. */
  points?: FloatArray;
  /** In place of points: cells per side, 1..1024, whose centres are asked for. 2-D models only. */
  grid?: number;
  /** Of the grid, [xmin, xmax, ymin, ymax]; default [-4, 4, -4, 4]. */
  bounds?: [number, number, number, number];
  /** "exact" (default): d derivatives an evaluation. "hutchinson": `probes` of them, and noise. */
  divergence?: Divergence;
  /** "hutchinson": directions a row, >= 1; default 1. */
  probes?: number;
  /** "hutchinson"; default "rademacher", the one of least variance. */
  probe?: Probe;
  /** Of the probes; default 0. */
  seed?: number;
  /** A Runge-Kutta method; default "dopri5". */
  sampler?: "euler" | "midpoint" | "heun" | "rk4" | "dopri5";
  /** Steps of a method that does not choose its own; default 50. */
  steps?: number;
  /** "dopri5": relative and absolute error allowed per step; default 1e-5. 1e-3 suits a picture. */
  rtol?: number;
  atol?: number;
  /** Class asked about: one for all rows, or one a row. Conditional trainers only. */
  label?: number | ArrayLike<number>;
  /** Stops on the way; the call then throws the signal's reason. */
  signal?: AbortSignal;
  /** Called with the share done, 0..1. */
  onProgress?: (share: number) => void;
}

export interface LogDensityResult {
  /** log p in nats: one number a point, or a cell with row 0 at ymin. */
  logDensity: Float64Array;
  /** [n], or [grid, grid]. */
  shape: number[];
  /** Calls of the network and its derivative: the most that any block of 256 rows took. */
  evaluations: number;
  /** Of the grid, absent for points. */
  bounds?: [number, number, number, number];
  /** The density's integral over the grid, near 1 where the bounds hold the law; absent for points. */
  mass?: number;
}

/** A density on a grid, moved by the Fokker-Planck equation: particles without particles. */
export interface FokkerPlanckOptions {
  /** Cells per side, 2..1024; default 64. */
  grid?: number;
  /** [xmin, xmax, ymin, ymax], which must hold the law at all times; default [-4, 4, -4, 4]. */
  bounds?: [number, number, number, number];
  /** Times whose densities are kept, in travel order, or how many equally spaced; default 33. */
  times?: number | number[];
  /** "data" (default): from the source's law to the data's; "source": the way back. */
  toward?: "data" | "source";
  /** w(t) of the SDE whose particles it is the density of; default "zero": the ODE's. */
  diffusion?: Diffusion;
  /** Factor on w(t), >= 0. */
  diffusionScale?: number;
  /** Times at which the network is evaluated, interpolated in between; default 33. */
  knots?: number;
  /** [grid, grid], row 0 at ymin: what to begin with, in place of the law that the trainer knows. */
  density?: FloatArray;
  /** Of the histogram that it begins with where no closed form is known; default 0. */
  seed?: number;
  /** Conditional trainers only. */
  label?: number;
  /** Stops on the way; the call then throws the signal's reason. */
  signal?: AbortSignal;
  /** Called with the share done, 0..1. */
  onProgress?: (share: number) => void;
}

export interface FokkerPlanckResult {
  /** [times, grid, grid]: the density at each time, row 0 at ymin. */
  densities: FloatArray;
  /** The kept times, moved into the interval in which the SDE is defined. */
  times: Float64Array;
  bounds: [number, number, number, number];
  /** Integral of the last density, and what it changed by on the way: rounding alone. */
  mass: number;
  massChange: number;
  /** Smallest value ever kept: never below 0. */
  least: number;
  /** Steps of the solver, and calls of the network on all of the grid's faces. */
  steps: number;
  evaluations: number;
}

export interface FieldOptions {
  /** Time in [0, 1]. */
  t: number;
  /** Cells per side, 1..1024; default 24. */
  grid?: number;
  /** [xmin, xmax, ymin, ymax]; default [-4, 4, -4, 4]. */
  bounds?: [number, number, number, number];
  /** Which quantity; default "velocity". Converted from what the network predicts. */
  quantity?: Prediction;
  label?: number;
}

/** `data` is [grid, grid, 2], row 0 at ymin, at cell centres. */
export interface FieldResult extends FloatArray {
  bounds: [number, number, number, number];
  t: number;
}

export interface DrawOptions {
  /** Rows; default 1000. */
  n?: number;
  /** Default 0. */
  seed?: number;
}

/** Rows of a data set. */
export interface DatasetRows {
  points: FloatArray;
  /** Class of each row, where the set has classes. */
  labels?: Int32Array;
}

export interface DensityOptions {
  /** Cells per side, 1..1024; default 128. */
  grid?: number;
  /** [xmin, xmax, ymin, ymax]; default [-4, 4, -4, 4]. */
  bounds?: [number, number, number, number];
  /** true: log p in nats instead of p. */
  log?: boolean;
}

/** `data` is [grid, grid], row 0 at ymin, at cell centres. */
export interface DensityResult extends FloatArray {
  bounds: [number, number, number, number];
}

export interface ScheduleOptions {
  /** Times in [0, 1], 1..65536 of them. */
  times: ArrayLike<number>;
  /** What `a` and `b` are of; default "velocity". */
  predict?: Prediction;
}

/**
 * The path `x_t = alpha x_data + sigma x_source` and what a network is asked for on it,
 * `a x_data + b x_source`: one number a time, infinite where the path's derivative is.
 */
export interface ScheduleResult {
  alpha: Float64Array;
  sigma: Float64Array;
  alphaDot: Float64Array;
  sigmaDot: Float64Array;
  a: Float64Array;
  b: Float64Array;
  /** Where a network asked for it is trained and sampled. */
  tMin: number;
  tMax: number;
}

export interface FloorOptions {
  /** Default 0. */
  seed?: number;
  /** Pairs of samples whose mean is given, 1..1000; default 4. */
  repeats?: number;
}

export interface RunOptions {
  /** Length of one slice of training, between which messages get through; default 12 ms. */
  sliceMilliseconds?: number;
  /** Most steps a second; default Infinity. Changed while running by `TrainingRun.setRate`. */
  stepsPerSecond?: number;
  /** Stop by itself when the trainer has taken this many steps in all. */
  untilStep?: number;
  /** Called at most once every `reportMilliseconds`, and once more at the end. */
  onReport?: (report: RunReport) => void;
  /** Default 33 ms. */
  reportMilliseconds?: number;
  /** Pauses the run as `pause()` does. */
  signal?: AbortSignal;
}

export interface RunReport extends StepReport {
  /** Measured over the last second or so. */
  stepsPerSecond: number;
  /** Loss of each slice since the last report, oldest first, with the step it ended on. */
  losses: { step: number; loss: number }[];
}

/** Training that goes on in the background until it is paused. */
export interface TrainingRun {
  /** Settles when the run has stopped: with the last report, or with the error that stopped it. */
  readonly done: Promise<StepReport>;
  /** Stops after the slice in progress; the same promise as `done`. */
  pause(): Promise<StepReport>;
  /** Changes the most steps a second while running. */
  setRate(stepsPerSecond: number): void;
}

/** Where the WebAssembly comes from. With none of these the file beside the module is used. */
export interface LoadOptions {
  /** Address of pathflow.wasm. A bundler's `?url` import gives one. */
  wasmUrl?: string | URL;
  /** The file's bytes. */
  wasmBinary?: ArrayBuffer | Uint8Array;
  /** A compiled module. */
  module?: WebAssembly.Module;
  /** Which of the file's kernels to use; default: the best that the engine runs. */
  variant?: Variant;
}

/** What both kinds of api know without asking. */
export interface ApiFacts {
  /** Of the library, "0.1.0". */
  readonly version: string;
  /** Which kernels are running. */
  readonly variant: Variant;
  readonly names: Names;
  /** Built-in data sets in display order. */
  readonly datasets: DatasetInfo[];
  /** What `new api.Trainer()` uses for the fields not given. */
  readonly defaults: ResolvedTrainerOptions;
}

/** The library in this thread: every call returns when it is done. */
export interface Api extends ApiFacts {
  /** A model in training. */
  readonly Trainer: new (options?: TrainerOptions) => Trainer;
  /** A trainer from the bytes of `Trainer.save()` or of the command's .safetensors file. */
  restore(bytes: ArrayBuffer | Uint8Array): Trainer;
  /** Draws rows of a built-in set: the first rows of a larger `n` are the same. */
  dataset(name: string, options?: DrawOptions): DatasetRows;
  /** A schedule's coefficients, and a prediction's, at given times. */
  schedule(name: ScheduleSpec, options: ScheduleOptions): ScheduleResult;
  /** Density of a built-in set on a grid. Refused where `hasDensity` is false. */
  density(name: string, options?: DensityOptions): DensityResult;
  /** Distance between two samples; "w2" wants equally many rows. */
  distance(metric: Metric, a: FloatArray, b: FloatArray): number;
  /** What `distance` gives for two samples of one law at n rows: the least worth hoping for. */
  floor(metric: Metric, dataset: string, n: number, options?: FloorOptions): number;
  /** Rows from the bytes of an .npy file (floats or integers, at most two axes). */
  readNpy(bytes: ArrayBuffer | Uint8Array): FloatArray;
  /** An .npy file's bytes; one to three axes. */
  writeNpy(array: FloatArray): Uint8Array<ArrayBuffer>;
  /** Bytes the library holds now: constant when everything made has been disposed of. */
  bytesInUse(): number;
  /** Frees every trainer made by this api. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A model in training. Free it with `dispose()` or `using`. */
export interface Trainer {
  /** The options in full. */
  readonly options: ResolvedTrainerOptions;
  /** Steps taken. */
  readonly steps: number;
  /** Weights of the network. */
  readonly parameters: number;
  /** Takes k steps; default 1. */
  step(k?: number, options?: StepOptions): StepReport;
  /** Trains in the background, in slices, until paused. */
  run(options?: RunOptions): TrainingRun;
  /** Moves points along the learned path. */
  sample(options?: SampleOptions): SampleResult;
  /**
   * log p in nats of the learned law, by integrating the divergence along the probability-flow ODE.
   * Whatever the schedule and the prediction; the source must be Gaussian.
   */
  logDensity(options: LogDensityOptions): LogDensityResult;
  /**
   * The density of the points that `sample` moves, on a grid: the Fokker-Planck equation of the learned
   * ODE or SDE. 2-D models only. `planeDistance` to a `planeHistogram` compares it with points.
   */
  fokkerPlanck(options?: FokkerPlanckOptions): FokkerPlanckResult;
  /**
   * A new trainer, not yet trained, on the pairs that this one's ODE joins ("rectified flow"): straighter
   * paths, and straighter again after each round.
   */
  reflow(options?: ReflowOptions): Trainer;
  /** Samples of the law at one time by its score alone. */
  langevin(options?: LangevinOptions): LangevinResult;
  /** The least that the loss can be, and how far the network is from it. */
  lossFloor(options?: LossFloorOptions): LossFloor;
  /** Velocity and score error over time. */
  errors(options: ErrorsOptions): ErrorsResult;
  /** What the network says on a grid at one time. 2-D models only. */
  field(options: FieldOptions): FieldResult;
  /** Starting points of `sample` with the same n and seed. */
  start(options?: DrawOptions): FloatArray;
  /** Rows of the training data's law. */
  data(options?: DrawOptions): DatasetRows;
  /** Everything needed to go on to the same bits, as a safetensors file. */
  save(): Uint8Array<ArrayBuffer>;
  /** Frees its memory. Safe to call twice; everything else then throws. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** Every method of T as a promise. */
type Promised<T, Key extends keyof T> = {
  [Name in Key]: T[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Result>
    : never;
};

/** The library in a Worker: the same methods as `Api`, as promises. */
export interface WorkerApi
  extends
    ApiFacts,
    Promised<
      Api,
      | "dataset"
      | "schedule"
      | "density"
      | "distance"
      | "floor"
      | "readNpy"
      | "writeNpy"
      | "bytesInUse"
    > {
  /** Made at once; it is ready, or refuses, when `trainer.ready` settles. */
  readonly Trainer: new (options?: TrainerOptions) => WorkerTrainer;
  restore(bytes: ArrayBuffer | Uint8Array): Promise<WorkerTrainer>;
  /** Ends the Worker (one made by `createWorker`) or frees what it holds (`connect`). */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A model in training inside the Worker: calls take effect in order, between the slices of `run` too. */
export interface WorkerTrainer extends Promised<
  Trainer,
  | "step"
  | "sample"
  | "logDensity"
  | "fokkerPlanck"
  | "langevin"
  | "lossFloor"
  | "errors"
  | "field"
  | "start"
  | "data"
  | "save"
> {
  reflow(options?: ReflowOptions): Promise<WorkerTrainer>;
  /** Settles when the Worker has made it. */
  readonly ready: Promise<void>;
  /** The options in full, once ready. */
  readonly options: ResolvedTrainerOptions;
  /** Weights of the network, once ready. */
  readonly parameters: number;
  /** Steps taken as of the last report. */
  readonly steps: number;
  run(options?: RunOptions): TrainingRun;
  dispose(): void;
  [Symbol.dispose](): void;
}

export interface WorkerOptions extends LoadOptions {
  /** Address of the Worker's script; default: `worker.js` beside the module. */
  workerUrl?: string | URL;
}
