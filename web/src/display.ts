// What the person sees: choices, pictures and numbers, each on its place of the page.
import type { RunReport, StepReport, WorkerApi } from "pathflow";
import { layers, type Choices, type End } from "./choices";
import { HeldOut } from "./controls/held-out";
import { LossCurve } from "./controls/losscurve";
import type { Picker } from "./controls/picker";
import type { MethodBar } from "./controls/method-bar";
import { digits, Readouts } from "./controls/readouts";
import { Recipe } from "./controls/recipe";
import { Story } from "./controls/story";
import type { Timeline } from "./controls/timeline";
import { button, element, make } from "./dom";
import { reachOf, type Ends } from "./ends";
import { explain } from "./engine/explain";
import type { Frame } from "./engine/frame";
import type { Distance } from "./engine/measure";
import { Mixes } from "./engine/mix";
import { particleCount } from "./engine/options";
import type { Built } from "./engine/session";
import { stochastic } from "./rules";
import { fromSnapshots, snapshots } from "./snapshots";
import type { Scene, Shown } from "./scene/scene";
import type { Store } from "./store";
import type { Fresh } from "./views/view";
import type { Views } from "./views/views";

const targetPoints = 700;
const leastHalf = 3;
const room = 1.14;
const wordsEvery = 90;

export function shownOf(choices: Readonly<Choices>): Shown {
  const { view } = choices;
  const traced = view === "compare" || view === "noise";
  const own = view === "noise" || view === "density" || view === "reflow";
  const noisy = !own && stochastic(choices.sampler);
  return { ...choices, noisy, traced, paths: choices.paths && view !== "density" };
}

/** The parts that answer the person too; the app makes them. */
export interface Parts {
  store: Store;
  scene: Scene;
  timeline: Timeline;
  ends: Ends;
  pickers: Record<"source" | "data", Picker>;
  methods: MethodBar;
  views: Views;
}

export class Display {
  private readonly recipe: Recipe;
  private readonly readouts = new Readouts();
  private readonly losses = new LossCurve(element("loss-plot"));
  private readonly story: Story;
  private readonly heldOut: HeldOut;
  private worded = 0;
  private loss: number | undefined;
  private least: number | undefined;

  constructor(
    api: WorkerApi,
    private readonly parts: Parts,
    private readonly warn: (message: string) => void,
  ) {
    const problem = (error: Error): void => this.warn(explain(error));
    this.recipe = new Recipe(element("recipe"), new Mixes(api), problem);
    this.heldOut = new HeldOut(api, problem);
    this.story = new Story((end) => parts.ends.title(end));
  }

  choices(): void {
    const { store, scene, pickers, methods, views, timeline } = this.parts;
    const { choices } = store;
    scene.show(shownOf(choices));
    pickers.source.show(choices.source, scene.palette.source);
    pickers.data.show(choices.data, scene.palette.data);
    methods.show(choices);
    views.show(choices);
    for (const layer of layers) {
      const toggle = document.querySelector(`[data-layer=${layer}]`)!;
      toggle.setAttribute("aria-pressed", String(choices[layer]));
    }
    document.querySelector<HTMLElement>(".mini")!.hidden = !choices.arrows;
    timeline.showSteps(choices.sampler === "dopri5" || choices.view !== "flow" ? 0 : choices.steps);
    const seen = fromSnapshots(choices);
    if (seen !== scene.snapshots.length > 0) scene.snapshots = seen ? snapshots() : [];
    void this.endPoints(choices.source, choices.data);
    this.words(scene.clock.t);
  }

  /** The method that the address asks for. */
  method(id: string | undefined): void {
    this.parts.methods.prefer(id);
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
    const { scene, views } = this.parts;
    views.clear();
    scene.motion.clear();
    scene.setField(undefined);
    delete scene.canvas.dataset.distance;
    delete scene.canvas.dataset.frame;
    this.heldOut.clear();
    for (const key of ["rate", "distance", "straightness", "nfe"] as const) {
      this.readouts.set(key, "–");
    }
    this.losses.clear();
    this.loss = undefined;
    this.floor(undefined);
    this.story.forget();
  }

  frame(frame: Frame): void {
    const { scene, store } = this.parts;
    scene.setFrame(frame);
    this.readouts.set("nfe", String(frame.evaluations));
    const { noisy } = shownOf(store.choices);
    if (noisy || frame.straightness === undefined) {
      this.readouts.set("straightness", "–", noisy ? "noisy" : "");
    } else this.readouts.set("straightness", digits(frame.straightness));
    scene.canvas.dataset.frame = String(frame.step);
    void this.heldOut.show(frame, fromSnapshots(store.choices));
    this.story.step = frame.step;
  }

  distance(distance: Distance): void {
    this.readouts.set("distance", digits(distance.value), `floor ${digits(distance.floor)}`);
    this.parts.scene.canvas.dataset.distance = String(distance.value);
    this.story.distance = distance;
  }

  /** What no network's loss comes below on these data; undefined: not known, or there is none. */
  floor(value: number | undefined): void {
    this.least = value;
    this.losses.floor(value);
    this.sayLoss();
  }

  private sayLoss(): void {
    const { loss, least } = this;
    const floor = least === undefined ? "" : make("small", {}, `floor ${digits(least)}`);
    element("loss-now").replaceChildren(loss === undefined ? "" : digits(loss), " ", floor);
  }

  /** The view may ask the library for what it shows. */
  fresh(fresh: Fresh): Promise<void> {
    return this.parts.views.refresh(fresh);
  }

  report(report: StepReport, run?: RunReport): void {
    this.readouts.set("step", report.step.toLocaleString("en"));
    if (run) this.readouts.set("rate", digits(run.stepsPerSecond));
    this.losses.add(run?.losses ?? [{ step: report.step, loss: report.meanLoss }]);
    this.loss = this.losses.now ?? report.loss;
    this.sayLoss();
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
    this.parts.views.drawn(t);
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
    const { scene, timeline, pickers, views } = this.parts;
    scene.repaint();
    views.repaint();
    timeline.paint(scene.palette);
    this.losses.paint(scene.palette);
    this.words(scene.clock.t);
    void pickers.source.paint(scene.palette.source);
    void pickers.data.paint(scene.palette.data);
  }
}
