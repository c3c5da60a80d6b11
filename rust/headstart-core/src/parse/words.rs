//! Distinct words of a column, and what each of them looks like.

use crate::encode::{Words, factorize_words};
use crate::{Error, Workers, memory};

/// The word is a number, also an infinite one or NaN.
const IS_NUMBER: u32 = 1;
/// It is a finite number.
const IS_FINITE: u32 = 1 << 1;
/// It stands for a missing value, or is missing.
const IS_MISSING: u32 = 1 << 2;
/// It is a date of zeros: `0000-00-00`.
const IS_ZERO_DATE: u32 = 1 << 3;
/// It has blanks at an end, or is blank.
const IS_PADDED: u32 = 1 << 4;
/// It consists of two digits or more, the first of which is 0: `00501`.
const HAS_LEADING_ZERO: u32 = 1 << 5;
/// It begins with 0 and another digit.
const STARTS_WITH_ZERO: u32 = 1 << 6;
/// It consists of as many digits as a date may have: 6, 8, 12 or 14.
const IS_COMPACT: u32 = 1 << 7;
/// It consists of digits, `E` and digits.
const IS_EXPONENT: u32 = 1 << 8;
/// It is in brackets.
const IS_BRACKETED: u32 = 1 << 9;
/// It has a digit of any script.
const HAS_DIGIT: u32 = 1 << 10;
const HAS_POINT: u32 = 1 << 11;
const HAS_COMMA: u32 = 1 << 12;
const HAS_SEMICOLON: u32 = 1 << 13;
const HAS_SLASH: u32 = 1 << 14;
const HAS_BAR: u32 = 1 << 15;

/// Words for a missing value, in lower case.
const MISSING: [&str; 50] = [
    "",
    "?",
    "-",
    "--",
    "---",
    ".",
    "..",
    "...",
    "…",
    "*",
    "/",
    "na",
    "n/a",
    "n.a.",
    "#n/a",
    "#na",
    "#value!",
    "#ref!",
    "#div/0!",
    "#num!",
    "#name?",
    "#null!",
    "nan",
    "nat",
    "nil",
    "null",
    "none",
    "missing",
    "unknown",
    "unbekannt",
    "inconnu",
    "tbd",
    "n.d.",
    "n.d",
    "nd",
    "k.a.",
    "k. a.",
    "k.a",
    "n.v.",
    "not available",
    "not applicable",
    "not determined",
    "not detected",
    "not reported",
    "nicht bestimmt",
    "nicht verfügbar",
    "keine angabe",
    "<na>",
    "(null)",
    "\\n",
];
/// Largest number of characters of a word in [`MISSING`].
const LONGEST_MISSING: usize = 15;

/// The distinct words of a column, in order of first appearance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedWords {
    /// The first row of each word.
    pub rows: Vec<u32>,
    /// The number of rows of each word.
    pub counts: Vec<u32>,
    /// The flags of each word, as of [`flag_words`].
    pub flags: Vec<u32>,
}

/// Return the distinct words of a column without the missing ones.
///
/// # Errors
/// If there are 2³² rows or more, there is not enough memory, or the work was cancelled.
pub fn count_words(words: &Words<'_>, workers: &Workers) -> Result<CountedWords, Error> {
    let mut codes = memory::zeros("codes of words", &[words.len()])?;
    let first_rows = factorize_words(words, &mut codes, workers)?;
    let mut counts = vec![0; first_rows.len()];
    for code in codes {
        counts[code as usize] += 1;
    }
    let mut short = [0; 16];
    let (rows, counts): (Vec<u32>, Vec<u32>) = first_rows
        .into_iter()
        .zip(counts)
        .filter(|&(row, _)| words.get(row as usize, &mut short).is_some())
        .unzip();
    let flags = rows
        .iter()
        .map(|&row| flags_at(words, row as usize))
        .collect();
    Ok(CountedWords {
        rows,
        counts,
        flags,
    })
}

/// Return the flags of each word of a column: [`IS_NUMBER`] and the constants after it.
///
/// Blanks at the ends of a word do not count, except for [`IS_PADDED`].
pub fn flag_words(words: &Words<'_>) -> Vec<u32> {
    (0..words.len()).map(|row| flags_at(words, row)).collect()
}

fn flags_at(words: &Words<'_>, row: usize) -> u32 {
    words.get(row, &mut [0; 16]).map_or(IS_MISSING, flags)
}

fn flags(word: &str) -> u32 {
    let text = word.trim();
    let bytes = text.as_bytes();
    let when = |is_so: bool, flag: u32| if is_so { flag } else { 0 };
    let marks = bytes.iter().fold(0, |marks, byte| marks | flag_of(*byte));
    let number = text.parse::<f64>().ok();
    let starts_with_zero = matches!(bytes, [b'0', b'0'..=b'9', ..]);
    let is_digits = is_digits(bytes);
    let has_other_digit = !text.is_ascii() && text.chars().any(char::is_numeric);
    marks
        | when(has_other_digit, HAS_DIGIT)
        | when(number.is_some(), IS_NUMBER)
        | when(number.is_some_and(f64::is_finite), IS_FINITE)
        | when(is_missing(text), IS_MISSING)
        | when(starts_with_zero && is_zero_date(text), IS_ZERO_DATE)
        | when(text.len() < word.len() || text.is_empty(), IS_PADDED)
        | when(starts_with_zero, STARTS_WITH_ZERO)
        | when(starts_with_zero && is_digits, HAS_LEADING_ZERO)
        | when(
            is_digits && matches!(bytes.len(), 6 | 8 | 12 | 14),
            IS_COMPACT,
        )
        | when(number.is_some() && is_exponent(text), IS_EXPONENT)
        | when(
            matches!(
                bytes,
                [b'[', .., b']'] | [b'(', .., b')'] | [b'{', .., b'}']
            ),
            IS_BRACKETED,
        )
}

