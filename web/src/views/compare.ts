// Two methods side by side: the same data, seed and starting points, so that what differs is the
// method's. Where both train the same network they share it.
import type { WorkerApi } from "pathflow";
import type { Choices } from "../choices";
import { describe } from "../controls/wording";
import { make } from "../dom";
import { frameOf } from "../engine/frame";
import { samplingOf } from "../engine/options";
import { Rival } from "../engine/rival";
import { isMethod, methodNamed, methods, partKeys, withMethod, type Method } from "../methods";
import { sameTraining } from "../choices";
import { stochastic } from "../rules";
import type { Scene } from "../scene/scene";
import type { Store } from "../store";
import { Beside, type Plate } from "./beside";
import type { Fresh, View } from "./view";

export class Compare implements View {
  private readonly beside: Beside;
  private readonly rival: Rival;
  private readonly picker = make("select", { id: "versus" });
  private readonly note = make("span", { class: "note" });

  constructor(
    api: WorkerApi,
    store: Store,
    private readonly plate: Plate,
    first: Scene,
    panes: HTMLElement,
    private readonly bar: HTMLElement,
    wake: () => void,
  ) {
    this.beside = new Beside(first, panes, "compare", "Particles of the other method");
    this.rival = new Rival(api, wake);
    this.picker.append(...methods.map(({ id, name }) => new Option(name, id)));
    this.picker.addEventListener("change", () => store.set({ versus: this.picker.value }));
  }

  show(choices: Readonly<Choices>): void {
    const other = methodNamed(choices.versus)!;
    if (!this.picker.isConnected) {
      const label = make("label", { class: "inline", for: "versus" }, "against ", this.picker);
      this.bar.replaceChildren(label, this.note);
    }
    for (const option of this.picker.options) {
      option.disabled = methodNamed(option.value)!.gaussian && choices.source !== "gaussian";
    }
    this.picker.value = other.id;
    this.plate.name(nameOf(choices));
    this.beside.plate.name(other.name);
    this.beside.open({ ...choices, noisy: stochastic(other.parts.sampler), traced: true });
    const shared = sameTraining(withMethod(other, choices), choices);
    this.note.textContent = shared ? "one network, two samplers" : differences(other, choices);
  }

  hide(): void {
    this.beside.close();
    this.rival.drop();
  }

  clear(): void {
    this.beside.clear();
  }

  async refresh({ trainer, frame, measure, choices, current }: Fresh): Promise<void> {
    const noisy = stochastic(choices.sampler);
    const straight = (own: boolean, value: number | undefined): number | undefined =>
      own ? undefined : value;
    const distance = await measure.distance(frame);
    if (!current()) return;
    const { evaluations } = frame;
    this.plate.show({ distance, evaluations, straightness: straight(noisy, frame.straightness) });
    const other = methodNamed(choices.versus)!;
    const others = withMethod(other, choices);
    if (others.source !== choices.source) return; // it needs noise, and this source has none
    const second = await this.rival.of(others, trainer, choices);
    if (!second || !current()) return;
    const sampled = frameOf(await second.sample(samplingOf(others)), second.steps);
    const far = await measure.distance(sampled);
    if (!current()) return;
    this.beside.frame(sampled);
    this.beside.facts({
      distance: far,
      evaluations: sampled.evaluations,
      straightness: straight(stochastic(others.sampler), sampled.straightness),
      note: behind(second.steps, trainer.steps),
    });
  }
}

function behind(steps: number, wanted: number): string {
  return steps < wanted ? `step ${steps.toLocaleString("en")}` : "";
}

/** A method's name for these choices, or what samples them. */
function nameOf(choices: Readonly<Choices>): string {
  const named = methods.find((method) => isMethod(method, choices));
  return named?.name ?? `Your mix, ${describe("sampler", choices.sampler)}`;
}

function differences(other: Method, choices: Readonly<Choices>): string {
  const count = partKeys.filter((key) => other.parts[key] !== choices[key]).length;
  return `${count} of ${partKeys.length} parts differ`;
}
