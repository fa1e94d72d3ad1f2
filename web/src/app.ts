// The page put together: choices in, pictures and numbers out.
import type { RunReport, StepReport, WorkerApi } from "pathflow";
import {
  mostTrained,
  readAddress,
  writeAddress,
  type Address,
  type Known,
  type Run,
} from "./address";
import { defaults, layers, sameTraining, trainingKeys, type Choices, type End } from "./choices";
import { ChoicesPanel } from "./controls/choices-panel";
import { startDownloads } from "./controls/downloads";
import { Drawing } from "./controls/drawing";
import { FileDrop } from "./controls/drop";
import { Help } from "./controls/help";
import { startKeyboard } from "./controls/keyboard";
import { LossCurve } from "./controls/losscurve";
import { Picker } from "./controls/picker";
import { PresetChips, presetChoices, type Preset } from "./controls/presets";
import { digits, Readouts } from "./controls/readouts";
import { Recipe } from "./controls/recipe";
import type { Status } from "./controls/status";
import { startTheme } from "./controls/theme";
import { describe } from "./controls/wording";
import { Timeline } from "./controls/timeline";
import { button, canvas, element } from "./dom";
import { Ends, reachOf } from "./ends";
import { particleCount, Session, type Built } from "./engine/session";
import type { Frame } from "./engine/frame";
import { readFile } from "./files/read";
import { encodeRows } from "./rows";
import { repair, stochastic } from "./rules";
import { Scene, type Shown } from "./scene/scene";
import { startSleep } from "./sleep";
import { Store } from "./store";

const targetPoints = 700;
const leastHalf = 3;
const room = 1.14;

function shownOf(choices: Readonly<Choices>): Shown {
  return { ...choices, noisy: stochastic(choices.sampler) };
}

export class App {
  private readonly known: Known;
  private readonly store: Store;
  private readonly scene: Scene;
  private readonly session: Session;
  private readonly ends: Ends;
  private readonly pickers: Record<"source" | "data", Picker>;
  private readonly timeline: Timeline;
  private readonly drawing: Drawing;
  private readonly chips: PresetChips;
  private readonly recipe = new Recipe(element("recipe"));
  private readonly readouts = new Readouts();
  private readonly losses = new LossCurve(element("loss-plot"));
  private readonly help = new Help();
  private readonly reduced = matchMedia("(prefers-reduced-motion: reduce)");
  private pretrained = false;
  private touched = false;
  private sleeping = false;
  private opening = false;
  private addressTimer = 0;
  private drawnAt = 0;

  constructor(
    private readonly api: WorkerApi,
    private readonly weights: Uint8Array | undefined,
    private readonly status: Status,
  ) {
    this.known = { names: api.names, datasets: api.datasets.map(({ name }) => name) };
    const address = readAddress(location.hash, this.known);
    const { choices, notes } = repair({ ...defaults, ...address.choices });
    this.store = new Store(choices);
    this.ends = new Ends(api);
    this.scene = new Scene(canvas("scene"), shownOf(choices), {
      onDrawn: (t, rate) => this.drawn(t, rate),
    });
    this.session = new Session(api, choices, this.sessionEvents());
    this.timeline = new Timeline({
      onScrub: (t) => this.scrub(t),
      onClock: () => this.toggleClock(),
    });
    this.drawing = new Drawing(this.scene, {
      onDone: (flat, end) => this.takeRows(flat, end, "Your drawing is the"),
      onClose: () => this.scene.wake(),
      onHint: (message) => this.status.warn(message),
    });
    const files = new FileDrop((file, end) => void this.takeFile(file, end));
    this.pickers = { source: this.picker("source", files), data: this.picker("data", files) };
    new ChoicesPanel(this.store, api.names, (text) => {
      this.status.warn(`Seeds are whole numbers from 0 to 999,999, got "${text}".`);
    });
    this.chips = new PresetChips((preset) => this.pick(preset));
    this.connect();
    this.open(address, notes);
  }

  // Starting.

