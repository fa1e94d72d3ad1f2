// Reflow, round by round: each network learns from the pairs that the one before it joins, so its
// paths are straighter and one step comes nearer to where many lead; at last a network of one step.
import type { WorkerTrainer } from "pathflow";
import type { Choices } from "../choices";
import { digits } from "../controls/readouts";
import { make } from "../dom";
import { frameOf, type Frame } from "../engine/frame";
import { marginalSampling, particleCount } from "../engine/options";
import type { Scene } from "../scene/scene";
import type { Store } from "../store";
import { Beside, type Plate } from "./beside";
import { Chart } from "./chart";
import { mostRounds } from "./names";
import type { Fresh, View } from "./view";

const stepsOfRound = 1000;
const pairs = 8192;

interface Numbers {
  straightness: number;
  energy: number;
  /** Of its many-step samples from the data, and of those by one Euler step. */
  distance: number;
  inOne: number;
}

interface Round {
  trainer: WorkerTrainer;
  /** One step is all it can do. */
  distilled: boolean;
  done: boolean;
  numbers?: Numbers;
}

export class Reflow implements View {
  private readonly beside: Beside;
  private readonly frame = make("div", { class: "chart low", id: "rounds" });
  private readonly chart = new Chart(this.frame);
  private readonly go = make("button", { type: "button", id: "reflow", class: "primary" });
  private readonly one = make("button", { type: "button", id: "one-step" }, "One step");
  private readonly list = make("span", { class: "rounds", role: "group", "aria-label": "Rounds" });
  private readonly note = make("span", { class: "note" }, "each learns from the last one’s pairs");
  private rounds: Round[] = [];
  private first: Numbers | undefined;
  private picked: number | undefined;
  private making = false;

  constructor(
    store: Store,
    private readonly plate: Plate,
    private readonly scene: Scene,
    panes: HTMLElement,
    private readonly bar: HTMLElement,
    private readonly wake: () => void,
  ) {
    this.beside = new Beside(scene, panes, "reflow", "Particles of the straightened flow");
    this.frame.hidden = true;
    panes.append(this.frame);
    this.go.textContent = "Straighten (reflow)";
    this.go.addEventListener("click", () => {
      this.picked = undefined;
      store.set({ rounds: Math.min(mostRounds, store.choices.rounds + 1), distilled: false });
    });
    this.one.addEventListener("click", () => {
      this.picked = undefined;
      store.set({ distilled: true });
    });
  }

  show(choices: Readonly<Choices>): void {
    if (!this.go.isConnected) this.bar.replaceChildren(this.note, this.list, this.one, this.go);
    this.beside.open({ ...choices, noisy: false, traced: false, paths: true });
    this.frame.hidden = false;
    this.drop(choices);
    this.tell(choices);
  }

  hide(): void {
    this.beside.close();
    this.frame.hidden = true;
  }

  clear(): void {
    for (const { trainer } of this.rounds) trainer.dispose();
    this.rounds = [];
    this.first = this.picked = undefined;
    this.beside.clear();
    this.chart.clear();
    delete this.frame.dataset.rounds;
  }

  repaint(): void {
    this.chart.repaint(this.scene.palette);
  }

  async refresh(fresh: Fresh): Promise<void> {
    const { trainer, frame, choices, running, current } = fresh;
    this.first = await this.measured(fresh, trainer, frame, false);
    if (!current()) return;
    const shown = this.rounds[this.shown - 1];
    if (shown) await this.sample(fresh, shown);
    if (!current()) return;
    this.tell(choices);
    this.draw();
    // While the first is in training there is nothing yet to straighten.
    if (!running && trainer.steps > 0) await this.next(fresh);
  }

  /** The round beside the first flow; 0 where there is none. */
  private get shown(): number {
    return Math.min(this.picked ?? this.rounds.length, this.rounds.length);
  }

  private async sample(fresh: Fresh, round: Round): Promise<void> {
    const { choices } = fresh;
    const options = round.distilled
      ? ({ n: particleCount, seed: choices.seed, trajectories: 2, ...oneStep } as const)
      : marginalSampling(choices, 0);
    const sampled = frameOf(await round.trainer.sample(options), round.trainer.steps);
    const numbers = await this.measured(fresh, round.trainer, sampled, round.distilled);
    if (!fresh.current()) return;
    round.numbers = numbers;
    this.beside.frame(sampled);
  }

  private async measured(
    { measure, choices }: Fresh,
    trainer: WorkerTrainer,
    frame: Frame,
    distilled: boolean,
  ): Promise<Numbers> {
    const distance = (await measure.distance(frame)).value;
    const { straightness = NaN, energy = NaN } = frame;
    if (distilled) return { straightness, energy, distance, inOne: distance };
    const { seed } = choices;
    const { points } = await trainer.sample({ n: particleCount, seed, ...oneStep });
    return { straightness, energy, distance, inOne: await measure.rows(points) };
  }

