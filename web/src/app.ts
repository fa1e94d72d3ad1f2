// The page put together: what the person does becomes choices, networks and pictures.
import type { WorkerApi } from "pathflow";
import { readAddress, type Address, type Known } from "./address";
import { AddressBar } from "./address-bar";
import { defaults, layers, sameTraining, trainingKeys, type Choices, type End } from "./choices";
import { ChoicesPanel } from "./controls/choices-panel";
import { startDownloads } from "./controls/downloads";
import { Drawing } from "./controls/drawing";
import { FileDrop } from "./controls/drop";
import { Help } from "./controls/help";
import { startKeyboard } from "./controls/keyboard";
import { Picker } from "./controls/picker";
import { MethodBar } from "./controls/method-bar";
import { MethodTable } from "./controls/method-table";
import type { Status } from "./controls/status";
import { startTheme } from "./controls/theme";
import { Timeline } from "./controls/timeline";
import { Display, shownOf } from "./display";
import { button, canvas, element } from "./dom";
import { Ends } from "./ends";
import { explain } from "./engine/explain";
import { Session, type Built } from "./engine/session";
import { readFile } from "./files/read";
import { withMethod, type Method } from "./methods";
import { encodeRows } from "./rows";
import { repair } from "./rules";
import { Scene } from "./scene/scene";
import { startSleep } from "./sleep";
import { Store } from "./store";
import { storyChoices, type Story } from "./stories";
import { Views } from "./views/views";

const drawable = 700;
const resampling: readonly (keyof Choices)[] = ["sampler", "steps", "view"];

