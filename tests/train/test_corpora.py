"""Training text in each format: what is read, what is left out and counted, what is an error."""

import gzip
import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from train import corpora
from train.corpora import Columns
from train.corpora.lines import HEAD, LONGEST
from train.corpus import DROPOUT, PAIRS, TRIPLES, Corpus
from train.errors import CorpusError


def read(path: Path | str, **options) -> Corpus:
    return corpora.read(str(path), seed=0, **options)


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(corpus: Corpus) -> list[tuple[str, ...]]:
    columns = [corpus.anchors, corpus.positives, corpus.negatives]
    return list(zip(*(c for c in columns if c is not None), strict=True))


# --- text ---------------------------------------------------------------------------------------


def test_text_splits_at_line_feeds_only(tmp_path):
    text = "\ufeffOne\u2028two\x85three\x0bfour.\r\nFive\tsix.\rSeven.\n\ufeffEight.\n"
    corpus = read(written(tmp_path / "a.txt", text))
    assert corpus.anchors == ["One two three four.", "Five six. Seven.", "Eight."]
    assert corpus.views == DROPOUT
    assert corpus.positives is corpus.anchors
    assert corpus.dropped == {}


def test_text_that_ends_inside_a_character(tmp_path):
    corpus = read(written(tmp_path / "a.txt", "Whole.\nCut: é".encode()[:-1]))
    assert corpus.anchors == ["Whole."]
    assert corpus.dropped == {"undecodable": 1}
    assert corpus.first == {"undecodable": "line 2"}
    assert "(left out: 1 undecodable (first: line 2))" in corpus.describe()


def test_every_reason_is_counted(tmp_path):
    text = b"A b.\n\nA  b.\n\xff\n" + b"x" * 50 + b"\n \t \nC d.\n"
    corpus = read(written(tmp_path / "a.txt", text), max_characters=20)
    assert corpus.anchors == ["A b.", "C d."]
    assert corpus.dropped == {"undecodable": 1, "empty": 2, "over-long": 1, "repeated": 1}
    assert corpus.first == {"undecodable": "line 4", "over-long": "line 5"}


def test_a_line_longer_than_is_held_at_once(tmp_path):
    text = b"One.\n" + b"x" * (2 * LONGEST + 5) + b"\nTwo.\n" + b"y" * LONGEST
    corpus = read(written(tmp_path / "a.txt", text))
    assert corpus.anchors == ["One.", "Two."]
    assert corpus.dropped == {"over-long": 2}


def test_gzip_of_each_format(tmp_path):
    for name, text in [
        ("a.txt.gz", "One.\nTwo.\n"),
        ("a.jsonl.gz", '{"text": "One."}\n{"text": "Two."}\n'),
        ("a.csv.gz", "text\nOne.\nTwo.\n"),
        ("a.TSV.GZ", "text\nOne.\nTwo.\n"),
    ]:
        corpus = read(written(tmp_path / name, gzip.compress(text.encode())))
        assert corpus.anchors == ["One.", "Two."]


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"One.\n" * 9999)[:-20], b"One.\n", gzip.compress(b"One.\n") + b"tail"],
    ids=["cut short", "no gzip", "more after it"],  # the bytes hold the time
)
def test_damaged_gzip(tmp_path, content):
    with pytest.raises(CorpusError, match=r"damaged after line [\d,]+: .*Fetch or compress"):
        read(written(tmp_path / "a.txt.gz", content))


def test_a_table_option_for_plain_text(tmp_path):
    path = written(tmp_path / "a.txt", "One.\n")
    with pytest.raises(CorpusError, match="plain text, which has no column 'x'"):
        read(path, columns=Columns(anchor="x"))


# --- what is no file of text --------------------------------------------------------------------


def test_binary_and_utf16(tmp_path):
    for content in (b"One.\n\x7fELF\0\0\n", "One.\nTwo.\n".encode("utf-16")):
        with pytest.raises(CorpusError, match=r"holds NUL bytes \(line [12]\)"):
            read(written(tmp_path / "a.txt", content))


