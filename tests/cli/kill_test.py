"""Nothing is lost: `pathflow train` killed at any instant, on a full disk, in a read-only folder and in
one that vanishes. Usage: kill_test.py PATH_TO_PATHFLOW"""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from command import COMMAND, THREAD_SANITIZER, TINY, InFolder, bytes_of, read_safetensors

OFTEN = ["--save-every", "0.000001"]  # after every slice of steps
NOBODY = 65534


class Training(InFolder):
    OUT = "run.safetensors"

    def setUp(self):
        super().setUp()
        self.out = self.path(self.OUT)

    def train(self, *more, out=None):
        return ["train", "--data", "moons", *TINY, "--seed", "5", *more, "--out", out or self.out]

    def start(self, *arguments, **options):
        process = super().start(*arguments, **options)
        self.addCleanup(process.kill)  # where a check fails before the test ends it
        return process

    def step_of(self, path=None):
        """The step of a whole run; 0 where there is none yet."""
        path = path or self.out
        return int(read_safetensors(path)[0]["step"]) if os.path.exists(path) else 0

    def leftovers(self):
        return [name for name in os.listdir(self.folder) if ".tmp-" in name]

    def identity(self):
        """Which file the name stands for: changes with every save."""
        try:
            found = os.stat(self.out)
            return found.st_ino, found.st_mtime_ns
        except FileNotFoundError:
            return None

    def wait_for(self, what, process, pause=0.001):
        while not what():
            self.assertIsNone(process.poll(), "the run must not end before it is killed")
            time.sleep(pause)

    def wait_for_a_save(self, process):
        saved = self.identity()
        self.wait_for(lambda: self.identity() != saved, process)

    def end_is_that_of_an_unbroken_run(self, steps):
        self.call(*self.train("--steps", str(steps), "--resume"))
        self.assertEqual(os.listdir(self.folder), [self.OUT], "no leftover outlives the next save")
        unbroken = self.path("unbroken.safetensors")
        self.call(*self.train("--steps", str(steps), out=unbroken))
        self.assertEqual(bytes_of(self.out), bytes_of(unbroken))


