"""What the tests of the command share: running it, and safetensors files by a reader and a writer that
know nothing of the library's own."""

import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

COMMAND = os.path.abspath(sys.argv.pop(1))
TINY = ["--width", "8", "--depth", "1", "--batch", "16"]


def read_safetensors(path):
    """Metadata, and {name: (dtype, shape, bytes)}."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = (entry["dtype"], entry["shape"], data[begin:end])
    assert sum(len(part) for _, _, part in tensors.values()) == len(data), "no holes, no overlaps"
    return metadata, tensors


def write_safetensors(path, metadata, tensors):
    """The reverse; tensors lie in the order given."""
    header, data = {"__metadata__": metadata}, b""
    for name, (dtype, shape, part) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


class InFolder(unittest.TestCase):
    """Each test has an empty folder of its own, in which the command runs."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = self.temporary.name
        self.addCleanup(self.temporary.cleanup)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run_command(self, *arguments, **options):
        return subprocess.run(
            [COMMAND, *map(str, arguments)], cwd=options.pop("cwd", self.folder),
            capture_output=True, text=True, timeout=300, **options,
        )

    def call(self, *arguments, code=0, **options):
        result = self.run_command(*arguments, **options)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result

    def refused(self, *arguments, code=1, says=(), **options):
        """One sentence on standard error, nothing on standard output."""
        result = self.call(*arguments, code=code, **options)
        self.assertEqual(result.stdout, "")
        self.assertTrue(result.stderr.startswith("pathflow: "), result.stderr)
        for part in says:
            self.assertIn(part, result.stderr)
        return result.stderr
