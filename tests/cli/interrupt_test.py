"""Ctrl-C in every verb that takes its time: exit code 130, one line, and no unfinished file."""

import os
import signal
import time
import unittest

from command import TINY, CommandCase, npy_header, read_safetensors, write_npy

RUN = ["--model", "run.safetensors"]
# Each takes minutes, and would then write what is named here.
LONG = {
    "reflow": [*RUN, "--pairs", 4000000, "--sampler", "rk4", "--out", "o.safetensors"],
    "sample": [*RUN, "--n", 200000, "--steps", 10000, "--out", "o.npy", "--plot", "o.png"],
    "likelihood": [*RUN, "--data", "moons", "--n", 400000, "--out", "o.npy"],
    "langevin": [*RUN, "--n", 20000, "--steps", 1000000, "--out", "o.npy"],
    "compare": [*RUN, "--n", 50000, "--steps", "4000", "--out", "o.json", "--plot", "o.png"],
    "density": [*RUN, "--grid", 2048, "--sampler", "rk4", "--steps", 1000, "--out", "o.npy"],
    "evaluate": ["--samples", "x.npy", "--reference", "x.npy", "--metrics", "w2", "--repeats", 10000,
                 "--plot", "o.png"],
}
ROWS = 8000000  # 64 MB, which take a while to write


def seconds_used(process):
    """Processor time of a running command."""
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class InterruptTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train_small("run.safetensors")
        write_npy(cls.path("x.npy"), [2000, 2], [(37 * i % 101) / 50 for i in range(4000)])

    def start(self, *arguments, **options):
        process = super().start(*arguments, **options)
        self.addCleanup(process.kill)  # where a check fails before the test ends it
        return process

    def at_work(self, process):
        while seconds_used(process) < 0.2:
            self.assertIsNone(process.poll(), "it must not end of itself")
            time.sleep(0.01)

    def test_every_long_verb_stops_at_once(self):
        before = sorted(os.listdir(self.folder))
        for number, (verb, arguments) in enumerate(LONG.items()):
            kind = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[number % 3]
            with self.subTest(verb, signal=kind):
                process = self.start(verb, *arguments)
                self.at_work(process)
                begin = time.monotonic()
                process.send_signal(kind)
                stdout, stderr = process.communicate(timeout=60)
                self.assertLess(time.monotonic() - begin, 5)
                self.assertEqual((process.returncode, stdout), (130, ""))
                self.assertEqual(stderr.splitlines()[-1], "pathflow: stopped")
                self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_json_stays_empty(self):
        process = self.start("evaluate", *LONG["evaluate"], "--json")
        self.at_work(process)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.communicate(timeout=60), ("", "pathflow: stopped\n"))
        self.assertEqual(process.returncode, 130)

    def test_training_is_saved(self):
        saved = self.path("saved.safetensors")
        process = self.start("train", *TINY, "--steps", 100000000, "--save-every", 0.1, "--out", saved)
        while not os.path.exists(saved):  # until it trains: starting takes long under a sanitizer
            self.assertIsNone(process.poll(), "it must not end of itself")
            time.sleep(0.01)
        os.remove(saved)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertIn("--resume", stdout)
        self.assertGreater(int(read_safetensors(saved)[0]["step"]), 0)
        os.remove(saved)

    def test_a_file_that_is_being_written_is_finished(self):
        """The signal comes while a part of the points lies in the temporary file."""
        wanted = len(npy_header([ROWS, 2])) + 8 * ROWS
        for _ in range(20):
            process = self.start("datasets", "8gaussians", "--n", ROWS, "--out", "large.npy")
            while not (left := self.size_of_temporary()):
                self.assertIsNone(process.poll(), "the write must be seen")
                time.sleep(0.0005)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            self.assertEqual(self.size_of_temporary(), None)
            self.assertEqual(process.returncode, 130)
            self.assertEqual(os.path.getsize(self.path("large.npy")), wanted)
            os.remove(self.path("large.npy"))
            if left < wanted:
                return
        self.fail("no signal came within a write")

    def size_of_temporary(self):
        """None: there is none."""
        for entry in list(os.scandir(self.folder)):
            if ".tmp-" in entry.name:
                try:
                    return entry.stat().st_size
                except FileNotFoundError:
                    return None
        return None

    def test_a_file_read_through_first_can_be_left(self):
        with open(self.path("big.npy"), "wb") as file:
            file.write(npy_header([1 << 29, 2]))
            file.truncate(file.tell() + (8 << 29))  # zeros that take no room
        process = self.start("evaluate", "--samples", "big.npy", "--reference", "x.npy")
        self.at_work(process)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(stderr.splitlines()[-1], "pathflow: stopped")
        os.remove(self.path("big.npy"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
