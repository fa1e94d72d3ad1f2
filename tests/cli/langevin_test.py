"""pathflow langevin, and sample led by another run or on another schedule."""

import math
import unittest

from command import SMALL, CommandCase, read_npy, read_png, write_json, write_npy

NORMAL = {"weights": [1.0], "means": [[0.0]], "covariances": [[[1.0]]]}


def variance(path):
    (n, _), values = read_npy(path)
    mean = sum(values) / n
    return sum((v - mean) ** 2 for v in values) / (n - 1)


class LangevinTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write_json(cls.path("normal.json"), NORMAL)
        cls.train_small("run.safetensors")

    def langevin(self, *arguments, model="gmm:normal.json"):
        return self.json("langevin", "--model", model, *arguments, "--out", "s.npy")

    def test_ula_has_its_own_variance_and_mala_the_laws(self):
        # 20,000 chains: standard error 0.01 of the variance; five of them, false alarm 6e-7 each.
        arguments = ["--t", 0, "--step", 1, "--steps", 40, "--n", 20000, "--seed", 2]
        plain = self.langevin(*arguments)
        self.assertEqual((plain["acceptance"], plain["evaluations"]), (1, 40))
        self.assertAlmostEqual(variance(self.path("s.npy")), 1 / (1 - 1 / 4), delta=0.05 / 0.75)
        exact = self.langevin(*arguments, "--metropolis")
        self.assertAlmostEqual(variance(self.path("s.npy")), 1, delta=0.05)
        # At rest E min(1, r) = 2 P(r >= 1) = 2 P(|x'| <= |x|), z / x being Cauchy: no noise to speak of.
        wanted = 2 / math.pi * (math.atan(1 / 2) + math.atan(3 / 2))
        self.assertAlmostEqual(exact["acceptance"], wanted, delta=0.01)

    def test_runs_keep_chains_and_draw_them(self):
        found = self.langevin("--t", 0.3, "--step", 0.05, "--steps", 20, "--n", 300, "--trajectories",
                              "c.npy", "--keep", 5, "--plot", "c.png", model="run.safetensors")
        self.assertEqual(found["evaluations"], 20)
        shape, chains = read_npy(self.path("c.npy"))
        self.assertEqual(shape, (5, 300, 2))
        self.assertEqual(chains[-600:], read_npy(self.path("s.npy"))[1])
        self.assertGreater(read_png(self.path("c.png"))[0], 500)
        again = self.langevin("--t", 0.3, "--step", 0.05, "--steps", 1, "--n", 20, "--metropolis",
                              "--likelihood-steps", 4, model="run.safetensors")
        self.assertEqual(again["evaluations"], 2 + 2 * 16)

    def test_start_rows_are_where_chains_begin(self):
        write_npy(self.path("far.npy"), [2, 1], [5.0, -7.0])
        self.langevin("--t", 0, "--steps", 1, "--step", 1e-6, "--start", "far.npy")
        for value, start in zip(read_npy(self.path("s.npy"))[1], (5, -7)):
            self.assertAlmostEqual(value, start, delta=0.01)

    def test_bad_use_is_refused(self):
        model = ["langevin", "--model", "gmm:normal.json", "--out", "x.npy"]
        self.refused(*model, "--step", 0, says=["step", "0"])
        self.refused(*model, "--steps", 0, says=["steps", "0"])
        self.refused(*model, "--n", 0, says=["n", "0"])
        self.refused(*model, "--t", 2, says=["t", "2"])
        self.refused(*model, "--label", 1, says=["label"])
        self.run_command("train", "--data", "moons", "--source", "8gaussians", *SMALL, "--steps", 1,
                         "--out", "pair.safetensors")
        self.refused("langevin", "--model", "pair.safetensors", "--out", "x.npy",
                     says=["score", "Gaussian source"])


class LedTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write_json(cls.path("normal.json"), NORMAL)
        cls.train_small("run.safetensors")
        cls.train_small("early.safetensors", "--steps", 20)

    def draw(self, out, *arguments):
        if "--steps" not in arguments:
            arguments += ("--steps", 10)
        self.call("sample", "--model", "run.safetensors", "--n", 50, *arguments, "--out", out)
        return read_npy(self.path(out))[1]

    def test_a_guide_leads_by_both_conventions(self):
        plain = self.draw("a.npy")
        led = self.draw("b.npy", "--guide", "early.safetensors", "--guidance", 2)
        self.assertNotEqual(plain, led)
        self.assertEqual(led, self.draw("c.npy", "--guide", "early.safetensors", "--guidance", 1,
                                        "--guidance-convention", "excess"))

    def test_a_run_is_sampled_on_another_schedule(self):
        own = self.draw("a.npy", "--sampler", "rk4", "--steps", 40)
        moved = self.draw("b.npy", "--sampler", "rk4", "--steps", 40, "--reschedule", "trig",
                          "--trajectories", "t.npy", "--keep", 3)
        self.assertNotEqual(own, moved)
        for a, b in zip(own, moved):
            self.assertAlmostEqual(a, b, delta=0.05)  # one flow, two discretisations
        self.draw("c.npy", "--sampler", "ddpm", "--reschedule", "vp-linear")

    def test_bad_use_is_refused(self):
        run = ["sample", "--model", "run.safetensors", "--out", "x.npy"]
        self.refused(*run, "--guidance", 2, says=["guidance", "label"])
        self.refused(*run, "--guide", "early.safetensors", says=["guide", "guidance"])
        self.refused(*run, "--reschedule", "vp-liner", says=["vp-liner", "vp-linear"])
        self.refused(*run, "--schedule", "trig", says=["linear", "--reschedule"])
        self.refused(*run, "--guide", "none.safetensors", "--guidance", 2, code=1, says=["none"])
        mixture = ["sample", "--model", "gmm:normal.json", "--out", "x.npy"]
        self.refused(*mixture, "--guide", "early.safetensors", says=["guide", "mixture"])
        self.refused(*mixture, "--reschedule", "trig", says=["--schedule", "mixture"])


if __name__ == "__main__":
    unittest.main()
