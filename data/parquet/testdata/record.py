"""Records the Parquet files of this folder and recorded.json, what is in them.

They are written by PyArrow 26.0.1 (Apache Arrow C++), an independent
implementation, once for each encoding, compression and page version:

    pip install pyarrow==26.0.1 && python3 record.py
"""

import datetime
import decimal
import json

import pyarrow as pa
import pyarrow.parquet as pq

N = 120


def column(f):
    return [f(i) for i in range(N)]


def gap(i):
    return i % 7 == 3 or 60 <= i < 70


WORDS = ["red", "green", "blue", "Köln, am Rhein", "grey"]
columns = {
    "i8": (pa.int8(), column(lambda i: i - 60)),
    "i16": (pa.int16(), column(lambda i: (i - 60) * 500)),
    "i32": (pa.int32(), column(lambda i: (i - 60) * 30_000_001)),
    "i64": (pa.int64(), column(lambda i: (i - 60) * 90_000_000_000_000_007)),
    "u8": (pa.uint8(), column(lambda i: 2 * i)),
    "u32": (pa.uint32(), column(lambda i: 4_294_967_295 - i * i)),
    "u64": (pa.uint64(), column(lambda i: 18_446_744_073_709_551_615 - i * 1000)),
    "f32": (pa.float32(), column(lambda i: (i - 50) / 8)),
    "f64": (pa.float64(), column(lambda i: (i - 50) / 7)),
    "flag": (pa.bool_(), column(lambda i: i % 3 == 0)),
    "word": (pa.string(), column(lambda i: WORDS[i * i % 5])),
    "path": (pa.string(), column(lambda i: "a/common/beginning/%d/%s" % (i // 10, "x" * (i % 4)))),
    "money": (pa.decimal128(20, 2), column(lambda i: decimal.Decimal(i * 1001 - 50_000).scaleb(-2))),
    "day": (pa.date32(), column(lambda i: datetime.date(2020, 1, 1) + datetime.timedelta(days=i))),
    "gaps": (pa.int64(), column(lambda i: None if gap(i) else i)),
    "gapword": (pa.string(), column(lambda i: None if gap(i) else WORDS[i % 3])),
    "const": (pa.float64(), column(lambda i: 2.5)),
    "nothing": (pa.float64(), column(lambda i: None)),
    "list": (pa.list_(pa.int32()), column(lambda i: [i] * (i % 3))),
    "group": (pa.struct([("a", pa.int32()), ("b", pa.string())]), column(lambda i: {"a": i, "b": "x"})),
}
table = pa.table({n: pa.array(v, t) for n, (t, v) in columns.items()})
required = pa.table(
    [pa.array(columns[n][1], columns[n][0]) for n in ["i32", "f64", "word", "flag"]],
    pa.schema([pa.field(n, columns[n][0], nullable=False) for n in ["i32", "f64", "word", "flag"]]),
)


def write(name, t=table, **options):
    options = {"row_group_size": 50, "data_page_size": 200, "write_batch_size": 16, **options}
    pq.write_table(t, name, **options)


write("dictionary.parquet", compression="none")
write("plain.parquet", compression="none", use_dictionary=False, write_page_checksum=True)
write("version2.parquet", compression="snappy", data_page_version="2.0")
write("version2_plain.parquet", compression="zstd", use_dictionary=False, data_page_version="2.0")
for codec in ["snappy", "gzip", "zstd", "lz4"]:
    write(codec + ".parquet", compression=codec, use_dictionary=False)
write("brotli.parquet", required, compression="brotli")
write(
    "delta.parquet",
    compression="none",
    use_dictionary=False,
    column_encoding={
        **{n: "DELTA_BINARY_PACKED" for n in ["i8", "i16", "i32", "i64", "u8", "u32", "u64", "day", "gaps"]},
        **{n: "DELTA_BYTE_ARRAY" for n in ["path", "gapword", "money"]},
        "word": "DELTA_LENGTH_BYTE_ARRAY",
        "flag": "RLE",
    },
)
write(
    "split.parquet",
    compression="none",
    use_dictionary=False,
    column_encoding={n: "BYTE_STREAM_SPLIT" for n in ["f32", "f64", "i32", "i64", "const", "money"]},
)
write("required.parquet", required, compression="none")
write("required2.parquet", required, compression="gzip", use_dictionary=False, data_page_version="2.0")
pq.write_table(table.slice(0, 0), "empty.parquet")
# Large enough that snappy, lz4 and gzip copy from far back, in one page.
text = pa.table({"text": ["%d %s" % (i % 97, "abcdefghij" * (i % 11)) for i in range(3000)]})
for codec in ["snappy", "lz4", "gzip", "zstd"]:
    write("long_%s.parquet" % codec, text, compression=codec, use_dictionary=False, row_group_size=3000, data_page_size=1 << 20)


def spelled(v):
    if v is None:
        return ""
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, datetime.date):
        return str((v - datetime.date(1970, 1, 1)).days)
    if isinstance(v, decimal.Decimal):
        return repr(float(v))
    return v if isinstance(v, str) else repr(v)


json.dump(
    {n: [spelled(v) for v in values] for n, (t, values) in columns.items() if n not in ("list", "group")},
    open("recorded.json", "w"),
    indent=0,
    ensure_ascii=False,
)
