//! Formats of dates, times and durations: one closed grammar, checked and applied.
//!
//! | directive | reads |
//! |---|---|
//! | `%Y`, `%y` | year of four or two digits; two are 1969 to 2068 |
//! | `%m`, `%b` | month as a number or a name |
//! | `%d`, `%j` | day of the month, perhaps with an ordinal ending; of the year, three digits |
//! | `%a` | name of the weekday, which is not compared with the date |
//! | `%H`, `%I`, `%p` | hour of 24 or of 12, and AM or PM |
//! | `%M`, `%S` | minute; second, perhaps with a fraction |
//! | `%z` | `Z`, an offset such as `+01:00`, or a common name; perhaps a comment behind it |
//! | `%G`, `%V`, `%u` | year, week and weekday of ISO 8601 |
//! | `%q`, `%s` | quarter; half of the year |
//! | `%h` | hours that have passed, any number |
//! | `%D` | a duration |
//!
//! A blank matches one or more blanks, and words match in any case.

use super::calendar::{DAY, day_of, day_of_week, day_of_year};
use super::{durations, names};
use crate::Error;
use crate::encode::Words;

/// Largest number of characters of a format.
const LONGEST_FORMAT: usize = 64;
/// Largest number of bytes of a value.
const LONGEST_VALUE: usize = 100;
const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = 60_000_000;

/// Words that are allowed between the fields of a format.
const LITERAL_WORDS: [&str; 25] = [
    "T",
    "h",
    "H",
    "M",
    "Q",
    "W",
    "KW",
    "CW",
    "S",
    "Uhr",
    "de",
    "del",
    "di",
    "of",
    "at",
    "um",
    "week",
    "quarter",
    "quartal",
    "trimestre",
    "trimester",
    "hrs",
    "年",
    "月",
    "日",
];
const LITERAL_MARKS: &str = " -/.,:'_";

/// The class of a format's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A date, a period's first day, or a date with time: microseconds since 1970.
    Moment,
    /// A time of day: microseconds since midnight.
    Time,
    /// The name of a month: 1 to 12.
    Month,
    /// The name of a weekday: 1 (Monday) to 7.
    Weekday,
    /// A duration in microseconds.
    Duration,
}

impl Class {
    /// Return the class's name in Python.
    pub fn name(self) -> &'static str {
        match self {
            Self::Moment => "moment",
            Self::Time => "time",
            Self::Month => "month",
            Self::Weekday => "weekday",
            Self::Duration => "duration",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    DayOfYear,
    WeekdayName,
    Hour,
    HalfDayHour,
    HalfDay,
    Minute,
    Second,
    Zone,
    WeekYear,
    Week,
    WeekDay,
    Quarter,
    Half,
    Elapsed,
    Duration,
}

impl Field {
    fn of_letter(letter: char) -> Option<Self> {
        Some(match letter {
            'Y' => Self::Year,
            'y' => Self::ShortYear,
            'm' => Self::Month,
            'b' => Self::MonthName,
            'd' => Self::Day,
            'j' => Self::DayOfYear,
            'a' => Self::WeekdayName,
            'H' => Self::Hour,
            'I' => Self::HalfDayHour,
            'p' => Self::HalfDay,
            'M' => Self::Minute,
            'S' => Self::Second,
            'z' => Self::Zone,
            'G' => Self::WeekYear,
            'V' => Self::Week,
            'u' => Self::WeekDay,
            'q' => Self::Quarter,
            's' => Self::Half,
            'h' => Self::Elapsed,
            'D' => Self::Duration,
            _ => return None,
        })
    }

