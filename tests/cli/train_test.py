"""pathflow train: files, resuming, progress, interrupts, the loss figure."""

import json
import math
import os
import pty
import select
import signal
import struct
import time
import unittest

from command import SMALL, CommandCase, bytes_of, read_npy, read_safetensors, write_npy, write_safetensors

ENDLESS = [*SMALL, "--steps", "100000000"]


class TrainTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trained = cls.train_small("run.safetensors")
        cls.run_file = cls.path("run.safetensors")

    def test_writes_a_run_with_its_configuration(self):
        self.assertIn("200 steps", self.trained.stdout)
        self.assertNotIn("\x1b", self.trained.stderr)  # no terminal, no escape codes
        metadata, tensors = read_safetensors(self.run_file)
        config = json.loads(metadata["config"])
        self.assertEqual(metadata["step"], "200")
        self.assertEqual(config["data"], "moons")
        self.assertEqual(config["seed"], 3)
        self.assertEqual(tensors["mlp.0.weight"][:2], ("F32", [3, 16]))
        self.assertEqual(tensors["ema.mlp.2.bias"][:2], ("F32", [2]))

    def test_resume_goes_on_to_the_same_bits(self):
        out = self.path("half.safetensors")
        common = ["train", "--data", "moons", *SMALL, "--seed", 3, "--out", out]
        self.call(*common, "--steps", 77)
        self.call("train", "--resume", "--steps", 200, "--out", out)
        self.assertEqual(bytes_of(out), bytes_of(self.run_file))
        again = self.call("train", "--resume", "--out", out)  # nothing left to do
        self.assertIn("200 steps", again.stdout)
        self.assertEqual(bytes_of(out), bytes_of(self.run_file))

    def test_threads_do_not_change_a_bit(self):
        self.train_small("threads.safetensors", "--threads", 2)
        self.assertEqual(bytes_of(self.path("threads.safetensors")), bytes_of(self.run_file))

    def test_resume_refuses_what_contradicts_the_run(self):
        before = bytes_of(self.run_file)
        self.refused("train", "--resume", "--width", 32, "--out", self.run_file,
                     says=["--width", "16", "32"])
        self.assertEqual(bytes_of(self.run_file), before)

    def test_learns_from_snapshots(self):
        files = [self.path(f"snapshot{k}.npy") for k in range(3)]
        for k, file in enumerate(files):
            write_npy(file, (4, 2), [k, 0, k, 1, k, 2, k, 3])
        named = ",".join(f"{file}@{time}" for file, time in zip(files, (0, 0.25, 1)))
        out = self.path("snapshots.safetensors")
        common = ["train", *SMALL, "--objective", "action", "--coupling", "ot", "--out", out]
        self.call(*common, "--snapshots", named, "--steps", 20)
        whole = bytes_of(out)
        metadata, tensors = read_safetensors(out)
        self.assertEqual(metadata["snapshot.1.time"], "0.25")
        self.assertEqual(tensors["snapshot.1.rows"][:2], ("F32", [4, 2]))
        os.remove(out)
        self.call(*common, "--snapshots", named, "--steps", 7)
        self.call(*common, "--resume", "--snapshots", named, "--steps", 20)
        self.assertEqual(bytes_of(out), whole)
        points = self.path("moved.npy")
        self.call("sample", "--model", out, "--n", 8, "--toward", "source", "--out", points)
        self.assertEqual(read_npy(points)[0], (8, 2))
        moved = ",".join(f"{file}@{time}" for file, time in zip(files, (0, 0.5, 1)))
        self.refused(*common, "--resume", "--snapshots", moved, says=["--snapshots must stay"])
        self.refused(*common, "--snapshots", files[0], says=["FILE.npy@TIME", files[0]])
        self.refused(*common, "--snapshots", f"{files[0]}@0,{files[1]}@x", says=["FILE.npy@TIME"])
        self.refused(*common, "--snapshots", f"{files[0]}@0,{files[1]}@0.5", says=["from 0 to 1", "[0, 0.5]"])
        self.refused(*common, "--snapshots", named, "--data", "moons", says=["take the place"])

    def test_a_bridge_of_another_meaning_is_not_gone_on_with(self):
        """Runs saved when coupling_reg was the variance of a bridge say so in their configuration."""
        out = self.path("bridge.safetensors")
        bridge = ["train", "--coupling", "bridge", *SMALL, "--steps", 3, "--out", out]
        self.call(*bridge)
        metadata, tensors = read_safetensors(out)
        metadata["config"] = metadata["config"].replace('"coupling_reg":0.05', '"coupling_reg":0.5')
        write_safetensors(out, metadata, tensors)
        says = ["coupling_reg", "gamma_scale", "0.5"]
        self.refused("train", "--resume", "--steps", 9, "--out", out, code=1, says=[out, *says])
        os.remove(out)
        self.refused(*bridge, "--coupling-reg", 0.5, says=says)

    def test_resume_without_a_file_starts_from_the_beginning(self):
        out = self.path("fresh.safetensors")
        result = self.call("train", "--resume", *SMALL, "--steps", 3, "--out", out)
        self.assertIn("from the beginning", result.stderr)
        self.assertEqual(read_safetensors(out)[0]["step"], "3")

    def test_files_of_any_dimension_with_labels(self):
        for d in (1, 3, 17):
            with self.subTest(d=d):
                write_npy(self.path("x.npy"), [60, d], [0.01 * i for i in range(60 * d)])
                write_npy(self.path("y.npy"), [60], [i % 3 for i in range(60)], "q", "<i8")
                self.call("train", "--data", "x.npy", "--labels", "y.npy", *SMALL, "--steps", 5,
                          "--out", "files.safetensors")
                metadata, tensors = read_safetensors(self.path("files.safetensors"))
                config = json.loads(metadata["config"])
                self.assertEqual((config["classes"], config["dimension"]), (3, d))
                self.assertEqual(tensors["data.rows"][1], [60, d])
                self.call("sample", "--model", "files.safetensors", "--label", 2, "--n", 7,
                          "--steps", 3, "--out", "labelled.npy")
                self.assertEqual(read_npy(self.path("labelled.npy"))[0], (7, d))
        self.refused("sample", "--model", "files.safetensors", "--label", 3, "--out", "l.npy",
                     says=["labels", "3"])

    def test_a_source_from_a_file_with_transport(self):
        write_npy(self.path("source.npy"), [40, 2], [math.sin(i) for i in range(80)])
        self.call("train", "--data", "moons", "--source", "source.npy", "--coupling", "ot", *SMALL,
                  "--steps", 5, "--out", "transport.safetensors")
        self.call("sample", "--model", "transport.safetensors", "--n", 5, "--out", "t.npy")
        self.refused("sample", "--model", "transport.safetensors", "--sampler", "ddpm", "--out",
                     "t.npy", says=["Gaussian source"])

    def test_every_prediction_trains_on_every_schedule_kind(self):
        for predict, schedule in (("data", "vp-cosine"), ("noise", "vp-linear"), ("v", "trig"),
                                  ("score", "ve"), ("velocity", "sub-vp")):
            with self.subTest(predict=predict):
                answer = self.json("train", "--predict", predict, "--schedule", schedule, *SMALL,
                                   "--steps", 20, "--out", "p.safetensors")
                self.assertTrue(math.isfinite(answer["loss"]))
                self.json("sample", "--model", "p.safetensors", "--n", 4, "--steps", 5, "--out",
                          "p.npy")

    def test_interrupting_saves_and_says_130(self):
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            out = self.path(f"stopped-{kind}.safetensors")
            process = self.start("train", *ENDLESS, "--save-every", 0.1, "--out", out)
            while not os.path.exists(out):  # the first save: it is training by now
                time.sleep(0.02)
            process.send_signal(kind)
            stdout, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130)
            self.assertIn("--resume", stdout)
            step = int(read_safetensors(out)[0]["step"])
            self.assertGreater(step, 0)
            self.call("train", "--resume", "--steps", step + 1, "--out", out)
            self.assertEqual(read_safetensors(out)[0]["step"], str(step + 1))

    def test_a_second_interrupt_leaves_at_once(self):
        # One step of this takes far longer than the signals.
        process = self.start("train", "--width", 2048, "--depth", 4, "--batch", 8192,
                        "--out", "slow.safetensors")
        time.sleep(1.5)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertFalse(os.path.exists(self.path("slow.safetensors")))

    def test_log_lines_come_at_most_once_a_second(self):
        begin = time.monotonic()
        process = self.start("train", *ENDLESS, "--out", "log.safetensors")
        time.sleep(3.5)
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=60)
        lines = log.strip().splitlines()
        self.assertLessEqual(len(lines), time.monotonic() - begin)
        self.assertRegex(
            lines[0], r"^ *0 %  step \d+ of 100000000  loss [\d.]+  \d+ steps/s  .* left$"
        )

    def test_a_terminal_sees_one_line_rewritten(self):
        ours, theirs = pty.openpty()
        process = self.start("train", *ENDLESS, "--out", "tty.safetensors",
                        stderr=theirs)
        os.close(theirs)
        text, end = b"", time.monotonic() + 20
        while text.count(b"steps/s") < 4 and time.monotonic() < end:
            if select.select([ours], [], [], 0.2)[0]:
                text += os.read(ours, 4096)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        os.close(ours)
        self.assertGreaterEqual(text.count(b"steps/s"), 4)
        self.assertNotIn(b"\n", text)
        for line in text.split(b"\r\x1b[2K")[1:-1]:
            self.assertRegex(line, rb"^(\[[#.]{4,20}\] )? *\d+ %  step \d+ of \d+  loss .* steps/s  .* left$")
            self.assertLess(len(line), 80)

    def test_json_is_the_only_output(self):
        answer = self.json("train", *SMALL, "--steps", 5, "--out", "json.safetensors")
        self.assertEqual((answer["step"], answer["interrupted"]), (5, False))

    def test_a_closed_pipe_does_not_end_the_training(self):
        out = self.path("pipe.safetensors")
        process = self.start("train", *SMALL, "--steps", 300, "--out", out)
        process.stdout.close()
        process.stderr.close()
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertEqual(read_safetensors(out)[0]["step"], "300")

    def test_the_loss_figure_grows_with_the_run(self):
        common = ["--plot", "loss.png", "--out", "curve.safetensors"]
        self.call("train", *SMALL, "--steps", 100, *common)
        shape, first = read_npy(self.path("loss.npy"))
        self.assertEqual((shape[1], first[-2]), (2, 100))
        self.call("train", "--resume", "--steps", 250, *common)
        _, both = read_npy(self.path("loss.npy"))
        self.assertEqual(both[: len(first)], first)
        self.assertEqual(both[-2], 250)
        width, height = struct.unpack(">II", bytes_of(self.path("loss.png"))[16:24])
        self.assertGreater(min(width, height), 800)

    def test_a_loss_that_stops_being_finite_is_a_sentence_and_loses_nothing(self):
        write_npy(self.path("huge.npy"), [4, 2], [1e30, -1e30] * 4)
        huge = ["--data", "huge.npy", *SMALL, "--lr", 1e30, "--clip", 0, "--weight", "velocity"]
        out = self.path("nan.safetensors")
        self.refused("train", *huge, "--steps", 2000, "--plot", "nan.png", "--out", out, code=1,
                     says=["finite", out + " holds the run as it was before that step"])
        # The last state that was finite, as a run that stopped there of itself leaves it.
        step = int(read_safetensors(out)[0]["step"])
        self.assertGreater(step, 0)
        self.assertTrue(os.path.exists(self.path("nan.png")))
        again = self.path("same.safetensors")
        self.call("train", *huge, "--steps", step, "--out", again)
        self.assertEqual(self.states(out), self.states(again))
        # Going on fails at once, and leaves the file as it is.
        before = bytes_of(out)
        self.refused("train", "--resume", "--out", out, code=1, says=["finite", f"step {step}"])
        self.assertEqual(bytes_of(out), before)

    @staticmethod
    def states(file):
        return read_safetensors(file)[1]


if __name__ == "__main__":
    unittest.main(verbosity=2)
