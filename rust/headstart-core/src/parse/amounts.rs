//! Amounts in text: currencies, units, grouped digits, negative styles, ranges.
//!
//! ```text
//! amount = ["("] {sign | mark | currency} number [range] [unit] [")"] ["-"]
//! number = digits, grouped by threes (or as in India), decimal mark, exponent
//! ```

use std::collections::HashMap;

use crate::Error;
use crate::encode::Words;

/// Largest number of characters of a unit.
const LONGEST_UNIT: usize = 24;
/// Largest number of bytes of an amount.
const LONGEST_VALUE: usize = 200;

/// The value is a number, or a range of two.
const IS_NUMBER: u16 = 1;
/// It is a range.
const IS_RANGE: u16 = 1 << 1;
/// It is a range of two whole numbers with nothing but a hyphen: `10-220`.
const IS_BARE_RANGE: u16 = 1 << 2;
/// The word after the number is a multiplier: `k`, `Mio`.
const IS_MULTIPLIED: u16 = 1 << 3;
/// There is a word after the number.
const HAS_AFTER: u16 = 1 << 4;
/// The value shows that the decimal mark is a point, or the grouping mark a comma.
const SHOWS_POINT: u16 = 1 << 5;
/// The value shows that the decimal mark is a comma, or the grouping mark a point.
const SHOWS_COMMA: u16 = 1 << 6;
/// A point before three digits may be the decimal or the grouping mark.
const OPEN_POINT: u16 = 1 << 7;
/// A comma before three digits may be the decimal or the grouping mark.
const OPEN_COMMA: u16 = 1 << 8;
/// The value is only digits, grouped by blanks.
const IS_SPACED: u16 = 1 << 9;
/// There is a currency or a mark before the number.
const HAS_BEFORE: u16 = 1 << 10;
/// The multiplier may also be a unit: `m`.
const MAY_BE_UNIT: u16 = 1 << 11;
/// A number of one to three digits without any mark.
const IS_SHORT: u16 = 1 << 12;
/// A number of four digits or more without any mark.
const IS_UNGROUPED: u16 = 1 << 13;

/// Multipliers after a number.
const MULTIPLIERS: [(&str, f64); 32] = [
    ("k", 1e3),
    ("tsd", 1e3),
    ("tsd.", 1e3),
    ("thousand", 1e3),
    ("mil", 1e3),
    ("lakh", 1e5),
    ("lac", 1e5),
    ("lakhs", 1e5),
    ("m", 1e6),
    ("mm", 1e6),
    ("mn", 1e6),
    ("mln", 1e6),
    ("mio", 1e6),
    ("mio.", 1e6),
    ("million", 1e6),
    ("millions", 1e6),
    ("millionen", 1e6),
    ("cr", 1e7),
    ("crore", 1e7),
    ("crores", 1e7),
    ("b", 1e9),
    ("bn", 1e9),
    ("mrd", 1e9),
    ("mrd.", 1e9),
    ("md", 1e9),
    ("billion", 1e9),
    ("billions", 1e9),
    ("milliarden", 1e9),
    ("t", 1e12),
    ("tn", 1e12),
    ("trillion", 1e12),
    ("trn", 1e12),
];
/// Multipliers that may also be units: metres, bytes, tons, credit.
const LETTERS: [&str; 5] = ["m", "b", "t", "mm", "cr"];

const SYMBOLS: &str = "$€£¥₹₽₩₺₴₪₫₱฿₦₡₲₵₸₼₾₿¢ƒ￥＄";
const MARKS: &str = "~≈<>≤≥=±#";
const CODES: [&str; 58] = [
    "usd", "eur", "gbp", "chf", "inr", "rs", "jpy", "cny", "rmb", "krw", "brl", "mxn", "cad",
    "aud", "nzd", "sgd", "hkd", "twd", "sek", "nok", "dkk", "isk", "pln", "czk", "huf", "ron",
    "bgn", "rub", "uah", "try", "ils", "zar", "ngn", "kes", "egp", "aed", "sar", "qar", "kwd",
    "thb", "idr", "myr", "php", "vnd", "pkr", "clp", "cop", "ars", "pen", "kr", "kč", "zł", "ft",
    "sfr", "fr", "rp", "rm", "no",
];
const RANGE_WORDS: [&str; 4] = ["to", "bis", "à", "a"];