    /// Return the smallest and largest number of digits, `None` if the field is not only
    /// digits.
    fn digits(self) -> Option<(usize, usize)> {
        Some(match self {
            Self::Year | Self::WeekYear => (4, 4),
            Self::DayOfYear => (3, 3),
            Self::ShortYear | Self::Minute | Self::Second => (2, 2),
            Self::Month | Self::Day | Self::Hour | Self::HalfDayHour | Self::Week => (1, 2),
            Self::WeekDay | Self::Quarter | Self::Half => (1, 1),
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Field(Field),
    /// A field of digits next to another one, which has its full width.
    Fixed(Field, usize),
    Blank,
    Mark(u8),
    Word(&'static str),
}

/// A checked format.
#[derive(Debug, Clone)]
pub struct Format {
    items: Vec<Item>,
    class: Class,
    has_month_name: bool,
}

/// A value that a format has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// See [`Class`]; local time if there is an offset.
    pub value: i64,
    /// The offset from UTC in minutes, if there is one.
    pub offset: Option<i32>,
}

impl Format {
    /// Return a checked format, `None` if it does not follow the grammar.
    pub fn new(text: &str) -> Option<Self> {
        if text.len() > LONGEST_FORMAT {
            return None;
        }
        let mut items = Vec::new();
        let mut fields = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if first == '%' {
                let field = Field::of_letter(rest[1..].chars().next()?)?;
                if fields.contains(&field) {
                    return None;
                }
                fields.push(field);
                items.push(Item::Field(field));
                rest = &rest[2..];
            } else if first.is_alphabetic() {
                let end = rest
                    .find(|c: char| !c.is_alphabetic())
                    .unwrap_or(rest.len());
                items.push(Item::Word(literal_word(&rest[..end])?));
                rest = &rest[end..];
            } else {
                if !LITERAL_MARKS.contains(first) {
                    return None;
                }
                items.push(match first {
                    ' ' => Item::Blank,
                    _ => Item::Mark(first as u8),
                });
                rest = &rest[1..];
            }
        }
        let class = class_of(&fields)?;
        fix_widths(&mut items);
        let has_month_name = fields.contains(&Field::MonthName);
        Some(Self {
            items,
            class,
            has_month_name,
        })
    }

    /// Return the class of its values.
    pub fn class(&self) -> Class {
        self.class
    }

    /// Return whether it has a field.
    pub(super) fn has(&self, field: Field) -> bool {
        self.place(field).is_some()
    }

    /// Return the index of a field among the items.
    pub(super) fn place(&self, field: Field) -> Option<usize> {
        self.items.iter().position(|item| match item {
            Item::Field(f) | Item::Fixed(f, _) => *f == field,
            _ => false,
        })
    }

    /// Return whether two fields of digits are adjacent.
    pub(super) fn is_compact(&self) -> bool {
        self.items.iter().any(|i| matches!(i, Item::Fixed(..)))
    }

    /// Return the reading of a value, `None` if it does not match.
    pub fn read(&self, text: &str) -> Option<Reading> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST_VALUE {
            return None;
        }
        if self.items == [Item::Field(Field::Duration)] {
            let (value, _) = durations::read(text)?;
            return Some(Reading {
                value,
                offset: None,
            });
        }
        if self.class == Class::Duration {
            let value = durations::read_clock(text)?;
            return Some(Reading {
                value,
                offset: None,
            });
        }
        let mut fields = Fields::default();
        let mut rest = text;
        for item in &self.items {
            rest = self.read_item(item, rest, &mut fields)?;
        }
        if !rest.is_empty() {
            return None;
        }
        fields.value(self.class)
    }

    fn read_item<'a>(&self, item: &Item, text: &'a str, out: &mut Fields) -> Option<&'a str> {
        match item {
            Item::Blank => {
                let rest = text.trim_start();
                (rest.len() < text.len()).then_some(rest)
            }
            Item::Mark(mark) => (*text.as_bytes().first()? == *mark).then(|| &text[1..]),
            Item::Word(word) => {
                let start = text.get(..word.len())?;
                let same = start.eq_ignore_ascii_case(word);
                same.then(|| &text[word.len()..])
            }
            Item::Fixed(field, width) => {
                let (number, rest) = digits(text, *width, *width)?;
                out.set(*field, number);
                Some(rest)
            }
            Item::Field(field) => self.read_field(*field, text, out),
        }
    }

    fn read_field<'a>(&self, field: Field, text: &'a str, out: &mut Fields) -> Option<&'a str> {
        if let Some((least, most)) = field.digits() {
            let (number, mut rest) = digits(text, least, most)?;
            out.set(field, number);
            if field == Field::Second {
                (out.micros, rest) = fraction(rest)?;
            }
            if field == Field::Day && self.has_month_name {
                rest = without_ordinal(rest);
            }
            return Some(rest);
        }
        match field {
            Field::MonthName => {
                let (word, rest) = name(text);
                out.month = Some(names::month(word)?);
                Some(rest)
            }
            Field::WeekdayName => {
                let (word, rest) = name(text);
                out.weekday = Some(names::weekday(word)?);
                Some(rest)
            }
            Field::HalfDay => {
                let (is_afternoon, rest) = half_day(text)?;
                out.is_afternoon = Some(is_afternoon);
                Some(rest)
            }
            Field::Zone => {
                let (offset, rest) = zone(text)?;
                out.offset = Some(offset);
                Some(rest)
            }
            _ => None,
        }
    }
}

