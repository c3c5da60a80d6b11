//! Inference of the formats of a date column from all its values.

use std::collections::BTreeMap;

use super::formats::{Class, Field, Format};
use super::layouts::layouts;
use crate::encode::Words;

/// Sample size per round.
const SAMPLE: usize = 300;
/// Largest number of formats per column.
const MOST_FORMATS: usize = 8;
/// Number of rounds in which unread values propose further formats.
const ROUNDS: usize = 3;
/// Share of the rows that must be read.
const SHARE: f64 = 0.95;
/// Share of plausible values that is required if values have only digits.
const LIKELY: f64 = 0.95;
/// Smallest number of distinct months or weekdays in a column of names only.
const FEWEST_NAMES: usize = 4;

/// The order of day, month and year in formats of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
    /// Year, month, day.
    YearFirst,
}

impl Order {
    /// Return the order of a name: `dmy`, `mdy` or `ymd`.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "dmy" => Some(Self::DayFirst),
            "mdy" => Some(Self::MonthFirst),
            "ymd" => Some(Self::YearFirst),
            _ => None,
        }
    }
}

/// The formats of a column, in the order of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFormats {
    /// See [`Format`].
    pub formats: Vec<String>,
    /// The class of the values.
    pub class: Class,
    /// Whether day and month are ambiguous in every value.
    pub is_ambiguous: bool,
}

struct Candidate {
    text: String,
    format: Format,
    order: Option<Order>,
}

impl Candidate {
    fn new(text: &str) -> Option<Self> {
        let format = Format::new(text)?;
        let order = order_of(&format);
        Some(Self {
            text: text.to_owned(),
            format,
            order,
        })
    }
}

/// Return the formats of a column of distinct words, `None` unless 95 % of the rows are
/// dates, times or durations of one class.
///
/// `counts` has the number of rows of each word. If day and month are ambiguous in every
/// value, days come first with dots and dashes and months with slashes, unless `order` is
/// given.
pub fn find_formats(
    words: &Words<'_>,
    counts: &[u32],
    order: Option<Order>,
) -> Option<FoundFormats> {
    let n_rows: u64 = counts.iter().map(|&n| u64::from(n)).sum();
    let mut short = [0; 16];
    let sample: Vec<String> = spread(words.len())
        .filter_map(|row| words.get(row, &mut short).map(ToOwned::to_owned))
        .collect();
    if sample.is_empty() {
        return None;
    }
    // A few values suffice for nearly every column of words.
    let proposed = proposals(&sample, SHARE / 2.0)?;
    let class = commonest_class(&proposed, &sample)?;
    let orders = match order {
        Some(order) => vec![order],
        None => preferred_orders(&proposed),
    };
    let mut results: Vec<Cover> = orders
        .iter()
        .map(|&order| cover(words, counts, class, order, &proposed))
        .collect();
    let best = (0..results.len()).max_by_key(|&i| (results[i].n_rows, usize::MAX - i))?;
    let is_tie = |i: usize, kind: Order| {
        i != best
            && orders[i] == kind
            && results[i].n_ordered > 0
            && results[i].n_rows == results[best].n_rows
    };
    let swapped = match orders[best] {
        Order::DayFirst => Order::MonthFirst,
        Order::MonthFirst => Order::DayFirst,
        Order::YearFirst => Order::YearFirst,
    };
    let is_ambiguous = results[best].n_ordered > 0
        && !results[best].has_month_name
        && (0..results.len()).any(|i| is_tie(i, swapped));
    let best = results.swap_remove(best);
    let fits = best.n_rows as f64 >= SHARE * n_rows as f64 && best.n_rows > 0;
    if !fits || !is_plausible(&best, words, is_ambiguous, class) {
        return None;
    }
    let formats = best.formats.into_iter().map(|c| c.text).collect();
    Some(FoundFormats {
        formats,
        class,
        is_ambiguous,
    })
}

fn spread(n: usize) -> impl Iterator<Item = usize> {
    let step = n.div_ceil(SAMPLE).max(1);
    (0..n).step_by(step)
}

/// Return the formats proposed by sampled values, with their counts, `None` if less than a
/// share of the values propose one.
fn proposals(sample: &[String], share: f64) -> Option<BTreeMap<String, usize>> {
    let mut counts = BTreeMap::new();
    let least = share * sample.len() as f64;
    let mut n_possible = sample.len();
    for value in sample {
        let texts = layouts(value);
        if texts.is_empty() {
            n_possible -= 1;
            if (n_possible as f64) < least {
                return None;
            }
        }
        for text in texts {
            *counts.entry(text).or_insert(0) += 1;
        }
    }
    Some(counts)
}

