"""Files from elsewhere, through the command: numpy on the other side of every npy file, an independent
reader and writer on the other side of every safetensors file, and damaged ones.
Usage: files_test.py PATH_TO_PATHFLOW, with a Python that has numpy."""

import io
import json
import os
import struct
import unittest

import numpy as np
from command import TINY, InFolder, bytes_of, read_safetensors, write_safetensors

INTEGERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]
ORDERS = ["<", ">"]


def saved_by_numpy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def npy(literal, data=b"", version=1):
    """A file with this header, whatever it says."""
    text = literal.encode()
    return (b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2 if version == 1 else 4, "little")
            + text + data)


def safetensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype, shape, begin, end):
    return f'{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{begin},{end}]}}'


class Numpy(InFolder):
    def info(self, name):
        return self.json("info", name)

    def test_numpy_reads_what_is_written_here(self):
        run = self.path("run.safetensors")
        self.call("train", "--data", "moons", *TINY, "--steps", 5, "--out", run)
        self.call("sample", "--model", run, "--n", 37, "--steps", 4, "--out", "points.npy",
                  "--trajectories", "traj.npy", "--keep", 5)
        self.call("datasets", "moons", "--n", 11, "--seed", 3, "--out", "moons.npy")
        arrays = {name: np.load(self.path(f"{name}.npy"), allow_pickle=False)
                  for name in ("points", "traj", "traj.times", "moons")}
        for name, shape in [("points", (37, 2)), ("traj", (5, 37, 2)), ("traj.times", (5,)),
                            ("moons", (11, 2))]:
            array = arrays[name]
            self.assertEqual((array.dtype.str, array.shape), ("<f4", shape))
            self.assertTrue(array.flags.c_contiguous and np.isfinite(array).all())
        np.testing.assert_array_equal(arrays["traj"][-1], arrays["points"])
        self.assertEqual(self.info("moons.npy")["columns"][0]["max"], float(arrays["moons"][:, 0].max()))

    def test_every_dtype_and_order_of_numpys_is_read_to_the_same_numbers(self):
        random = np.random.default_rng(7)
        kinds = ["|b1"] + [order + code for code in ["f2", "f4", "f8", *INTEGERS] for order in ORDERS]
        for kind in kinds:
            dtype = np.dtype(kind)
            if dtype.kind == "f":
                values = random.normal(size=(6, 3)) * 100
            elif dtype.kind == "b":
                values = random.integers(0, 2, size=(6, 3))
            else:
                limits = np.iinfo(dtype)
                values = random.integers(limits.min, limits.max, size=(6, 3), dtype=dtype.newbyteorder("="),
                                         endpoint=True)
            for order in "CF":
                with self.subTest(dtype=kind, order=order):
                    array = np.asarray(values.astype(dtype), order=order)
                    np.save(self.path("x.npy"), array)
                    self.call("train", "--data", "x.npy", *TINY, "--steps", 1, "--out", "x.safetensors")
                    stored = read_safetensors(self.path("x.safetensors"))[1]["data.rows"]
                    self.assertEqual(stored[:2], ("F32", [6, 3]))
                    np.testing.assert_array_equal(
                        np.frombuffer(stored[2], "<f4").reshape(6, 3), array.astype("<f4"))

    def test_one_axis_is_one_column_and_versions_2_and_3_are_read(self):
        column = np.arange(5, dtype="<f8")
        for version in [(1, 0), (2, 0), (3, 0)]:
            with open(self.path("x.npy"), "wb") as file:
                np.lib.format.write_array(file, column, version=version)
            info = self.info("x.npy")
            self.assertEqual((info["n"], info["dimension"]), (5, 1))
            self.assertEqual(info["columns"], [{"min": 0.0, "max": 4.0, "mean": 2.0}])

    def test_labels_of_every_integer_dtype(self):
        np.save(self.path("x.npy"), np.random.default_rng(1).normal(size=(6, 2)))
        labels = np.array([0, 1, 2, 2, 1, 0])
        for kind in [order + code for code in INTEGERS for order in ORDERS]:
            with self.subTest(dtype=kind):
                np.save(self.path("y.npy"), labels.astype(kind))
                self.call("train", "--data", "x.npy", "--labels", "y.npy", *TINY, "--steps", 1,
                          "--out", "xy.safetensors")
                stored = read_safetensors(self.path("xy.safetensors"))[1]["data.labels"]
                np.testing.assert_array_equal(np.frombuffer(stored[2], "<i4"), labels)

    def test_an_array_of_numpys_own_that_is_no_points_is_refused(self):
        whole = np.ones((3, 2), "<f4")
        structured = np.zeros(3, dtype=[("x", "<f4"), ("y", "<f4")])
        cases = [
            ("a dtype of", saved_by_numpy(whole.astype(complex))),
            ("a dtype of", saved_by_numpy(np.array(["a", "b"]))),
            ("a dtype of", saved_by_numpy(np.array([b"a", b"b"]))),
            ("a dtype of", saved_by_numpy(np.array([{}, None], dtype=object), allow_pickle=True)),
            ("a dtype of", saved_by_numpy(structured)),
            ("a dtype of", saved_by_numpy(whole.astype(np.longdouble))),
            ("a dtype of", saved_by_numpy(np.array(["2020-01-01"], dtype="datetime64[D]"))),
            ("at least one row and column, got [0, 2]", saved_by_numpy(whole[:0])),
            ("at least one row and column, got [3, 0]", saved_by_numpy(whole[:, :0])),
            ("1 or 2 axes, got 3", saved_by_numpy(whole[None])),
            ("1 or 2 axes, got 0", saved_by_numpy(np.float32(1))),
            ("nan in row 1, column 0", saved_by_numpy(np.array([[1, 2], [np.nan, np.nan]]))),
            ("inf in row 2, column 1", saved_by_numpy(np.array([[1, 2], [3, 4], [5, np.inf]]))),
            ("-inf in row 0", saved_by_numpy(np.array([-np.inf, np.nan], order="F"))),
            ("inf in row 1", saved_by_numpy(np.array([1, 1e39]))),  # no float holds it
        ]
        for part, contents in cases:
            with self.subTest(part):
                with open(self.path("x.npy"), "wb") as file:
                    file.write(contents)
                commands = [["train", "--data", "x.npy", *TINY, "--out", "x.safetensors"],
                            ["evaluate", "--samples", "x.npy", "--reference", "moons"]]
                if "axes" not in part and "at least" not in part:  # info tells any array's shape
                    commands.append(["info", "x.npy"])
                for arguments in commands:
                    said = self.refused(*arguments, code=1, says=["x.npy", part])
                    self.assertIn("offset" if "in row" in part else "expected", said)
        self.assertEqual(os.listdir(self.folder), ["x.npy"])

    def test_absurd_headers(self):
        good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n"
        data = bytes(8)
        shape = lambda text: good.replace("(1, 2)", text)  # noqa: E731
        cases = [
            ("expected an npy file", b""),
            ("expected an npy file", b"PK\x03\x04 a zip of arrays"),
            ("exceeds the", npy(good, data)[:40]),
            ("expected 8 bytes", npy(good, data)[:-1]),
            ("expected 8 bytes", npy(good, data + b"x")),
            ("header length 4294967295 exceeds", b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + data),
            ("version 1.0, 2.0 or 3.0", npy(good, data, version=9)),
            ("overflows", npy(shape("(4294967296, 4294967296)"), data)),
            ("expected 4398046511104 bytes", npy(shape("(1099511627776,)"), data)),
            ("fits in memory", npy(shape("(99999999999999999999,)"), data)),
            ("an extent (digits)", npy(shape("(-1, 2)"), data)),
            ("',' or ')' after an extent", npy(shape("(1.0, 2)"), data)),
            ("a tuple", npy(shape("[1, 2]"), data)),
            ("a dictionary", npy("(1, 2)", data)),
            ("the keys", npy("{'descr': '<f4', 'shape': (1, 2)}", data)),
            ("only the keys", npy(good.replace("}", "'x': 1}"), data)),
            ("each key once", npy(good.replace("}", "'descr': '<f4'}"), data)),
            ("True or False", npy(good.replace("False", "0"), data)),
        ]
        for part, contents in cases:
            with self.subTest(part):
                with open(self.path("x.npy"), "wb") as file:
                    file.write(contents)
                self.refused("info", "x.npy", code=1, says=["x.npy", part, "offset"]
                             if "overflows" not in part else ["x.npy", part])

    def test_python_literals_however_spaced(self):
        data = struct.pack("<2f", 1, 2)
        for literal in ["{'shape':(1,2),'fortran_order':False,'descr':'<f4'}",
                        "  { 'descr' : \"<f4\" ,\n\t'fortran_order':True,'shape' : ( 1 , 2 , ) , }  \n",
                        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }" + " " * 9999 + "\n"]:
            with open(self.path("x.npy"), "wb") as file:
                file.write(npy(literal, data))
            self.assertEqual(self.info("x.npy")["columns"][1]["mean"], 2.0)


