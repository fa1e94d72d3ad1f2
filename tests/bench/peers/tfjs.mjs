// The reference job written for @tensorflow/tfjs with its WASM backend (SIMD, one thread).
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { BETA1, BETA2, EPSILON, LAYERS, LEARNING_RATE, initialLayer } from "./job.mjs";

export async function create({ batch, wasmPath }) {
  setWasmPaths(wasmPath);
  await tf.setBackend("wasm");
  await tf.ready();
  const params = LAYERS.map(([fanIn, fanOut], layer) => {
    const { w, b } = initialLayer(layer);
    return { w: tf.variable(tf.tensor2d(w, [fanIn, fanOut])), b: tf.variable(tf.tensor1d(b)) };
  });
  const silu = (z) => tf.mul(z, tf.sigmoid(z));
  const forward = (x) => {
    let h = x;
    params.forEach(({ w, b }, layer) => {
      const z = tf.add(tf.matMul(h, w), b);
      h = layer + 1 < params.length ? silu(z) : z;
    });
    return h;
  };
  const adam = tf.train.adam(LEARNING_RATE, BETA1, BETA2, EPSILON);
  return {
    name: "TF.js",
    async train(steps, draw) {
      let value = 0;
      for (let k = 0; k < steps; ++k) {
        const { input, target } = draw();
        const last = k + 1 === steps;
        const cost = tf.tidy(() =>
          adam.minimize(
            () =>
              tf.mean(
                tf.square(
                  tf.sub(forward(tf.tensor2d(input, [batch, 3])), tf.tensor2d(target, [batch, 2])),
                ),
              ),
            last,
          ),
        );
        if (last) {
          value = (await cost.data())[0];
          cost.dispose();
        }
      }
      return value;
    },
    async sample(n, steps, start) {
      let x = tf.tensor2d(start, [n, 2]);
      for (let k = 0; k < steps; ++k) {
        const next = tf.tidy(() =>
          tf.sub(x, tf.mul(forward(tf.concat([x, tf.fill([n, 1], 1 - k / steps)], 1)), 1 / steps)),
        );
        x.dispose();
        x = next;
      }
      const result = await x.data();
      x.dispose();
      return result;
    },
    dispose() {
      adam.dispose();
      tf.disposeVariables();
    },
  };
}