/// The amounts of a column, one entry per row.
#[derive(Debug, Clone, Default)]
pub struct Amounts {
    /// The number, or the first of a range; NaN if there is none.
    pub first: Vec<f64>,
    /// The second number of a range, else NaN.
    pub second: Vec<f64>,
    /// See [`IS_NUMBER`] and the constants after it.
    pub flags: Vec<u16>,
    /// The index of the unit in `names`.
    pub units: Vec<u32>,
    /// Distinct units in lower case: the text around the numbers, or the whole text of
    /// values that are not amounts.
    pub names: Vec<String>,
}

/// Return the amounts of words.
///
/// `decimal` is the decimal mark of ambiguous values (`1.234`). With `multiply`, words such
/// as `k` multiply the number, and are not part of its unit.
///
/// # Errors
/// If `decimal` is not a decimal mark.
pub fn split_amounts(words: &Words<'_>, decimal: char, multiply: bool) -> Result<Amounts, Error> {
    if decimal != '.' && decimal != ',' {
        return Err(Error::value("The decimal mark must be '.' or ','."));
    }
    let mut out = Amounts::default();
    let mut units = Units::default();
    let mut short = [0; 16];
    for row in 0..words.len() {
        let text = words.get(row, &mut short).unwrap_or("").trim();
        let amount = read(text, decimal);
        let (first, second, flags, unit) = match amount {
            Some(amount) => {
                let factor = if multiply {
                    factor_of(&amount.after)
                } else {
                    None
                };
                let unit = match factor {
                    Some(_) => amount.before,
                    None => amount.before + amount.after.trim(),
                };
                let factor = factor.unwrap_or(1.0);
                let second = amount.second.map_or(f64::NAN, |s| s * factor);
                (amount.first * factor, second, amount.flags, unit)
            }
            None => (f64::NAN, f64::NAN, 0, text.to_owned()),
        };
        out.first.push(first);
        out.second.push(second);
        out.flags.push(flags);
        out.units.push(units.place(unit));
    }
    out.names = units.names;
    Ok(out)
}

/// Distinct units, and their indices.
#[derive(Default)]
struct Units {
    names: Vec<String>,
    places: HashMap<String, u32>,
    /// The last unit as it was written, because most values have the same unit.
    last: Option<(String, u32)>,
}

impl Units {
    fn place(&mut self, written: String) -> u32 {
        if let Some((last, place)) = &self.last
            && *last == written
        {
            return *place;
        }
        let names = &mut self.names;
        let place = *self
            .places
            .entry(plain_unit(&written))
            .or_insert_with_key(|unit| {
                names.push(unit.clone());
                names.len() as u32 - 1
            });
        self.last = Some((written, place));
        place
    }
}

fn plain_unit(text: &str) -> String {
    let joined = text
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    joined
        .trim_matches([' ', '.', ','])
        .chars()
        .take(LONGEST_UNIT)
        .collect()
}

fn factor_of(word: &str) -> Option<f64> {
    let word = word.trim().to_lowercase();
    MULTIPLIERS
        .iter()
        .find(|(w, _)| *w == word)
        .map(|(_, f)| *f)
}

struct Amount {
    first: f64,
    second: Option<f64>,
    flags: u16,
    before: String,
    after: String,
}

