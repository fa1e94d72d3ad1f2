// The public interface of the module. `Api`/`Trainer` run in the calling thread; `WorkerApi`/
// `WorkerTrainer` (worker-client.ts) have the same methods as promises.

/** Names the library knows; lists come from `api.names` at run time. */
export type Schedule = "linear" | "trig" | "vp-linear" | "vp-cosine" | "sub-vp" | "ve";
export type Prediction = "data" | "noise" | "velocity" | "v" | "score";
export type Coupling = "independent" | "ot";
export type Sampler =
  | "euler" | "midpoint" | "heun" | "rk4" | "dopri5" | "ddim" | "ddpm" | "euler-maruyama";
export type Activation = "silu" | "selu" | "gelu" | "tanh" | "relu";
export type Metric = "w2" | "sliced" | "energy" | "mmd";

/** Row-major float32 data with its shape: points are [n, d], trajectories [times, n, d]. */
export interface FloatArray {
  data: Float32Array;
  shape: number[];
}

/** A data set's name ("moons", "text:HELLO"), or rows of your own. */
export type PointsSpec = string | FloatArray;

export interface DatasetInfo {
  name: string;
  title: string;
  description: string;
  hasDensity: boolean;
  classes: number;
}

export interface TrainerOptions {
  data?: PointsSpec;
  source?: PointsSpec;
  /** Class of each row when `data` is given as rows. */
  labels?: Int32Array | number[];
  schedule?: Schedule;
  predict?: Prediction;
  coupling?: Coupling;
  width?: number;
  depth?: number;
  activation?: Activation;
  timeFeatures?: "raw" | "fourier";
  conditional?: boolean;
  batch?: number;
  lr?: number;
  lrSchedule?: "constant" | "cosine";
  warmup?: number;
  steps?: number;
  weightDecay?: number;
  clip?: number;
  ema?: number;
  seed?: number;
}

export interface StepReport {
  step: number;
  loss: number;
  meanLoss: number;
  gradientNorm: number;
}

export interface StepOptions {
  signal?: AbortSignal;
  /** Called between slices of steps with the report so far. */
  onProgress?: (report: StepReport) => void;
}

export interface SampleOptions {
  n?: number;
  sampler?: Sampler;
  steps?: number;
  seed?: number;
  /** How many equally spaced times to keep (true: 33), or the times themselves, from 1 to 0. */
  trajectories?: boolean | number | number[];
  eta?: number;
  diffusion?: "zero" | "g2" | "sigma" | "constant";
  diffusionScale?: number;
  rtol?: number;
  atol?: number;
  /** Class wanted (one for all rows). */
  label?: number;
  /** "data": source to data (default); "source": data to source. */
  toward?: "data" | "source";
  signal?: AbortSignal;
  onProgress?: (share: number) => void;
}

export interface SampleResult {
  /** [n, d] at the end. */
  points: FloatArray;
  /** [times, n, d], absent unless asked for. */
  trajectories?: FloatArray;
  times?: Float64Array;
  /** Calls of the network on the whole batch. */
  evaluations: number;
  /** Of the kept trajectories, absent unless asked for. */
  straightness?: number;
  energy?: number;
}

export interface FieldOptions {
  t: number;
  /** Cells per side. */
  grid?: number;
  /** [xmin, xmax, ymin, ymax]; default [-4, 4, -4, 4]. */
  bounds?: [number, number, number, number];
  /** Which quantity; default "velocity". Converted from what the network predicts. */
  quantity?: Prediction;
  label?: number;
}

/** `data` is [grid, grid, 2], row 0 at ymin, cell centres. */
export interface FieldResult extends FloatArray {
  bounds: [number, number, number, number];
  t: number;
}