/// The fields of one value.
#[derive(Debug, Default)]
struct Fields {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    weekday: Option<i64>,
    hour: Option<i64>,
    is_afternoon: Option<bool>,
    minute: i64,
    second: i64,
    micros: i64,
    offset: Option<i32>,
    week: Option<i64>,
    quarter: Option<i64>,
    half: Option<i64>,
}

impl Fields {
    fn set(&mut self, field: Field, number: i64) {
        match field {
            Field::Year | Field::WeekYear => self.year = Some(number),
            // As in POSIX: 69 is 1969, 68 is 2068.
            Field::ShortYear => {
                self.year = Some(number + if number < 69 { 2000 } else { 1900 });
            }
            Field::Month => self.month = Some(number),
            Field::Day => self.day = Some(number),
            Field::DayOfYear => self.day_of_year = Some(number),
            Field::Hour | Field::HalfDayHour => self.hour = Some(number),
            Field::Minute => self.minute = number,
            Field::Second => self.second = number,
            Field::Week => self.week = Some(number),
            Field::WeekDay => self.weekday = Some(number),
            Field::Quarter => self.quarter = Some(number),
            Field::Half => self.half = Some(number),
            _ => {}
        }
    }

    fn value(&self, class: Class) -> Option<Reading> {
        let value = match class {
            Class::Month => self.month?,
            Class::Weekday => self.weekday?,
            Class::Time => self.clock()?,
            Class::Moment => self.date()? * DAY + self.clock()?,
            Class::Duration => return None,
        };
        Some(Reading {
            value,
            offset: self.offset,
        })
    }

    fn clock(&self) -> Option<i64> {
        let hour = match (self.hour, self.is_afternoon) {
            (None, _) => return Some(0),
            // Some programs write "13:05 PM" for 13:05.
            (Some(hour), None) | (Some(hour @ 13..=23), Some(true)) => hour,
            (Some(hour @ 1..=12), Some(is_afternoon)) => hour % 12 + 12 * i64::from(is_afternoon),
            (Some(_), Some(_)) => return None,
        };
        // A leap second becomes the last second; 24:00 is the next midnight.
        if self.minute > 59 || self.second > 60 {
            return None;
        }
        let rest = self.minute * MINUTE + self.second.min(59) * 1_000_000 + self.micros;
        if hour > 24 || (hour == 24 && rest > 0) {
            return None;
        }
        Some(hour * HOUR + rest)
    }

    fn date(&self) -> Option<i64> {
        let year = self.year?;
        if let Some(week) = self.week {
            return day_of_week(year, week, self.weekday.unwrap_or(1));
        }
        if let Some(number) = self.day_of_year {
            return day_of_year(year, number);
        }
        if let Some(quarter) = self.quarter {
            return day_of(year, first_month(quarter, 4)?, 1);
        }
        if let Some(half) = self.half {
            return day_of(year, first_month(half, 2)?, 1);
        }
        day_of(year, self.month?, self.day.unwrap_or(1))
    }
}

fn first_month(period: i64, n_periods: i64) -> Option<i64> {
    (1..=n_periods)
        .contains(&period)
        .then(|| 12 / n_periods * (period - 1) + 1)
}

