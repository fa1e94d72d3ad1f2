// What the tests look into. The package leaves it out (package.json, "files").
export { hasExceptions, hasRelaxedSimd, hasSimd } from "./engine.js";
export { kernelsOf, variantsOf } from "./kernels.js";