fn read(text: &str, decimal: char) -> Option<Amount> {
    if text.is_empty() || text.len() > LONGEST_VALUE {
        return None;
    }
    let start = Start::new(text)?;
    let Some(number) = Number::new(start.rest, decimal) else {
        // Accountants write 0 as "$ -".
        let is_nothing = start.is_currency && start.is_negative && start.rest.is_empty();
        return is_nothing.then(|| Amount {
            first: 0.0,
            second: None,
            flags: IS_NUMBER | HAS_BEFORE,
            before: start.before,
            after: String::new(),
        });
    };
    let mut flags = number.flags | IS_NUMBER;
    let mut first = number.value;
    let mut rest = number.rest;
    let mut second = None;
    if !start.is_open
        && let Some(range) = range(&number, decimal)
    {
        // A decreasing range is not a range, but a phone number or a score.
        if range.value <= first {
            return None;
        }
        flags |= IS_RANGE | range.flags;
        let is_bare = range.is_bare && start.before.is_empty() && range.rest.trim().is_empty();
        flags |= if is_bare && flags & HAS_MARKS == 0 {
            IS_BARE_RANGE
        } else {
            0
        };
        second = Some(range.value);
        rest = range.rest;
    }
    let mut is_negative = start.is_negative;
    let mut unit = rest.trim();
    if start.is_open {
        // "(12.00)", "(5 %)" or "(12.00) EUR".
        let (inner, outer) = unit.split_once(')')?;
        unit = if outer.trim().is_empty() {
            inner.trim()
        } else {
            outer.trim()
        };
        if !inner.trim().is_empty() && !outer.trim().is_empty() {
            return None;
        }
        is_negative = true;
    } else if let Some(behind) = unit.strip_prefix(['-', '\u{2212}'])
        && second.is_none()
        && !start.is_negative
        && (behind.is_empty() || behind.starts_with(char::is_whitespace))
    {
        // "12.00-", as SAP writes it.
        is_negative = true;
        unit = behind.trim();
    } else if let Some(behind) = unit.strip_prefix(",-").or(unit.strip_prefix(".-")) {
        // "12,-" is an amount without cents.
        unit = behind.trim();
    }
    if !is_unit(unit) {
        return None;
    }
    if is_negative {
        first = -first;
    }
    if second.is_some() && is_negative {
        return None;
    }
    let known = unit.to_lowercase();
    if !unit.is_empty() {
        flags |= HAS_AFTER;
        if factor_of(unit).is_some() {
            flags |= IS_MULTIPLIED;
            flags |= if LETTERS.contains(&known.as_str()) {
                MAY_BE_UNIT
            } else {
                0
            };
        }
    }
    if !start.before.is_empty() {
        flags |= HAS_BEFORE;
    }
    if flags & (HAS_AFTER | HAS_BEFORE) != 0 {
        flags &= !IS_SPACED;
    }
    Some(Amount {
        first,
        second,
        flags,
        before: start.before,
        after: unit.to_owned(),
    })
}

const HAS_MARKS: u16 = SHOWS_POINT | SHOWS_COMMA | OPEN_POINT | OPEN_COMMA;

/// Return whether text after a number is a unit: words without digits, except a power at
/// the end.
fn is_unit(text: &str) -> bool {
    let text = text.strip_suffix(['2', '3', '²', '³']).unwrap_or(text);
    !text.chars().any(|c| c.is_ascii_digit()) && !text.starts_with(['(', ')', '.', ':', '_'])
}

/// The text before a number.
struct Start<'a> {
    before: String,
    is_negative: bool,
    is_open: bool,
    is_currency: bool,
    rest: &'a str,
}

impl<'a> Start<'a> {
    fn new(text: &'a str) -> Option<Self> {
        let mut out = Self {
            before: String::new(),
            is_negative: false,
            is_open: false,
            is_currency: false,
            rest: text,
        };
        let mut has_sign = false;
        while let Some(first) = out.rest.chars().next() {
            let behind = &out.rest[first.len_utf8()..];
            match first {
                '-' | '\u{2212}' | '+' => {
                    if has_sign {
                        return None;
                    }
                    has_sign = true;
                    out.is_negative = first != '+';
                    out.rest = behind;
                }
                '(' => {
                    if out.is_open || has_sign {
                        return None;
                    }
                    out.is_open = true;
                    out.rest = behind;
                }
                c if c.is_whitespace() => out.rest = behind,
                c if MARKS.contains(c) || SYMBOLS.contains(c) => {
                    out.is_currency |= SYMBOLS.contains(c);
                    out.before.push(c);
                    out.rest = behind;
                }
                c if c.is_alphabetic() => {
                    let length = currency(out.rest)?;
                    out.before
                        .push_str(out.rest[..length].trim_end_matches('.'));
                    out.is_currency = true;
                    out.rest = &out.rest[length..];
                }
                _ => break,
            }
        }
        (out.before.len() <= 16).then_some(out)
    }
}