/// Return the class of formats with these fields, `None` if they determine no value.
fn class_of(fields: &[Field]) -> Option<Class> {
    use Field::{
        Day, DayOfYear, Duration, Elapsed, Half, HalfDay, HalfDayHour, Hour, Minute, Month,
        MonthName, Quarter, Second, ShortYear, Week, WeekDay, WeekYear, WeekdayName, Year, Zone,
    };
    let has = |field| fields.contains(&field);
    let without = |allowed: &[Field]| fields.iter().all(|f| allowed.contains(f));
    if has(Duration) {
        return (fields.len() == 1).then_some(Class::Duration);
    }
    if has(Elapsed) {
        let fits = has(Minute) && without(&[Elapsed, Minute, Second]);
        return fits.then_some(Class::Duration);
    }
    if fields == [MonthName] {
        return Some(Class::Month);
    }
    if fields == [WeekdayName] {
        return Some(Class::Weekday);
    }
    let clock = [Hour, HalfDayHour, HalfDay, Minute, Second, Zone];
    let has_clock = fields.iter().any(|f| clock.contains(f));
    if has_clock {
        let hour_fits = has(Hour) != has(HalfDayHour);
        // An hour of 12 needs AM or PM; an hour of 24 may have it.
        let half_fits = !has(HalfDayHour) || has(HalfDay);
        let minute_fits = has(Minute) || (has(HalfDay) && !has(Second));
        if !(hour_fits && half_fits && minute_fits) {
            return None;
        }
    }
    let date: Vec<Field> = fields
        .iter()
        .copied()
        .filter(|f| !clock.contains(f))
        .collect();
    if date.is_empty() {
        return (has_clock && !has(Zone)).then_some(Class::Time);
    }
    let of_date = |allowed: &[Field]| date.iter().all(|f| allowed.contains(f));
    let has_year = has(Year) != has(ShortYear);
    let has_month = has(Month) != has(MonthName);
    let is_day = (has_year
        && has_month
        && has(Day)
        && of_date(&[Year, ShortYear, Month, MonthName, Day, WeekdayName]))
        || (has(Year) && has(DayOfYear) && date.len() == 2);
    if is_day {
        return Some(Class::Moment);
    }
    let is_period = (has_year && has_month && date.len() == 2)
        || (has_year && has(Quarter) && date.len() == 2)
        || (has_year && has(Half) && date.len() == 2)
        || (has(WeekYear) && has(Week) && of_date(&[WeekYear, Week, WeekDay]));
    (is_period && !has_clock).then_some(Class::Moment)
}

fn fix_widths(items: &mut [Item]) {
    let is_digits: Vec<bool> = items
        .iter()
        .map(|i| matches!(i, Item::Field(f) if f.digits().is_some()))
        .collect();
    for (place, item) in items.iter_mut().enumerate() {
        let beside = (place > 0 && is_digits[place - 1])
            || is_digits.get(place + 1).copied().unwrap_or(false);
        if let Item::Field(field) = item
            && let (Some((_, most)), true) = (field.digits(), beside)
        {
            *item = Item::Fixed(*field, most);
        }
    }
}

pub(super) fn literal_word(word: &str) -> Option<&'static str> {
    let exact = LITERAL_WORDS.into_iter().find(|known| *known == word);
    exact.or_else(|| {
        LITERAL_WORDS
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(word))
    })
}

pub(super) fn is_literal_mark(mark: char) -> bool {
    LITERAL_MARKS.contains(mark)
}

fn digits(text: &str, least: usize, most: usize) -> Option<(i64, &str)> {
    let bytes = text.as_bytes();
    let mut number = 0;
    let mut n = 0;
    while n < most && n < bytes.len() && bytes[n].is_ascii_digit() {
        number = 10 * number + i64::from(bytes[n] - b'0');
        n += 1;
    }
    (n >= least).then(|| (number, &text[n..]))
}

/// Return an optional fraction of a second, in microseconds, rounded down.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let bytes = text.as_bytes();
    let has_fraction =
        matches!(bytes.first(), Some(b'.' | b',')) && bytes.get(1).is_some_and(u8::is_ascii_digit);
    if !has_fraction {
        return Some((0, text));
    }
    let n = bytes[1..].iter().take_while(|b| b.is_ascii_digit()).count();
    if n > 9 {
        return None;
    }
    let micros = bytes[1..=n]
        .iter()
        .chain(b"000000")
        .take(6)
        .fold(0, |sum, &b| 10 * sum + i64::from(b - b'0'));
    Some((micros, &text[n + 1..]))
}

fn without_ordinal(text: &str) -> &str {
    for ending in ["st", "nd", "rd", "th", "er", "º", "ª", "°"] {
        if let Some(start) = text.get(..ending.len())
            && start.eq_ignore_ascii_case(ending)
        {
            let rest = &text[ending.len()..];
            // "5th", not the start of a month such as in "5Sept".
            if !rest.starts_with(char::is_alphabetic) {
                return rest;
            }
        }
    }
    text
}