fn commonest_class(proposed: &BTreeMap<String, usize>, sample: &[String]) -> Option<Class> {
    let formats: Vec<Format> = proposed.keys().filter_map(|t| Format::new(t)).collect();
    let mut counts: BTreeMap<Class, usize> = BTreeMap::new();
    for value in sample {
        let mut classes: Vec<Class> = formats
            .iter()
            .filter(|f| f.read(value).is_some())
            .map(Format::class)
            .collect();
        classes.sort_unstable();
        classes.dedup();
        for class in classes {
            *counts.entry(class).or_default() += 1;
        }
    }
    // If some values are no times of day, all are elapsed hours: 9:30, 30:15.
    let clocks = ["%h:%M", "%h:%M:%S"];
    if clocks.iter().any(|c| proposed.contains_key(*c)) {
        return Some(Class::Duration);
    }
    let best = counts
        .iter()
        .max_by_key(|(class, n)| (**n, std::cmp::Reverse(**class)))?;
    Some(*best.0)
}

fn order_of(format: &Format) -> Option<Order> {
    let day = format.place(Field::Day)?;
    let month = format
        .place(Field::Month)
        .or_else(|| format.place(Field::MonthName))?;
    if format.is_compact() {
        return None;
    }
    if let Some(year) = format.place(Field::ShortYear) {
        if format.has(Field::MonthName) {
            // "05-Jan-15" has the day or the year first.
            return Some(if year < day {
                Order::YearFirst
            } else {
                Order::DayFirst
            });
        }
        if year < day && year < month {
            return Some(Order::YearFirst);
        }
    }
    if format.has(Field::MonthName) {
        return None;
    }
    let year = format.place(Field::Year);
    if year.is_some_and(|y| y < day && y < month) {
        return None;
    }
    Some(if day < month {
        Order::DayFirst
    } else {
        Order::MonthFirst
    })
}

/// Return the orders to try, the most probable first.
fn preferred_orders(proposed: &BTreeMap<String, usize>) -> Vec<Order> {
    let n_slashes: usize = proposed
        .iter()
        .filter(|(text, _)| text.contains("%d/%m") || text.contains("%m/%d"))
        .map(|(_, n)| n)
        .sum();
    let n_others: usize = proposed
        .iter()
        .filter(|(text, _)| {
            ["%d-%m", "%m-%d", "%d.%m", "%m.%d", "%d %m", "%m %d"]
                .iter()
                .any(|part| text.contains(part))
                && !text.starts_with("%Y")
        })
        .map(|(_, n)| n)
        .sum();
    if n_slashes > n_others {
        vec![Order::MonthFirst, Order::DayFirst, Order::YearFirst]
    } else {
        vec![Order::DayFirst, Order::MonthFirst, Order::YearFirst]
    }
}

struct Cover {
    formats: Vec<Candidate>,
    n_rows: u64,
    /// Number of rows whose format allows another order.
    n_ordered: u64,
    has_month_name: bool,
}

/// Return the formats of one order that read the most values of the column.
fn cover(
    words: &Words<'_>,
    counts: &[u32],
    class: Class,
    order: Order,
    proposed: &BTreeMap<String, usize>,
) -> Cover {
    let mut chosen: Vec<Candidate> = Vec::new();
    let mut proposed = proposed.clone();
    let mut short = [0; 16];
    let mut result = (0, 0);
    for round in 0..ROUNDS {
        let n_chosen = chosen.len();
        let mut ranked: Vec<(&String, &usize)> = proposed.iter().collect();
        ranked.sort_by_key(|(text, n)| (std::cmp::Reverse(**n), text.len(), (*text).clone()));
        for (text, _) in ranked {
            let is_new = chosen.iter().all(|c| c.text != *text);
            if let (true, Some(candidate)) = (is_new, Candidate::new(text))
                && candidate.format.class() == class
                && chosen.len() < MOST_FORMATS
                && candidate
                    .order
                    .is_none_or(|o| fits(o, order, &candidate.format))
            {
                chosen.push(candidate);
            }
        }
        if round > 0 && chosen.len() == n_chosen {
            break;
        }
        let mut unread: Vec<String> = Vec::new();
        let mut used = vec![0_u64; chosen.len()];
        for (row, &n) in counts.iter().enumerate() {
            let Some(word) = words.get(row, &mut short) else {
                continue;
            };
            match chosen.iter().position(|c| c.format.read(word).is_some()) {
                Some(place) => used[place] += u64::from(n),
                None if unread.len() < SAMPLE => unread.push(word.to_owned()),
                None => {}
            }
        }
        let n_rows = used.iter().sum();
        let n_ordered = chosen
            .iter()
            .zip(&used)
            .filter(|(c, _)| c.order.is_some())
            .map(|(_, n)| n)
            .sum();
        result = (n_rows, n_ordered);
        let mut kept = used.iter().map(|&n| n > 0);
        chosen.retain(|_| kept.next().unwrap_or(false));
        if round + 1 == ROUNDS || chosen.len() >= MOST_FORMATS {
            break;
        }
        proposed = proposals(&unread, 0.0).unwrap_or_default();
    }
    let has_month_name = chosen.iter().all(|c| c.format.has(Field::MonthName));
    Cover {
        formats: chosen,
        n_rows: result.0,
        n_ordered: result.1,
        has_month_name,
    }
}

