"""pathflow compare and density: quality over evaluations, errors over time, the learnt density."""

import json
import math
import unittest

from command import CommandCase, read_npy, read_png, write_json, write_npy

MIXTURE = {
    "weights": [0.25, 0.75],
    "means": [[-2.0, 0.0], [1.0, 1.0]],
    "covariances": [[[0.1, 0.0], [0.0, 0.2]], [[0.3, 0.1], [0.1, 0.2]]],
}


def colors(path):
    _, _, rows = read_png(path)
    return {bytes(line[x : x + 3]) for line in rows for x in range(0, len(line), 3)}


class CompareTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write_json(cls.path("gmm.json"), MIXTURE)
        write_npy(cls.path("five.npy"), [5, 2], [0, 0, 1, 1, -1, 1, 2, 0, -1, -1])
        cls.train_small("run.safetensors", "--data", "five.npy")

    def test_better_solvers_come_closer_with_fewer_evaluations(self):
        found = self.json("compare", "--model", "gmm:gmm.json", "--samplers", "euler,dpmpp-2m,dopri5",
                          "--steps", "32,4,2", "--n", 800, "--plot", "q.png", "--out", "q.json")
        with open(self.path("q.json")) as file:
            self.assertEqual(json.load(file), found)
        euler, multistep, adaptive = (curve["points"] for curve in found["curves"])
        self.assertEqual([p["steps"] for p in euler], [2, 4, 32])
        self.assertEqual([p["evaluations"] for p in euler], [2, 4, 32])
        self.assertEqual([p["evaluations"] for p in multistep], [2, 4, 32])
        self.assertEqual(len(adaptive), 1, "it chooses its own steps")
        self.assertGreater(adaptive[0]["evaluations"], 32)
        for points in (euler, multistep):
            self.assertGreater(points[0]["distance"], 2 * points[2]["distance"])
        self.assertLess(multistep[1]["distance"], euler[1]["distance"])
        floor = found["floor"]
        self.assertTrue(0 < floor["low"] <= floor["mean"] <= floor["high"])
        self.assertLess(adaptive[0]["distance"], 2 * floor["high"], "an exact model is near the floor")
        # Okabe and Ito's blue, orange and green, one a curve, beside the floor's grey.
        for color in (b"\x00\x72\xb2", b"\xe6\x9f\x00", b"\x00\x9e\x73", b"\xa3\xa3\xa3"):
            self.assertIn(color, colors(self.path("q.png")))

    def test_a_closed_form_is_without_error_and_a_run_lies_above_its_floor(self):
        exact = self.json("compare", "--model", "gmm:gmm.json", "--samplers", "euler", "--steps", 2,
                          "--n", 50, "--errors", "--times", 3)
        self.assertEqual([round(at["t"], 4) for at in exact["errors"]], [0.1667, 0.5, 0.8333])
        for at in exact["errors"]:
            self.assertLess(at["velocity"]["relative"], 1e-9)
            self.assertLess(at["score"]["relative"], 1e-6)
        self.assertNotIn("loss_floor", exact)
        run = self.json("compare", "--model", "run.safetensors", "--samplers", "heun", "--steps", 8,
                        "--n", 50, "--errors-plot", "e.png", "--times", 4)
        loss = run["loss_floor"]
        self.assertGreater(loss["floor"], 0)
        self.assertGreater(loss["excess"], 0)
        self.assertAlmostEqual(loss["loss"], loss["floor"] + loss["excess"])
        for at in run["errors"]:
            self.assertTrue(0 < at["velocity"]["relative"] < 1, at)
        self.assertIn(b"\x00\x72\xb2", colors(self.path("e.png")))

    def test_bad_use_is_refused(self):
        model = ["compare", "--model", "gmm:gmm.json"]
        self.refused(*model, "--samplers", "eulr", says=["eulr", "euler"])
        self.refused(*model, "--metric", "wy", says=["wy", "w2"])
        self.refused(*model, "--steps", "4,x", says=["--steps", "x"])
        self.refused(*model, "--steps", "4,0", says=["--steps", "0"])
        self.refused(*model, "--n", 0, says=["n", "0"])
        self.refused(*model, "--repeats", 0, says=["repeats", "0"])
        self.refused(*model, "--errors", "--times", 1, says=["times", "1"])
        self.refused(*model, "--plot", "no/q.png", code=1, says=["no"])


class DensityTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write_json(cls.path("gmm.json"), MIXTURE)
        cls.train_small("run.safetensors")

    def test_a_mixtures_density_is_its_closed_form(self):
        found = self.json("density", "--model", "gmm:gmm.json", "--grid", 60, "--out", "logp.npy",
                          "--bounds=-4,4,-3,5", "--rtol", 1e-5, "--atol", 1e-5)
        self.assertAlmostEqual(found["mass"], 1, delta=1e-3)
        shape, values = read_npy(self.path("logp.npy"))
        self.assertEqual(shape, (60, 60))

        def component(weight, mean, c, x, y):
            (a, b), (_, d) = c
            u, v = x - mean[0], y - mean[1]
            det = a * d - b * b
            square = (d * u * u - 2 * b * u * v + a * v * v) / det
            return weight * math.exp(-square / 2) / (2 * math.pi * math.sqrt(det))

        for row, column in ((22, 15), (30, 37), (28, 36)):
            x, y = -4 + 8 * (column + 0.5) / 60, -3 + 8 * (row + 0.5) / 60
            exact = sum(component(w, m, c, x, y) for w, m, c in zip(*MIXTURE.values()))
            self.assertAlmostEqual(values[row * 60 + column], math.log(exact), delta=2e-3)

    def test_a_run_is_drawn_with_its_mass(self):
        found = self.json("density", "--model", "run.safetensors", "--grid", 48, "--plot", "d.png")
        self.assertAlmostEqual(found["mass"], 1, delta=0.05)
        seen = colors(self.path("d.png"))
        self.assertIn(b"\x44\x01\x54", seen, "viridis from its low end")
        self.assertIn(b"\xfd\xe7\x25", seen, "to its high end")

    def test_bad_use_is_refused(self):
        model = ["density", "--model", "gmm:gmm.json"]
        self.refused(*model, says=["--plot", "--out"])
        model += ["--out", "x.npy"]
        self.refused(*model, "--grid", 1, says=["grid", "1"])
        self.refused(*model, "--bounds", "0,1,2", says=["--bounds", "3"])
        self.refused(*model, "--bounds", "0,1,2,1", says=["--bounds"])
        self.refused(*model, "--bounds", "0,1,2,x", says=["--bounds", "x"])
        write_json(self.path("line.json"), {"weights": [1.0], "means": [[0.0]], "covariances": [[[1.0]]]})
        self.refused("density", "--model", "gmm:line.json", "--out", "x.npy", says=["2 coordinates", "1"])


if __name__ == "__main__":
    unittest.main()
