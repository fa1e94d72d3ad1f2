"""Few-step models: pathflow train --objective and --teacher, pathflow sample in one step."""

import unittest

from command import SMALL, CommandCase, bytes_of, read_safetensors


class FewStepTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train_small("run.safetensors")

    def test_one_evaluation_makes_samples(self):
        self.call("train", "--data", "moons", *SMALL, "--objective", "mean-flow", "--flow-share", 0.5,
                  "--steps", 20, "--out", self.path("few.safetensors"))
        made = self.json("sample", "--model", self.path("few.safetensors"), "--sampler", "jump",
                         "--steps", 1, "--n", 50, "--out", self.path("s.npy"))
        self.assertEqual((made["evaluations"], made["n"]), (1, 50))
        self.refused("sample", "--model", self.path("run.safetensors"), "--sampler", "jump", "--out",
                     self.path("s.npy"), says=("mean-flow",))

    def test_a_student_keeps_its_teacher_and_goes_on_to_the_same_bits(self):
        student = ["train", "--data", "moons", *SMALL, "--objective", "consistency-distillation",
                   "--consistency-steps", 4]
        teacher = ["--teacher", self.path("run.safetensors")]
        whole, half = self.path("whole.safetensors"), self.path("half.safetensors")
        self.call(*student, *teacher, "--steps", 20, "--out", whole)
        self.call(*student, *teacher, "--steps", 9, "--out", half)
        self.call("train", "--resume", "--steps", 20, "--out", half)
        self.assertEqual(bytes_of(half), bytes_of(whole))
        self.assertIn("teacher", read_safetensors(whole)[1])
        self.call("sample", "--model", whole, "--sampler", "consistency", "--steps", 2, "--out",
                  self.path("s.npy"))
        self.refused("likelihood", "--model", whole, "--data", self.path("s.npy"),
                     says=("use sampler consistency",))
        self.refused("train", "--resume", *teacher, "--out", whole, says=("part of the run",))
        self.refused(*student, "--out", half, says=("learns from a teacher",))
        self.refused("train", *SMALL, *teacher, "--out", half, says=("a teacher needs objective",))


if __name__ == "__main__":
    unittest.main()
