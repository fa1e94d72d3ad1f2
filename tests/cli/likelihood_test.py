"""pathflow likelihood: nats and bits against closed forms."""

import json
import math
import unittest

from command import CommandCase, read_png, some_pixels, write_npy

GAUSSIAN = {"weights": [1.0], "means": [[1.0, -1.0]], "covariances": [[[0.5, 0.0], [0.0, 2.0]]]}
POINTS = [0.5, 0.0, 1.0, -1.0, 2.0, 1.0]


def exact(x, y):
    """log N(x; GAUSSIAN) in nats; the two variances multiply to 1."""
    return -0.5 * ((x - 1) ** 2 / 0.5 + (y + 1) ** 2 / 2) - math.log(2 * math.pi)


class LikelihoodTest(CommandCase):
    def setUp(self):
        super().setUp()
        with open(self.path("g.json"), "w") as file:
            json.dump(GAUSSIAN, file)
        write_npy(self.path("x.npy"), [3, 2], POINTS)

    def ask(self, *arguments):
        return self.json("likelihood", "--model", "gmm:g.json", "--data", "x.npy", *arguments)

    def test_a_mixture_gives_its_closed_form(self):
        nats = sum(exact(*POINTS[k : k + 2]) for k in (0, 2, 4)) / 3
        for arguments in ([], ["--schedule", "trig", "--predict", "v"]):
            found = self.ask(*arguments)
            self.assertAlmostEqual(found["nats"], nats, delta=1e-3)
            self.assertAlmostEqual(found["bits_per_dimension"], -nats / 2 / math.log(2), delta=1e-3)
            self.assertEqual((found["n"], found["dimension"]), (3, 2))
        scaled = self.ask("--scale", 0.5)
        self.assertAlmostEqual(scaled["bits_per_dimension"], -nats / 2 / math.log(2) + 1, delta=1e-3)

    def test_out_holds_every_point(self):
        import numpy
        self.ask("--out", "logp.npy")
        values = numpy.load(self.path("logp.npy"))
        self.assertEqual(values.dtype, numpy.float32)
        for k, value in enumerate(values):
            self.assertAlmostEqual(float(value), exact(*POINTS[2 * k : 2 * k + 2]), delta=1e-3)

    def test_a_figure_shows_the_density_and_the_points(self):
        self.assertEqual(self.ask("--plot", "map.png")["plot"], "map.png")
        width, height, rows = read_png(self.path("map.png"))
        self.assertGreater(min(width, height), 1000)
        # viridis's yellow where the density is largest, at the mean; its violet at the edges.
        yellow = violet = 0
        for r, g, b in some_pixels(rows, every=3):
            yellow += r > 200 and g > 200 and b < 100
            violet += r < 90 and g < 40 and 60 < b < 120
        self.assertGreater(yellow, 100)
        self.assertGreater(violet, 3000)
        write_npy(self.path("three.npy"), [2, 3], [0.0] * 6)
        with open(self.path("three.json"), "w") as file:
            json.dump({"weights": [1], "means": [[0] * 3],
                       "covariances": [[[float(i == j) for j in range(3)] for i in range(3)]]}, file)
        self.refused("likelihood", "--model", "gmm:three.json", "--data", "three.npy", "--plot",
                     "3.png", says=["--plot needs a model of 2 coordinates, got 3"])

    def test_bad_use_is_refused_with_exit_code_2(self):
        for arguments in (["--probes", "0", "--divergence", "hutchinson"], ["--sampler", "ddim"],
                          ["--divergence", "exakt"], ["--scale", "0"], ["--label", "0"],
                          ["--rtol", "-1"], ["--n", "0"]):
            with self.subTest(arguments=arguments):
                done = self.run_command("likelihood", "--model", "gmm:g.json", "--data", "x.npy",
                                        *arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