/// Return the length of the currency at the start of a text: `R$`, `CHF`, `Rs.`.
fn currency(text: &str) -> Option<usize> {
    let end = text
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let next = rest.chars().next()?;
    if word.chars().count() <= 3 && SYMBOLS.contains(next) {
        return Some(end + next.len_utf8());
    }
    if !CODES.contains(&word.to_lowercase().as_str()) {
        return None;
    }
    // "Rs.500" has a point; ".5" after a code has none.
    Some(end + usize::from(rest.starts_with('.')))
}

struct Number<'a> {
    value: f64,
    flags: u16,
    rest: &'a str,
}

impl<'a> Number<'a> {
    fn new(text: &'a str, decimal: char) -> Option<Self> {
        let length = run_length(text);
        let run = &text[..length];
        let (mantissa, flags) = interpret(run, decimal)?;
        let rest = &text[length..];
        let (exponent, rest) = exponent(rest);
        let value = if exponent == 0 {
            mantissa
        } else {
            // Parsed as one number, so that it is rounded once.
            format!("{mantissa:e}")
                .split_once('e')
                .and_then(|(m, e)| Some(format!("{m}e{}", e.parse::<i32>().ok()? + exponent)))
                .and_then(|t| t.parse().ok())?
        };
        value.is_finite().then_some(Self { value, flags, rest })
    }
}

fn is_group_mark(c: char) -> bool {
    matches!(
        c,
        '\'' | '\u{2019}' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'
    )
}

/// Return the length of the digits and marks at the start of a text, up to the last digit.
fn run_length(text: &str) -> usize {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((place, c)) = chars.next() {
        if c.is_ascii_digit() {
            end = place + 1;
        } else if c == '.' || c == ',' {
            if !chars.peek().is_some_and(|(_, next)| next.is_ascii_digit()) {
                break;
            }
        } else if is_group_mark(c) && end > 0 {
            // A group has three digits: "1 200", not "3 4 2 rooms".
            let behind = &text[place + c.len_utf8()..];
            let n = behind.bytes().take_while(u8::is_ascii_digit).count();
            if n != 3 {
                break;
            }
        } else {
            break;
        }
    }
    end
}

/// Return the value of digits and marks, and the flags on the decimal mark.
fn interpret(run: &str, decimal: char) -> Option<(f64, u16)> {
    if run.is_empty() {
        return None;
    }
    let points = run.matches('.').count();
    let commas = run.matches(',').count();
    let has_blanks = run.chars().any(is_group_mark);
    let (mark, flags) = match (points, commas) {
        (0, 0) => {
            let flags = match (has_blanks, run.len()) {
                (true, _) => IS_SPACED,
                (false, 1..=3) => IS_SHORT,
                (false, _) => IS_UNGROUPED,
            };
            (None, flags)
        }
        // With both marks, the last one is the decimal mark.
        (1.., 1..) => {
            let last = run.rfind(['.', ','])?;
            let is_point = run.as_bytes()[last] == b'.';
            let flag = if is_point { SHOWS_POINT } else { SHOWS_COMMA };
            (Some(if is_point { '.' } else { ',' }), flag)
        }
        (2.., 0) => (None, SHOWS_COMMA),
        (0, 2..) => (None, SHOWS_POINT),
        _ => {
            let mark = if points == 1 { '.' } else { ',' };
            let (head, tail) = run.split_once(mark)?;
            let head_digits = head.chars().filter(char::is_ascii_digit).count();
            // Blanks group the digits before the mark, or the first group is too long.
            let is_open = tail.len() == 3
                && tail.bytes().all(|b| b.is_ascii_digit())
                && !has_blanks
                && (1..=3).contains(&head_digits)
                && !head.starts_with('0');
            match (is_open, mark) {
                (false, '.') => (Some('.'), SHOWS_POINT),
                (false, _) => (Some(','), SHOWS_COMMA),
                (true, '.') => ((decimal == '.').then_some('.'), OPEN_POINT),
                (true, _) => ((decimal == ',').then_some(','), OPEN_COMMA),
            }
        }
    };
    let (whole, fraction) = match mark {
        Some(mark) => run.rsplit_once(mark)?,
        None => (run, ""),
    };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || (mark.is_some() && fraction.is_empty()) {
        return None;
    }
    let digits = ungrouped(whole)?;
    let value = format!("{digits}.{fraction}0").parse().ok()?;
    Some((value, flags))
}