fn flag_of(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => HAS_DIGIT,
        b'.' => HAS_POINT,
        b',' => HAS_COMMA,
        b';' => HAS_SEMICOLON,
        b'/' => HAS_SLASH,
        b'|' => HAS_BAR,
        _ => 0,
    }
}

fn is_digits(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)
}

fn is_missing(text: &str) -> bool {
    text.chars().nth(LONGEST_MISSING).is_none() && MISSING.contains(&text.to_lowercase().as_str())
}

/// Return whether a text is what databases write where there is no date: `00000000`,
/// `0000-00-00 00:00:00`.
fn is_zero_date(text: &str) -> bool {
    let (date, clock) = text.split_once([' ', 'T']).unwrap_or((text, "0"));
    let is_mark = |byte: &u8| matches!(byte, b'-' | b'.' | b'/');
    let is_date = match date.as_bytes() {
        [b'0', b'0', b'0', b'0', a, b'0', b'0', b, b'0', b'0']
        | [b'0', b'0', a, b'0', b'0', b, b'0', b'0', b'0', b'0'] => is_mark(a) && is_mark(b),
        digits => matches!(digits.len(), 8 | 14) && digits.iter().all(|&byte| byte == b'0'),
    };
    let mut clock = clock.bytes().peekable();
    is_date && clock.peek().is_some() && clock.all(|byte| matches!(byte, b'0' | b':' | b'.'))
}

fn is_exponent(text: &str) -> bool {
    text.split_once('E').is_some_and(|(digits, exponent)| {
        is_digits(digits.as_bytes()) && is_digits(exponent.as_bytes())
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn words_have_the_flags_of_what_they_look_like() {
        let number = IS_NUMBER | IS_FINITE;
        for (word, expected) in [
            ("red", 0),
            ("7", number | HAS_DIGIT),
            (
                "\u{3000}-7.5e3\t",
                number | HAS_DIGIT | HAS_POINT | IS_PADDED,
            ),
            (".5", number | HAS_DIGIT | HAS_POINT),
            ("+5.", number | HAS_DIGIT | HAS_POINT),
            ("-inf", IS_NUMBER),
            ("NaN", IS_NUMBER | IS_MISSING),
            ("1e", HAS_DIGIT),
            ("12 kg", HAS_DIGIT),
            ("12E5", number | HAS_DIGIT | IS_EXPONENT),
            ("12e5", number | HAS_DIGIT),
            (
                "00501",
                number | HAS_DIGIT | HAS_LEADING_ZERO | STARTS_WITH_ZERO,
            ),
            ("0", number | HAS_DIGIT),
            ("01-a", HAS_DIGIT | STARTS_WITH_ZERO),
            ("202108", number | HAS_DIGIT | IS_COMPACT),
            ("2021082", number | HAS_DIGIT),
            ("N/A", IS_MISSING | HAS_SLASH),
            ("Nicht VERFÜGBAR", IS_MISSING),
            ("", IS_MISSING | IS_PADDED),
            ("  ", IS_MISSING | IS_PADDED),
            ("[a, b]", IS_BRACKETED | HAS_COMMA),
            ("(a;b)", IS_BRACKETED | HAS_SEMICOLON),
            ("{a|b}", IS_BRACKETED | HAS_BAR),
            ("[a)", 0),
            ("[", 0),
            ("é٣", HAS_DIGIT),
        ] {
            assert_eq!(flags(word), expected, "{word:?}");
        }
    }

    #[test]
    fn dates_of_zeros_are_no_dates() {
        for (text, expected) in [
            ("00000000", true),
            ("00000000000000", true),
            ("0000-00-00", true),
            ("00.00.0000", true),
            ("00/00/0000 00:00:00.000", true),
            ("0000-00-00T00:00", true),
            ("0000-00-00 ", false),
            ("0000000", false),
            ("0000-00-01", false),
            ("0000a00-00", false),
            ("00-0000-00", false),
            ("00000000 00:01", false),
            ("00", false),
        ] {
            assert_eq!(is_zero_date(text), expected, "{text}");
        }
    }

    #[test]
    fn the_longest_word_for_missing_is_known() {
        let longest = MISSING.iter().map(|word| word.chars().count()).max();
        assert_eq!(longest, Some(LONGEST_MISSING));
    }

    #[test]
    fn distinct_words_are_counted_in_order_of_appearance() {
        let texts = [
            "b",
            "a word that is long",
            "b",
            "",
            "a word that is long",
            "b",
        ];
        let counted = super::super::words(&texts, |words| {
            count_words(words, &Workers::default()).unwrap()
        });
        assert_eq!(counted.rows, [0, 1, 3]);
        assert_eq!(counted.counts, [3, 2, 1]);
        assert_eq!(counted.flags, [0, 0, IS_MISSING | IS_PADDED]);
    }
}