/// Return a run of letters, and the text after it and after the point of an abbreviation.
pub(super) fn name(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if let Some(behind) = rest.strip_prefix('.')
        && (behind.is_empty() || behind.starts_with(|c: char| c.is_whitespace() || c == ','))
    {
        return (word, behind);
    }
    (word, rest)
}

pub(super) fn half_day(text: &str) -> Option<(bool, &str)> {
    let (first, rest) = text.split_at_checked(1)?;
    let is_afternoon = match first {
        "a" | "A" => false,
        "p" | "P" => true,
        _ => return None,
    };
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let inner = rest.trim_start();
    let rest = inner.strip_prefix(['m', 'M'])?;
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    (!rest.starts_with(char::is_alphanumeric)).then_some((is_afternoon, rest))
}

/// Offsets in minutes of the zone names in RFC 822 and common programs.
const ZONES: [(&str, i32); 18] = [
    ("Z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("UT", 0),
    ("WET", 0),
    ("WEST", 60),
    ("BST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("EET", 120),
    ("EEST", 180),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
];

pub(super) fn zone(text: &str) -> Option<(i32, &str)> {
    let (word, behind) = {
        let end = text
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(text.len());
        text.split_at(end)
    };
    let named = if word.is_empty() {
        None
    } else if word.eq_ignore_ascii_case("PDT") {
        Some(-420)
    } else {
        let zone = ZONES.iter().find(|(n, _)| n.eq_ignore_ascii_case(word));
        Some(zone?.1)
    };
    let (offset, rest) = match (named, signed_offset(behind)) {
        (Some(0) | None, Some((offset, rest))) => (offset, rest),
        (Some(offset), None) => (offset, behind),
        _ => return None,
    };
    Some((offset, without_comment(rest)?))
}

fn signed_offset(text: &str) -> Option<(i32, &str)> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' | '\u{2212}' => -1,
        _ => return None,
    };
    let text = text.trim_start_matches(['+', '-', '\u{2212}']);
    let (hours, rest) = digits(text, 2, 2)?;
    let (minutes, rest) = match rest.strip_prefix(':') {
        Some(rest) => digits(rest, 2, 2)?,
        None => digits(rest, 2, 2).unwrap_or((0, rest)),
    };
    if hours > 15 || minutes > 59 || rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some((sign * (60 * hours + minutes) as i32, rest))
}

/// Return the text after "(Central European Time)" or "[Europe/Berlin]", which may follow
/// an offset.
fn without_comment(text: &str) -> Option<&str> {
    let trimmed = text.trim_start();
    for (open, close) in [('(', ')'), ('[', ']')] {
        if trimmed.starts_with(open) {
            return trimmed.split_once(close).map(|(_, rest)| rest);
        }
    }
    Some(text)
}

