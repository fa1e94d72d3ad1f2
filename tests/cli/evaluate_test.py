"""pathflow evaluate: distances beside their floors."""

import math
import unittest

from command import CommandCase, bytes_of, write_npy


def line(n, shift, d=1):
    """n points on a regular line along the first coordinate."""
    return [i / n + shift if k == 0 else 0.0 for i in range(n) for k in range(d)]


class EvaluateTest(CommandCase):
    def points(self, name, n, shift, d=1):
        write_npy(self.path(name), [n, d], line(n, shift, d))

    def metrics(self, *arguments):
        return self.json("evaluate", *arguments)["metrics"]

    def test_a_shift_is_its_own_distance_in_any_dimension(self):
        for d in (1, 2, 3, 20):
            with self.subTest(d=d):
                self.points("a.npy", 200, 0.0, d)
                self.points("b.npy", 200, 3.0, d)
                found = self.metrics("--samples", "a.npy", "--reference", "b.npy")
                self.assertEqual(list(found), ["w2", "sliced", "energy", "mmd"])
                self.assertAlmostEqual(found["w2"]["value"], 3.0, places=4)
                # E |u.e1|^2 over directions is 1/d.
                self.assertAlmostEqual(found["sliced"]["value"], 3 / math.sqrt(d),
                                       delta=0.35 / math.sqrt(d) * (d > 1) + 1e-4)
                for name in found:
                    self.assertGreater(found[name]["value"], found[name]["floor"]["high"])

    def test_samples_of_one_law_lie_at_the_floor(self):
        for name, seed in (("a", 1), ("b", 2)):
            self.call("datasets", "moons", "--n", 1000, "--seed", seed, "--out", f"{name}.npy")
        of_file = self.metrics("--samples", "a.npy", "--reference", "b.npy", "--n", 400)
        of_law = self.metrics("--samples", "a.npy", "--reference", "moons", "--n", 400)
        for found in (of_file, of_law):
            for name, metric in found.items():
                with self.subTest(metric=name):
                    floor = metric["floor"]
                    self.assertEqual((metric["n"], floor["n"]), (400, 400))
                    self.assertLessEqual(floor["low"], floor["mean"])
                    self.assertLessEqual(floor["mean"], floor["high"])
                    self.assertLess(metric["value"], 2 * floor["high"])
                    self.assertGreater(metric["value"], 0.4 * floor["low"])
        for name in of_file:  # both floors are of the same law at the same n
            self.assertAlmostEqual(of_file[name]["floor"]["mean"] / of_law[name]["floor"]["mean"], 1,
                                   delta=0.4)

    def test_a_short_reference_says_at_which_n_its_floor_is(self):
        self.points("a.npy", 60, 0.0)
        self.points("b.npy", 60, 0.0)
        found = self.metrics("--samples", "a.npy", "--reference", "b.npy", "--metrics", "w2")
        self.assertEqual((found["w2"]["n"], found["w2"]["floor"]["n"]), (60, 30))
        text = self.call("evaluate", "--samples", "a.npy", "--reference", "b.npy").stdout
        self.assertRegex(text, r"(?m)^w2 +60 .* at n = 30$")

    def test_one_row_has_no_floor(self):
        self.points("one.npy", 1, 0.5)
        self.points("b.npy", 60, 0.0)
        found = self.metrics("--samples", "b.npy", "--reference", "one.npy", "--metrics", "w2,mmd")
        self.assertEqual(list(found), ["w2", "mmd"])
        self.assertIsNone(found["w2"]["floor"])
        self.call("evaluate", "--samples", "b.npy", "--reference", "one.npy")

    def test_threads_and_repeats(self):
        self.points("a.npy", 300, 0.0, 2)
        self.points("b.npy", 700, 0.1, 2)
        arguments = ["--samples", "a.npy", "--reference", "b.npy", "--repeats", 3]
        self.assertEqual(self.metrics(*arguments), self.metrics(*arguments, "--threads", 2))

    def test_a_figure_of_both(self):
        self.points("a.npy", 100, 0.0, 3)
        self.points("b.npy", 100, 1.0, 3)
        self.call("evaluate", "--samples", "a.npy", "--reference", "b.npy", "--plot", "both.png")
        self.assertTrue(bytes_of(self.path("both.png")).startswith(b"\x89PNG"))

    def test_refusals(self):
        self.points("a.npy", 10, 0.0, 2)
        self.points("b.npy", 10, 0.0, 3)
        compare = ["evaluate", "--samples", "a.npy", "--reference"]
        self.refused(*compare, "b.npy", code=1, says=["columns", "2", "3"])
        self.refused(*compare, "missing.npy", code=1, says=["missing.npy"])
        self.refused(*compare, "mooons", says=["mooons", "moons"])
        self.refused(*compare, "a.npy", "--metrics", "w2,slicd", says=["slicd", "sliced"])
        self.refused(*compare, "a.npy", "--n", -3, says=["n", "-3"])
        self.refused(*compare, "a.npy", "--repeats", 0, says=["repeats", "0"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
