"""pathflow sample: samplers, trajectories, mixtures in closed form, figures."""

import itertools
import math
import os
import unittest

from command import CommandCase, bytes_of, read_npy, read_png, some_pixels, write_json

MIXTURE = {
    "weights": [0.25, 0.75],
    "means": [[-2.0, 0.0], [1.0, 1.0]],
    "covariances": [[[0.1, 0.0], [0.0, 0.2]], [[0.3, 0.1], [0.1, 0.2]]],
}


def moments(path):
    (n, d), values = read_npy(path)
    columns = [values[k::d] for k in range(d)]
    means = [sum(column) / n for column in columns]
    variances = [sum((v - m) ** 2 for v in column) / n for column, m in zip(columns, means)]
    return means, variances


class SampleTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train_small("run.safetensors")
        write_json(cls.path("gmm.json"), MIXTURE)

    def sample(self, *arguments, out="s.npy"):
        self.call("sample", *arguments, "--out", out)
        return read_npy(self.path(out))

    def test_repeats_and_keeps_trajectories(self):
        for name in ("a", "b"):
            self.sample("--model", "run.safetensors", "--n", 100, "--steps", 20, "--seed", 5,
                        "--sampler", "rk4", "--trajectories", f"{name}-traj.npy", "--keep", 9,
                        out=f"{name}.npy")
        self.assertEqual(bytes_of(self.path("a.npy")), bytes_of(self.path("b.npy")))
        shape, points = read_npy(self.path("a.npy"))
        self.assertEqual(shape, (100, 2))
        self.assertTrue(all(abs(value) < 10 for value in points))
        shape, trajectory = read_npy(self.path("a-traj.npy"))
        self.assertEqual(shape, (9, 100, 2))
        self.assertEqual(trajectory[-200:], points)
        shape, times = read_npy(self.path("a-traj.times.npy"))
        self.assertEqual((shape, times[0], times[-1]), ((9,), 1.0, 0.0))
        self.assertEqual(list(times), sorted(times, reverse=True))

    def test_another_seed_gives_other_points_and_a_longer_draw_the_same_first(self):
        def draw(n, seed):
            return self.sample("--model", "run.safetensors", "--n", n, "--seed", seed, "--steps", 5)[1]

        first, more, other = draw(64, 1), draw(128, 1), draw(64, 2)
        self.assertNotEqual(first, other)
        for x, y in zip(first, more):
            self.assertAlmostEqual(x, y, places=4)

    def samplers(self):
        """The command's own list."""
        said = self.refused("sample", "--model", "gmm:gmm.json", "--out", "no.npy", "--sampler", "?",
                            says=["valid: euler, "])
        return said[said.index("valid: ") + 7 : said.index(")")].split(", ")

    def test_every_sampler_reaches_a_mixture(self):
        # Mean and variance of the mixture: what every sampler must reach, within 4 standard errors of
        # 3,000 points and its own error at 60 steps.
        mean, variance = [0.25, 0.75], [1.9375, 0.3875]
        names = self.samplers()
        self.assertGreater(len(names), 19)
        self.assertIn(f"Method: {', '.join(names)}",
                      " ".join(self.call("sample", "--help").stdout.split()))
        for number, sampler in enumerate(names):
            if sampler in ("jump", "consistency"):  # below
                continue
            for schedule in ("linear", ("vp-cosine", "vp-linear", "trig", "sub-vp")[number % 4]):
                with self.subTest(sampler=sampler, schedule=schedule):
                    self.sample("--model", "gmm:gmm.json", "--schedule", schedule, "--sampler",
                                sampler, "--n", 3000, "--steps", 60, "--seed", 4)
                    means, variances = moments(self.path("s.npy"))
                    for k in range(2):
                        error = 4 * math.sqrt(variance[k] / 3000)
                        self.assertAlmostEqual(means[k], mean[k], delta=error + 0.03)
                        self.assertAlmostEqual(variances[k], variance[k],
                                               delta=0.12 * variance[k] + 0.03)

    def test_samplers_of_flow_maps_on_a_mixture(self):
        """jump is refused. consistency takes E[x0 | x_t] for the end of the path, which no mixture's is,
        and from noise alone that is all but the mean."""
        common = ["--model", "gmm:gmm.json", "--n", 3000, "--seed", 4]
        self.refused("sample", *common, "--sampler", "jump", "--out", "no.npy",
                     says=["needs a model of mean velocities (objective mean-flow or shortcut)"])
        self.sample(*common, "--sampler", "consistency", "--steps", 1)
        means, variances = moments(self.path("s.npy"))
        for k in range(2):
            self.assertAlmostEqual(means[k], (0.25, 0.75)[k], delta=0.01)
            self.assertLess(variances[k], 1e-3)

    def test_a_mixture_of_one_dimension_and_of_five(self):
        for d in (1, 5):
            identity = [[float(i == j) for j in range(d)] for i in range(d)]
            write_json(self.path("d.json"),
                       {"weights": [1], "means": [[3.0] * d], "covariances": [identity]})
            shape, _ = self.sample("--model", "gmm:d.json", "--n", 2000, "--plot", "d.png")
            self.assertEqual(shape, (2000, d))
            for value in moments(self.path("s.npy"))[0]:
                self.assertAlmostEqual(value, 3.0, delta=0.12)

    def test_mixtures_that_are_none_are_refused_with_the_component(self):
        def refuse(change, *says):
            write_json(self.path("bad.json"), {**MIXTURE, **change})
            self.refused("sample", "--model", "gmm:bad.json", "--out", "no.npy", code=1,
                         says=["bad.json", *says])

        refuse({"weights": [0.5, 0.4]}, "weights", "sum to 1", "0.9")
        refuse({"weights": [1.5, -0.5]}, "weights[1]", "-0.5")
        refuse({"covariances": [MIXTURE["covariances"][0], [[1, 2], [2, 1]]]}, "covariances[1]",
               "positive definite")
        refuse({"covariances": [[[1, 0.5], [0, 1]], MIXTURE["covariances"][1]]}, "covariances[0]",
               "symmetric")
        refuse({"means": [[0, 0], [1]]}, "means[1]", "2 coordinates")
        refuse({"means": [[0, 0]]}, "means", "2")
        refuse({"means": [[0, "x"], [1, 1]]}, "means[0][1]", "a number", "x")
        refuse({"mean": []}, "mean", "means")
        write_json(self.path("bad.json"), [1])
        self.refused("sample", "--model", "gmm:bad.json", "--out", "no.npy", code=1, says=["object"])
        with open(self.path("bad.json"), "w") as file:
            file.write('{"weights": [1')
        self.refused("sample", "--model", "gmm:bad.json", "--out", "no.npy", code=1, says=["JSON"])
        self.refused("sample", "--model", "gmm:none.json", "--out", "no.npy", code=1,
                     says=["none.json"])
        self.assertFalse(os.path.exists(self.path("no.npy")))

    def test_a_run_keeps_its_own_path(self):
        self.sample("--model", "run.safetensors", "--schedule", "linear", "--n", 3, "--steps", 2)
        self.refused("sample", "--model", "run.safetensors", "--schedule", "ve", "--out", "s.npy",
                     says=["--schedule", "linear", "ve"])

    def test_figures_of_every_kind(self):
        for model, figure in itertools.product(("run.safetensors", "gmm:gmm.json"),
                                               ("scatter", "density", "trajectories")):
            answer = self.json("sample", "--model", model, "--n", 300, "--steps", 10, "--plot",
                               f"{figure}.png", "--figure", figure, "--out", "f.npy")
            self.assertEqual(answer["plot"], f"{figure}.png")
            self.assertTrue(bytes_of(self.path(f"{figure}.png")).startswith(b"\x89PNG"))
        self.assertFalse(os.path.exists(self.path("traj.npy")))
        self.refused("sample", "--model", "run.safetensors", "--out", "f.npy", "--figure", "scater",
                     "--plot", "f.png", says=["scater", "scatter"])
        self.refused("sample", "--model", "run.safetensors", "--out", "f.npy", "--figure", "scatter",
                     says=["--plot"])

    def test_a_scatter_shows_its_points_in_their_colour(self):
        self.sample("--model", "gmm:gmm.json", "--n", 400, "--plot", "c.png")
        width, height, rows = read_png(self.path("c.png"))
        self.assertGreater(min(width, height), 1000)
        # Counted on every third line: the blue of samples is there in mass, paper more so, and no
        # line is all of one colour inside the frame.
        blue = paper = 0
        for r, g, b in some_pixels(rows):
            blue += b > 120 and b - r > 70
            paper += (r, g, b) == (255, 255, 255)
        self.assertGreater(blue, 1000)
        self.assertGreater(paper, width * height / 3 / 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