  private open(address: Address, notes: string[]): void {
    const time = address.run.time;
    if (time !== undefined) this.scene.clock.scrub(time);
    else if (this.reduced.matches) this.scene.clock.scrub(0);
    else this.scene.clock.play(performance.now());
    this.showClock();
    this.repaint();
    this.showChoices();
    const { choices } = this.store;
    const home = sameTraining(choices, defaults);
    const { trained, pretrained } = address.run;
    this.start(choices, home && (pretrained === true || trained === undefined), trained);
    const problems = [...address.problems, ...notes];
    if (problems.length > 0) this.status.warn(problems.join(" "));
  }

  /** Builds the network: from the page's own weights, or afresh; then replays `trained` steps. */
  private start(choices: Readonly<Choices>, pretrained: boolean, trained?: number): void {
    const weights = pretrained ? this.weights : undefined;
    this.pretrained = weights !== undefined;
    this.scene.motion.clear();
    this.scene.setField(undefined);
    this.losses.clear();
    element("loss-now").textContent = "";
    void this.session.build(choices, { weights, replayTo: trained });
    if (trained !== undefined && trained > 0 && !weights) {
      this.status.say(`Replaying the ${trained.toLocaleString("en")} steps of this link…`);
    }
  }

  private connect(): void {
    this.store.onChange((choices, changed) => this.changed(choices, changed));
    button("play").addEventListener("click", () => this.togglePlay());
    button("step").addEventListener("click", () => void this.session.stepOnce());
    button("reset").addEventListener("click", () => this.reset());
    button("share").addEventListener("click", () => void this.share());
    for (const layer of layers) {
      const toggle = document.querySelector<HTMLButtonElement>(`[data-layer=${layer}]`)!;
      toggle.addEventListener("click", () => {
        this.store.set({ [layer]: !this.store.choices[layer] });
      });
    }
    startTheme(() => this.repaint());
    startKeyboard(
      {
        play: () => this.togglePlay(),
        step: () => void this.session.stepOnce(),
        reset: () => this.reset(),
        help: () => this.help.toggle(),
        animate: () => this.toggleClock(),
        draw: () => this.drawing.open("data"),
        scrub: (by) => this.scrub(this.scene.clock.t + by),
      },
      () => this.help.open || this.drawing.active,
    );
    startDownloads(
      this.api,
      {
        frame: () => this.scene.motion.frame,
        model: () => this.session.save(),
        picture: () => this.scene.canvas,
        label: () => `${this.store.choices.data.replace(/:.*/, "")}-${this.session.steps}`,
      },
      (message, problem) => (problem ? this.status.warn(message) : this.status.say(message)),
    );
    startSleep(this.scene.canvas, {
      page: (hidden) => this.sleep(hidden),
      picture: (hidden) => this.scene.sleep(hidden),
    });
    this.reduced.addEventListener("change", () => this.applyMotion());
    this.applyMotion();
    window.addEventListener("hashchange", () => this.followAddress());
  }

  private picker(role: "source" | "data", files: FileDrop): Picker {
    return new Picker(element(`end-${role}`), role, this.api.datasets, this.ends, {
      onPick: (end) => void this.takeEnd(end, role),
      onDraw: () => this.drawing.open(role),
      onFile: () => files.choose(role),
    });
  }

  private sessionEvents(): ConstructorParameters<typeof Session>[2] {
    return {
      onFrame: (frame) => this.showFrame(frame),
      onField: (field) => this.scene.setField(field),
      onDistance: ({ value, floor }) => {
        this.readouts.set("distance", digits(value), `floor ${digits(floor)}`);
        this.scene.canvas.dataset.distance = String(value);
      },
      onReport: (report, run) => this.report(report, run),
      onRunning: (running) => this.showRunning(running),
      onBuilt: (built) => this.showBuilt(built),
      onProblem: (message) => this.status.warn(message),
      fieldHalf: (t) => this.scene.reachAt(t),
    };
  }

  // What the person does.

  private changed(choices: Readonly<Choices>, changed: ReadonlySet<keyof Choices>): void {
    const { choices: fixed, notes } = repair({ ...choices });
    if (notes.length > 0) {
      this.status.say(notes.join(" "));
      return this.store.set(fixed);
    }
    this.touched = true;
    this.drawing.close();
    this.showChoices();
    if (this.opening) return; // the network is built when all of the address is known
    if (trainingKeys.some((key) => changed.has(key))) this.start(choices, false);
    else this.session.view(choices, changed.has("sampler") || changed.has("steps"));
    this.keepAddress();
  }

