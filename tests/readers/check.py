"""Checks results folders with pyarrow and duckdb: check.py BROWNOUT, in a folder that readers/run has filled.

Both readers must see the same bits. What they see must be what `--format json` prints for the same runs, and estimates
that are computed here again must be those of cells.csv. At the end files are falsified, one at a time, and each must be
found out.
"""

import csv
import hashlib
import json
import math
import shutil
import statistics
import struct
import subprocess
import sys
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

WHOLE = pa.int64()
NUMBER = pa.float64()
TEXT = pa.string()
UNIT = [("point", WHOLE), ("variant", TEXT), ("replication", WHOLE)]
RUNS = [("seed", WHOLE), ("digest", TEXT), ("events", WHOLE)]
MEASURES = [("measure", TEXT), ("value", NUMBER), ("at_least", NUMBER), ("note", TEXT)]
CHECKPOINTS = [("at_ns", WHOLE), ("digest", TEXT)]
TIMELINES = [("kind", TEXT), ("component", TEXT), ("series", TEXT)]
WINDOWS = [("window_ns", WHOLE), ("window", WHOLE), ("t_s", NUMBER), ("value", NUMBER)]
CHANGES = [("t_s", NUMBER), ("component", TEXT), ("from_state", TEXT), ("to_state", TEXT), ("cause", TEXT)]
IN_SQL = {WHOLE: "BIGINT", NUMBER: "DOUBLE", TEXT: "VARCHAR"}
# What may be null: the rest never is.
NULLS = {
    "runs": {"value", "at_least", "note"},
    "checkpoints": set(),
    "series": {"value"},
    "transitions": {"from_state", "cause"},
}


class Wrong(Exception):
    """Something does not hold."""


def check(holds, complaint):
    if not holds:
        raise Wrong(complaint)


def bits(value):
    """A value such that only equal bits are equal: 0.0 and -0.0 differ, and NaN equals itself."""
    return struct.pack("<d", value) if isinstance(value, float) else value


def same(ours, theirs, what):
    check(bits(ours) == bits(theirs), f"{what}: {ours!r} and {theirs!r}")


def whole_as_number(value):
    """JSON writes counts without a point."""
    return None if value is None else float(value)


class Folder:
    """A results folder, and what both readers see in it."""

    def __init__(self, path):
        self.path = path
        self.manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        self.experiment = self.manifest["experiment"]
        self.measures = self.experiment["measures"]
        names = sorted(file.stem for file in path.glob("*.parquet"))
        self.tables = {name: pq.read_table(path / f"{name}.parquet") for name in names}
        self.rows = {name: table.to_pylist() for name, table in self.tables.items()}

    def sql(self, table, query):
        """Rows of a query by duckdb, in which `it` is the table."""
        file = str(self.path / f"{table}.parquet").replace("'", "''")
        return duckdb.sql(query.replace("FROM it", f"FROM '{file}'")).fetchall()

    def schema(self, table):
        axes = []
        for axis in self.experiment["axes"]:
            axes += [(f"axis_{axis['name']}", TEXT), (f"axis_{axis['name']}_value", NUMBER)]
        return UNIT + {
            "runs": RUNS + MEASURES + axes,
            "checkpoints": CHECKPOINTS,
            "series": TIMELINES + WINDOWS,
            "transitions": CHANGES,
        }[table]

    def json_name(self, measure):
        """JSON carries the unit of seconds in the name."""
        return measure["name"] + ("_s" if measure["unit"] == "s" else "")


def files(folder):
    """The manifest names every file, with its size and hash."""
    named = {file["name"] for file in folder.manifest["files"]}
    there = {file.name for file in folder.path.iterdir()} - {"manifest.json", ".lock"}
    check(named == there, f"the manifest names {sorted(named)}, there are {sorted(there)}")
    for file in folder.manifest["files"]:
        content = (folder.path / file["name"]).read_bytes()
        same(file["bytes"], len(content), f"size of {file['name']}")
        same(file["sha256"], hashlib.sha256(content).hexdigest(), f"hash of {file['name']}")


def schemas(folder):
    """Names and types are those that are documented, for both readers."""
    same(sorted(folder.tables), sorted(NULLS), "the tables")
    for name, table in folder.tables.items():
        wanted = folder.schema(name)
        same(wanted, [(field.name, field.type) for field in table.schema], f"columns of {name}, by pyarrow")
        described = folder.sql(name, "DESCRIBE SELECT * FROM it")
        in_sql = [(column, IN_SQL[kind]) for column, kind in wanted]
        same(in_sql, [tuple(row[:2]) for row in described], f"columns of {name}, by duckdb")
        for column in table.column_names:
            free = column in NULLS[name] or column.endswith("_value")
            check(free or table[column].null_count == 0, f"{name}.{column} has nulls")