/// Return the digits of a whole number with valid groups, else `None`.
fn ungrouped(text: &str) -> Option<String> {
    let is_mark = |c: char| c == '.' || c == ',' || is_group_mark(c);
    let Some(mark) = text.chars().find(|&c| is_mark(c)) else {
        return text
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| format!("0{text}"));
    };
    let groups: Vec<&str> = text.split(mark).collect();
    let is_digits = |g: &&str| g.bytes().all(|b| b.is_ascii_digit());
    let (first, rest) = groups.split_first()?;
    let (last, middle) = rest.split_last()?;
    let by_threes = (1..=3).contains(&first.len()) && middle.iter().all(|g| g.len() == 3);
    // 12,34,567
    let by_twos =
        mark == ',' && (1..=2).contains(&first.len()) && middle.iter().all(|g| g.len() == 2);
    let fits = last.len() == 3
        && (by_threes || by_twos)
        && groups.iter().all(is_digits)
        && !(first.starts_with('0'));
    fits.then(|| groups.concat())
}

/// Return the exponent after a number, and the rest of the text.
fn exponent(text: &str) -> (i32, &str) {
    let trimmed = text.trim_start();
    let candidates = [
        text.strip_prefix(['e', 'E']),
        trimmed
            .strip_prefix(['x', '×', '*', '·'])
            .map(str::trim_start)
            .and_then(|t| t.strip_prefix("10^").or_else(|| t.strip_prefix("10**"))),
    ];
    for behind in candidates.into_iter().flatten() {
        let (sign, digits) = match behind.strip_prefix(['-', '\u{2212}']) {
            Some(digits) => (-1, digits),
            None => (1, behind.strip_prefix('+').unwrap_or(behind)),
        };
        let n = digits.bytes().take_while(u8::is_ascii_digit).count();
        let rest = &digits[n..];
        if (1..=3).contains(&n)
            && let Ok(number) = digits[..n].parse::<i32>()
        {
            return (sign * number, rest);
        }
    }
    (0, text)
}

struct Range<'a> {
    value: f64,
    flags: u16,
    is_bare: bool,
    rest: &'a str,
}