  private pick(preset: Preset): void {
    const choices = presetChoices(preset, this.store.choices);
    const home = sameTraining(choices, defaults);
    this.store.set(choices);
    this.touched = true;
    if (home && !this.pretrained) this.start(choices, true);
    else if (!home) this.session.play();
    if (!this.reduced.matches && !this.scene.clock.playing) this.toggleClock();
    this.keepAddress();
  }

  private togglePlay(): void {
    this.touched = true;
    if (this.session.running) void this.session.stop();
    else this.session.play();
  }

  private reset(): void {
    this.touched = true;
    this.start(this.store.choices, false);
    this.status.say("A fresh network with the same seed.");
    this.keepAddress();
  }

  private scrub(t: number): void {
    this.scene.clock.scrub(t);
    this.showClock();
    this.scene.wake();
    this.touched = true;
    this.keepAddress();
  }

  private toggleClock(): void {
    const { clock } = this.scene;
    if (clock.playing) clock.pause();
    else clock.play(performance.now());
    this.showClock();
    this.scene.wake();
  }

  /** Takes over an end once the library has shown that it can draw it. */
  private async takeEnd(end: End, role: "source" | "data"): Promise<void> {
    try {
      await this.ends.points(end, targetPoints);
      this.store.set({ [role]: end });
    } catch (error) {
      this.status.warn(error instanceof Error ? error.message : String(error));
      this.showChoices();
    }
  }

  private takeRows(flat: number[], end: "source" | "data", what: string): void {
    this.store.set({ [end]: encodeRows(flat) });
    this.status.say(`${what} ${end === "data" ? "data" : "source"} now. Press Train.`);
  }

  private async takeFile(file: File, end: "source" | "data"): Promise<void> {
    try {
      const { flat, note } = await readFile(file, this.api);
      this.store.set({ [end]: encodeRows(flat) });
      this.status.say(note);
    } catch (error) {
      this.status.warn(error instanceof Error ? error.message : String(error));
    }
  }

  private async share(): Promise<void> {
    this.writeAddress();
    try {
      await navigator.clipboard.writeText(location.href);
      this.status.say("The link is copied: it restores these choices, the seed and this training.");
    } catch {
      // No clipboard here (an insecure address, or refused): the address bar has the link.
      this.status.say("The link is in the address bar: copy it from there.");
    }
  }

  private followAddress(): void {
    const address = readAddress(location.hash, this.known);
    const { choices, notes } = repair({ ...defaults, ...address.choices });
    this.opening = true;
    this.store.set(choices);
    this.opening = false;
    this.open(address, notes);
  }

  // What is shown.

  private showChoices(): void {
    const { choices } = this.store;
    const { palette } = this.scene;
    this.scene.show(shownOf(choices));
    this.pickers.source.show(choices.source, palette.source);
    this.pickers.data.show(choices.data, palette.data);
    this.chips.show(choices, this.describeEnds(choices));
    for (const layer of layers) {
      const toggle = document.querySelector(`[data-layer=${layer}]`)!;
      toggle.setAttribute("aria-pressed", String(choices[layer]));
    }
    document.querySelector<HTMLElement>(".mini")!.hidden = !choices.arrows;
    this.timeline.showSteps(choices.sampler === "dopri5" ? 0 : choices.steps);
    void this.showEnds(choices.source, choices.data);
  }

  /** For choices that are no preset: what they are, in a sentence. */
  private describeEnds({ source, data, schedule, predict }: Readonly<Choices>): string {
    const ends = `${this.ends.title(source)} becomes ${this.ends.title(data)}`;
    const path = `schedule ${describe("schedule", schedule)}`;
    return `Your own mix: ${ends}, ${path}, and the network learns ${describe("predict", predict)}.`;
  }

  private async showEnds(source: End, data: End): Promise<void> {
    try {
      const [from, to] = await Promise.all([
        this.ends.points(source, targetPoints),
        this.ends.points(data, targetPoints),
      ]);
      if (source !== this.store.choices.source || data !== this.store.choices.data) return;
      const half = Math.max(leastHalf, reachOf(from), reachOf(to)) * room;
      this.scene.setEnds(to, half);
    } catch (error) {
      this.status.warn(error instanceof Error ? error.message : String(error));
    }
  }