def readers(folder):
    """Both readers see the same bits in the same order."""
    for name, rows in folder.rows.items():
        theirs = folder.sql(name, "SELECT * FROM it")
        same(len(rows), len(theirs), f"rows of {name}")
        for ours, other in zip(rows, theirs):
            check(list(map(bits, ours.values())) == list(map(bits, other)), f"{name}: {ours} and {other}")


def counts(folder):
    """As many rows as the manifest lets expect, in the order of points, variants and replications."""
    units = folder.manifest["units"]
    same(folder.manifest["state"], "finished", "state")
    same(folder.manifest["failed"], 0, "failed runs")
    same(len(folder.rows["runs"]), units * len(folder.measures), "rows of runs")
    runs = {(row["point"], row["variant"], row["replication"]) for row in folder.rows["runs"]}
    same(len(runs), units, "runs")
    same(len({point for point, _, _ in runs}), folder.experiment["points"], "points")
    variants = folder.experiment["variants"]
    for name, rows in folder.rows.items():
        order = [(row["point"], variants.index(row["variant"]), row["replication"]) for row in rows]
        check(order == sorted(order), f"{name} is not sorted")
        if name != "transitions":
            seen = {(row["point"], row["variant"], row["replication"]) for row in rows}
            check(seen == runs, f"{name} does not hold every run")
    per_run = folder.sql("series", "SELECT DISTINCT count(*) FROM it GROUP BY point, variant, replication")
    same(len(per_run), 1, "how many lengths the timelines of runs have")
    for key, rows in grouped(folder.rows["checkpoints"]).items():
        instants = [row["at_ns"] for row in rows]
        check(instants == sorted(set(instants)), f"checkpoints of {key} go back in time")


def nulls(folder):
    """A measure has a value, or a bound if it was censored, or a note that says why there is nothing."""
    kinds = dict.fromkeys(("value", "at_least", "note"), 0)
    for row in folder.rows["runs"]:
        told = [kind for kind in kinds if row[kind] is not None]
        check(len(told) == 1, f"one of value, at_least and note was expected: {row}")
        kinds[told[0]] += 1
        check(row["value"] is None or math.isfinite(row["value"]), f"no number: {row}")
    if folder.experiment["kind"] == "sweep":
        check(all(kinds.values()), f"the study should show all three: {kinds}")
        # Recovery is looked for until the end at 16 s, from the end of a fault that begins at 4 s.
        bounds = folder.sql("runs", "SELECT DISTINCT at_least + axis_trigger_value FROM it WHERE at_least IS NOT NULL")
        same(bounds, [(12.0,)], "how long recovery was looked for")


def axes(folder):
    """Coordinates are those of the cells, and are numbers in base units."""
    names = [axis["name"] for axis in folder.experiment["axes"]]
    points = {cell["point"]: cell["axes"] for cell in printed_sweep()["cells"]} if names else {}
    for row in folder.rows["runs"]:
        for axis in points.get(row["point"], []):
            same(row[f"axis_{axis['axis']}"], axis["text"], f"axis {axis['axis']}")
            same(row[f"axis_{axis['axis']}_value"], axis["value"], f"axis {axis['axis']}, as a number")
    if names:
        seen = folder.sql("runs", "SELECT DISTINCT axis_load_value, axis_trigger_value FROM it ORDER BY ALL")
        same(seen, [(load, trigger) for load in (0.3, 1.0) for trigger in (0.1, 0.5, 2.0)], "coordinates")


def runs(folder):
    """Seeds, digests, events and measures are those that `run --format json` prints."""
    for key, rows in grouped(folder.rows["runs"]).items():
        printed = printed_run(folder, *key)
        for row, measure in zip(rows, folder.measures, strict=True):
            what = f"run {key}, {measure['name']}"
            same(row["measure"], measure["name"], what)
            for column in ("seed", "digest", "events"):
                same(row[column], printed[column], f"{what}: {column}")
            # Measures that are not the scenario's own are found elsewhere, or only here.
            load, edge = printed["loads"]["users"], printed["edges"]["users -> app"]
            told = {**load, "amplification": edge["amplification"], **printed["measures"]}
            known = folder.json_name(measure)
            if known in told:
                same(row["value"], told[known], what)
        if folder.experiment["kind"] == "sweep":
            check(set(printed["measures"]) == set(map(folder.json_name, folder.measures)), f"measures of {key}")


