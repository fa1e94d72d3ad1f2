// The library's names in words for people.

const words: Record<string, Record<string, string>> = {
  schedule: {
    linear: "linear (flow)",
    trig: "trigonometric",
    "vp-linear": "VP, linear β",
    "vp-cosine": "VP, cosine",
    "sub-vp": "sub-VP",
    ve: "VE (exploding)",
  },
  predict: {
    data: "data x₀",
    noise: "source x₁ (noise)",
    velocity: "velocity",
    v: "v (Salimans–Ho)",
    score: "score",
  },
  coupling: { independent: "at random", ot: "optimal transport" },
  sampler: {
    euler: "Euler",
    midpoint: "Midpoint",
    heun: "Heun",
    rk4: "Runge–Kutta 4",
    dopri5: "Dormand–Prince 5(4)",
    ddim: "DDIM",
    ddpm: "DDPM",
    "euler-maruyama": "Euler–Maruyama",
  },
  speed: { "5": "5 steps/s", "50": "50 steps/s", "300": "300 steps/s", max: "full speed" },
};

export function describe(key: string, value: string | number): string {
  const word = words[key]?.[String(value)];
  if (word) return word;
  return typeof value === "number" && value >= 1000 ? value.toLocaleString("en") : String(value);
}
