// The reference job of the benchmarks: flow matching of 8 gaussians with an MLP 3-128-128-128-2,
// SiLU, Adam. 51.6 MFLOP a training step at batch 256 (2 flops a multiply-add, forward and backward).
export const WIDTH = 128;
export const LAYERS = [
  [3, WIDTH],
  [WIDTH, WIDTH],
  [WIDTH, WIDTH],
  [WIDTH, 2],
];
export const LEARNING_RATE = 1e-3;
export const BETA1 = 0.9;
export const BETA2 = 0.999;
export const EPSILON = 1e-8;

/** Multiplies and adds of one training step: forward, input gradients (not of the first layer), weight gradients. */
export function stepFlops(batch) {
  const products = LAYERS.map(([a, b]) => 2 * batch * a * b);
  const forward = products.reduce((x, y) => x + y, 0);
  return 3 * forward - products[0];
}

export function sampleFlops(n, steps) {
  return steps * LAYERS.reduce((sum, [a, b]) => sum + 2 * n * a * b, 0);
}

/** A small fast generator (xorshift32), so that drawing the batch costs the peers next to nothing. */
export function generator(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
}

export function initialLayer(layer) {
  const [fanIn, fanOut] = LAYERS[layer];
  const uniform = generator(17 + layer);
  const bound = 1 / Math.sqrt(fanIn);
  const fill = (n) => Float32Array.from({ length: n }, () => (2 * uniform() - 1) * bound);
  return { w: fill(fanIn * fanOut), b: fill(fanOut) };
}

/** Batches of flow matching on 8 gaussians: input [batch, 3] = (x_t, t), target [batch, 2] = x1 - x0. */
export function batches(batch, seed = 1) {
  const uniform = generator(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return () => {
    const input = new Float32Array(3 * batch);
    const target = new Float32Array(2 * batch);
    for (let i = 0; i < batch; ++i) {
      const angle = (Math.floor(uniform() * 8) * Math.PI) / 4;
      const t = uniform();
      for (let axis = 0; axis < 2; ++axis) {
        const data = 3 * (axis === 0 ? Math.cos(angle) : Math.sin(angle)) + 0.2 * normal();
        const source = normal();
        input[3 * i + axis] = (1 - t) * data + t * source;
        target[2 * i + axis] = source - data;
      }
      input[3 * i + 2] = t;
    }
    return { input, target };
  };
}

export function startPoints(n, seed = 5) {
  const uniform = generator(seed);
  return Float32Array.from(
    { length: 2 * n },
    () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}