def series(folder):
    """Every timeline is that of the JSON."""
    for key, rows in grouped(folder.rows["series"]).items():
        printed = printed_run(folder, *key)["series"]
        lines = {}
        for row in rows:
            line = lines.setdefault((row["kind"], row["component"], row["series"]), [])
            same(row["window"], len(line), f"window of {key}")
            same(row["window_ns"] / 1e9, printed["window_s"], f"length of a window of {key}")
            same(row["t_s"], row["window"] * printed["window_s"], f"start of a window of {key}")
            line.append(row["value"])
        wanted = {}
        for kind in ("load", "service", "edge", "component"):
            for component, its in printed.get(f"{kind}s", {}).items():
                wanted |= {(kind, component, name): line for name, line in its.items()}
        same(sorted(lines), sorted(wanted), f"timelines of {key}")
        for line, values in lines.items():
            numbers = list(map(whole_as_number, wanted[line]))
            check(list(map(bits, values)) == list(map(bits, numbers)), f"timeline {line} of {key}")


def transitions(folder):
    """Every change of state is that of the JSON."""
    changes = grouped(folder.rows["transitions"])
    for key in grouped(folder.rows["runs"]):
        ours = [tuple(bits(row[name]) for name, _ in CHANGES) for row in changes.get(key, [])]
        columns = ("t_s", "component", "from", "to", "cause")
        theirs = [tuple(bits(it[name]) for name in columns) for it in printed_run(folder, *key)["transitions"]]
        check(ours == theirs, f"changes of state of {key}: {ours} and {theirs}")
    if folder.experiment["kind"] == "sweep":
        check(any(row["cause"] for row in folder.rows["transitions"]), "the study should show a breaker's causes")


