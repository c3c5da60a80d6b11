//! Days of the Gregorian calendar, counted from 1970-01-01.

pub(super) const DAY: i64 = 86_400_000_000;

/// Return the number of days of a month.
pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Return the day of a date, `None` if there is no such date.
///
/// Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`.
pub(super) fn day_of(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Return the day of the ISO week date, `None` if there is no such week.
pub(super) fn day_of_week(year: i64, week: i64, weekday: i64) -> Option<i64> {
    let first = first_monday(year)?;
    let n_weeks = (first_monday(year + 1)? - first) / 7;
    if !(1..=n_weeks).contains(&week) || !(1..=7).contains(&weekday) {
        return None;
    }
    Some(first + 7 * (week - 1) + weekday - 1)
}

/// Return the Monday of the first ISO week, which has 4 January.
fn first_monday(year: i64) -> Option<i64> {
    let fourth = day_of(year, 1, 4)?;
    // Day 0 was a Thursday.
    Some(fourth - (fourth + 3).rem_euclid(7))
}

/// Return the day of a date by its number in the year, from 1.
pub(super) fn day_of_year(year: i64, number: i64) -> Option<i64> {
    let n_days = if is_leap(year) { 366 } else { 365 };
    if !(1..=n_days).contains(&number) {
        return None;
    }
    Some(day_of(year, 1, 1)? + number - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(day_of(1970, 1, 1), Some(0));
        assert_eq!(day_of(2000, 2, 29), Some(11_016));
        assert_eq!(day_of(1900, 2, 29), None);
        assert_eq!(day_of(1969, 12, 31), Some(-1));
        assert_eq!(day_of(2021, 13, 1), None);
    }

    #[test]
    fn week_dates_are_those_of_iso_8601() {
        // 2020-W53-5 is New Year's Day of 2021, 2009-W01-1 is 2008-12-29.
        assert_eq!(day_of_week(2020, 53, 5), day_of(2021, 1, 1));
        assert_eq!(day_of_week(2009, 1, 1), day_of(2008, 12, 29));
        assert_eq!(day_of_week(2021, 53, 1), None);
        assert_eq!(day_of_year(2020, 366), day_of(2020, 12, 31));
    }
}