class Kills(Training):
    def kill(self, process):
        process.kill()
        process.communicate()
        self.assertEqual(process.returncode, -signal.SIGKILL)

    def test_100_kills_at_random_instants(self):
        """One run, killed again and again: at start-up, while it trains and while it saves."""
        instants = random.Random(20240607)
        inside, before = 0, 0
        for number in range(100):
            process = self.start(*self.train("--steps", "100000000", "--resume", *OFTEN))
            if number % 4 != 0:  # the rest from start-up on
                self.wait_for_a_save(process)
            time.sleep(instants.uniform(0, 0.05))
            self.kill(process)
            step = self.step_of()  # a whole file, or none before the first save
            self.assertGreaterEqual(step, before, f"kill {number} lost what was saved")
            self.assertLessEqual(len(self.leftovers()), 1, "an older leftover was not removed")
            inside += len(self.leftovers())
            before = step
        self.assertGreaterEqual(before, 75, "a step at least for every save that was waited for")
        print(f"100 kills, {inside} of them inside a save, {before} steps", flush=True)
        self.end_is_that_of_an_unbroken_run(before + 10)

    def test_kills_before_every_system_call_of_a_save(self):
        """Dies on entering a call of its third save, of which each has two fsyncs, the file's and the
        folder's, and all but the first an fchmod."""
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        tried = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True)
        if tried.returncode != 0:
            self.skipTest("this machine does not let a process be traced")
        for call, when, left in [("flock", 3, "empty"), ("fchmod", 2, "empty"),
                                 ("fsync", 5, "whole"), ("rename", 3, "whole"),
                                 ("fsync", 6, "none")]:
            with self.subTest(call=call, when=when):
                for name in os.listdir(self.folder):
                    os.remove(self.path(name))
                dying = ["strace", "-qq", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                         f"inject={call}:signal=KILL:when={when}", COMMAND,
                         *self.train("--steps", "40", *OFTEN)]
                result = subprocess.run(dying, cwd=self.folder, capture_output=True, timeout=120)
                self.assertNotEqual(result.returncode, 0)
                self.assertGreater(self.step_of(), 0)
                names = self.leftovers()
                self.assertEqual(len(names), 0 if left == "none" else 1)
                if left == "empty":
                    self.assertEqual(os.path.getsize(self.path(names[0])), 0)
                if left == "whole":
                    self.assertGreater(self.step_of(self.path(names[0])), self.step_of())
                self.end_is_that_of_an_unbroken_run(40)

    def test_kills_inside_the_writing_itself(self):
        """A net of 17 MB, killed while a part of it lies in the temporary file."""
        large = ["train", "--data", "moons", "--width", "1024", "--depth", "2", "--batch", "1",
                 "--resume", "--out", self.out]
        torn = 0
        for _ in range(60):
            process = self.start(*large, "--steps", "1000000", *OFTEN)
            self.wait_for(lambda: self.size_of_leftover() > 0, process, pause=0.0001)
            self.kill(process)
            self.step_of()  # a whole file or none
            torn += 0 < self.size_of_leftover() < 16_800_000
            if torn == 2:
                break
        self.assertGreater(torn, 0, "no kill hit the middle of a write")
        step = self.step_of() + 1
        self.call(*large, "--steps", step, "--save-every", "0")
        self.assertEqual(self.step_of(), step)
        self.assertEqual(os.listdir(self.folder), [self.OUT])

    def size_of_leftover(self):
        for entry in list(os.scandir(self.folder)):
            if ".tmp-" in entry.name:
                try:
                    return entry.stat().st_size
                except FileNotFoundError:  # renamed meanwhile
                    pass
        return 0

    def test_a_run_beside_it_keeps_its_unfinished_file(self):
        """What another process is writing is no leftover."""
        import fcntl

        mine, dead = self.out + ".tmp-1-1", self.out + ".tmp-1-2"
        open(dead, "w").close()
        with open(mine, "w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.call(*self.train("--steps", "2"))
            self.assertTrue(os.path.exists(mine))
            self.assertFalse(os.path.exists(dead))


class FailingSaves(Training):
    """The sentence, the old file intact, no temporary left, and the training not given up."""

    def saved(self, path=None):
        self.call(*self.train("--steps", "30", out=path))
        return bytes_of(path or self.out)

    def fails_to_save(self, reason, *, path=None, **options):
        path = path or self.out
        result = self.run_command(
            *self.train("--steps", "60", "--resume", *OFTEN, out=path), **options
        )
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertIn("training goes on", result.stderr)  # a save on the way
        last = result.stderr.strip().splitlines()[-1]
        self.assertTrue(last.startswith("pathflow: "), last)
        self.assertIn(path, last)
        self.assertIn(reason, last)
        self.assertNotIn("goes on", last)
        return result.stderr

    def test_a_full_disk(self):
        disk = self.path("disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest("a small disk cannot be mounted here: " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        out = os.path.join(disk, self.OUT)
        before = self.saved(out)
        with open(os.path.join(disk, "other"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        said = self.fails_to_save("No space left on device", path=out)
        self.assertIn("--resume", said)
        self.assertEqual(bytes_of(out), before)
        self.assertEqual(sorted(os.listdir(disk)), ["other", self.OUT])
        os.remove(os.path.join(disk, "other"))
        self.call(*self.train("--steps", "60", "--resume", out=out))
        self.assertEqual(self.step_of(out), 60)

    def test_a_disk_that_is_full_for_a_while(self):
        """Saves that fail in the middle do not end the training; the next ones succeed."""
        before = self.saved()
        process = self.start(*self.train("--steps", "100000000", "--resume", "--save-every", "0.05"))
        self.wait_for_a_save(process)
        os.rename(self.folder, self.folder + "-away")
        try:
            line = process.stderr.readline()
            self.assertIn("No such file", line)
            self.assertIn("training goes on", line)
        finally:
            os.rename(self.folder + "-away", self.folder)
        self.wait_for_a_save(process)
        process.send_signal(signal.SIGINT)
        process.communicate()
        self.assertEqual(process.returncode, 130)
        self.assertEqual(os.listdir(self.folder), [self.OUT])
        self.assertNotEqual(bytes_of(self.out), before)

    @unittest.skipIf(THREAD_SANITIZER, "the thread sanitizer's own files fall under the limit")
    def test_a_file_size_limit(self):
        import resource

        before = self.saved()
        limit = len(before) // 2
        self.fails_to_save(
            "File too large",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )
        self.assertEqual(bytes_of(self.out), before)
        self.assertEqual(os.listdir(self.folder), [self.OUT])

    def as_nobody(self):
        """What makes a command run as a user who may not write everywhere."""
        if os.geteuid() != 0:
            return {}
        readable = tempfile.TemporaryDirectory()  # the build may lie where only root may look
        self.addCleanup(readable.cleanup)
        os.chmod(readable.name, 0o755)
        command = shutil.copy(COMMAND, readable.name)
        return {"executable": command, "user": NOBODY, "group": NOBODY, "extra_groups": []}

    def test_a_read_only_folder(self):
        before = self.saved()
        os.chmod(self.out, 0o644)
        os.chmod(self.folder, 0o555)
        self.addCleanup(os.chmod, self.folder, 0o755)
        said = self.refused(*self.train("--steps", "60", "--resume"), code=1, **self.as_nobody())
        self.assertIn(self.folder, said)
        self.assertEqual(bytes_of(self.out), before)
        self.assertEqual(os.listdir(self.folder), [self.OUT])

    def test_a_folder_that_becomes_read_only(self):
        self.saved()
        os.chmod(self.out, 0o666)
        os.chmod(self.folder, 0o777)
        self.addCleanup(os.chmod, self.folder, 0o755)
        process = self.start(*self.train("--steps", "100000000", "--resume", "--save-every", "0.05"),
                             **self.as_nobody())
        self.wait_for_a_save(process)
        os.chmod(self.folder, 0o555)
        line = process.stderr.readline()
        self.assertIn("Permission denied", line)
        step = self.step_of()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
        self.assertEqual(process.returncode, 1)
        self.assertIn("Permission denied", said.strip().splitlines()[-1])
        self.assertEqual(self.step_of(), step)
        # A save that was under way could not take its temporary file back.
        self.assertLessEqual(len(self.leftovers()), 1)

    def test_a_save_that_fails_is_said_once_a_second(self):
        folder = self.path("gone")
        os.mkdir(folder)
        out = os.path.join(folder, self.OUT)
        begin = time.monotonic()
        process = self.start(*self.train("--steps", "100000000", *OFTEN, out=out))
        self.wait_for(lambda: os.path.exists(out), process)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(3.3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
        lines = said.strip().splitlines()[:-1]  # but for the end's own
        self.assertGreaterEqual(len(lines), 2)
        self.assertLessEqual(len(lines), time.monotonic() - begin + 1)
        self.assertIn("training goes on", lines[-1])

    def test_a_folder_that_vanishes(self):
        folder = self.path("gone")
        os.mkdir(folder)
        out = os.path.join(folder, self.OUT)
        process = self.start(*self.train("--steps", "100000000", "--save-every", "0.05", out=out))
        self.wait_for(lambda: os.path.exists(out), process)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)  # a save may have come between
        line = process.stderr.readline()
        self.assertIn("No such file", line)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
        self.assertEqual(process.returncode, 1)
        self.assertIn("No such file", said.strip().splitlines()[-1])
        self.assertFalse(os.path.exists(folder))


if __name__ == "__main__":
    unittest.main(verbosity=2)