def test_a_stray_nul_costs_its_line_alone(tmp_path):
    """Only in the first 64 KiB does a NUL say that the file is no text."""
    lines = [f"sentence {i}\n".encode() for i in range(6_000)]
    lines[5_000] = b"sen\0tence\n"
    assert len(b"".join(lines[:5_000])) > HEAD
    for name, header in (("a.txt", b""), ("a.tsv", b"text\n"), ("a.csv", b"text\n")):
        corpus = read(written(tmp_path / name, header + b"".join(lines)))
        assert (len(corpus), corpus.dropped) == (5_999, {"undecodable": 1})
        assert corpus.anchors[5_000] == "sentence 5001"
    lines[5_000] = b"sentence 5000\n"
    for at in (HEAD - 1, HEAD):
        text = b"".join(lines)
        text = text[:at] + b"\0" + text[at + 1 :]
        path = written(tmp_path / "edge.txt", text)
        if at < HEAD:
            with pytest.raises(CorpusError, match="holds NUL bytes"):
                read(path)
        else:
            assert sum(read(path).dropped.values()) == 1
    second = b"b" * 5 + b"\0" + b"b" * 1_000
    assert (
        len(read(written(path, b"a" * HEAD + b"\n" + second + b"\nc\n"), max_characters=HEAD)) == 2
    )


def test_a_nul_in_json_is_no_text(tmp_path):
    corpus = read(written(tmp_path / "a.jsonl", '{"text": "a\\u0000b"}\n{"text": "c"}\n'))
    assert (corpus.anchors, corpus.dropped) == (["c"], {"undecodable": 1})


def test_a_folder_a_pipe_and_nothing(tmp_path):
    with pytest.raises(CorpusError, match=r"is a directory\. .* datasets:"):
        read(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorpusError, match=r"a pipe or a device, .*Save it to a file"):
        read(tmp_path / "pipe")
    with pytest.raises(CorpusError, match="No such file"):
        read(tmp_path / "none.txt")
    with pytest.raises(CorpusError, match=r"cannot be read: .*null"):
        read("a\0b.txt")


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv", "a.jsonl"])
def test_an_empty_file(tmp_path, name):
    with pytest.raises(CorpusError, match="holds no sentence: "):
        read(written(tmp_path / name, b""))


def test_nothing_is_left(tmp_path):
    with pytest.raises(CorpusError, match="3 lines, of which 1 undecodable, 2 empty"):
        read(written(tmp_path / "a.txt", b"\n\xff\n\n"))
    with pytest.raises(CorpusError, match="leaves no sentence"):
        read(written(tmp_path / "a.txt", b"a\n"), max_characters=0)


# --- JSON lines ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "views"),
    [
        (("text",), DROPOUT),
        (("sentence",), DROPOUT),
        (("anchor", "positive"), PAIRS),
        (("sentence1", "sentence2"), PAIRS),
        (("anchor", "positive", "negative"), TRIPLES),
        (("sentence1", "sentence2", "hard_neg"), TRIPLES),
        (("sent0", "sent1", "hard_neg"), TRIPLES),
    ],
)
def test_usual_names(tmp_path, names, views):
    values = ["One.", "Two.", "Three."][: len(names)]
    row = {"id": 7} | dict(zip(names, values, strict=True))
    corpus = read(written(tmp_path / "a.jsonl", json.dumps(row)))
    assert corpus.views == views
    assert rows(corpus) == [tuple(values) if len(values) > 1 else ("One.", "One.")]
    header, cells = "\t".join(row), "\t".join(map(str, row.values()))
    assert rows(read(written(tmp_path / "a.tsv", f"{header}\n{cells}\n"))) == rows(corpus)


