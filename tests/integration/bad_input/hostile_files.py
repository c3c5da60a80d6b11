"""Files that no reader likes: by hand, and by damage done to good ones."""

import gzip
import random
from collections.abc import Iterator

GOOD = (
    'id,name,when,price,y\n1,"Ann, B.",2020-01-05,"1,200.50",no\n'
    '2,Bé,2020-02-06,17,yes\n3,"C ""x""",2020-03-07,?,no\n4,D,2020-04-08,9.5,yes\n'
) + "".join(f"{i},N{i % 7},2021-01-{i % 28 + 1:02},{i / 4},no\n" for i in range(5, 40))

HEAD = "a,b,y\n"
ROWS = "".join(f"{i},{i % 3},{'no' if i % 2 else 'yes'}\n" for i in range(30))


def by_hand() -> dict[str, bytes]:
    """Return hostile contents by name."""
    texts = {
        "empty": "",
        "one blank": " ",
        "newlines only": "\n" * 500,
        "header only": HEAD,
        "header without a line end": "a,b,y",
        "one row": HEAD + "1,2,no\n",
        "one column": "y\n" + "no\nyes\n" * 20,
        "no line end at the end": (HEAD + ROWS)[:-1],
        "doubled header": "a,a,y\n" + ROWS,
        "three names the same": "y,y,y\n" + ROWS,
        "names that differ by blanks": "a, a,y\n" + ROWS,
        "empty names": ",,y\n" + ROWS,
        "all names empty": ",,\n" + ROWS,
        "numbers as header": "1,2,y\n" + ROWS,
        "header of quotes": '"a","b","y"\n' + ROWS,
        "header with a line end in quotes": '"a\nb",b,y\n' + ROWS,
        "header never closed": '"a,b,y\n' + ROWS,
        "too many fields": HEAD + ROWS + "1,2,3,4\n",
        "too few fields": HEAD + ROWS + "1\n",
        "ragged": HEAD + "".join(",".join("x" * (i % 5 + 1)) + "\n" for i in range(40)),
        "more names than fields": "a,b,c,d,y\n" + ROWS,
        "separators only": HEAD + ",,\n" * 30,
        "thousand separators": HEAD + ROWS + "," * 1_000 + "\n",
        "mixed separators": HEAD + ROWS + ROWS.replace(",", ";"),
        "semicolons under commas": HEAD + ROWS.replace(",", ";"),
        "tabs and commas": "a\tb,y\n" + ROWS.replace(",", "\t", 1),
        "no separator": "a b y\n" + ROWS.replace(",", " "),
        "quote not closed": HEAD + '1,"2,no\n' + ROWS,
        "quote in a field": HEAD + '1,2"3,no\n' + ROWS,
        "quotes all over": HEAD + '"""",""",""\n' * 20,
        "quote at the very end": HEAD + ROWS + '"',
        "quoted empty lines": HEAD + '"\n\n\n",2,no\n' + ROWS,
        "text behind a quote": HEAD + '"1"x,2,no\n' + ROWS,
        "single quotes": HEAD + ROWS.replace("no", "'no, it is'"),
        "backslash quotes": HEAD + ROWS.replace("no", '"no \\" more"'),
        "carriage returns only": (HEAD + ROWS).replace("\n", "\r"),
        "mixed line ends": HEAD + ROWS.replace("\n", "\r\n", 9),
        "two returns a line": (HEAD + ROWS).replace("\n", "\r\r\n"),
        "form feeds": (HEAD + ROWS).replace("no", "no\x0c"),
        "odd line separators": (HEAD + ROWS).replace("no", "n\u2028o\x85"),
        "blank lines between": (HEAD + ROWS).replace("\n", "\n\n"),
        "lines of blanks": HEAD + ROWS + "   \n" * 20,
        "zero bytes": HEAD + ROWS.replace("no", "n\0o"),
        "zero byte at the end": HEAD + ROWS + "\0",
        "control characters": HEAD + ROWS.replace("no", "\x01\x02\x1b[31m"),
        "long field": HEAD + "1,2," + "x" * 1_000_000 + "\n" + ROWS,
        "long field, then a gap": HEAD + "x" * 300_000 + ",2,no\n1,2,\n" + ROWS,
        "long line of fields": HEAD + "1," * 200_000 + "\n",
        "long name": "a" * 300_000 + ",b,y\n" + ROWS,
        "a million digits": HEAD + "9" * 1_000_000 + ",2,no\n" + ROWS,
        "a million zeros": HEAD + "0." + "0" * 10**6 + ",2,no\n" + ROWS,
        "integers of 30 digits": HEAD + ROWS.replace("1,", f"{10**30},"),
        "exponents": HEAD + ROWS.replace("1,", "1e999999999,"),
        "infinities": HEAD + ROWS.replace("1,", "inf,").replace("2,", "-Infinity,"),
        "hexadecimal": HEAD + ROWS.replace("1,", "0x1F,"),
        "underscored numbers": HEAD + ROWS.replace("1,", "1_000,"),
        "formulas": HEAD + ROWS.replace("1,", "=cmd|'/C calc'!A0,"),
        "formula as a name": "=1+1,@b,y\n" + ROWS,
        "markup": HEAD + ROWS.replace("no", "<script>alert(1)</script>"),
        "json": '{"a": [1, 2], "b": {"c": "d"}}\n' * 20,
        "json array": '[{"a": 1, "y": "no"}, {"a": 2, "y": "yes"}]',
        "html": "<html><body><table><tr><td>a</td></tr></table></body></html>\n",
        "python": "import os\nos.system('true')\n",
        "comment lines": "# made by x\n# on a day\n" + HEAD + ROWS,
        "title above the header": "Report of sales\n\n" + HEAD + ROWS,
        "sum below the rows": HEAD + ROWS + "total,,,\n",
        "wide": ",".join(f"c{i}" for i in range(999)) + ",y\n" + "1," * 999 + "no\n",
        "wide header, no rows": ",".join(f"c{i}" for i in range(20_000)) + "\n",
        "all missing": HEAD + "NA,?,\n" * 30,
        "target missing": HEAD + "1,2,\n" * 30,
        "target constant": HEAD + "1,2,no\n" * 30,
        "target of all different": HEAD + "".join(f"1,2,w{i}\n" for i in range(40)),
        "dates of no calendar": HEAD + ROWS.replace("1,", "2020-13-45,"),
        "both day orders": HEAD + ROWS.replace("1,", "13/01/2020,").replace(
            "2,", "01/13/2020,"
        ),
        "type far down": HEAD + "1,2,no\n1,3,yes\n" * 6_000 + "x,y,no\n",
        "right to left": HEAD + ROWS.replace("no", "\u202eon\u202c"),
        "combining": HEAD + ROWS.replace("no", "e" + "\u0301" * 200),
        "emoji names": "\U0001f600,\U0001f601,y\n" + ROWS,
        "lists": "a,b,y\n" + ROWS.replace("1,", "\"['u', 'v']\","),
        "nested brackets": HEAD + f"\"{'[' * 5_000}{']' * 5_000}\",2,no\n" + ROWS,
    }  # fmt: skip
    good = GOOD.encode()
    files = {name: text.encode() for name, text in texts.items()}
    files |= {
        "byte order mark": b"\xef\xbb\xbf" + good,
        "two byte order marks": b"\xef\xbb\xbf" * 2 + good,
        "byte order mark alone": b"\xef\xbb\xbf",
        "utf-16": GOOD.encode("utf-16"),
        "utf-16 without a mark": GOOD.encode("utf-16-le"),
        "utf-16 cut off": GOOD.encode("utf-16")[:-1],
        "utf-32": GOOD.encode("utf-32"),
        "latin-1": GOOD.encode("latin-1"),
        "cp1252 with undefined bytes": good + b"\x81,\x8d,\x8f,1,no\n",
        "shift-jis": "値,b,y\n".encode("shift-jis") + ROWS.encode(),
        "utf-8 cut off": good[: good.index(b"\xc3") + 1],
        "overlong utf-8": good + b"\xc0\xaf,\xc0\xaf,x,1,no\n",
        "lone surrogate": good + b"\xed\xa0\x80,x,2020-01-01,1,no\n",
        "random bytes": random.Random(0).randbytes(20_000),
        "all byte values": bytes(range(256)) * 9,
        "png": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "zip": b"PK\x03\x04" + random.Random(1).randbytes(500),
        "parquet": b"PAR1" + bytes(60) + b"PAR1",
        "pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.",
        "gzip under a plain name": gzip.compress(good),
        "gzip cut off": gzip.compress(good)[:-9],
        "gzip damaged": gzip.compress(good)[:30] + b"x" * 30,
        "gzip head alone": b"\x1f\x8b",
        "gzip in gzip": gzip.compress(gzip.compress(good)),
        "two gzips": gzip.compress(good) + gzip.compress(ROWS.encode()),
        "gzip and rubbish": gzip.compress(good) + b"rubbish",
    }
    return files


def damaged(seed: int, n: int) -> Iterator[bytes]:
    """Yield `n` files, each a good one with one to four kinds of damage."""
    chance = random.Random(seed)
    for _ in range(n):
        data = bytearray(GOOD.encode(chance.choice(["utf-8", "utf-16", "cp1252"])))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data) + 1)
            bits = chance.choice(
                [b'"', b",", b";", b"\t", b"\n", b"\r", b"\0", b"\xff", b"'", b"|",
                 b'""', b",,,,", b"\n\n\n", b"=1+1", b"nan", b"1e400", b"["]
            )  # fmt: skip
            kind = chance.randrange(5)
            if kind == 0:
                del data[place:]
            elif kind == 1:
                data[place:place] = bits * chance.choice([1, 2, 50])
            elif kind == 2:
                del data[place : place + chance.randint(1, 40)]
            elif kind == 3:
                data[place:place] = data[: chance.randint(1, 200)]
            else:
                data = bytearray(bytes(data).replace(b",", bits))
        yield bytes(data)