/// Return the value and the offset in minutes of each word, read by the first format that
/// matches.
///
/// Words that no format reads, and missing words, have the smallest integer as both.
///
/// # Errors
/// If a format does not follow the grammar.
pub fn read_moments(words: &Words<'_>, formats: &[&str]) -> Result<(Vec<i64>, Vec<i32>), Error> {
    let formats = formats
        .iter()
        .map(|text| {
            Format::new(text).ok_or_else(|| Error::value(format!("{text:?} is not a format.")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut short = [0; 16];
    let read = |row| {
        let word = words.get(row, &mut short)?;
        formats.iter().find_map(|format| format.read(word))
    };
    let pairs = (0..words.len()).map(read).map(|reading| match reading {
        Some(reading) => (reading.value, reading.offset.unwrap_or(i32::MIN)),
        None => (i64::MIN, i32::MIN),
    });
    Ok(pairs.unzip())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn read(format: &str, text: &str) -> Option<i64> {
        Format::new(format).unwrap().read(text).map(|r| r.value)
    }

    #[expect(clippy::unnecessary_wraps, reason = "a reading is compared with it")]
    fn at(year: i64, month: i64, day: i64, seconds: i64) -> Option<i64> {
        Some(day_of(year, month, day).unwrap() * DAY + seconds * 1_000_000)
    }

    #[test]
    fn dates_are_read_by_their_format_only() {
        assert_eq!(read("%d-%b-%y", "05-Jan-15"), at(2015, 1, 5, 0));
        assert_eq!(read("%d%b%Y", "05Jan2015"), at(2015, 1, 5, 0));
        assert_eq!(read("%d.%m.%y", "5.1.69"), at(1969, 1, 5, 0));
        assert_eq!(
            read("%Y%m%dT%H%M%S", "20141013T235958"),
            at(2014, 10, 13, 86_398)
        );
        assert_eq!(read("%Y-%m", "2021-08"), at(2021, 8, 1, 0));
        assert_eq!(read("%Y-Q%q", "2021-q3"), at(2021, 7, 1, 0));
        assert_eq!(read("%G-W%V-%u", "2020-W53-5"), at(2021, 1, 1, 0));
        assert_eq!(read("%d. %b %Y", "1.  März 2020"), at(2020, 3, 1, 0));
        assert_eq!(read("%b %d, %Y", "Sept. 3rd, 2020"), at(2020, 9, 3, 0));
        assert_eq!(read("%a, %d %b %Y", "Mo., 5 Jan 2015"), at(2015, 1, 5, 0));
        for (format, text) in [
            ("%d.%m.%Y", "31.02.2020"),
            ("%d.%m.%Y", "1.2.20"),
            ("%d.%m.%Y", "1.2.2020 10:00"),
            ("%Y-%m-%d", "2020-1-32"),
            ("%d%b%Y", "05Jon2015"),
            ("%Y%m%d", "2020101"),
        ] {
            assert_eq!(read(format, text), None, "{format} {text}");
        }
    }

    #[test]
    fn clocks_have_halves_fractions_and_offsets() {
        assert_eq!(read("%I:%M %p", "12:05 a.m."), Some(5 * MINUTE));
        assert_eq!(
            read("%I:%M:%S%p", "1:05:09pm"),
            Some(13 * HOUR + 5 * MINUTE + 9_000_000)
        );
        assert_eq!(read("%H:%M:%S", "10:00:00,25"), Some(10 * HOUR + 250_000));
        assert_eq!(read("%H:%M", "24:00"), Some(24 * HOUR));
        assert_eq!(read("%H:%M", "24:01"), None);
        assert_eq!(read("%I:%M %p", "0:05 am"), None);
        let format = Format::new("%Y-%m-%dT%H:%M:%S%z").unwrap();
        for (zone, offset) in [
            ("Z", 0),
            ("+02:00", 120),
            ("-0530", -330),
            ("+01", 60),
            ("CEST", 120),
            ("GMT+0100 (Central European Standard Time)", 60),
            ("+01:00[Europe/Berlin]", 60),
        ] {
            let reading = format.read(&format!("2020-07-01T10:00:00{zone}")).unwrap();
            assert_eq!(Some(reading.value), at(2020, 7, 1, 36_000));
            assert_eq!(reading.offset, Some(offset), "{zone}");
        }
        assert_eq!(format.read("2020-07-01T10:00:00"), None);
    }

    #[test]
    fn what_is_not_of_the_grammar_is_no_format() {
        for text in [
            "",
            "%",
            "%Q",
            "%d",
            "%Y",
            "%d.%m",
            "%d.%m.%Y.%Y",
            "%Y-%m-%d x",
            "%H",
            "%I:%M",
            "%H:%I:%M %p",
            "%Y-%m %H:%M",
            "%D %H:%M",
            "%h",
            "%H:%M%z",
            "%é",
            "%Y\0%m",
        ] {
            assert!(Format::new(text).is_none(), "{text:?}");
        }
        assert!(Format::new(&"%Y-%m-%d ".repeat(9)).is_none());
    }

    #[test]
    fn values_of_any_bytes_are_refused_not_feared() {
        let format = Format::new("%a %d %b %Y %I:%M %p %z").unwrap();
        for text in [
            "é",
            "Mo é",
            "5º",
            "\u{2212}",
            "Mo 5 Jan 2015 1:00 é",
            "Mo 5 Jan 2015 1:00 a",
        ] {
            assert_eq!(format.read(text), None);
        }
    }

    #[test]
    fn a_column_is_read_by_the_first_format_that_fits() {
        let texts = ["2020-01-02", "unknown", "2020-01-02 00:00:01+01:00"];
        let (values, offsets) = super::super::words(&texts, |words| {
            read_moments(words, &["%Y-%m-%d", "%Y-%m-%d %H:%M:%S%z"]).unwrap()
        });
        let day = at(2020, 1, 2, 0).unwrap();
        assert_eq!(values, [day, i64::MIN, day + 1_000_000]);
        assert_eq!(offsets, [i32::MIN, i32::MIN, 60]);
    }
}
