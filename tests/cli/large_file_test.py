"""Training from files that are mapped instead of read: memory, conversion, resuming."""

import json
import os
import struct
import subprocess
import unittest

from command import (COMMAND, SMALL, THREAD_SANITIZER, CommandCase, bytes_of, npy_header,
                     read_safetensors)

MEGABYTE = 1 << 20


def peak_memory(arguments, cwd):
    """(exit code, standard error, peak resident megabytes) of the command alone."""
    code = (
        "import resource, subprocess, sys; r = subprocess.run(sys.argv[1:], capture_output=True, "
        "text=True); peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss; "
        "print(r.returncode, peak); sys.stdout.write(r.stdout + r.stderr)"
    )
    done = subprocess.run(["python3", "-c", code, COMMAND, *map(str, arguments)], cwd=cwd,
                          capture_output=True, text=True, timeout=120)
    first, _, rest = done.stdout.partition("\n")
    status, peak = first.split()
    return int(status), rest, int(peak) / 1024


class LargeFileTest(CommandCase):
    def sparse(self, name, rows, d, descr="<f4", ends=()):
        """A file of zeros that takes no room on the disk, but for `ends` at its beginning."""
        size = int(descr[2])
        header = npy_header([rows, d], descr)
        with open(self.path(name), "wb") as file:
            file.write(header)
            file.write(struct.pack(f"<{len(ends)}f", *ends))
            file.truncate(len(header) + rows * d * size)
        return len(header)

    @unittest.skipIf(THREAD_SANITIZER, "the thread sanitizer takes several bytes for each")
    def test_a_gigabyte_trains_in_a_fraction_of_it(self):
        rows, d = 1 << 24, 16
        self.sparse("large.npy", rows, d, ends=[float(k) for k in range(64)])
        self.assertEqual(os.stat(self.path("large.npy")).st_size // MEGABYTE, 1024)
        self.assertLess(os.stat(self.path("large.npy")).st_blocks * 512, MEGABYTE)
        status, text, peak = peak_memory(
            ["train", "--data", "large.npy", "--width", 16, "--depth", 2, "--batch", 1024, "--steps", 60,
             "--out", "large.safetensors"], self.folder)
        self.assertEqual(status, 0, text)
        self.assertLess(peak, 450)
        self.assertLess(os.stat(self.path("large.safetensors")).st_size, MEGABYTE)
        metadata, tensors = read_safetensors(self.path("large.safetensors"))
        self.assertNotIn("data.rows", tensors)
        filed = json.loads(metadata["data.file"])
        self.assertEqual((filed["rows"], filed["columns"]), (rows, d))
        self.assertEqual(filed["path"], os.path.realpath(self.path("large.npy")))

    def moderate(self, name, descr="<f4", fortran=False):
        """20 MB of points, above what is read into memory: one period of values over and over."""
        rows, d, period = 5 * MEGABYTE // 4, 4, 2003
        values = [(k * 2654435761 % 2001 - 1000) / 512 for k in range(period)]

        def cycled(start, stride, count):
            once = struct.pack(f"{descr[0]}{period}f",
                               *(values[(start + stride * i) % period] for i in range(period)))
            return (once * (count // period + 1))[: 4 * count]

        with open(self.path(name), "wb") as file:
            file.write(npy_header([rows, d], descr, fortran))
            if fortran:
                for k in range(d):
                    file.write(cycled(k, d, rows))
            else:
                file.write(cycled(0, 1, rows * d))

    def train(self, data, out, *arguments):
        return self.call("train", "--data", data, *SMALL, "--seed", 2, *arguments, "--out", out)

    def weights(self, out):
        return read_safetensors(self.path(out))[1]

    def test_any_order_of_bytes_and_axes_trains_to_the_same_bits(self):
        self.moderate("plain.npy")
        self.moderate("fortran.npy", ">f4", fortran=True)
        self.train("plain.npy", "plain.safetensors", "--steps", 20)
        self.train("fortran.npy", "fortran.safetensors", "--steps", 20)
        self.assertEqual(self.weights("plain.safetensors"), self.weights("fortran.safetensors"))

    def test_resume_goes_on_and_refuses_a_file_that_changed(self):
        self.moderate("x.npy")
        self.train("x.npy", "whole.safetensors", "--steps", 40)
        self.train("x.npy", "half.safetensors", "--steps", 15)
        self.call("train", "--resume", "--steps", 40, "--out", "half.safetensors")
        self.assertEqual(bytes_of(self.path("half.safetensors")),
                         bytes_of(self.path("whole.safetensors")))
        # It samples without its data, and goes on with them in another place.
        os.mkdir(self.path("moved"))
        os.rename(self.path("x.npy"), self.path("moved/x.npy"))
        self.call("sample", "--model", "half.safetensors", "--n", 5, "--out", "s.npy", "--plot",
                  "s.png")
        self.refused("train", "--resume", "--steps", 41, "--out", "half.safetensors", code=1,
                     says=["x.npy"])
        self.call("train", "--resume", "--data", "moved/x.npy", "--steps", 41, "--out",
                  "half.safetensors")
        # One bit of it changes.
        before = bytes_of(self.path("half.safetensors"))
        with open(self.path("moved/x.npy"), "r+b") as file:
            file.seek(10 * MEGABYTE)
            (byte,) = file.read(1)
            file.seek(10 * MEGABYTE)
            file.write(bytes([byte ^ 1]))
        self.refused("train", "--resume", "--data", "moved/x.npy", "--steps", 42, "--out",
                     "half.safetensors", code=1, says=["x.npy", "not the file", "hash"])
        self.assertEqual(bytes_of(self.path("half.safetensors")), before)

    def test_the_first_row_that_is_not_finite_is_named(self):
        self.sparse("bad.npy", 3 * MEGABYTE, 2)
        with open(self.path("bad.npy"), "r+b") as file:
            file.seek(len(npy_header([3 * MEGABYTE, 2])) + 8 * 2345678 + 4)
            file.write(struct.pack("<f", float("nan")))
        self.refused("train", "--data", "bad.npy", *SMALL, "--out", "bad.safetensors", code=1,
                     says=["bad.npy", "row 2345678", "column 1"])
        self.assertFalse(os.path.exists(self.path("bad.safetensors")))

    def test_a_file_cut_short_while_it_trains_is_a_sentence(self):
        self.sparse("cut.npy", 4 * MEGABYTE, 2)
        process = self.start("train", "--data", "cut.npy", *SMALL, "--steps", 100000000, "--save-every",
                             0.1, "--out", "cut.safetensors")
        while not os.path.exists(self.path("cut.safetensors")):
            self.assertIsNone(process.poll())
        os.truncate(self.path("cut.npy"), MEGABYTE)
        _, text = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("cut short", text)
        read_safetensors(self.path("cut.safetensors"))  # whole


if __name__ == "__main__":
    unittest.main(verbosity=2)
