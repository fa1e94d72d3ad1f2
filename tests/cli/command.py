"""What the command's tests share: running the built command, and files by a few lines of their own.

Standard library only; npy and safetensors files are read and written by functions that know nothing of
the library's own. Every *_test.py takes the path of the built command as its first argument.
"""

import ast
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

COMMAND = os.path.abspath(sys.argv.pop(1))
SMALL = ["--width", "16", "--depth", "2", "--batch", "64"]
with open(COMMAND, "rb") as _file:  # its runtime takes memory, and files of its own, for every byte
    THREAD_SANITIZER = b"__tsan_init" in _file.read()
TINY = ["--width", "8", "--depth", "1", "--batch", "16"]  # where only the file matters


def read_npy(path):
    data = bytes_of(path)
    assert data[:6] == b"\x93NUMPY", path
    (length,) = struct.unpack("<H", data[8:10])
    header = ast.literal_eval(data[10 : 10 + length].decode("latin1"))
    assert header["descr"] == "<f4" and not header["fortran_order"]
    count = math.prod(header["shape"])
    return header["shape"], struct.unpack(f"<{count}f", data[10 + length :])


def npy_header(shape, descr="<f4", fortran=False):
    header = repr({"descr": descr, "fortran_order": fortran, "shape": tuple(shape)})
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()


def write_npy(path, shape, values, code="f", descr="<f4", fortran=False):
    order = descr[0] if descr[0] in "<>" else "<"
    with open(path, "wb") as file:
        file.write(npy_header(shape, descr, fortran))
        file.write(struct.pack(f"{order}{len(values)}{code}", *values))


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


def write_json(path, value):
    with open(path, "w") as file:
        json.dump(value, file)


def read_png(path):
    """(width, height, rows): rows of (red, green, blue), 8 bits each, of a PNG without interlacing."""
    data = bytes_of(path)
    assert data[:8] == b"\x89PNG\r\n\x1a\n", path
    at, packed = 8, b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", body)
            assert (depth, color, interlace) == (8, 2, 0), (depth, color, interlace)
        if kind == b"IDAT":
            packed += body
        at += 12 + length
    return width, height, unfiltered(zlib.decompress(packed), width, height)


def some_pixels(rows, every=1):
    """Of every third line, each `every`th pixel as (red, green, blue)."""
    for row in rows[::3]:
        for x in range(0, len(row), 3 * every):
            yield tuple(row[x : x + 3])


def unfiltered(raw, width, height):
    stride, above, rows = 3 * width, bytearray(3 * width), []
    for y in range(height):
        kind = raw[y * (stride + 1)]
        line = bytearray(raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for x in range(stride if kind else 0):
            a, b, c = (line[x - 3], above[x], above[x - 3]) if x > 2 else (0, above[x], 0)
            if kind == 1:
                guess = a
            elif kind == 2:
                guess = b
            elif kind == 3:
                guess = (a + b) // 2
            else:
                p = a + b - c
                guess = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line[x] = (line[x] + guess) & 255
        rows.append(line)
        above = line
    return rows


class CommandCase(unittest.TestCase):
    """A folder for each class, and the command run in it."""

    @classmethod
    def setUpClass(cls):
        cls.make_folder()

    @classmethod
    def make_folder(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = cls.temporary.name

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def path(cls, *names):
        return os.path.join(cls.folder, *names)

    @classmethod
    def run_command(cls, *arguments, **options):
        return subprocess.run(
            [COMMAND, *map(str, arguments)],
            **{"cwd": cls.folder, "capture_output": True, "text": True, "timeout": 300, **options},
        )

    @classmethod
    def start(cls, *arguments, **options):
        """The command running beside the test."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([COMMAND, *map(str, arguments)],
                                **{"cwd": cls.folder, **streams, **options})

    def call(self, *arguments, code=0, **options):
        result = self.run_command(*arguments, **options)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result

    def json(self, *arguments):
        """The answer with --json, which must be all that is written anywhere."""
        result = self.call(*arguments, "--json")
        self.assertEqual(result.stderr, "")
        return json.loads(result.stdout)

    def refused(self, *arguments, code=2, says=(), **options):
        """One sentence on standard error, after lines of progress at most; nothing on standard output."""
        result = self.call(*arguments, code=code, **options)
        for part in says:
            self.assertIn(part, result.stderr)
        self.assertEqual(result.stdout, "")
        lines = [line for line in result.stderr.splitlines() if " %  " not in line]
        self.assertEqual((len(lines), lines[0][:10]), (1, "pathflow: "), result.stderr)
        return lines[0]

    @classmethod
    def train_small(cls, name, *arguments):
        """A run of a second; `arguments` may say otherwise than these."""
        usual = {"--data": "moons", "--steps": 200, "--seed": 3}
        for option, value in usual.items():
            if option not in arguments:
                arguments += (option, value)
        result = cls.run_command("train", *SMALL, *arguments, "--out", name)
        assert result.returncode == 0, result.stderr
        return result


class InFolder(CommandCase):
    """An empty folder for each test."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.make_folder()
        self.addCleanup(self.temporary.cleanup)