/// Return the second number of a range: "10-20", "$25,000 - $49,999", "5 to 7", "40k-60k".
fn range<'a>(first: &Number<'a>, decimal: char) -> Option<Range<'a>> {
    let after = first.rest;
    let trimmed = after.trim_start();
    // Both numbers may have the unit: "$40K - $60K".
    let end = trimmed
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(trimmed.len());
    let (word, behind) = trimmed.split_at(end);
    let is_range_word = RANGE_WORDS.contains(&word.to_lowercase().as_str());
    let (unit, rest) = if is_range_word || word.chars().count() > 3 {
        ("", trimmed)
    } else {
        (word, behind.trim_start())
    };
    let behind = match rest.chars().next()? {
        '-' | '\u{2013}' | '\u{2014}' => &rest[rest.chars().next()?.len_utf8()..],
        '.' => rest.strip_prefix("..")?,
        _ => {
            let word = RANGE_WORDS.iter().find(|w| {
                rest.get(..w.len())
                    .is_some_and(|s| s.eq_ignore_ascii_case(w))
                    && rest[w.len()..].starts_with(char::is_whitespace)
            })?;
            &rest[word.len()..]
        }
    };
    let is_bare = after.starts_with('-') && unit.is_empty();
    let start = Start::new(behind.trim_start())?;
    if start.is_negative || start.is_open {
        return None;
    }
    let second = Number::new(start.rest, decimal)?;
    if !unit.is_empty() {
        let second_unit = second.rest.trim_start();
        if !second_unit
            .get(..unit.len())
            .is_some_and(|o| o.eq_ignore_ascii_case(unit))
        {
            return None;
        }
    }
    Some(Range {
        value: second.value,
        flags: second.flags & HAS_MARKS,
        is_bare: is_bare && start.before.is_empty() && !behind.starts_with(char::is_whitespace),
        rest: second.rest,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn split(text: &str, decimal: char, multiply: bool) -> (f64, f64, u16, String) {
        super::super::words(&[text], |words| {
            let out = split_amounts(words, decimal, multiply).unwrap();
            (
                out.first[0],
                out.second[0],
                out.flags[0],
                out.names[0].clone(),
            )
        })
    }

    fn value(text: &str) -> f64 {
        split(text, '.', false).0
    }

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for (text, number) in [
            ("12", 12.0),
            ("-12.5", -12.5),
            ("\u{2212}3", -3.0),
            ("+7", 7.0),
            (".5", 0.5),
            ("$1,234.50", 1234.5),
            ("-$12.00", -12.0),
            ("$-12.00", -12.0),
            ("($12.00)", -12.0),
            ("$(12.00)", -12.0),
            ("(12.00)", -12.0),
            ("(5.0%)", -5.0),
            ("(5.0)%", -5.0),
            ("12.00-", -12.0),
            ("12,50- €", -12.5),
            ("R$ 1.234,56", 1234.56),
            ("US$1,234.56", 1234.56),
            ("A$ 5", 5.0),
            ("₩1,234", 1234.0),
            ("12,50 zł", 12.5),
            ("kr 1 200,50", 1200.5),
            ("CHF 1'200.50", 1200.5),
            ("Rs.500", 500.0),
            ("#5", 5.0),
            ("1.2e-03", 0.0012),
            ("1,5E+02 mg", 150.0),
            ("2 x 10^3", 2000.0),
            ("1.234.567", 1_234_567.0),
            ("12,34,567", 1_234_567.0),
            ("1 234 567,8", 1_234_567.8),
            ("$ -", 0.0),
            ("12,-", 12.0),
            ("30 m2", 30.0),
            ("-3.5°C", -3.5),
            ("0.125", 0.125),
        ] {
            assert_eq!(value(text), number, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in [
            "",
            "abc",
            "A/5 21171",
            "10.0.0.1",
            "555-1234-99",
            "1,23,45",
            "--5",
            "(5",
            "1.2.3",
            "n.d.",
            "PC 17599",
            "5)",
            "12:30",
            "1e9999",
            "é",
            "$",
            "-",
            "(",
            "12 34 5",
        ] {
            assert!(value(text).is_nan(), "{text}");
        }
    }

    #[test]
    fn three_digits_behind_a_mark_leave_it_open() {
        assert_eq!(split("1.234", '.', false).0, 1.234);
        assert_eq!(split("1.234", ',', false).0, 1234.0);
        assert_eq!(split("1,234", '.', false).0, 1234.0);
        assert_eq!(split("1,234", ',', false).0, 1.234);
        assert_ne!(split("1.234", '.', false).2 & OPEN_POINT, 0);
        // What can only be one is read so, whatever the column's mark is.
        assert_eq!(split("3,5", '.', false).0, 3.5);
        assert_eq!(split("3.5", ',', false).0, 3.5);
        assert_eq!(split("1.234,5", '.', false).0, 1234.5);
    }

    #[test]
    fn ranges_rise_and_keep_both_numbers() {
        for (text, first, second) in [
            ("10-20", 10.0, 20.0),
            ("$25,000 - $49,999", 25_000.0, 49_999.0),
            ("5 to 7 years", 5.0, 7.0),
            ("3\u{2013}4", 3.0, 4.0),
            ("40K-60K", 40.0, 60.0),
        ] {
            let (a, b, flags, _) = split(text, '.', false);
            assert_eq!((a, b), (first, second), "{text}");
            assert_eq!(flags & IS_BARE_RANGE != 0, text == "10-20");
        }
        assert_eq!(split("40K-60K", '.', true).1, 60_000.0);
        assert!(value("20-10").is_nan());
    }

    #[test]
    fn units_are_what_is_written_around_the_number() {
        assert_eq!(split("34.46Sq. Meter", '.', false).3, "sq. meter");
        assert_eq!(split("€ 1.2", '.', false).3, "€");
        let (number, _, _, unit) = split("€110.5M", '.', true);
        assert_eq!((number, unit.as_str()), (110.5e6, "€"));
        assert_eq!(split("unknown", '.', false).3, "unknown");
    }
}