def cells(folder):
    """Estimates, computed again in SQL, are those of cells.csv, and these are the JSON's."""
    if folder.experiment["kind"] != "sweep":
        return
    estimates = {
        row[:3]: row[3:]
        for row in folder.sql(
            "runs",
            "SELECT point, variant, measure, count(value), count(at_least), count(note), avg(value), stddev_samp(value)"
            " FROM it GROUP BY point, variant, measure",
        )
    }
    with open(folder.path / "cells.csv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    printed = printed_sweep()["cells"]
    same(len(table), folder.experiment["points"] * len(folder.experiment["variants"]), "cells")
    for row, cell in zip(table, printed, strict=True):
        key = (int(row["point"]), row["variant"])
        same(key, (cell["point"], cell["variant"]), "cell")
        same(int(row["runs"]), cell["runs"], f"runs of {key}")
        same(int(row["runs"]), folder.manifest["units"] // len(table), f"runs of {key}")
        for measure, told in zip(folder.measures, cell["measures"], strict=True):
            name = measure["name"]
            what = f"{name} of {key}"
            number, censored, missing, mean, deviation = estimates[(*key, name)]
            same(told["name"], folder.json_name(measure), what)
            for column, count in (("censored", censored), ("missing", missing)):
                same(int(row[f"{name}_{column}"]), count, f"{what}: {column}")
                same(told[column], count, f"{what}: {column}, in JSON")
            interval = told["interval"] or (None, None)
            inside = (told["value"], *interval)
            columns = [row[name + suffix] for suffix in ("", "_low", "_high")]
            texts = [float(text) if text else None for text in columns]
            check(list(map(bits, texts)) == list(map(bits, inside)), f"{what}: CSV {texts}, JSON {inside}")
            wanted = (mean, *interval_of(measure, number, mean, deviation))
            for ours, theirs in zip(wanted, texts):
                close = ours == theirs or (
                    None not in (ours, theirs) and math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-12)
                )
                check(close, f"{what}: computed {wanted}, told {texts}")


def interval_of(measure, number, mean, deviation):
    """The 95 % interval of the mean by Student, or of a share by Wilson."""
    if measure["yes_or_no"] and number:
        z = statistics.NormalDist().inv_cdf(0.975)
        middle = (mean + z * z / (2 * number)) / (1 + z * z / number)
        half = z * math.sqrt(mean * (1 - mean) / number + z * z / (4 * number**2)) / (1 + z * z / number)
    elif number >= 2:
        middle, half = mean, student(number - 1) * deviation / math.sqrt(number)
    else:
        return None, None
    return middle - half, middle + half


@cache
def student(freedom):
    """The 97.5 % quantile of Student's t, from its density: halving, over the integral by Simpson's rule."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)

    def above_zero(t, parts=4000):
        def density(x):
            return scale * (1 + x * x / freedom) ** (-(freedom + 1) / 2)

        step = t / parts
        inner = sum((4 if i % 2 else 2) * density(i * step) for i in range(1, parts))
        return (density(0) + inner + density(t)) * step / 3

    low, high = 0.0, 20.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if above_zero(middle) < 0.475 else (low, middle)
    return low


def grouped(rows):
    groups = {}
    for row in rows:
        groups.setdefault((row["point"], row["variant"], row["replication"]), []).append(row)
    return groups


@cache
def printed_sweep():
    return json.loads(Path("sweep.json").read_text(encoding="utf-8"))


def printed_run(folder, point, variant, replication):
    """What `run --format json --detail` prints for a run of this folder."""
    if folder.experiment["kind"] == "run":
        return printed(None)["runs"][replication]
    paths = {axis["name"]: axis["paths"][0] for axis in folder.experiment["axes"]}
    cell = next(cell for cell in printed_sweep()["cells"] if cell["point"] == point)
    changes = [f"{paths[axis['axis']]}={axis['text']}" for axis in cell["axes"]]
    return printed(variant, folder.experiment["replications"], *changes)["runs"][replication]


@cache
def printed(variant, replications=None, *changes):
    if variant is None:
        return json.loads(Path("run.json").read_text(encoding="utf-8"))
    command = [sys.argv[1], "run", "shop.toml", "--format", "json", "--detail", "--variant", variant]
    command += ["--replications", str(replications)]
    for change in changes:
        command += ["--set", change]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(done.stdout)


CHECKS = [schemas, readers, counts, nulls, axes, runs, series, transitions, cells]


def last_bit(value):
    return math.nextafter(value, math.inf)


def with_cell(folder, name, column, change, of=lambda value: value is not None):
    """Changes the first value of a column that fits."""
    rows = pq.read_table(folder / f"{name}.parquet")
    values = rows[column].to_pylist()
    place = next(place for place, value in enumerate(values) if of(value))
    values[place] = change(values[place])
    index = rows.column_names.index(column)
    changed = rows.set_column(index, rows.schema.field(column), pa.array(values, rows.schema.field(column).type))
    pq.write_table(changed, folder / f"{name}.parquet")


def without_row(folder, name):
    rows = pq.read_table(folder / f"{name}.parquet")
    pq.write_table(rows.slice(0, rows.num_rows - 1), folder / f"{name}.parquet")


def narrower(folder):
    rows = pq.read_table(folder / "runs.parquet")
    index = rows.column_names.index("seed")
    pq.write_table(rows.set_column(index, "seed", pc.cast(rows["seed"], pa.int32())), folder / "runs.parquet")


def other_text(folder, old, new):
    file = folder / "cells.csv"
    text = file.read_text(encoding="utf-8")
    check(old in text, f"cells.csv has no {old}")
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


# What is falsified, and which check must see it.
FALSIFIED = [
    (schemas, narrower),
    (schemas, lambda it: with_cell(it, "transitions", "to_state", lambda _: None)),
    (counts, lambda it: without_row(it, "runs")),
    (counts, lambda it: without_row(it, "series")),
    (nulls, lambda it: with_cell(it, "runs", "at_least", lambda _: None)),
    (nulls, lambda it: with_cell(it, "runs", "at_least", lambda _: 0.0, of=lambda value: value is None)),
    (axes, lambda it: with_cell(it, "runs", "axis_load_value", last_bit)),
    (runs, lambda it: with_cell(it, "runs", "value", last_bit)),
    (runs, lambda it: with_cell(it, "runs", "digest", lambda value: value[::-1])),
    (runs, lambda it: with_cell(it, "runs", "events", lambda value: value + 1)),
    (series, lambda it: with_cell(it, "series", "value", last_bit)),
    (transitions, lambda it: with_cell(it, "transitions", "t_s", last_bit)),
    (cells, lambda it: other_text(it, "0.3903342879021653", "0.3903342879021654")),
]


def main():
    for name in ("sweep", "run"):
        folder = Folder(Path(name))
        for one in [files, *CHECKS]:
            one(folder)
        rows = ", ".join(f"{len(rows):,} of {table}" for table, rows in folder.rows.items())
        print(f"{name}: {folder.manifest['units']} runs; rows: {rows}")

    for expected, falsify in FALSIFIED:
        shutil.rmtree("false", ignore_errors=True)
        shutil.copytree("sweep", "false")
        falsify(Path("false"))
        folder = Folder(Path("false"))
        found = None
        # Both readers agree on what is false.
        for one in (one for one in CHECKS if one is not readers):
            try:
                one(folder)
            except Wrong:
                found = one
                break
        check(found is expected, f"a falsified folder was to be found by `{expected.__name__}`, not by {found}")
        try:
            files(folder)
        except Wrong:
            continue
        raise Wrong("a falsified file has the size and hash that the manifest names")
    print(f"{len(FALSIFIED)} falsified folders were found out")


if __name__ == "__main__":
    try:
        main()
    except Wrong as wrong:
        sys.exit(f"FAILED: {wrong}")
