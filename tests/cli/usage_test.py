"""Help, bad usage, failures, standard output that closes, and completion."""

import math
import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest

from command import COMMAND, CommandCase, bytes_of, write_npy

VERBS = ["train", "reflow", "sample", "likelihood", "langevin", "compare", "density", "evaluate",
         "datasets", "info", "completion"]


class UsageTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train_small("run.safetensors")

    def test_version_and_help_with_an_example_for_each_verb(self):
        self.assertRegex(self.call("--version").stdout, r"^pathflow \d+\.\d+\.\d+\n$")
        text = self.call("--help").stdout
        for verb in VERBS:
            self.assertRegex(text, rf"(?m)^  {verb} ")
            help_text = self.call(verb, "--help").stdout
            self.assertRegex(help_text, rf"Examples?:\n  pathflow {verb}")
        self.assertIn("Example:\n  pathflow train", text)

    def test_help_groups_options_and_shows_defaults_and_names(self):
        text = self.call("train", "--help").stdout
        for heading in ("Path:", "Network:", "Steps:", "Output:"):
            self.assertIn(f"\n{heading}", text)
        self.assertRegex(text, r"--width .*=128")
        self.assertIn("vp-cosine", text)
        self.assertIn("table:FILE.npy", text)
        self.assertRegex(self.call("sample", "--help").stdout, r"--sampler .*=heun")

    def test_bad_usage_is_2_and_names_the_nearest(self):
        out = self.path("never.safetensors")
        train = ["train", "--out", out]
        self.refused(says=["subcommand"])
        self.refused("trian", says=["trian", "train"])
        self.refused("train", says=["--out"])
        self.refused(*train, "--wdith", 3, says=["--wdith", "--width"])
        self.refused(*train, "--wdith=3", says=["--wdith", "--width"])
        self.refused(*train, "stray", says=["stray"])
        self.refused(*train, "--data", "mooons", says=["mooons", "moons"])
        self.refused(*train, "--schedule", "liner", says=["liner", "linear"])
        self.refused(*train, "--predict", "velocty", says=["velocity"])
        self.refused(*train, "--coupling", "it", says=["it", "ot"])
        self.refused(*train, "--steps", 0, says=["steps", "0"])
        self.refused(*train, "--batch", 0, says=["batch", "0"])
        self.refused(*train, "--lr", "nan", says=["lr", "nan"])
        self.refused(*train, "--lr", "-1", says=["lr", "-1"])
        self.refused(*train, "--ema", 1, says=["ema", "1"])
        self.refused(*train, "--width", "many",
                     says=['train: width must be a whole number of 64 bits, got "many"'])
        self.refused(*train, "--steps", 10**20, says=["steps must be", f'"{10**20}"'])
        self.refused(*train, "--lr", "fast", says=['train: lr must be a number, got "fast"'])
        self.refused(*train, "--seed", "-1",
                     says=['train: seed must be a whole number from 0, got "-1"'])
        self.refused("datasets", "moons", "--seed", "-3", "--out", out,
                     says=['datasets: seed must be a whole number from 0, got "-3"'])
        self.refused(*train, "--threads", 0, says=["0"])
        self.refused(*train, "--save-every", "-1", says=["save-every", "-1"])
        sample = ["sample", "--model", self.path("run.safetensors"), "--out", self.path("never.npy")]
        self.refused(*sample, "--n", 0, says=["n", "0"])
        self.refused(*sample, "--steps", 0, says=["steps", "0"])
        self.refused(*sample, "--label", "cat", says=["sample: label must be", '"cat"'])
        self.refused(*sample, "--sampler", "huen", says=["huen", "heun"])
        self.refused(*sample, "--grid", "unifrm", says=["unifrm", "uniform"])
        self.refused(*sample, "--keep", 1, says=["keep", "1"])
        self.assertFalse(os.path.exists(out))
        self.assertFalse(os.path.exists(self.path("never.npy")))

    def test_failures_are_1_and_leave_no_file(self):
        missing = self.path("missing.safetensors")
        self.refused("sample", "--model", missing, "--out", "x.npy", code=1, says=[missing])
        self.refused("train", "--data", "missing.npy", "--out", "x.safetensors", code=1,
                     says=["missing.npy"])
        self.refused("train", "--out", "no/such/folder.safetensors", code=1, says=["no/such"])
        with open(self.path("torn.safetensors"), "wb") as file:
            file.write(bytes_of(self.path("run.safetensors"))[:1000])
        self.refused("sample", "--model", "torn.safetensors", "--out", "x.npy", code=1,
                     says=["torn.safetensors"])
        write_npy(self.path("nan.npy"), [2, 2], [0.0, 1.0, math.nan, 5.0])
        self.refused("train", "--data", "nan.npy", "--out", "x.safetensors", code=1,
                     says=["nan.npy", "row 1"])
        self.assertFalse(os.path.exists(self.path("x.npy")))
        self.assertFalse(os.path.exists(self.path("x.safetensors")))

    def test_a_reader_that_leaves_is_no_failure(self):
        for arguments in (["datasets"], ["train", "--help"], ["completion", "bash"]):
            ours, theirs = os.pipe()
            os.close(ours)
            process = subprocess.run([COMMAND, *arguments], stdout=theirs, stderr=subprocess.PIPE,
                                     text=True, timeout=60)
            os.close(theirs)
            self.assertEqual((process.returncode, process.stderr), (0, ""))

    def test_a_full_device_is_a_failure(self):
        with open("/dev/full", "w") as full:
            process = subprocess.run([COMMAND, "datasets"], stdout=full, stderr=subprocess.PIPE,
                                     text=True, timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("standard output", process.stderr)


class CompletionTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        script = cls.run_command("completion", "bash")
        with open(cls.path("completion.bash"), "w") as file:
            file.write(script.stdout)
        for name in ("points.npy", "run.safetensors", "two words.npy"):
            write_npy(cls.path(name), [1], [0.0])
        os.mkdir(cls.path("folder"))

    def complete(self, *words):
        """What bash offers for the last of the words after `pathflow`."""
        script = (
            'source completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _pathflow; '
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
        result = subprocess.run(["bash", "-c", script, "bash", "pathflow", *words],
                                cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return [line for line in result.stdout.split("\n") if line]

    def test_verbs_and_options(self):
        self.assertEqual(self.complete("")[: len(VERBS)], VERBS)
        self.assertEqual(self.complete("tr"), ["train"])
        self.assertEqual(self.complete("train", "--sch"), ["--schedule"])
        self.assertEqual(self.complete("evaluate", "--sam"), ["--samples"])
        self.assertEqual(self.complete("train", "--resume", "--wi"), ["--width"])
        self.assertEqual(self.complete("train", "--width", ""), [])
        self.assertIn("--help", self.complete("sample", "-"))

    def test_names_are_the_library_s_own(self):
        self.assertEqual(self.complete("train", "--data", "che"), ["checkerboard"])
        self.assertEqual(self.complete("train", "--schedule", ""),
                         ["linear", "linear-sigma-min", "polynomial", "trig", "vp-linear",
                          "vp-cosine", "sub-vp", "ve", "edm", "ddpm-linear",
                          "ddpm-scaled-linear", "ddpm-cosine", "table:"])
        self.assertEqual(self.complete("sample", "--out", "x.npy", "--sampler", "dd"),
                         ["ddim", "ddpm"])
        self.assertEqual(self.complete("datasets", "mo"), ["moons"])
        self.assertEqual(self.complete("evaluate", "--metrics", "w2,sl"), ["w2,sliced"])
        self.assertEqual(self.complete("train", "--predict", "=", "ve"), ["velocity"])
        self.assertEqual(self.complete("completion", "z"), ["zsh"])

    def test_files(self):
        self.assertEqual(self.complete("train", "--data", "poi"), ["points.npy"])
        self.assertEqual(self.complete("train", "--labels", "two"), ["two words.npy"])
        self.assertEqual(self.complete("sample", "--model", "r"), ["run.safetensors"])
        self.assertEqual(self.complete("info", "fo"), ["folder"])

    def test_an_unknown_shell(self):
        self.refused("completion", "csh", says=["csh", "zsh"])


# A line up to Tab, and the word that each shell must complete.
LINES = [
    ("tr", "train"),
    ("train --sch", "--schedule"),
    ("train --schedule vp-l", "vp-linear"),
    ("train --data che", "checkerboard"),
    ("train --data po", "points.npy"),
    ("sample --model r", "run.safetensors"),
    ("info r", "run.safetensors"),
    ("info po", "points.npy"),
    ("datasets mo", "moons"),
    ("evaluate --metrics w2,sl", "w2,sliced"),
    ("completion z", "zsh"),
]


class OtherShellsTest(CommandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("points.npy", "run.safetensors"):
            write_npy(cls.path(name), [1], [0.0])

    def script(self, shell, name):
        if shutil.which(shell) is None:
            self.skipTest(f"{shell} is not installed")
        with open(self.path(name), "w") as file:
            file.write(self.call("completion", shell).stdout)

    def test_fish(self):
        self.script("fish", "pathflow.fish")
        for line, wanted in LINES:
            with self.subTest(line):
                asked = f"source pathflow.fish; complete --do-complete 'pathflow {line}'"
                result = subprocess.run(
                    ["fish", "--no-config", "-c", asked], cwd=self.folder, capture_output=True,
                    text=True, timeout=60, env={**os.environ, "HOME": self.folder})
                self.assertEqual(result.stderr, "")
                offered = [entry.split("\t")[0] for entry in result.stdout.splitlines()]
                self.assertIn(wanted, offered)

    def test_zsh(self):
        """Typed at a terminal, where Tab must complete the line."""
        self.script("zsh", "_pathflow")
        ours, theirs = pty.openpty()
        shell = subprocess.Popen(
            ["zsh", "-f", "-i"], cwd=self.folder, stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True, env={**os.environ, "HOME": self.folder, "TERM": "dumb"})
        os.close(theirs)
        self.addCleanup(os.close, ours)
        self.addCleanup(shell.wait)
        self.addCleanup(shell.kill)
        # Tab completes and shows the line between marks, however the terminal draws what is typed.
        os.write(ours, b"fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; "
                       b"shown() { zle complete-word; print -r -- \"<$BUFFER>\"; zle kill-buffer }; "
                       b"zle -N shown; bindkey '^I' shown; PS1=; print -r rea''dy\n")
        said = self.read_until(ours, rb"ready")
        for line, wanted in LINES:
            with self.subTest(line):
                os.write(ours, f"pathflow {line}\t".encode())
                said = self.read_until(ours, rb"<pathflow [^>]*>")
                completed = said[said.rindex(b"<") + 1 : said.rindex(b">")].decode().rstrip(" =,")
                self.assertEqual(completed.split(" ")[-1], wanted)

    def read_until(self, terminal, pattern):
        said, end = b"", time.monotonic() + 60
        while re.search(pattern, said) is None:
            self.assertLess(time.monotonic(), end, said)
            if select.select([terminal], [], [], 0.2)[0]:
                said += os.read(terminal, 4096)
        return said


if __name__ == "__main__":
    unittest.main(verbosity=2)