def test_json_lines_that_are_none(tmp_path):
    deep = "[" * 100_000
    lines = ['{"text": "One."}', "{", deep, "[1]", '"x"', "", '{"text": 5}', '{"other": "x"}',
             '{"text": null}', '{"text": "half \\ud800"}', '{"text": "Two."}']  # fmt: skip
    content = "\n".join(lines).encode() + b'\n{"text": "\xe9"}\n'
    corpus = read(written(tmp_path / "a.jsonl", content))
    assert corpus.anchors == ["One.", "Two."]
    assert corpus.dropped == {
        "malformed": 6, "empty": 1, "with a missing column": 1, "undecodable": 2,
    }  # fmt: skip
    assert corpus.first == {
        "malformed": "line 2", "with a missing column": "line 8", "undecodable": "line 10",
    }  # fmt: skip


def test_a_json_array_is_no_row(tmp_path):
    with pytest.raises(CorpusError, match="1 malformed"):
        read(written(tmp_path / "a.json", '[{"text": "One."}]'))


def test_json_lines_without_a_known_column(tmp_path):
    path = written(tmp_path / "a.jsonl", '{"body": "One.", "id": 1}\n')
    with pytest.raises(CorpusError, match=r"it has 'body', 'id'.*--anchor-column"):
        read(path)
    assert read(path, columns=Columns("body")).anchors == ["One."]
    with pytest.raises(CorpusError, match="no column 'boddy'; it has 'body', 'id'"):
        read(path, columns=Columns("boddy"))


# --- columns ------------------------------------------------------------------------------------


def test_named_columns_alone_are_read(tmp_path):
    path = written(tmp_path / "a.csv", "sent0,sent1,hard_neg\na,b,c\n")
    assert rows(read(path)) == [("a", "b", "c")]
    assert rows(read(path, columns=Columns("sent0"))) == [("a", "a")]
    assert rows(read(path, columns=Columns("sent1", "sent0"))) == [("b", "a")]
    assert rows(read(path, columns=Columns("sent0", None, "hard_neg"))) == [("a", "a", "c")]
    with pytest.raises(CorpusError, match="without an anchor's"):
        Columns(positive="sent1")


@pytest.mark.parametrize("grade", ["score", "label"])
def test_graded_pairs_are_not_taken_for_positives(tmp_path, grade):
    path = written(tmp_path / "a.csv", f"sentence1,sentence2,{grade}\na,b,0\n")
    with pytest.raises(CorpusError, match="may then be two unlike sentences"):
        read(path)
    assert rows(read(path, columns=Columns("sentence1", "sentence2"))) == [("a", "b")]


def test_the_same_anchor_with_another_positive_is_another_row(tmp_path):
    text = "anchor,positive\na,b\na,c\na,b\n"
    corpus = read(written(tmp_path / "a.csv", text))
    assert rows(corpus) == [("a", "b"), ("a", "c")]
    assert corpus.dropped == {"repeated": 1}


# --- tables -------------------------------------------------------------------------------------


def test_csv_with_quotes_commas_and_line_ends(tmp_path):
    text = '\ufeffsent0,sent1,hard_neg\r\n"One, ""two""\nthree.",b,c\r\nd,"e\u2028f",g\r\n'
    corpus = read(written(tmp_path / "nli.csv", text))
    assert rows(corpus) == [('One, "two" three.', "b", "c"), ("d", "e f", "g")]
    assert corpus.views == TRIPLES
    assert corpus.texts() == ['One, "two" three.', "d", "b", "e f", "c", "g"]


def test_csv_rows_that_are_none(tmp_path):
    text = (
        b'sent0,sent1,hard_neg\na,b,c\nd,e\nf,g,h,i\n"j"x,k,l\n,,\n\nm,,n\n\xe9,o,p\nq,r,s\n'
        b'a,b,c\n"never closed,t\nu,v,w\n'
    )
    corpus = read(written(tmp_path / "a.csv", text))
    assert rows(corpus) == [("a", "b", "c"), ("q", "r", "s")]
    # 4 (too many cells), 5 (text after a quote), 12 and 13 (to the end of the file)
    assert corpus.dropped == {
        "malformed": 4, "with a missing column": 1, "empty": 3, "undecodable": 1, "repeated": 1,
    }  # fmt: skip
    assert corpus.first["malformed"] == "line 4"
    assert corpus.first["with a missing column"] == "line 3"
    assert corpus.first["undecodable"] == "line 9"


