"""The language of `--where`: what is read, what is refused and where, and that it reads back what it writes."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evonas.errors import LineageError
from evonas.lineage.conditions import RESERVED, AllOf, AnyOf, Comparison, FilterError, Not
from evonas.lineage.filters import parse_filter, parse_filters

plain_names = st.from_regex(
    r"[A-Za-z_][A-Za-z0-9_]{0,8}(\.[A-Za-z0-9_]{1,5}|\[[0-9]{1,2}\]|\[\*\]|\[-1\]){0,3}", fullmatch=True
)
names = plain_names | st.text(st.characters(exclude_characters="`"), min_size=1, max_size=8)
numbers = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
values = st.booleans() | numbers | st.text(max_size=8) | st.sampled_from(sorted(RESERVED))
comparisons = st.one_of(
    st.builds(Comparison, names, st.sampled_from(["=", "!="]), st.tuples(values)),
    st.builds(Comparison, names, st.sampled_from(["<", "<=", ">", ">="]), st.tuples(numbers)),
    st.builds(Comparison, names, st.just("contains"), st.tuples(st.text(max_size=8))),
    st.builds(
        Comparison, names, st.sampled_from(["in", "not in"]), st.lists(values, min_size=1, max_size=4).map(tuple)
    ),
    st.builds(Comparison, names, st.sampled_from(["known", "missing"])),
)
conditions = st.recursive(
    comparisons,
    lambda part: st.one_of(
        st.builds(Not, part),
        st.builds(AllOf, st.lists(part, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(part, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=12,
)
words = st.sampled_from(
    [
        *("and", "or", "not", "in", "is", "contains", "known", "missing", "true", "a", "b.c", "layers[0].units"),
        *("(", ")", ",", "<", "<=", "=", "!=", "0.5", "-1e6", "'x y'", '"', "`", "[", "&&", "#", "é"),
    ]
)


@settings(deadline=None)
@given(conditions)
def test_what_is_written_reads_back_equal(condition):
    assert parse_filter(str(condition)) == condition


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(string.printable, max_size=60) | st.lists(words, max_size=15).map(" ".join))
def test_any_text_is_read_or_refused_with_a_column(text):
    try:
        parse_filter(text)
    except FilterError as error:
        assert isinstance(error, LineageError)
        assert 1 <= error.column <= len(text) + 1
        *_, shown, marks = str(error).split("\n  expected")[0].splitlines()
        assert marks.strip() == "^" * len(marks.strip()) != ""
        assert len(marks) <= len(shown) + 1


@pytest.mark.parametrize("text", ["(" * 5000, "not " * 5000 + "a", "(" * 5000 + "a" + ")" * 5000])
def test_what_is_nested_deeply_is_refused(text):
    with pytest.raises(FilterError, match="nested too deeply"):
        parse_filter(text)


def test_long_conditions_are_no_problem():
    condition = parse_filter(" and ".join(f"x{number} < {number}" for number in range(3000)))
    assert len(list(condition.comparisons())) == 3000
    assert condition.bind(lambda comparison: lambda subject: -1)(None)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a<1 AND b>=2 or not c == x", "(a < 1 and b >= 2) or not c = x"),
        ("0.1 < rate <= 0.5", "rate > 0.1 and rate <= 0.5"),
        ("3 = generation", "generation = 3"),
        ("alive and not founder", "alive = true and not founder = true"),
        ("a is not known", "a is missing"),
        ("a NOT IN (1, two, 'th ree', false)", "a not in (1, two, 'th ree', false)"),
        ("error contains 3.5", "error contains '3.5'"),
        ("`f1-score` ≥ .5", "`f1-score` >= 0.5"),
        ("`in` <> 1", "`in` != 1"),
        (r"name = 'it\'s'", r"name = 'it\'s'"),
        ("((a = 1))", "a = 1"),
    ],
)
def test_spellings(text, written):
    assert str(parse_filter(text)) == written


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "the filter is empty"),
        ("parameters <", 13, "ends too early"),
        ("(a = 1", 7, "parenthesis of column 1"),
        ("a = 1 b = 2", 7, "`b`"),
        ("a = 1 && b = 2", 7, "say `and`"),
        ("!a", 1, "say `not`"),
        ("x < 10k", 5, "a number that is none"),
        ("x < adam", 5, "for numbers"),
        ("x = 1e999", 5, "too large"),
        ("x = 'y", 5, "never closed"),
        ("device = gpu:0", 13, "in quotes"),
        ("1 < 2", 5, "expected: a name"),
        ("x in 3", 6, "expected: `(`"),
        ("x in ()", 7, "expected: a number"),
        ("x is good", 6, "`known` or `missing`"),
        ("and", 1, "expected: a name"),
    ],
)
def test_mistakes_are_pointed_at(text, column, said):
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert caught.value.column == column
    assert said in str(caught.value)


def test_a_long_filter_is_shown_around_the_mistake():
    with pytest.raises(FilterError) as caught:
        parse_filter("a < 1 and " * 100 + "b ? 2" + " and a < 1" * 100)
    shown, marks = str(caught.value).splitlines()[1:3]
    assert len(shown) < 120 and shown[marks.index("^")] == "?"


def test_several_filters_must_all_hold():
    assert parse_filters([]) is None
    assert str(parse_filters(["a = 1"])) == "a = 1"
    assert str(parse_filters(["a = 1 or b = 2", "c"])) == "(a = 1 or b = 2) and c = true"


KNOWN = {"size": 5, "rate": 0.5, "on": True, "name": "Adam", "tags": ("x", "y"), "none": (), "gone": None, "zero": 0}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("size < 6 and size <= 5 and size >= 5 and size > 4", True),
        ("size < 5 or size > 5", False),
        ("size = 5.0", True),
        ("on", True),
        ("on = 1", False),
        ("size = true", False),
        ("zero = false", False),
        ("name = Adam", True),
        ("name = adam", False),
        ("name contains DA", True),
        ("name > 3", False),
        ("size = '5'", False),
        ("tags = x", True),
        ("tags != x", False),
        ("tags != z", True),
        ("tags in (y, z)", True),
        ("tags not in (y, z)", False),
        ("gone = 1", False),
        ("gone != 1", False),
        ("gone not in (1, 2)", False),
        ("not gone = 1", True),
        ("gone is missing", True),
        ("none is missing", True),
        ("none != x", True),
        ("size is known", True),
        ("zero is known", True),
        ("not (size = 5 and rate > 0.5)", True),
    ],
)
def test_what_holds(text, holds):
    test = parse_filter(text).bind(lambda comparison: lambda subject: subject[comparison.name])
    assert test(KNOWN) is holds
