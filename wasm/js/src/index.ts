/**
 * Pathflow: train and sample flow matching and diffusion, in browsers, Workers and Node.
 *
 * ```js
 * import { load } from "pathflow";
 * const api = await load();
 * const trainer = new api.Trainer({ data: "moons", seed: 7 });
 * trainer.step(500);
 * const { points } = trainer.sample({ n: 1000, steps: 50 });
 * trainer.dispose();
 * ```
 *
 * @packageDocumentation
 */
export { load } from "./load.js";
export { connect, createWorker } from "./worker-client.js";
export { serve } from "./worker-server.js";
export type { PortLike } from "./port.js";
export { planeDistance, planeHistogram, type PlaneHistogram } from "./plane.js";
export { PathflowError, type ErrorCode } from "./errors.js";
export type * from "./types.js";
