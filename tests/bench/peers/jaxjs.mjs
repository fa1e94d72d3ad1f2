// The reference job written for @jax-js/jax (its WASM backend): the same network, loss and optimizer
// as the library's own, jitted as one step, with every array kept on the device.
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from "@jax-js/jax";
import { BETA1, BETA2, EPSILON, LAYERS, LEARNING_RATE, initialLayer } from "./job.mjs";

function forward(params, x) {
  let h = x;
  params.forEach(({ w, b }, layer) => {
    const z = np.matmul(h, w).add(b);
    h = layer + 1 < params.length ? nn.silu(z) : z;
  });
  return h;
}

export async function create({ batch }) {
  await init("wasm");
  defaultDevice("wasm");
  const zeros = (like) => np.zeros(like.shape);
  let params = LAYERS.map(([fanIn, fanOut], layer) => {
    const { w, b } = initialLayer(layer);
    return { w: np.array(w).reshape([fanIn, fanOut]), b: np.array(b) };
  });
  let first = tree.map((p) => zeros(p), tree.ref(params));
  let second = tree.map((p) => zeros(p), tree.ref(params));

  // Two jits, one for the gradients and one for the update: a little faster than a single one.
  const gradients = jit(
    valueAndGrad((p, input, target) => np.square(forward(p, input).sub(target)).mean()),
  );
  const adam = jit((p, m, v, g, correction1, correction2) => {
    const newM = tree.map((mi, gi) => mi.mul(BETA1).add(gi.mul(1 - BETA1)), m, tree.ref(g));
    const newV = tree.map((vi, gi) => vi.mul(BETA2).add(np.square(gi).mul(1 - BETA2)), v, g);
    const update = (pi, mi, vi) => {
      const scale = np.sqrt(vi.div(correction2.ref)).add(EPSILON);
      return pi.sub(mi.div(correction1.ref).div(scale).mul(LEARNING_RATE));
    };
    const newP = tree.map(update, p, tree.ref(newM), tree.ref(newV));
    correction1.dispose();
    correction2.dispose();
    return [newP, newM, newV];
  });
  const euler = jit((p, x, t, dt) => x.ref.sub(forward(p, np.concatenate([x, t], 1)).mul(dt)));

  let count = 0;
  return {
    name: "jax-js",
    async train(steps, draw) {
      let value;
      for (let k = 0; k < steps; ++k) {
        count += 1;
        const { input, target } = draw();
        value?.dispose();
        const inputs = np.array(input).reshape([batch, 3]);
        const targets = np.array(target).reshape([batch, 2]);
        let gradient;
        [value, gradient] = gradients(tree.ref(params), inputs, targets);
        [params, first, second] = adam(
          params,
          first,
          second,
          gradient,
          np.array(1 - BETA1 ** count),
          np.array(1 - BETA2 ** count),
        );
        // Yielding lets the engine swap in its optimised code: without it the loop runs 5 times slower.
        await blockUntilReady(value.ref);
      }
      return (await value.data())[0];
    },
    async sample(n, steps, start) {
      let x = np.array(start).reshape([n, 2]);
      for (let k = 0; k < steps; ++k) {
        const t = np.array(new Float32Array(n).fill(1 - k / steps)).reshape([n, 1]);
        x = euler(tree.ref(params), x, t, np.array(1 / steps));
        await blockUntilReady(x.ref);
      }
      return x.data();
    },
    dispose() {},
  };
}