  /** Rounds that are not wanted any more. */
  private drop({ rounds, distilled }: Readonly<Choices>): void {
    const keep = this.rounds.filter((round, k) => (round.distilled ? distilled : k < rounds));
    for (const round of this.rounds) if (!keep.includes(round)) round.trainer.dispose();
    this.rounds = keep;
  }

  /** Begins the next round that is wanted, from the one before it. */
  private async next({ trainer, choices, current }: Fresh): Promise<void> {
    const plain = this.rounds.filter((round) => !round.distilled);
    const last = this.rounds[this.rounds.length - 1];
    const distil = plain.length >= choices.rounds;
    const enough = distil && (!choices.distilled || last?.distilled);
    if (this.making || enough || (last && !last.done)) return;
    this.making = true;
    const teacher = plain[plain.length - 1]?.trainer ?? trainer;
    try {
      const seed = choices.seed + this.rounds.length + 1;
      const student = await teacher.reflow({ pairs, seed, ...(distil ? { distill: 1 } : {}) });
      if (!current()) return student.dispose();
      const round: Round = { trainer: student, distilled: distil, done: false };
      this.rounds.push(round);
      const onReport = (): void => {
        if (!this.frame.hidden) this.wake();
      };
      const ended = (): void => {
        round.done = true;
        onReport();
      };
      const run = student.run({ untilStep: stepsOfRound, reportMilliseconds: 400, onReport });
      run.done.then(ended, ended);
    } finally {
      this.making = false;
    }
  }

  private tell(choices: Readonly<Choices>): void {
    const { shown } = this;
    const round = this.rounds[shown - 1];
    this.plate.name("Round 0: as trained");
    this.plate.show(this.first ? { note: words(this.first, false) } : {});
    this.beside.plate.name(round ? this.title(shown) : "Press Straighten");
    const behind = round && !round.done ? `, step ${round.trainer.steps.toLocaleString("en")}` : "";
    const note = round?.numbers ? words(round.numbers, round.distilled) + behind : "";
    this.beside.plate.show({ note });
    const busy = this.rounds.some(({ done }) => !done);
    const { rounds, distilled } = choices;
    this.go.disabled = busy || rounds >= mostRounds;
    this.one.disabled = busy || distilled;
    this.list.replaceChildren(
      ...this.rounds.map(({ distilled: last }, k) => {
        const chip = make(
          "button",
          { type: "button", class: "chip" },
          last ? "1 step" : `${k + 1}`,
        );
        chip.setAttribute("aria-label", this.title(k + 1));
        chip.setAttribute("aria-pressed", String(k + 1 === shown));
        chip.addEventListener("click", () => {
          this.picked = k + 1;
          this.wake();
        });
        return chip;
      }),
    );
  }

  private title(round: number): string {
    return this.rounds[round - 1].distilled ? "Distilled to one step" : `Round ${round}`;
  }

  private draw(): void {
    const { palette } = this.scene;
    const known = [this.first, ...this.rounds.map(({ numbers }) => numbers)];
    const column = (key: keyof Numbers): [number, number][] =>
      known.flatMap((numbers, k): [number, number][] => {
        const plain = key === "inOne" || k === 0 || !this.rounds[k - 1].distilled;
        return numbers && plain && numbers[key] > 0 ? [[k, numbers[key]]] : [];
      });
    const lines = [
      { label: "straightness", color: palette.ink, points: column("straightness") },
      { label: "energy", color: palette.source, points: column("energy"), dash: [7, 4] },
      {
        label: "one step’s distance from the data",
        color: palette.data,
        points: column("inOne"),
        dash: [2, 4],
      },
    ];
    const values = lines.flatMap(({ points }) => points.map(([, y]) => y));
    if (values.length === 0) return;
    const range: [number, number] = [0.6 * Math.min(...values), 1.6 * Math.max(...values)];
    const most = Math.max(2, known.length - 1);
    this.chart.draw(
      {
        x: {
          label: "round",
          range: [-0.1, most + 0.1],
          ticks: Array.from({ length: most + 1 }, (_, k) => k),
        },
        y: { log: true, range, ticks: round10.filter((y) => y >= range[0] && y <= range[1]) },
        lines,
      },
      palette,
    );
    const { frame } = this;
    frame.dataset.rounds = JSON.stringify(known.map((numbers) => numbers ?? null));
    frame.dataset.done = String(this.rounds.filter(({ done }) => done).length);
    frame.setAttribute("role", "img");
    const told = column("straightness").map(([, y]) => digits(y));
    frame.setAttribute("aria-label", `Straightness by round: ${told.join(", ")}`);
  }
}

const oneStep = { sampler: "euler", steps: 1 } as const;
const round10 = [0.0001, 0.001, 0.01, 0.1, 1, 10, 100];

function words({ straightness, energy, inOne }: Numbers, distilled: boolean): string {
  const far = `one step ${digits(inOne)}`;
  if (distilled) return `${far} from the data`;
  return `straightness ${digits(straightness)} · energy ${digits(energy)} · ${far}`;
}