class Safetensors(InFolder):
    def setUp(self):
        super().setUp()
        self.run_file = self.path("run.safetensors")
        self.call("train", "--data", "moons", *TINY, "--seed", 4, "--steps", 6, "--out", self.run_file)

    def sample(self, model):
        self.call("sample", "--model", model, "--n", 9, "--steps", 3, "--out", "s.npy")
        return bytes_of(self.path("s.npy"))

    def test_an_independent_reader_finds_the_run(self):
        metadata, tensors = read_safetensors(self.run_file)
        self.assertEqual(metadata["format"], "pathflow")
        self.assertEqual(json.loads(metadata["config"])["width"], 8)
        for prefix in ("", "ema.", "adam.m.", "adam.v."):
            dtype, shape, part = tensors[prefix + "mlp.0.weight"]
            self.assertEqual((dtype, shape, len(part)), ("F32", [3, 8], 4 * 24))
            self.assertTrue(np.isfinite(np.frombuffer(part, "<f4")).all())
        start = 8 + struct.unpack("<Q", bytes_of(self.run_file)[:8])[0]
        self.assertEqual(start % 8, 0, "the data are aligned")

    def test_what_an_independent_writer_wrote_is_the_same_run(self):
        metadata, tensors = read_safetensors(self.run_file)
        other = self.path("other.safetensors")
        for order in (sorted, lambda names: sorted(names, reverse=True)):
            write_safetensors(other, metadata, {name: tensors[name] for name in order(tensors)})
            self.assertNotEqual(bytes_of(other), bytes_of(self.run_file))
            self.assertEqual(self.sample(other), self.sample(self.run_file))
        for path in (other, self.run_file):
            self.call("train", "--resume", "--steps", 12, "--out", path)
        self.assertEqual(bytes_of(other), bytes_of(self.run_file))

    def broken(self, contents, *parts, arguments=("info",)):
        with open(self.path("x.safetensors"), "wb") as file:
            file.write(contents)
        return self.refused(*arguments, "x.safetensors", code=1, says=["x.safetensors", *parts])

    def test_damaged_files(self):
        one = entry("U8", "[4]", 0, 4)
        two = lambda a, b: safetensors(  # noqa: E731
            f'{{"a":{entry("U8", "[4]", *a)},"b":{entry("U8", "[4]", *b)}}}', bytes(8))
        with open(self.path("x.safetensors"), "wb") as file:
            file.write(two((4, 8), (0, 4)))  # out of order in the header: lawful
        self.call("info", "x.safetensors")
        cases = [
            (b"", "8 bytes at offset 0"),
            (bytes_of(self.run_file)[:200], "exceeds the 192 bytes left"),
            (bytes_of(self.run_file)[:-1], "past the"),
            (bytes_of(self.run_file) + b"x", "1 bytes more"),
            (safetensors("{}", length=2**63), "header length 9223372036854775808 exceeds"),
            (safetensors("[]"), "expected '{' at offset 8"),
            (safetensors('{"a":1}'), "expected an object, got 1"),
            (safetensors('{"a":' + one), "not valid JSON at offset"),
            (safetensors(b'{"\xff":1}'), "not valid JSON at offset"),
            (safetensors(f'{{"a":{one},"a":{one}}}', bytes(4)), '"a" twice'),
            (safetensors('{"__metadata__":{"k":1}}'), "expected a string, got 1"),
            # Names do not steer the terminal that shows them.
            (safetensors('{"\\u001b[2J\\n":1}'), '"?[2J?": expected an object'),
            (safetensors(f'{{"a":{entry("F33", "[1]", 0, 4)}}}', bytes(4)), "expected a dtype of"),
            (safetensors(f'{{"a":{entry("F32", "[-1]", 0, 4)}}}', bytes(4)), "got -1"),
            (safetensors(f'{{"a":{entry("F32", "[1]", -4, 0)}}}', bytes(4)), "got -4"),
            (safetensors(f'{{"a":{entry("F32", "[1]", 4, 0)}}}', bytes(4)), "ends before it begins"),
            (safetensors(f'{{"a":{entry("F32", "[2]", 0, 4)}}}', bytes(4)), "expected 8 bytes"),
            (safetensors(f'{{"a":{entry("F32", "[4611686018427387904,4]", 0, 4)}}}', bytes(4)),
             "overflows"),
            (safetensors(f'{{"a":{entry("F32", "[1]", 0, 2**64)}}}', bytes(4)), "got 1844674407370"),
            (two((0, 4), (3, 7)), "overlaps"),
            (two((0, 4), (0, 4)), "overlaps"),
            (safetensors(f'{{"a":{entry("U8", "[4]", 4, 8)}}}', bytes(8)), "leaves a hole"),
        ]
        for contents, part in cases:
            with self.subTest(part):
                self.broken(contents, part)

    def changed(self, change):
        """The run with a change, as bytes."""
        metadata, tensors = read_safetensors(self.run_file)
        change(metadata, tensors)
        path = self.path("changed.safetensors")
        write_safetensors(path, metadata, tensors)
        return bytes_of(path)

    def test_runs_that_do_not_fit(self):
        def config(**keys):
            def change(metadata, _):
                metadata["config"] = json.dumps({**json.loads(metadata["config"]), **keys})
            return change

        def wide(metadata, tensors):
            config(width=9)(metadata, tensors)

        cases = [
            (lambda m, t: m.clear(), ['"format"', "got none"]),
            (lambda m, t: m.update(format="pt"), ['"pt"']),
            (lambda m, t: m.update(version="2"), ["version must be at most 1", "got 2"]),
            (lambda m, t: m.update(step="-1"), ['"step"', "-1"]),
            (lambda m, t: m.update(config="[]"), ["config", "JSON object", "array"]),
            (config(format=3), ["config", "format must be at most 2", "got 3"]),
            (config(width="8"), ["width must be an integer", '"8"']),
            (config(lr=[1]), ["lr must be a number", "[1]"]),
            (config(steps=0), ["steps must be at least 1", "got 0"]),
            (config(schedule="liner"), ['did you mean "linear"', "vp-cosine"]),
            (config(widht=8), ["widht", 'did you mean "width"']),
            (wide, ['"mlp.0.weight" must be F32 [3, 9], got F32 [3, 8]', "more"]),
            (config(width=4096, depth=16), ['"mlp.0.weight" must be F32 [3, 4096]', "more"]),
            (lambda m, t: t.pop("ema.mlp.0.bias"), ['"ema.mlp.0.bias" is missing']),
            (lambda m, t: t.update({"mlp.0.bias": ("I32", [8], bytes(32))}), ["must be F32 [8], got I32"]),
        ]
        for change, parts in cases:
            with self.subTest(parts[0]):
                contents = self.changed(change)
                self.broken(contents, *parts, arguments=("sample", "--out", "s.npy", "--model"))
                self.broken(contents, *parts, arguments=("train", "--resume", "--out"))
                self.assertEqual(bytes_of(self.path("x.safetensors")), contents)

    def test_info_shows_any_metadata(self):
        deep = "[" * 100_000 + "]" * 100_000
        write_safetensors(self.path("x.safetensors"),
                          {"note": "not { JSON", "é": "😀", "config": '{"a":' + deep + "}"}, {})
        info = json.loads(self.call("info", "x.safetensors", "--json").stdout)
        self.assertEqual((info["metadata"]["note"], info["metadata"]["é"]), ("not { JSON", "😀"))
        self.assertEqual(info["metadata"]["config"], '{"a":' + deep + "}")