/// Return whether formats of an order are compatible with the chosen order.
fn fits(order: Order, chosen: Order, format: &Format) -> bool {
    let is_named = format.has(Field::MonthName);
    order == chosen || (is_named && order == Order::DayFirst && chosen == Order::MonthFirst)
}

/// Return whether the values are dates, not codes that happen to match a format.
fn is_plausible(cover: &Cover, words: &Words<'_>, is_ambiguous: bool, class: Class) -> bool {
    let mut short = [0; 16];
    let mut n_read = 0;
    let mut n_likely = 0;
    let mut distinct = std::collections::BTreeSet::new();
    for row in 0..words.len() {
        let Some(word) = words.get(row, &mut short) else {
            continue;
        };
        let Some((candidate, reading)) = cover
            .formats
            .iter()
            .find_map(|c| c.format.read(word).map(|reading| (c, reading)))
        else {
            continue;
        };
        n_read += 1;
        n_likely += usize::from(is_likely(candidate, word, reading.value, is_ambiguous));
        if distinct.len() < FEWEST_NAMES {
            distinct.insert(reading.value);
        }
    }
    let fewest = match class {
        Class::Month | Class::Weekday => FEWEST_NAMES,
        _ => 1,
    };
    distinct.len() >= fewest && n_likely as f64 >= LIKELY * f64::from(n_read)
}

/// Return whether a value of digits, without a name or a clock, is a plausible date.
fn is_likely(candidate: &Candidate, word: &str, value: i64, is_ambiguous: bool) -> bool {
    let format = &candidate.format;
    if format.class() != Class::Moment || format.has(Field::MonthName) {
        return true;
    }
    // Version numbers such as 1.10.12 are not dates.
    if is_ambiguous && format.has(Field::ShortYear) && candidate.text.contains('.') {
        return word.trim().len() >= 8;
    }
    let is_code_like = (format.is_compact() && !candidate.text.contains('T'))
        || !(format.has(Field::Day) || format.has(Field::Week) || format.has(Field::Quarter));
    let year = 1970 + value.div_euclid(31_556_952_000_000);
    !is_code_like || (1800..2200).contains(&year)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn find(texts: &[&str]) -> Option<FoundFormats> {
        let counts = vec![1; texts.len()];
        super::super::words(texts, |words| find_formats(words, &counts, None))
    }

    #[test]
    fn all_values_decide_between_day_and_month() {
        let column = find(&["03/04/2020", "05/06/2020"]).unwrap();
        assert_eq!(
            (column.formats, column.is_ambiguous),
            (vec!["%m/%d/%Y".to_owned()], true)
        );
        let column = find(&["03/04/2020", "25/06/2020"]).unwrap();
        assert_eq!(
            (column.formats, column.is_ambiguous),
            (vec!["%d/%m/%Y".to_owned()], false)
        );
        let column = find(&["03.04.20", "05.06.21"]).unwrap();
        assert_eq!(
            (column.formats, column.is_ambiguous),
            (vec!["%d.%m.%y".to_owned()], true)
        );
        let column = find(&["98-01-31", "97-02-28"]).unwrap();
        assert_eq!(
            (column.formats, column.is_ambiguous),
            (vec!["%y-%m-%d".to_owned()], false)
        );
    }

    #[test]
    fn an_order_may_be_told() {
        let texts = ["03/04/2020", "05/06/2020"];
        let column = super::super::words(&texts, |words| {
            find_formats(words, &[1, 1], Some(Order::DayFirst))
        })
        .unwrap();
        assert_eq!(
            (column.formats, column.is_ambiguous),
            (vec!["%d/%m/%Y".to_owned()], false)
        );
    }

    #[test]
    fn a_column_may_have_several_formats_of_one_class() {
        let column = find(&["2020-01-02", "2020-01-02 10:00:00", "2020-03-04"]).unwrap();
        assert_eq!(column.formats, ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S"]);
        let column = find(&["9:30", "30:15"]).unwrap();
        assert_eq!(
            (column.formats, column.class),
            (vec!["%h:%M".to_owned()], Class::Duration)
        );
    }

    #[test]
    fn codes_are_no_dates() {
        for texts in [
            &["1.10.12", "2.3.14", "1.2.10"][..],
            &["99999999", "12345678", "20210101"],
            &["Mai", "April"],
            &["10-220", "10-330"],
            &["unknown", "2020-01-01"],
        ] {
            assert_eq!(find(texts), None, "{texts:?}");
        }
    }
}