def test_a_quote_that_is_never_closed_does_not_take_the_rest(tmp_path):
    lines = [f"sentence {i}" for i in range(30_000)]
    lines[100] = '"never closed'
    corpus = read(written(tmp_path / "a.csv", "text\n" + "\n".join(lines)))
    lost = corpus.dropped["malformed"]
    assert 0 < lost < 131_072 / len("sentence 1") + 2
    assert len(corpus) + lost == 30_000
    assert corpus.anchors[-1] == "sentence 29999"


def test_an_over_long_line_of_a_csv_file_is_never_cut_out_of_a_record(tmp_path, monkeypatch):
    monkeypatch.setattr("train.corpora.lines.LONGEST", 1_000)
    long = "x" * 2_500
    text = f'anchor,positive\na,"b\n{long}\nc"\nd,e\n{long}\nf,g\n"{long}\n'
    corpus = read(written(tmp_path / "a.csv", text))
    assert rows(corpus) == [("d", "e"), ("f", "g")]
    # the first record: line 2, line 3 (over-long), and its rest, a line of one cell
    assert corpus.dropped == {"malformed": 1, "with a missing column": 1, "over-long": 3}
    assert corpus.first["over-long"] == "line 3"
    with pytest.raises(CorpusError, match="its header is over-long"):
        read(written(tmp_path / "b.csv", f"{long}\na\n"))


def test_tsv_knows_no_quotes(tmp_path):
    text = 'anchor\tpositive\n"One" two\t"three\nfour"\tfive\r\nsix\n'
    corpus = read(written(tmp_path / "a.tsv", text))
    assert rows(corpus) == [('"One" two', '"three'), ('four"', "five")]
    assert corpus.dropped == {"with a missing column": 1}


def test_a_table_without_a_known_header(tmp_path):
    with pytest.raises(CorpusError, match=r"no column has a usual name .* ends in \.txt"):
        read(written(tmp_path / "a.csv", "Just a sentence.\nAnd another.\n"))
    with pytest.raises(CorpusError, match="no column 'x'; it has 'text'"):
        read(written(tmp_path / "a.csv", "text\nOne.\n"), columns=Columns("x"))


# --- sampling and splitting ---------------------------------------------------------------------


def numbered(path: Path, n: int) -> Path:
    return written(path, "".join(f"sentence {i}\n" for i in range(n)))


def test_a_sample_is_drawn_by_the_seed_and_kept_in_order(tmp_path):
    path = numbered(tmp_path / "a.txt", 1_000)
    one, same, other = (corpora.read(str(path), seed=s, limit=100) for s in (1, 1, 2))
    assert one == same
    assert one.anchors != other.anchors
    assert len(one) == 100
    assert one.dropped == {"beyond --max-sentences": 900}
    numbers = [int(text.split()[1]) for text in one.anchors]
    assert numbers == sorted(numbers)
    assert set(one.anchors) < set(corpora.read(str(path), seed=1, limit=300).anchors)
    assert corpora.read(str(path), seed=1, limit=1_000).anchors == read(path).anchors


def test_a_sample_depends_neither_on_order_nor_on_repeats(tmp_path):
    lines = [f"sentence {i}\n" for i in range(500)]
    once = read(written(tmp_path / "a.txt", "".join(lines)), limit=50)
    again = read(written(tmp_path / "b.txt", "".join(lines[::-1] + lines * 3)), limit=50)
    assert set(once.anchors) == set(again.anchors)
    assert len(once) == len(again) == 50
    assert sum(again.dropped.values()) == 4 * 500 - 50


