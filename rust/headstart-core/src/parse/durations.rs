//! Durations: formats of pandas and Python, ISO 8601, and numbers with units.

use super::calendar::DAY;

const SECOND: f64 = 1e6;

/// Return a duration in microseconds, with a flag for several components.
pub(super) fn read(text: &str) -> Option<(i64, bool)> {
    let text = text.trim();
    let (sign, rest) = signed(text);
    if rest.starts_with(['P', 'p']) {
        let micros = of_iso(&rest[1..])?;
        return Some((sign * micros, true));
    }
    of_units(sign, rest)
}

/// Return elapsed time of hours, minutes and optional seconds, in microseconds.
pub(super) fn read_clock(text: &str) -> Option<i64> {
    let (sign, rest) = signed(text);
    let mut fields = rest.split(':');
    let hours = whole(fields.next()?, 1, 6)?;
    let minutes = whole(fields.next()?, 2, 2)?;
    let seconds = match fields.next() {
        Some(text) => seconds(text)?,
        None => 0,
    };
    if fields.next().is_some() || minutes > 59 || seconds >= 60_000_000 {
        return None;
    }
    Some(sign * (hours * 3_600_000_000 + minutes * 60_000_000 + seconds))
}

fn signed(text: &str) -> (i64, &str) {
    match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (-1, rest.trim_start()),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn whole(text: &str, least: usize, most: usize) -> Option<i64> {
    let fits = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// Return seconds of two digits with a fraction, in microseconds.
fn seconds(text: &str) -> Option<i64> {
    let (whole_part, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let whole_part = whole(whole_part, 2, 2)?;
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: f64 = format!("0.{fraction}").parse().ok()?;
    Some(whole_part * 1_000_000 + (fraction * SECOND).round() as i64)
}

fn of_iso(text: &str) -> Option<i64> {
    let (days, time) = match text.split_once(['T', 't']) {
        Some((days, time)) if !time.is_empty() => (days, time),
        Some(_) => return None,
        None => (text, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    // Years and months have no fixed length, and are not durations in seconds.
    let days = components(days, &[('W', 7.0 * 86_400.0), ('D', 86_400.0)])?;
    let time = components(time, &[('H', 3_600.0), ('M', 60.0), ('S', 1.0)])?;
    to_micros(days + time)
}

fn components(text: &str, units: &[(char, f64)]) -> Option<f64> {
    let mut rest = text;
    let mut total = 0.0;
    let mut units = units.iter();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let number: f64 = decimal(&rest[..end])?;
        let letter = rest[end..].chars().next()?.to_ascii_uppercase();
        // In decreasing order, each at most once.
        let (_, length) = units.find(|(unit, _)| *unit == letter)?;
        total += number * length;
        rest = &rest[end + 1..];
    }
    Some(total)
}

fn of_units(sign: i64, text: &str) -> Option<(i64, bool)> {
    let mut rest = text;
    let mut total = 0.0;
    let mut n_units = 0;
    let mut has_days = false;
    while let Some((number, after)) = leading_number(rest) {
        let after = after.trim_start();
        let end = after
            .find(|c: char| !(c.is_alphabetic() || c == 'µ'))
            .unwrap_or(after.len());
        let Some(length) = unit(&after[..end]) else {
            break;
        };
        has_days |= length == 86_400.0;
        total += number * length;
        n_units += 1;
        rest = after[end..].trim_start_matches(['.', ',']).trim_start();
        rest = rest.strip_prefix("and ").unwrap_or(rest);
    }
    if n_units == 0 {
        return None;
    }
    let mut micros = sign * to_micros(total)?;
    if !rest.is_empty() {
        // "-1 days +23:00:00" is minus one hour: the sign applies to the days.
        let clock = read_clock(rest)?;
        if !has_days || n_units > 1 {
            return None;
        }
        micros = micros.checked_add(clock)?;
        n_units += 1;
    }
    Some((micros, n_units > 1 || has_days && text.contains("day")))
}

fn leading_number(text: &str) -> Option<(f64, &str)> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    Some((decimal(&text[..end])?, &text[end..]))
}

fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.is_empty() || text.len() > 18 || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    text.replace(',', ".").parse().ok()
}

fn unit(word: &str) -> Option<f64> {
    Some(match word.to_lowercase().as_str() {
        "w" | "wk" | "wks" | "week" | "weeks" => 604_800.0,
        "d" | "day" | "days" => 86_400.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "ms" => 1e-3,
        "us" | "µs" => 1e-6,
        "ns" => 1e-9,
        _ => return None,
    })
}

fn to_micros(seconds: f64) -> Option<i64> {
    let micros = (seconds * SECOND).round();
    // A million years, far below the limit of 64 bits.
    (micros.abs() <= 366e6 * DAY as f64 / 1e3).then_some(micros as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_they_are_written() {
        let hour = 3_600_000_000;
        for (text, micros) in [
            ("1 days 02:03:04.500000", 26 * hour + 184_500_000),
            ("-1 days +23:00:00", -hour),
            ("-1 day, 23:00:00", -hour),
            ("0 days 00:00:00", 0),
            ("3 days", 72 * hour),
            ("P1DT2H", 26 * hour),
            ("PT0.5S", 500_000),
            ("-PT1H30M", -hour * 3 / 2),
            ("P2W", 336 * hour),
            ("1h 30m", hour * 3 / 2),
            ("2 h 5 min", 2 * hour + 300_000_000),
            ("1d2h", 26 * hour),
        ] {
            assert_eq!(read(text), Some((micros, true)), "{text}");
        }
        for text in [
            "", "P", "PT", "5", "m5", "P1Y", "1 day 99", "10:00", "3 apples",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("5 min"), Some((300_000_000, false)));
    }

    #[test]
    fn a_clock_may_run_over_a_day() {
        assert_eq!(read_clock("30:15"), Some(108_900_000_000));
        assert_eq!(read_clock("-0:00:01.5"), Some(-1_500_000));
        assert_eq!(read_clock("1:60"), None);
        assert_eq!(read_clock("1:2:3:4"), None);
    }
}