  private showFrame(frame: Frame): void {
    this.scene.setFrame(frame);
    this.readouts.set("nfe", String(frame.evaluations));
    const { straightness } = frame;
    const noisy = stochastic(this.store.choices.sampler);
    if (noisy || straightness === undefined) {
      this.readouts.set("straightness", "–", noisy ? "noisy" : "");
    } else this.readouts.set("straightness", digits(straightness));
    this.scene.canvas.dataset.frame = String(frame.step);
  }

  private report(report: StepReport, run?: RunReport): void {
    this.readouts.set("step", report.step.toLocaleString("en"));
    if (run) this.readouts.set("rate", digits(run.stepsPerSecond));
    this.losses.add(run?.losses ?? [{ step: report.step, loss: report.meanLoss }]);
    element("loss-now").textContent = digits(this.losses.now ?? report.loss);
    element("untrained").hidden = true;
  }

  private showRunning(running: boolean): void {
    const play = button("play");
    play.querySelector("use")!.setAttribute("href", running ? "#i-pause" : "#i-play");
    play.querySelector("span")!.textContent = running ? "Pause" : "Train";
    document.documentElement.classList.toggle("running", running);
    const steps = this.session.steps.toLocaleString("en");
    this.status.say(running ? "Training." : `Paused after ${steps} steps.`);
    if (running) element("untrained").hidden = true;
    else if (!this.sleeping) this.keepAddress();
  }

  private showBuilt({ steps, parameters }: Built): void {
    this.readouts.set("step", steps.toLocaleString("en"));
    this.readouts.set("weights", parameters.toLocaleString("en"));
    this.readouts.set("rate", "–");
    this.readouts.set("distance", "–");
    element("untrained").hidden = steps > 0 || this.session.running;
    if (steps === 0) this.status.greet("A fresh network. Press Train.");
    else {
      this.status.greet(
        `A network trained for ${steps.toLocaleString("en")} steps. Train goes on from there.`,
      );
    }
  }

  private showClock(): void {
    this.timeline.showClock(this.scene.clock.playing);
    this.timeline.show(this.scene.clock.t);
  }

  private drawn(t: number, rate: number): void {
    this.timeline.show(t);
    const now = performance.now();
    if (now - this.drawnAt < 90 && t > 0 && t < 1) return;
    this.drawnAt = now;
    this.scene.canvas.dataset.rate = rate.toFixed(1);
    this.recipe.show(this.store.choices, this.scene.palette, t);
    const shown = `${particleCount.toLocaleString("en")} particles`;
    element("caption").textContent = rate > 0 ? `${shown} · ${Math.round(rate)} fps` : shown;
  }

  private repaint(): void {
    this.scene.repaint();
    const { palette } = this.scene;
    this.timeline.paint(palette);
    this.losses.paint(palette);
    this.recipe.show(this.store.choices, palette, this.scene.clock.t);
    void this.pickers.source.paint(palette.source);
    void this.pickers.data.paint(palette.data);
  }

  private applyMotion(): void {
    this.scene.still = this.reduced.matches;
    if (this.reduced.matches && this.scene.clock.playing) this.scrub(0);
  }

  // Resting and remembering.

  private sleep(hidden: boolean): void {
    this.session.sleep(hidden);
    if (hidden && this.session.running) {
      this.sleeping = true;
      void this.session.stop();
    } else if (!hidden && this.sleeping) {
      this.sleeping = false;
      this.session.play();
    }
  }

  private keepAddress(): void {
    clearTimeout(this.addressTimer);
    if (!this.touched) return;
    this.addressTimer = window.setTimeout(() => this.writeAddress(), 350);
  }

  private writeAddress(): void {
    const { clock } = this.scene;
    const run: Run = {
      trained: Math.min(this.session.steps, mostTrained),
      pretrained: this.pretrained,
      time: clock.playing ? undefined : clock.t,
    };
    history.replaceState(null, "", writeAddress(this.store.choices, run));
  }
}