class Values(InFolder):
    """Function, argument, rule and value, for every number that can be wrong."""

    def test_training(self):
        for option, value, parts in [
            ("--steps", "0", ["steps must be at least 1", "got 0"]),
            ("--batch", "0", ["batch must", "got 0"]),
            ("--batch", "-3", ["batch must", "got -3"]),
            ("--width", "0", ["width must", "got 0"]),
            ("--depth", "17", ["depth must", "got 17"]),
            ("--lr", "0", ["lr must be finite and positive", "got 0"]),
            ("--lr", "-0.5", ["lr must be finite and positive", "got -0.5"]),
            ("--lr", "nan", ["lr must be finite and positive", "got nan"]),
            ("--lr", "inf", ["lr must be finite and positive", "got inf"]),
            ("--ema", "1", ["ema must be in [0, 1)", "got 1"]),
            ("--ema", "nan", ["ema must be in [0, 1)", "got nan"]),
            ("--clip", "-1", ["clip must", "got -1"]),
            ("--weight-decay", "nan", ["weight_decay must", "got nan"]),
            ("--label-dropout", "1.5", ["label_dropout must", "got 1.5"]),
            ("--warmup", "-1", ["warmup must", "got -1"]),
            ("--seed", "9007199254740992", ["seed must be below 2^53", "got 9007199254740992"]),
            ("--data", "moon", ["moon", 'did you mean "moons"', "8gaussians"]),
            ("--schedule", "liner", ['did you mean "linear"', "vp-cosine"]),
            ("--predict", "velocty", ['did you mean "velocity"', "score"]),
            ("--coupling", "opt", ['did you mean "ot"', "independent"]),
        ]:
            with self.subTest(option=option, value=value):
                self.refused("train", option, value, "--out", "x.safetensors", says=parts)
        self.assertEqual(os.listdir(self.folder), [])

    def test_sampling(self):
        self.call("train", *TINY, "--steps", 1, "--out", "run.safetensors")
        sample = ["sample", "--model", "run.safetensors", "--out", "s.npy"]
        for option, value, parts in [
            ("--n", "0", ["n must be at least 1", "got 0"]),
            ("--n", "-1", ["n must be at least 1", "got -1"]),
            ("--steps", "0", ["steps must", "got 0"]),
            ("--keep", "1", ["keep must", "got 1"]),
            ("--sampler", "huen", ['did you mean "heun"', "rk4"]),
        ]:
            with self.subTest(option=option, value=value):
                self.refused(*sample, option, value, says=parts)
        for sampler, option, value in [("ddim", "--eta", "-1"), ("ddim", "--eta", "nan"),
                                       ("euler-maruyama", "--diffusion-scale", "nan"),
                                       ("dopri5", "--rtol", "nan"), ("dopri5", "--atol", "-1")]:
            with self.subTest(option=option, value=value):
                self.refused(*sample, "--sampler", sampler, option, value,
                             says=[option[2:].replace("-", "_"), "got " + value])
        self.refused("datasets", "moons", "--n", "0", "--out", "x.npy",
                     says=["n must be at least 1", "got 0"])
        self.assertEqual(os.listdir(self.folder), ["run.safetensors"])

    def test_files_that_are_not_there(self):
        self.refused("info", "none.npy", code=1, says=["none.npy", "No such file"])
        self.refused("info", "none.safetensors", code=1, says=["none.safetensors", "No such file"])
        self.refused("info", self.folder, code=1, says=["irectory"])
        self.refused("info", "/dev/zero", code=1, says=["/dev/zero", "device"])
        self.refused("train", "--data", "none.npy", "--out", "x.safetensors", code=1, says=["none.npy"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