export class App {
  private readonly known: Known;
  private readonly store: Store;
  private readonly scene: Scene;
  private readonly session: Session;
  private readonly ends: Ends;
  private readonly display: Display;
  private readonly drawing: Drawing;
  private readonly help = new Help();
  private readonly table = new MethodTable((method) => this.take(method));
  private readonly address: AddressBar;
  private readonly reduced = matchMedia("(prefers-reduced-motion: reduce)");
  private pretrained = false;
  private sleeping = false;
  private opening = false;

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
      onDrawn: (t, rate) => this.display.drawn(t, rate),
    });
    this.session = new Session(api, choices, this.sessionEvents());
    this.display = this.makeDisplay();
    this.drawing = new Drawing(this.scene, {
      onDone: (flat, end) => this.takeRows(flat, end),
      onClose: () => this.scene.wake(),
      onHint: (message) => this.status.warn(message),
    });
    this.address = new AddressBar({
      choices: () => this.store.choices,
      run: () => ({
        trained: this.session.steps,
        pretrained: this.pretrained,
        time: this.scene.clock.playing ? undefined : this.scene.clock.t,
      }),
    });
    this.connect();
    this.open(address, notes);
  }

  // Starting.

  private makeDisplay(): Display {
    const files = new FileDrop((file, end) => void this.takeFile(file, end));
    const picker = (role: "source" | "data"): Picker =>
      new Picker(element(`end-${role}`), role, this.api.datasets, this.ends, {
        onPick: (end) => void this.takeEnd(end, role),
        onDraw: () => this.drawing.open(role),
        onFile: () => files.choose(role),
      });
    const parts = {
      store: this.store,
      scene: this.scene,
      timeline: new Timeline({
        onScrub: (t) => this.scrub(t),
        onClock: () => this.toggleClock(),
      }),
      ends: this.ends,
      pickers: { source: picker("source"), data: picker("data") },
      methods: new MethodBar({
        onMethod: (method) => this.take(method),
        onStory: (story) => this.tell(story),
        onTable: () => this.table.show(),
      }),
      views: new Views(this.api, this.store, this.scene, () => this.session.renew()),
    };
    return new Display(this.api, parts, (message) => this.status.warn(message));
  }

  private open(address: Address, notes: string[]): void {
    const time = address.run.time;
    if (time !== undefined) this.scene.clock.scrub(time);
    else if (this.reduced.matches) this.scene.clock.scrub(0);
    else this.scene.clock.play(performance.now());
    this.display.method(address.method);
    this.display.clock();
    this.display.repaint();
    this.display.choices();
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
    this.display.clear();
    void this.session.build(choices, { weights, replayTo: trained, teacher: this.weights });
    if (trained !== undefined && trained > 0 && !weights) {
      this.status.say(`Replaying the ${trained.toLocaleString("en")} steps of this link…`);
    }
  }

  private connect(): void {
    this.store.onChange((choices, changed) => this.changed(choices, changed));
    new ChoicesPanel(this.store, this.api.names, (text) => {
      this.status.warn(`Seeds are whole numbers from 0 to 999,999, got "${text}".`);
    });
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
    startTheme(() => this.display.repaint());
    this.connectKeys();
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

  private connectKeys(): void {
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
      () => this.help.open || this.table.open || this.drawing.active,
    );
  }

  private sessionEvents(): ConstructorParameters<typeof Session>[2] {
    return {
      onFrame: (frame) => this.display.frame(frame),
      onField: (field) => this.scene.setField(field),
      onDistance: (distance) => {
        this.display.distance(distance);
        if (this.session.running) this.address.keep(); // a reload trains up to here again
      },
      onFloor: (floor) => this.display.floor(floor),
      onFresh: (fresh) => this.display.fresh(fresh),
      onReport: (report, run) => this.display.report(report, run),
      onRunning: (running) => this.showRunning(running),
      onBuilt: (built) => this.greet(built),
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
    this.drawing.close();
    this.display.choices();
    if (this.opening) return; // the network is built when all of the address is known
    const renewed = trainingKeys.some((key) => changed.has(key));
    if (renewed) this.start(choices, false);
    else
      this.session.view(
        choices,
        resampling.some((key) => changed.has(key)),
      );
    this.address.keep(renewed);
  }

  private take(method: Method): void {
    this.pick(withMethod(method, this.store.choices));
    this.display.choices(); // the same parts under another name change nothing else
  }

  private tell(story: Story): void {
    this.pick(storyChoices(story, this.store.choices));
  }

  /** Takes over choices made for the person: they are shown at work, whatever stood still before. */
  private pick(choices: Choices): void {
    const before = this.store.choices;
    const home = sameTraining(choices, defaults);
    const same = sameTraining(choices, before);
    this.store.set(choices);
    if (home && !this.pretrained && !same) this.start(this.store.choices, true);
    else if (!same) this.session.play();
    if (!this.reduced.matches && !this.scene.clock.playing) this.toggleClock();
    this.address.keep();
  }

  private togglePlay(): void {
    if (this.session.running) void this.session.stop();
    else this.session.play();
  }

  private reset(): void {
    this.start(this.store.choices, false);
    this.status.say("A fresh network with the same seed.");
    this.address.keep(true);
  }

  private scrub(t: number): void {
    this.scene.clock.scrub(t);
    this.display.clock();
    this.scene.wake();
    this.address.keep();
  }

  private toggleClock(): void {
    const { clock } = this.scene;
    if (clock.playing) clock.pause();
    else clock.play(performance.now());
    this.display.clock();
    this.scene.wake();
  }

  /** Takes over an end once the library has shown that it can draw it. */
  private async takeEnd(end: End, role: "source" | "data"): Promise<void> {
    try {
      await this.ends.points(end, drawable);
      this.store.set({ [role]: end });
    } catch (error) {
      this.status.warn(explain(error));
      this.display.choices();
    }
  }

  private takeRows(flat: number[], end: "source" | "data"): void {
    this.store.set({ [end]: encodeRows(flat) });
    this.status.say(`Your drawing is the ${end} now. Press Train.`);
  }

  private async takeFile(file: File, end: "source" | "data"): Promise<void> {
    try {
      const { flat, note } = await readFile(file, this.api);
      this.store.set({ [end]: encodeRows(flat) });
      this.status.say(note);
    } catch (error) {
      this.status.warn(explain(error));
    }
  }

  private async share(): Promise<void> {
    this.address.write();
    try {
      await navigator.clipboard.writeText(location.href);
      this.status.say("The link is copied: it restores these choices, the seed and this training.");
    } catch {
      // No clipboard here (an insecure address, or refused): the address bar has the link.
      this.status.say("The link is in the address bar: copy it from there.");
    }
  }

  private followAddress(): void {
    const address = readAddress(this.address.follow(), this.known);
    const { choices, notes } = repair({ ...defaults, ...address.choices });
    this.opening = true;
    this.store.set(choices);
    this.opening = false;
    this.open(address, notes);
  }

  // What happens by itself.

  private showRunning(running: boolean): void {
    this.display.running(running);
    const steps = this.session.steps.toLocaleString("en");
    this.status.say(running ? "Training." : `Paused after ${steps} steps.`);
    if (!running && !this.sleeping) this.address.keep();
  }

  private greet(built: Built): void {
    this.display.built(built, this.session.running);
    const steps = built.steps.toLocaleString("en");
    this.status.greet(
      built.steps === 0
        ? "A fresh network. Press Train."
        : `A network trained for ${steps} steps. Train goes on from there.`,
    );
  }

  private applyMotion(): void {
    this.scene.still = this.reduced.matches;
    if (this.reduced.matches && this.scene.clock.playing) this.scrub(0);
  }

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
}