def test_a_sample_is_uniform():
    """Each of 40 rows is drawn in a quarter of 2,000 seeds: 500 +- 5 standard deviations."""
    from train.corpora.drawing import Sample

    counts = dict.fromkeys(range(40), 0)
    for seed in range(2_000):
        sample = Sample(10, seed)
        for i in range(40):
            sample.add((f"row {i}",))
        for (text,) in sample.rows():
            counts[int(text.split()[1])] += 1
    assert sum(counts.values()) == 20_000
    assert all(abs(count - 500) < 5 * (2_000 * 0.25 * 0.75) ** 0.5 for count in counts.values())


def test_split_holds_a_share_out(tmp_path):
    corpus = read(numbered(tmp_path / "a.txt", 200))
    training, held_out = corpora.split(corpus, 0.1, seed=3)
    assert (len(training), len(held_out)) == (180, 20)
    assert set(training.anchors) | set(held_out.anchors) == set(corpus.anchors)
    assert training.positives is training.anchors
    assert held_out.name == "a.txt, held out"
    assert corpora.split(corpus, 0.1, seed=3) == (training, held_out)
    assert corpora.split(corpus, 0.1, seed=4)[1].anchors != held_out.anchors
    whole, nothing = corpora.split(corpus, 0, seed=3)
    assert (whole.anchors, len(nothing)) == (corpus.anchors, 0)


def test_split_keeps_the_rows_of_an_anchor_together():
    anchors = [f"a{i // 4}" for i in range(80)]
    texts = [[f"{kind}{i}" for i in range(80)] for kind in "pn"]
    corpus = Corpus("c", TRIPLES, anchors, texts[0], {}, texts[1])
    training, held_out = corpora.split(corpus, 0.2, seed=0)
    assert len(held_out) == 16
    assert not set(training.anchors) & set(held_out.anchors)
    assert sorted(rows(training) + rows(held_out)) == sorted(rows(corpus))


def test_a_held_out_anchor_may_be_the_positive_of_a_training_row():
    texts = [f"s{i}" for i in range(21)]
    training, held_out = corpora.split(Corpus("c", PAIRS, texts[:-1], texts[1:], {}), 0.3, seed=0)
    assert not set(training.anchors) & set(held_out.anchors)
    assert set(training.positives) & set(held_out.anchors)


def test_split_that_cannot_be(tmp_path):
    corpus = read(numbered(tmp_path / "a.txt", 1))
    with pytest.raises(CorpusError, match="leaves none to train on"):
        corpora.split(corpus, 0.1, seed=0)
    for share in (1, -0.1, float("nan")):
        with pytest.raises(CorpusError, match="not from 0 to below 1"):
            corpora.split(corpus, share, seed=0)


# --- size ---------------------------------------------------------------------------------------


def traced(path: Path, limit: int | None) -> int:
    """The most bytes that Python's objects took while the file was read."""
    tracemalloc.start()
    read(path, limit=limit)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_a_sample_of_a_long_stream_needs_memory_for_the_sample_alone(tmp_path):
    path = written(tmp_path / "a.txt", "".join(f"{i:06}{'x' * 800}\n" for i in range(5_000)))
    assert traced(path, None) > 4_000_000
    assert traced(path, 100) < 400_000


# The process's own peak: what getrusage says, Linux takes over from the process that started it.
MEASURED = """
import sys, time
from pathlib import Path
from train.corpora import read
started = time.process_time()
rows = len(read(sys.argv[1], seed=0))
seconds = time.process_time() - started
(peak,) = (x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x)
print(rows, seconds, peak.split()[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_a_million_sentences_in_seconds_and_below_a_gibibyte(tmp_path):
    path = written(tmp_path / "a.txt", "".join(f"{i} {'word ' * 24}\n" for i in range(1_000_000)))
    command = [sys.executable, "-c", MEASURED, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    rows, seconds, peak = run.stdout.split()  # peak in KiB
    assert rows == "1000000"
    assert float(seconds) < 30
    assert int(peak) < 2**20


def test_progress_is_reported(tmp_path):
    seen: list[int] = []
    read(numbered(tmp_path / "a.txt", 25_000), progress=seen.append)
    assert seen == [10_000, 20_000]
