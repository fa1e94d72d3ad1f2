"""Runs the built `pathflow` command as a person would. Usage: command_test.py PATH_TO_PATHFLOW

Standard library only; npy and safetensors files are read by the few lines below, which know nothing
of the library's own readers.
"""

import ast
import json
import math
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

COMMAND = sys.argv.pop(1)
SMALL = ["--width", "16", "--depth", "2", "--batch", "64"]


def run(*arguments, cwd):
    return subprocess.run(
        [COMMAND, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=120
    )


def read_npy(path):
    with open(path, "rb") as file:
        data = file.read()
    assert data[:6] == b"\x93NUMPY", path
    (length,) = struct.unpack("<H", data[8:10])
    header = ast.literal_eval(data[10 : 10 + length].decode("latin1"))
    assert header["descr"] == "<f4" and not header["fortran_order"]
    count = math.prod(header["shape"])
    return header["shape"], struct.unpack(f"<{count}f", data[10 + length :])


def write_npy(path, shape, values, code="f", descr="<f4"):
    header = repr({"descr": descr, "fortran_order": False, "shape": tuple(shape)})
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack(f"<{len(values)}{code}", *values))


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = (entry["dtype"], entry["shape"], data[8 + length :][begin:end])
    return metadata, tensors


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


class CommandTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.run_file = os.path.join(cls.folder.name, "run.safetensors")
        cls.trained = run(
            "train", "--data", "moons", *SMALL, "--steps", 200, "--seed", 3, "--out",
            cls.run_file, cwd=cls.folder.name,
        )

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def call(self, *arguments, code=0):
        result = run(*arguments, cwd=self.folder.name)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result

    def refused(self, *arguments, code=2, says=()):
        result = self.call(*arguments, code=code)
        for part in says:
            self.assertIn(part, result.stderr)
        self.assertEqual(result.stdout, "")

    # Train ---------------------------------------------------------------------------------------

    def test_train_writes_a_run_with_its_configuration(self):
        self.assertEqual(self.trained.returncode, 0, self.trained.stderr)
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
        out = self.path("threads.safetensors")
        self.call("train", "--data", "moons", *SMALL, "--seed", 3, "--steps", 200, "--threads", 2,
                  "--out", out)
        self.assertEqual(bytes_of(out), bytes_of(self.run_file))

    def test_resume_refuses_what_contradicts_the_run(self):
        self.refused("train", "--resume", "--width", 32, "--out", self.run_file,
                     says=["--width", "16", "32"])

    def test_resume_without_a_file_starts_from_the_beginning(self):
        out = self.path("fresh.safetensors")
        result = self.call("train", "--resume", *SMALL, "--steps", 3, "--out", out)
        self.assertIn("from the beginning", result.stderr)
        self.assertEqual(read_safetensors(out)[0]["step"], "3")

    def test_train_on_files_with_labels(self):
        write_npy(self.path("x.npy"), [60, 3], [0.01 * i for i in range(180)])
        write_npy(self.path("y.npy"), [60], [i % 3 for i in range(60)], code="q", descr="<i8")
        out = self.path("files.safetensors")
        self.call("train", "--data", "x.npy", "--labels", "y.npy", *SMALL, "--steps", 5, "--out", out)
        metadata, tensors = read_safetensors(out)
        self.assertEqual(json.loads(metadata["config"])["classes"], 3)
        self.assertEqual(json.loads(metadata["config"])["dimension"], 3)
        self.assertEqual(tensors["data.rows"][1], [60, 3])
        samples = self.path("labelled.npy")
        self.call("sample", "--model", out, "--label", 2, "--n", 7, "--steps", 3, "--out", samples)
        self.assertEqual(read_npy(samples)[0], (7, 3))
        self.refused("sample", "--model", out, "--label", 3, "--out", samples, says=["labels", "3"])

    def test_interrupting_saves_and_says_130(self):
        for kind in (signal.SIGINT, signal.SIGTERM):
            out = self.path(f"stopped-{kind}.safetensors")
            process = subprocess.Popen(
                [COMMAND, "train", *SMALL, "--steps", "100000000", "--save-every", "0.1",
                 "--out", out],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
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

    def test_log_lines_come_at_most_once_a_second(self):
        begin = time.monotonic()
        process = subprocess.Popen(
            [COMMAND, "train", *SMALL, "--steps", "100000000", "--out", self.path("log.safetensors")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        time.sleep(4.5)
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=60)
        lines = log.strip().splitlines()
        self.assertLessEqual(len(lines), time.monotonic() - begin)
        self.assertRegex(lines[0], r"step \d+ of 100000000  loss [\d.]+  \d+ steps/s  .* left")

    def test_json_is_the_only_output(self):
        out = self.path("json.safetensors")
        result = self.call("train", *SMALL, "--steps", 5, "--json", "--out", out)
        report = json.loads(result.stdout)
        self.assertEqual(report["step"], 5)
        self.assertEqual(result.stderr, "")
        result = self.call("sample", "--model", out, "--n", 3, "--steps", 2, "--json", "--out",
                           self.path("json.npy"))
        self.assertEqual(json.loads(result.stdout)["n"], 3)

    # Sample --------------------------------------------------------------------------------------

    def test_sample_repeats_and_keeps_trajectories(self):
        for name in ("a", "b"):
            self.call("sample", "--model", self.run_file, "--n", 100, "--steps", 20, "--seed", 5,
                      "--sampler", "rk4", "--out", f"{name}.npy", "--trajectories", f"{name}-traj.npy",
                      "--keep", 9)
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
        def sample(name, n, seed):
            self.call("sample", "--model", self.run_file, "--n", n, "--seed", seed, "--steps", 5,
                      "--out", name)
            return read_npy(self.path(name))[1]

        first, more, other = sample("p.npy", 64, 1), sample("q.npy", 128, 1), sample("r.npy", 64, 2)
        self.assertNotEqual(first, other)
        for x, y in zip(first, more):
            self.assertAlmostEqual(x, y, places=4)

    # Data sets and files -------------------------------------------------------------------------

    def test_datasets_lists_and_draws(self):
        names = [entry["name"] for entry in json.loads(self.call("datasets", "--json").stdout)]
        for name in ("gaussian", "8gaussians", "moons", "checkerboard", "cat", "dog"):
            self.assertIn(name, names)
            self.assertRegex(self.call("datasets").stdout, rf"(?m)^{re.escape(name)} ")
        self.call("datasets", "spirals", "--n", 50, "--seed", 1, "--out", "spirals.npy")
        self.assertEqual(read_npy(self.path("spirals.npy"))[0], (50, 2))

    def test_info_describes_runs_and_points(self):
        info = json.loads(self.call("info", self.run_file).stdout)
        self.assertEqual(info["metadata"]["config"]["data"], "moons")
        self.assertEqual(info["tensors"]["mlp.0.weight"], {"dtype": "F32", "shape": [3, 16]})
        write_npy(self.path("points.npy"), [2, 2], [0.0, 1.0, 2.0, 5.0])
        info = json.loads(self.call("info", "points.npy").stdout)
        self.assertEqual(info["columns"][1], {"min": 1.0, "max": 5.0, "mean": 3.0})

    # Usage ---------------------------------------------------------------------------------------

    def test_version_and_help_with_an_example_for_each_verb(self):
        self.assertRegex(self.call("--version").stdout, r"^pathflow \d+\.\d+\.\d+\n$")
        for verb in ([], ["train"], ["sample"], ["datasets"], ["info"]):
            text = self.call(*verb, "--help").stdout
            self.assertIn("Example:\n  pathflow " + "".join(verb), text)

    def test_bad_usage_is_2_and_lists_the_nearest(self):
        out = self.path("never.safetensors")
        train = ["train", "--out", out]
        self.refused(says=["subcommand"])
        self.refused("trian")
        self.refused("train", says=["--out"])
        self.refused(*train, "--data", "mooons", says=["mooons", "moons"])
        self.refused(*train, "--schedule", "liner", says=["liner", "linear"])
        self.refused(*train, "--predict", "velocty", says=["velocity"])
        self.refused(*train, "--steps", 0, says=["steps", "0"])
        self.refused(*train, "--batch", 0, says=["batch", "0"])
        self.refused(*train, "--lr", "nan", says=["lr", "nan"])
        self.refused(*train, "--lr", "-1", says=["lr", "-1"])
        self.refused(*train, "--width", "many", says=["many"])
        self.refused(*train, "--threads", 0, says=["0"])
        sample = ["sample", "--model", self.run_file, "--out", self.path("never.npy")]
        self.refused(*sample, "--n", 0, says=["n", "0"])
        self.refused(*sample, "--steps", 0, says=["steps", "0"])
        self.refused(*sample, "--sampler", "huen", says=["huen", "heun"])
        self.refused("datasets", "moons", says=["--out"])
        self.assertFalse(os.path.exists(out))
        self.assertFalse(os.path.exists(self.path("never.npy")))

    def test_failures_are_1_and_leave_no_file(self):
        missing = self.path("missing.safetensors")
        self.refused("sample", "--model", missing, "--out", "x.npy", code=1, says=[missing])
        self.refused("train", "--data", "missing.npy", "--out", "x.safetensors", code=1,
                     says=["missing.npy"])
        self.refused("train", "--out", "no/such/folder.safetensors", code=1, says=["no/such"])
        with open(self.path("torn.safetensors"), "wb") as file:
            file.write(bytes_of(self.run_file)[:1000])
        self.refused("sample", "--model", "torn.safetensors", "--out", "x.npy", code=1,
                     says=["torn.safetensors"])
        write_npy(self.path("nan.npy"), [2, 2], [0.0, 1.0, math.nan, 5.0])
        self.refused("train", "--data", "nan.npy", "--out", "x.safetensors", code=1,
                     says=["nan.npy", "1"])
        self.assertFalse(os.path.exists(self.path("x.npy")))
        self.assertFalse(os.path.exists(self.path("x.safetensors")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
