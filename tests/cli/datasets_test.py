"""pathflow datasets and pathflow info."""

import re
import struct
import unittest

from command import CommandCase, bytes_of, npy_header, read_npy, write_npy


class DatasetsTest(CommandCase):
    def test_lists_and_draws(self):
        names = [entry["name"] for entry in self.json("datasets")]
        text = self.call("datasets").stdout
        for name in ("gaussian", "8gaussians", "moons", "checkerboard", "cat", "dog"):
            self.assertIn(name, names)
            self.assertRegex(text, rf"(?m)^{re.escape(name)} ")
        self.call("datasets", "spirals", "--n", 50, "--seed", 1, "--out", "spirals.npy")
        self.assertEqual(read_npy(self.path("spirals.npy"))[0], (50, 2))

    def test_plots_points_and_exact_densities(self):
        for name in ("moons", "text:HI"):
            for figure in ("scatter", "density"):
                answer = self.json("datasets", name, "--n", 400, "--plot", "d.png", "--figure", figure)
                self.assertEqual(answer["plot"], "d.png")
                data = bytes_of(self.path("d.png"))
                self.assertEqual(data[:4], b"\x89PNG")
                self.assertGreater(min(struct.unpack(">II", data[16:24])), 1000)

    def test_refusals(self):
        self.refused("datasets", "moons", says=["--out", "--plot"])
        self.refused("datasets", "--out", "x.npy", says=["NAME"])
        self.refused("datasets", "mons", "--out", "x.npy", says=["mons", "moons"])
        self.refused("datasets", "moons", "--n", 0, "--out", "x.npy", says=["n", "0"])
        self.refused("datasets", "moons", "--plot", "x.png", "--figure", "dense",
                     says=["dense", "density"])
        self.refused("datasets", "moons", "--out", "no/x.npy", code=1, says=["no"])


class InfoTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train_small("run.safetensors")

    def test_describes_runs(self):
        info = self.json("info", "run.safetensors")
        self.assertEqual(info["metadata"]["config"]["data"], "moons")
        self.assertEqual(info["tensors"]["mlp.0.weight"], {"dtype": "F32", "shape": [3, 16]})
        text = self.call("info", "run.safetensors").stdout
        self.assertRegex(text, r"(?m)^  data +moons$")
        self.assertRegex(text, r"(?m)^  mlp\.0\.weight +F32 \[3,16\]$")

    def test_describes_points(self):
        write_npy(self.path("points.npy"), [2, 2], [0.0, 1.0, 2.0, 5.0])
        info = self.json("info", "points.npy")
        self.assertEqual((info["dtype"], info["shape"], info["n"]), ("<f4", [2, 2], 2))
        self.assertEqual(info["columns"][1], {"min": 1.0, "max": 5.0, "mean": 3.0})
        self.assertRegex(self.call("info", "points.npy").stdout, r"(?m)^ +1 +1 +3 +5$")

    def test_describes_what_it_cannot_take_as_points(self):
        write_npy(self.path("cube.npy"), [2, 1, 3], [0.0] * 6, "d", ">f8")
        info = self.json("info", "cube.npy")
        self.assertEqual((info["kind"], info["dtype"], info["shape"]), ("array", ">f8", [2, 1, 3]))
        with open(self.path("empty.npy"), "wb") as file:
            file.write(npy_header([0, 2]))
        self.assertEqual(self.json("info", "empty.npy")["shape"], [0, 2])

    def test_a_fortran_file_of_another_dtype(self):
        write_npy(self.path("f.npy"), [2, 3], [1, 4, 2, 5, 3, 6], "h", ">i2", fortran=True)
        columns = self.json("info", "f.npy")["columns"]
        self.assertEqual([c["min"] for c in columns], [1, 2, 3])
        self.assertEqual([c["max"] for c in columns], [4, 5, 6])

    def test_files_that_are_damaged(self):
        for name, content in (("short.npy", b"\x93NUM"), ("none.safetensors", b"{}")):
            with open(self.path(name), "wb") as file:
                file.write(content)
            self.refused("info", name, code=1, says=[name])
        self.refused("info", "missing.npy", code=1, says=["missing.npy"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
