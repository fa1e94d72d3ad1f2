// What "?" opens: the idea in a few sentences, what the parts show, and the keys.
import { button, byId } from "../dom";

const page = `
  <div class="help-head">
    <h2 id="help-title">One idea, many names</h2>
    <button type="button" class="icon" aria-label="Close help">×</button>
  </div>
  <div class="help-body">
    <div>
      <p><b>A generative model of this kind joins two distributions by a path.</b> Draw a point
      <i>x₀</i> of the <span class="data">data</span> and a point <i>x₁</i> of the
      <span class="source">source</span>, often plain Gaussian noise. Mix them:</p>
      <p class="equation">x<sub>t</sub> = α(t)·x₀ + σ(t)·x₁, &ensp; t from 1 (source) to 0 (data)</p>
      <p>Show the network <i>x<sub>t</sub></i> and <i>t</i>, and ask for one fixed mix of the same two
      points: the data, the noise, the velocity, the score. It cannot know which pair it was, so it
      learns the <b>average</b> answer. Any one of these answers gives all the others, by a line of
      algebra.</p>
      <p>To sample, start at the source and follow <i>dx/dt = v(x, t)</i> down to t = 0. Take big steps
      and you miss the bends. Add noise on the way and correct for it, and you have a diffusion
      sampler with the same crowd at every t.</p>
      <p><b>Diffusion, score matching, flow matching, rectified flow and α-blending are choices of
      this path, this question and this sampler.</b> Nothing else differs, and here you can change one
      at a time.</p>
    </div>
    <div>
      <h3>Things to try</h3>
      <ul>
        <li>Press <b>Reset</b>, then <b>Train</b>: paths find the data within seconds.</li>
        <li>Set the sampler to Euler and pull <b>steps</b> down to 1, then back up.</li>
        <li>Change the <b>pairing</b> to optimal transport and watch straightness.</li>
        <li>Draw your own data, or drop a picture: dark pixels become points.</li>
        <li>Start from two moons instead of noise. Flow matching does not mind.</li>
      </ul>
      <h3>Keys</h3>
      <dl class="keys">
        <div><dt><kbd>space</kbd></dt><dd>train or pause</dd></div>
        <div><dt><kbd>←</kbd> <kbd>→</kbd></dt><dd>towards source, towards data</dd></div>
        <div><dt><kbd>S</kbd></dt><dd>one training step</dd></div>
        <div><dt><kbd>R</kbd></dt><dd>reset the network</dd></div>
        <div><dt><kbd>A</kbd></dt><dd>animate time, or stop</dd></div>
        <div><dt><kbd>D</kbd></dt><dd>draw data</dd></div>
        <div><dt><kbd>?</kbd></dt><dd>this page</dd></div>
      </dl>
    </div>
  </div>`;

export class Help {
  private readonly dialog = byId("help", HTMLDialogElement);

  constructor() {
    this.dialog.innerHTML = page;
    button("help-open").addEventListener("click", () => this.toggle());
    this.dialog.querySelector("button")!.addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  get open(): boolean {
    return this.dialog.open;
  }

  toggle(): void {
    if (this.dialog.open) this.dialog.close();
    else this.dialog.showModal();
  }
}
