// What the person sees: choices, pictures and numbers, each on its place of the page.
import type { RunReport, StepReport, WorkerApi } from "pathflow";
import { layers, type Choices, type End } from "./choices";
import { LossCurve } from "./controls/losscurve";
import type { Picker } from "./controls/picker";
import type { PresetChips } from "./controls/presets";
import { digits, Readouts } from "./controls/readouts";
import { Recipe } from "./controls/recipe";
import { Story } from "./controls/story";
import type { Timeline } from "./controls/timeline";
import { describe } from "./controls/wording";
import { button, element } from "./dom";
import { reachOf, type Ends } from "./ends";
import { explain } from "./engine/explain";
import type { Frame } from "./engine/frame";
import type { Distance } from "./engine/measure";
import { Mixes } from "./engine/mix";
import { particleCount, type Built } from "./engine/session";
import { stochastic } from "./rules";
import type { Scene, Shown } from "./scene/scene";
import type { Store } from "./store";

const targetPoints = 700;
const leastHalf = 3;
const room = 1.14;
const wordsEvery = 90;

export function shownOf(choices: Readonly<Choices>): Shown {
  return { ...choices, noisy: stochastic(choices.sampler) };
}

/** The parts that answer the person too; the app makes them. */
export interface Parts {
  store: Store;
  scene: Scene;
  timeline: Timeline;
  ends: Ends;
  pickers: Record<"source" | "data", Picker>;
  chips: PresetChips;
}

export class Display {
  private readonly recipe: Recipe;
  private readonly readouts = new Readouts();
  private readonly losses = new LossCurve(element("loss-plot"));
  private readonly story: Story;
  private worded = 0;

  constructor(
    api: WorkerApi,
    private readonly parts: Parts,
    private readonly warn: (message: string) => void,
  ) {
    const problem = (error: Error): void => this.warn(explain(error));
    this.recipe = new Recipe(element("recipe"), new Mixes(api), problem);
    this.story = new Story((end) => parts.ends.title(end));
  }

  choices(): void {
    const { store, scene, pickers, chips, timeline } = this.parts;
    const { choices } = store;
    scene.show(shownOf(choices));
    pickers.source.show(choices.source, scene.palette.source);
    pickers.data.show(choices.data, scene.palette.data);
    chips.show(choices, this.describeEnds(choices));
    for (const layer of layers) {
      const toggle = document.querySelector(`[data-layer=${layer}]`)!;
      toggle.setAttribute("aria-pressed", String(choices[layer]));
    }
    document.querySelector<HTMLElement>(".mini")!.hidden = !choices.arrows;
    timeline.showSteps(choices.sampler === "dopri5" ? 0 : choices.steps);
    void this.endPoints(choices.source, choices.data);
    this.words(scene.clock.t);
  }

  /** For choices that are no preset: what they are, in a sentence. */
  private describeEnds({ source, data, schedule, predict }: Readonly<Choices>): string {
    const { ends } = this.parts;
    const path = `schedule ${describe("schedule", schedule)}`;
    const both = `${ends.title(source)} becomes ${ends.title(data)}`;
    return `Your own mix: ${both}, ${path}, and the network learns ${describe("predict", predict)}.`;
  }

  private async endPoints(source: End, data: End): Promise<void> {
    const { ends, store, scene } = this.parts;
    try {
      const [from, to] = await Promise.all([
        ends.points(source, targetPoints),
        ends.points(data, targetPoints),
      ]);
      if (source !== store.choices.source || data !== store.choices.data) return;
      scene.setEnds(to, Math.max(leastHalf, reachOf(from), reachOf(to)) * room);
    } catch (error) {
      this.warn(explain(error));
    }
  }

  /** Nothing is left of the network before. */
  clear(): void {
    const { scene } = this.parts;
    scene.motion.clear();
    scene.setField(undefined);
    delete scene.canvas.dataset.distance;
    delete scene.canvas.dataset.frame;
    for (const key of ["rate", "distance", "straightness", "nfe"] as const) {
      this.readouts.set(key, "–");
    }
    this.losses.clear();
    element("loss-now").textContent = "";
    this.story.forget();
  }

  frame(frame: Frame): void {
    const { scene, store } = this.parts;
    scene.setFrame(frame);
    this.readouts.set("nfe", String(frame.evaluations));
    const noisy = stochastic(store.choices.sampler);
    if (noisy || frame.straightness === undefined) {
      this.readouts.set("straightness", "–", noisy ? "noisy" : "");
    } else this.readouts.set("straightness", digits(frame.straightness));
    scene.canvas.dataset.frame = String(frame.step);
    this.story.step = frame.step;
  }

  distance(distance: Distance): void {
    this.readouts.set("distance", digits(distance.value), `floor ${digits(distance.floor)}`);
    this.parts.scene.canvas.dataset.distance = String(distance.value);
    this.story.distance = distance;
  }

  report(report: StepReport, run?: RunReport): void {
    this.readouts.set("step", report.step.toLocaleString("en"));
    if (run) this.readouts.set("rate", digits(run.stepsPerSecond));
    this.losses.add(run?.losses ?? [{ step: report.step, loss: report.meanLoss }]);
    element("loss-now").textContent = digits(this.losses.now ?? report.loss);
    element("untrained").hidden = true;
  }

  running(running: boolean): void {
    const play = button("play");
    play.querySelector("use")!.setAttribute("href", running ? "#i-pause" : "#i-play");
    play.querySelector("span")!.textContent = running ? "Pause" : "Train";
    document.documentElement.classList.toggle("running", running);
    if (running) element("untrained").hidden = true;
    else this.readouts.set("rate", "–");
  }

  built({ steps, parameters }: Built, running: boolean): void {
    this.readouts.set("step", steps.toLocaleString("en"));
    this.readouts.set("weights", parameters.toLocaleString("en"));
    element("untrained").hidden = steps > 0 || running;
  }

  clock(): void {
    const { timeline, scene } = this.parts;
    timeline.showClock(scene.clock.playing);
    timeline.show(scene.clock.t);
  }

  /** After each picture. While pictures come fast, words follow slower: nobody reads faster. */
  drawn(t: number, rate: number): void {
    this.parts.timeline.show(t);
    const now = performance.now();
    if (rate > 0 && now - this.worded < wordsEvery) return;
    this.worded = now;
    const { canvas, quality } = this.parts.scene;
    canvas.dataset.rate = rate.toFixed(1);
    canvas.dataset.quality = String(quality);
    this.words(t);
    const shown = `${particleCount.toLocaleString("en")} particles`;
    element("caption").textContent = rate > 0 ? `${shown} · ${Math.round(rate)} fps` : shown;
  }

  private words(t: number): void {
    const { store, scene } = this.parts;
    this.recipe.show(store.choices, scene.palette, t);
    this.story.show(store.choices, t);
  }

  /** The theme has changed, or the page has just begun. */
  repaint(): void {
    const { scene, timeline, pickers } = this.parts;
    scene.repaint();
    timeline.paint(scene.palette);
    this.losses.paint(scene.palette);
    this.words(scene.clock.t);
    void pickers.source.paint(scene.palette.source);
    void pickers.data.paint(scene.palette.data);
  }
}
