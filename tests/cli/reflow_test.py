"""pathflow reflow: rounds that grow straighter, distillation, resuming, interrupts, bad usage."""

import os
import shutil
import signal
import time
import unittest

from command import CommandCase, bytes_of, read_npy, read_png, read_safetensors, write_npy

QUICK = {"--pairs": "2000", "--sampler": "heun", "--sampler-steps": "12", "--n": "300"}


class ReflowTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        result = cls.run_command("train", "--data", "moons", "--width", 32, "--depth", 2, "--batch",
                                 128, "--steps", 800, "--lr", "8e-3", "--ema", "0.98", "--out",
                                 "run.safetensors")
        assert result.returncode == 0, result.stderr

    def reflow(self, *arguments):
        """A quick run, but for what the arguments say."""
        quick = {name: value for name, value in QUICK.items() if name not in arguments}
        rest = [word for option in quick.items() for word in option]
        return ["reflow", "--model", "run.safetensors", *rest, *arguments]

    def test_rounds_grow_straighter_and_one_step_comes_to_do(self):
        answer = self.json(*self.reflow("--rounds", 2, "--distill", 1, "--steps", 400, "--out",
                                        "one.safetensors", "--plot", "paths.png"))
        first, second, third, one = answer["rounds"]
        self.assertEqual([r["file"] for r in answer["rounds"]],
                         ["run.safetensors", "one.round1.safetensors", "one.round2.safetensors",
                          "one.safetensors"])
        # Measured: straightness 1.1, 0.01, 0.006; energy 2.7, 1.5, 1.5.
        self.assertLess(second["straightness"], 0.2 * first["straightness"])
        self.assertLess(third["straightness"], second["straightness"])
        self.assertLess(second["energy"], first["energy"])
        self.assertIsNone(one["straightness"])
        self.assertEqual((one["w2"], one["step"]), (one["w2_one_step"], 400))
        self.assertLess(one["w2"], 0.6 * first["w2_one_step"])
        for metric in ("sliced", "w2"):
            self.assertGreater(answer["floor"][metric]["mean"], 0)
        width, height, _ = read_png(self.path("paths.png"))
        self.assertGreater(min(width, height), 400)
        metadata, tensors = read_safetensors(self.path("one.safetensors"))
        self.assertIn('"source-end:1"', metadata["config"])
        self.assertEqual(tensors["data.rows"][1], [2000, 2])
        self.assertEqual(tensors["source.rows"][1], [2000, 2])
        self.call("sample", "--model", "one.safetensors", "--sampler", "euler", "--steps", 1, "--n",
                  9, "--out", "points.npy")
        self.assertEqual(read_npy(self.path("points.npy"))[0], (9, 2))
        self.refused("sample", "--model", "one.safetensors", "--out", "p.npy",
                     says=["euler with steps 1"])
        self.refused("sample", "--model", "one.round1.safetensors", "--sampler", "ddpm", "--out",
                     "p.npy", says=['coupling "independent"'])
        write_npy(self.path("x.npy"), [2, 2], [0.0, 0.5, 1.0, 0.0])
        self.refused("likelihood", "--model", "one.safetensors", "--data", "x.npy",
                     says=["at all times"])
        self.json("likelihood", "--model", "one.round1.safetensors", "--data", "x.npy")

    def test_the_table_says_the_same_and_steps_are_the_teacher_s(self):
        text = self.call(*self.reflow("--out", "table.safetensors", "--fresh")).stdout.splitlines()
        self.assertRegex(text[0], r"straightness +energy +sliced +w2 +w2, 1 step +run")
        self.assertRegex(text[1], r"run\.safetensors$")
        self.assertRegex(text[2], r"table\.safetensors$")
        self.assertRegex(text[3], r"floor at n = 300$")
        self.assertEqual(read_safetensors(self.path("table.safetensors"))[0]["step"], "800")

    def test_interrupted_and_resumed_it_comes_to_the_same_bits(self):
        common = ["--rounds", 2, "--steps", 9000, "--width", 48]
        self.call(*self.reflow(*common, "--out", "whole.safetensors"))
        process = self.start(*self.reflow(*common, "--save-every", 0.05, "--out",
                                          "cut.safetensors"))
        while not os.path.exists(self.path("cut.safetensors")):  # in the second round
            self.assertIsNone(process.poll())
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertIn("--resume", stdout)
        self.assertLess(int(read_safetensors(self.path("cut.safetensors"))[0]["step"]), 9000)
        before = bytes_of(self.path("cut.round1.safetensors"))
        self.refused(*self.reflow("--rounds", 2, "--steps", 9000, "--width", 32, "--resume",
                                  "--out", "cut.safetensors"), says=["--width", "48", "32"])
        self.refused(*self.reflow(*common, "--pairs", 1999, "--resume", "--out",
                                  "cut.safetensors"), says=["--pairs"])
        self.call(*self.reflow(*common, "--resume", "--out", "cut.safetensors"))
        self.assertEqual(bytes_of(self.path("cut.round1.safetensors")), before)
        self.assertEqual(bytes_of(self.path("cut.safetensors")),
                         bytes_of(self.path("whole.safetensors")))

    def test_a_resumed_round_is_of_the_same_teacher(self):
        common = ["--rounds", 2, "--steps", 30, "--n", 20, "--pairs", 300]
        self.call(*self.reflow(*common, "--out", "kept.safetensors"))
        # Another run of the same options.
        self.call("train", "--data", "moons", "--width", 32, "--depth", 2, "--batch", 128, "--steps",
                  100, "--seed", 1, "--out", "other.safetensors")
        def of_other(*arguments):
            return ["other.safetensors" if word == "run.safetensors" else word
                    for word in self.reflow(*common, *arguments)]

        again = ["--resume", "--out", "kept.safetensors"]
        self.refused(*of_other(*again), says=["kept.round1.safetensors", "--model"])
        # A second round that is not of the first beside it.
        self.call(*of_other("--out", "apart.safetensors"))
        shutil.copy(self.path("kept.safetensors"), self.path("apart.safetensors"))
        self.refused(*of_other("--resume", "--out", "apart.safetensors"),
                     says=["apart.safetensors must hold the pairs"])
        self.refused(*self.reflow(*common, "--resume", "--sampler-steps", 3, "--out",
                                  "kept.safetensors"), says=["kept.round1.safetensors", "solver"])
        self.call(*self.reflow(*common, *again))

    def test_bad_usage(self):
        out = ["--out", "never.safetensors"]
        self.refused(*self.reflow(*out, "--rounds", 0), says=["rounds and distillation", "0"])
        self.refused(*self.reflow(*out, "--rounds", "-1"), says=["rounds", "-1"])
        self.refused(*self.reflow(*out, "--pairs", 0), says=["pairs", "0"])
        self.refused(*self.reflow(*out, "--distill", "-2"), says=["distill", "-2"])
        self.refused(*self.reflow(*out, "--sampler", "ddpm"), says=["draws noise"])
        self.refused(*self.reflow(*out, "--sampler", "huen"), says=["heun"])
        self.refused(*self.reflow(*out, "--steps", 0), says=["steps", "0"])
        self.refused(*self.reflow(*out, "--lr", 0), says=["lr", "0"])
        self.refused(*self.reflow(*out, "--n", 1), says=["n ", "1"])
        self.refused("reflow", *out, says=["--model"])
        self.refused("reflow", "--model", "missing.safetensors", *out, code=1, says=["missing"])
        self.assertFalse(os.path.exists(self.path("never.safetensors")))

    def test_a_run_on_a_file_is_held_against_its_rows(self):
        write_npy(self.path("x.npy"), [400, 2], [(i % 20) / 10 - 1 for i in range(800)])
        self.call("train", "--data", "x.npy", "--width", 16, "--depth", 1, "--batch", 32, "--steps",
                  50, "--out", "filed.safetensors")
        answer = self.json("reflow", "--model", "filed.safetensors", "--pairs", 500, "--n", 200,
                           "--out", "filed2.safetensors")
        self.assertEqual(len(answer["rounds"]), 2)
        shutil.move(self.path("x.npy"), self.path("y.npy"))  # the student has rows of its own
        self.call("train", "--resume", "--steps", 60, "--out", "filed2.safetensors")


if __name__ == "__main__":
    unittest.main(verbosity=2)
