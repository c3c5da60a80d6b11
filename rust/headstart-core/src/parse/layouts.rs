//! The possible formats of a single value.

use super::formats::{Format, half_day, is_literal_mark, literal_word, name, zone};
use super::{durations, names};

const LONGEST: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Digits(&'a str),
    Word(&'a str),
    Blank,
    Mark(char),
}

/// A piece of a format, or digits with an undetermined field.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(&'static str),
    Open(usize, i64),
}

/// Return the possible formats of a value, the more probable ones first.
pub(super) fn layouts(value: &str) -> Vec<String> {
    let value = value.trim();
    if value.is_empty() || value.len() > LONGEST || !value.chars().any(|c| c.is_ascii_digit()) {
        return of_name(value);
    }
    if let Some((_, is_compound)) = durations::read(value) {
        return if is_compound {
            vec!["%D".to_owned()]
        } else {
            Vec::new()
        };
    }
    let mut formats = pieces(value).map_or_else(Vec::new, |pieces| filled(&pieces));
    formats.retain(|text| Format::new(text).is_some_and(|f| f.read(value).is_some()));
    if formats.is_empty() && durations::read_clock(value).is_some() {
        let n_colons = value.matches(':').count();
        formats.push(if n_colons == 1 { "%h:%M" } else { "%h:%M:%S" }.to_owned());
    }
    formats
}

fn of_name(value: &str) -> Vec<String> {
    let (word, rest) = name(value);
    if !rest.is_empty() {
        return Vec::new();
    }
    let mut formats = Vec::new();
    if names::month(word).is_some() {
        formats.push("%b".to_owned());
    }
    if names::weekday(word).is_some() {
        formats.push("%a".to_owned());
    }
    formats
}

fn tokens(value: &str) -> Vec<(Token<'_>, usize)> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = value[start..].chars().next() {
        let rest = &value[start..];
        let run = |is_same: fn(char) -> bool| rest.find(|c| !is_same(c)).unwrap_or(rest.len());
        let (token, length) = if first.is_ascii_digit() {
            let length = run(|c| c.is_ascii_digit());
            (Token::Digits(&rest[..length]), length)
        } else if first.is_alphabetic() {
            let length = run(char::is_alphabetic);
            (Token::Word(&rest[..length]), length)
        } else if first.is_whitespace() {
            (Token::Blank, run(char::is_whitespace))
        } else {
            (Token::Mark(first), first.len_utf8())
        };
        tokens.push((token, start));
        start += length;
    }
    tokens
}

/// Split a value into pieces: clock, names, words, marks, and undetermined digits.
fn pieces(value: &str) -> Option<Vec<Piece>> {
    let tokens = tokens(value);
    let dotted = find_dotted_clock(&tokens);
    let clock = dotted.or_else(|| find_clock(&tokens));
    let marks: &[char] = if dotted.is_some() {
        &['.']
    } else {
        &[':', 'h', 'H']
    };
    let mut pieces = Vec::new();
    let mut place = 0;
    while place < tokens.len() {
        let (token, start) = tokens[place];
        if Some(place) == clock {
            let end = push_clock(value, start, marks, &mut pieces);
            place = tokens
                .iter()
                .position(|t| t.1 >= end)
                .unwrap_or(tokens.len());
            // The comment of a zone may split marks, but never a token.
            if tokens.get(place).is_some_and(|t| t.1 != end)
                || (place == tokens.len() && end < value.len())
            {
                return None;
            }
            continue;
        }
        match token {
            Token::Blank => pieces.push(Piece::Text(" ".to_owned())),
            Token::Mark(mark) => {
                if !is_literal_mark(mark) {
                    return None;
                }
                // The point of an abbreviated name belongs to it.
                let behind = tokens.get(place + 1).map(|t| t.0);
                let is_abbreviated = mark == '.'
                    && matches!(pieces.last(), Some(Piece::Field("%b" | "%a")))
                    && matches!(behind, None | Some(Token::Blank | Token::Mark(',')));
                if !is_abbreviated {
                    pieces.push(Piece::Text(mark.to_string()));
                }
            }
            Token::Word(word) => push_word(word, &tokens, place, &mut pieces)?,
            Token::Digits(text) => push_digits(text, &tokens, place, &mut pieces)?,
        }
        place += 1;
    }
    Some(pieces)
}

/// Return the index of the clock's first token: the hour of `10:30`.
fn find_clock(tokens: &[(Token<'_>, usize)]) -> Option<usize> {
    let is_short = |place: usize, most: usize| matches!(tokens.get(place), Some((Token::Digits(d), _)) if d.len() <= most);
    let is_colon = |place: usize| matches!(tokens.get(place), Some((Token::Mark(':'), _)));
    for place in 0..tokens.len() {
        if !is_short(place, 2) {
            continue;
        }
        if is_colon(place + 1) && is_short(place + 2, 2) {
            let is_long = is_colon(place + 3)
                && is_short(place + 4, 2)
                && is_colon(place + 5)
                && is_short(place + 6, 2);
            // "05Jan15:10:20:30" has four numbers, the first of which is the year.
            return Some(if is_long { place + 2 } else { place });
        }
        let is_h = matches!(tokens.get(place + 1), Some((Token::Word("h" | "H"), _)));
        if is_h && is_short(place + 2, 2) {
            return Some(place);
        }
        // "10 AM": AM or PM follows directly.
        let behind = match tokens.get(place + 1) {
            Some((Token::Blank, _)) => place + 2,
            _ => place + 1,
        };
        if let Some((Token::Word(word), _)) = tokens.get(behind)
            && ["am", "pm", "AM", "PM"].contains(word)
        {
            return Some(place);
        }
    }
    None
}

/// Return the index of the first token of a clock between points, after a date and a
/// blank, as Oracle writes it: `01-JAN-21 05.30.00.000000 PM`.
fn find_dotted_clock(tokens: &[(Token<'_>, usize)]) -> Option<usize> {
    let is_short =
        |place: usize| matches!(tokens.get(place), Some((Token::Digits(d), _)) if d.len() <= 2);
    let is_point = |place: usize| matches!(tokens.get(place), Some((Token::Mark('.'), _)));
    (1..tokens.len()).find(|&place| {
        let n_fields = tokens[..place]
            .iter()
            .filter(|(token, _)| match token {
                Token::Digits(_) => true,
                Token::Word(word) => names::month(word).is_some(),
                _ => false,
            })
            .count();
        tokens[place - 1].0 == Token::Blank
            && n_fields >= 2
            && is_short(place)
            && is_point(place + 1)
            && is_short(place + 2)
            && is_point(place + 3)
            && is_short(place + 4)
    })
}

/// Push the fields of the clock that begins at `start`, and return its end.
fn push_clock(value: &str, start: usize, marks: &[char], pieces: &mut Vec<Piece>) -> usize {
    let hour_at = pieces.len();
    pieces.push(Piece::Field("%H"));
    let mut rest = skip_digits(&value[start..]);
    for field in ["%M", "%S"] {
        let Some(mark) = rest.chars().next().filter(|c| marks.contains(c)) else {
            break;
        };
        if !rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
            break;
        }
        pieces.push(Piece::Text(mark.to_string()));
        pieces.push(Piece::Field(field));
        rest = skip_digits(&rest[1..]);
        if field == "%S" && rest.starts_with(['.', ',']) {
            let behind = &rest[1..];
            if behind.starts_with(|c: char| c.is_ascii_digit()) {
                rest = skip_digits(behind);
            }
        }
    }
    let trimmed = rest.trim_start();
    if let Some((_, behind)) = half_day(trimmed) {
        push_blank(rest, trimmed, pieces);
        pieces[hour_at] = Piece::Field("%I");
        pieces.push(Piece::Field("%p"));
        rest = behind;
    }
    let trimmed = rest.trim_start();
    if let Some((_, behind)) = zone(trimmed) {
        push_blank(rest, trimmed, pieces);
        pieces.push(Piece::Field("%z"));
        rest = behind;
    }
    value.len() - rest.len()
}

fn push_blank(rest: &str, trimmed: &str, pieces: &mut Vec<Piece>) {
    if trimmed.len() < rest.len() {
        pieces.push(Piece::Text(" ".to_owned()));
    }
}

fn skip_digits(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_ascii_digit())
}

fn push_word(
    word: &str,
    tokens: &[(Token<'_>, usize)],
    place: usize,
    pieces: &mut Vec<Piece>,
) -> Option<()> {
    let has = |field| pieces.contains(&Piece::Field(field));
    let has_digits = |place: usize, length: usize| matches!(tokens.get(place), Some((Token::Digits(d), _)) if d.len() == length);
    if names::month(word).is_some() && !has("%b") {
        // "Mar 5 mars": a weekday's name if a month's name follows.
        let later = tokens[place + 1..]
            .iter()
            .any(|(t, _)| matches!(t, Token::Word(w) if names::month(w).is_some()));
        if !(later && names::weekday(word).is_some()) {
            pieces.push(Piece::Field("%b"));
            return Some(());
        }
    }
    if names::weekday(word).is_some() && !has("%a") {
        pieces.push(Piece::Field("%a"));
        return Some(());
    }
    // An ordinal ending belongs to the day.
    let lower = word.to_lowercase();
    if ["st", "nd", "rd", "th", "er", "º", "ª"].contains(&lower.as_str())
        && matches!(pieces.last(), Some(Piece::Open(1 | 2, _)))
    {
        return Some(());
    }
    let literal = literal_word(word)?;
    let first_open = |pieces: &mut Vec<Piece>, field| {
        // "3Q21", "3. Quartal 2021": the number precedes its word.
        let place = pieces
            .iter()
            .rposition(|p| matches!(p, Piece::Open(1, _)))?;
        pieces[place] = Piece::Field(field);
        Some(())
    };
    match lower.as_str() {
        "q" | "quarter" | "quartal" | "trimestre" | "trimester"
            if !follows_number(tokens, place) =>
        {
            first_open(pieces, "%q")?;
        }
        "h" | "s" if !has_digits(place + 1, 1) => return None,
        _ => {}
    }
    pieces.push(Piece::Text(literal.to_owned()));
    Some(())
}

/// Return whether a one-digit number follows a word, with an optional blank.
fn follows_number(tokens: &[(Token<'_>, usize)], place: usize) -> bool {
    let behind = match tokens.get(place + 1) {
        Some((Token::Blank, _)) => place + 2,
        _ => place + 1,
    };
    matches!(tokens.get(behind), Some((Token::Digits(d), _)) if d.len() == 1)
}

fn push_digits(
    text: &str,
    tokens: &[(Token<'_>, usize)],
    place: usize,
    pieces: &mut Vec<Piece>,
) -> Option<()> {
    let number: i64 = text.parse().ok()?;
    let has = |pieces: &[Piece], field| pieces.contains(&Piece::Field(field));
    // The previous word, with an optional blank.
    let before = match place.checked_sub(1).map(|p| tokens[p].0) {
        Some(Token::Blank) => place.checked_sub(2).map(|p| tokens[p].0),
        other => other,
    };
    let word = match before {
        Some(Token::Word(word)) => word.to_lowercase(),
        _ => String::new(),
    };
    let is_attached = matches!(
        place.checked_sub(1).map(|p| tokens[p].0),
        Some(Token::Word(_))
    );
    let field = match (word.as_str(), text.len()) {
        ("q" | "quarter" | "quartal" | "trimestre" | "trimester", 1) => Some("%q"),
        ("t", 1) if is_attached && number <= 4 => Some("%q"),
        ("h" | "s", 1) if is_attached => Some("%s"),
        ("w" | "kw" | "cw" | "week", 1 | 2) => Some("%V"),
        ("m", 2) if is_attached => Some("%m"),
        _ => None,
    };
    if let Some(field) = field {
        pieces.push(Piece::Field(field));
        return Some(());
    }
    match text.len() {
        1 | 2 => {
            // "2021-W05-3": the digit after the week is its day.
            if has(pieces, "%V") && text.len() == 1 && !has(pieces, "%u") {
                pieces.push(Piece::Field("%u"));
            } else {
                pieces.push(Piece::Open(text.len(), number));
            }
        }
        3 if has(pieces, "%Y") => pieces.push(Piece::Field("%j")),
        4 if has(pieces, "%Y") && has(pieces, "%d") && word == "t" => {
            pieces.extend([Piece::Field("%H"), Piece::Field("%M")]);
        }
        4 if !has(pieces, "%Y") => pieces.push(Piece::Field("%Y")),
        6 if has(pieces, "%Y") => {
            pieces.extend([Piece::Field("%H"), Piece::Field("%M"), Piece::Field("%S")]);
        }
        6 => pieces.extend([Piece::Field("%Y"), Piece::Field("%m")]),
        8 | 12 | 14 if !has(pieces, "%Y") => {
            let fields = ["%Y", "%m", "%d", "%H", "%M", "%S"];
            let n = if text.len() == 8 {
                3
            } else {
                text.len() / 2 - 1
            };
            pieces.extend(fields[..n].iter().map(|f| Piece::Field(f)));
        }
        _ => return None,
    }
    Some(())
}

/// Return all sensible assignments of fields to the undetermined digits.
fn filled(pieces: &[Piece]) -> Vec<String> {
    let has = |field| pieces.contains(&Piece::Field(field));
    let open: Vec<(usize, i64)> = pieces
        .iter()
        .filter_map(|p| match p {
            Piece::Open(length, number) => Some((*length, *number)),
            _ => None,
        })
        .collect();
    let place_of =
        |wanted: fn(&Piece) -> bool| pieces.iter().position(wanted).unwrap_or(usize::MAX);
    let year_at = place_of(|p| *p == Piece::Field("%Y"));
    let open_at = place_of(|p| matches!(p, Piece::Open(..)));
    let month_at = place_of(|p| *p == Piece::Field("%b"));
    let ways: Vec<Vec<&str>> = match (open.len(), has("%b"), has("%Y")) {
        (0, ..) => vec![vec![]],
        (1, true | false, true) if has("%m") || has("%b") => vec![vec!["%d"]],
        (1, false, true) => vec![vec!["%m"]],
        // "Aug-21"; "21-Aug" is a day without a year if the number can be a day.
        (1, true, false) if month_at < open_at || open[0].1 > 31 || open[0].1 == 0 => {
            vec![vec!["%y"]]
        }
        // "3Q21", "Q3-21".
        (1, false, false) if has("%q") || has("%s") => vec![vec!["%y"]],
        (2, true, false) => vec![vec!["%d", "%y"], vec!["%y", "%d"]],
        // "2021-08-24" is hardly 2021-24-08.
        (2, false, true) if year_at < open_at => vec![vec!["%m", "%d"]],
        (2, false, true) => vec![vec!["%d", "%m"], vec!["%m", "%d"]],
        (3, false, false) => vec![
            vec!["%d", "%m", "%y"],
            vec!["%m", "%d", "%y"],
            vec!["%y", "%m", "%d"],
        ],
        _ => Vec::new(),
    };
    ways.iter().map(|way| written(pieces, way)).collect()
}

fn written(pieces: &[Piece], way: &[&str]) -> String {
    let mut fields = way.iter();
    let is_week = pieces.contains(&Piece::Field("%V"));
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Field("%Y") if is_week => "%G",
            Piece::Field(field) => field,
            Piece::Open(..) => fields.next().copied().unwrap_or(""),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_ways_to_write_dates_have_a_layout() {
        for (value, format) in [
            ("05-Jan-15", "%d-%b-%y"),
            ("05.01.15", "%d.%m.%y"),
            ("05Jan2015", "%d%b%Y"),
            ("05JAN15:10:20:30", "%d%b%y:%H:%M:%S"),
            ("2021.08.24", "%Y.%m.%d"),
            ("20210824", "%Y%m%d"),
            ("20141013T000000", "%Y%m%dT%H%M%S"),
            ("20141013101500", "%Y%m%d%H%M%S"),
            ("2021-08", "%Y-%m"),
            ("08/2021", "%m/%Y"),
            ("Aug-21", "%b-%y"),
            ("Aug. 2021", "%b %Y"),
            ("2021-W05", "%G-W%V"),
            ("2021-W05-3", "%G-W%V-%u"),
            ("KW 5/2021", "KW %V/%G"),
            ("2021Q3", "%YQ%q"),
            ("Q3 2021", "Q%q %Y"),
            ("3Q21", "%qQ%y"),
            ("3. Quartal 2021", "%q. quartal %Y"),
            ("H1 2021", "H%s %Y"),
            ("2021M08", "%YM%m"),
            ("2021-045", "%Y-%j"),
            ("2020-01-02T10:00:00.123Z", "%Y-%m-%dT%H:%M:%S%z"),
            ("2020-01-02 10:00:00 UTC", "%Y-%m-%d %H:%M:%S %z"),
            (
                "Mon, 05 Jan 2015 10:00:00 +0100",
                "%a, %d %b %Y %H:%M:%S %z",
            ),
            ("Mon Jan  5 10:00:00 2015", "%a %b %d %H:%M:%S %Y"),
            ("05/Jan/2015:10:00:00 +0100", "%d/%b/%Y:%H:%M:%S %z"),
            ("5. Januar 2015", "%d. %b %Y"),
            ("5 de enero de 2015", "%d de %b de %Y"),
            ("January 5th, 2015", "%b %d, %Y"),
            ("Mo, 05.01.2015", "%a, %d.%m.%Y"),
            ("mar. 3 mars 2020", "%a %d %b %Y"),
            ("1/5/2015 1:05 PM", "%d/%m/%Y %I:%M %p"),
            ("10:30", "%H:%M"),
            ("10:30:15.5", "%H:%M:%S"),
            ("10:30 Uhr", "%H:%M Uhr"),
            ("10h30", "%Hh%M"),
            ("01-JAN-21 05.30.00.000000 PM", "%d-%b-%y %I.%M.%S %p"),
            ("01-JAN-21 17.30.00.123456", "%d-%b-%y %H.%M.%S"),
            (
                "01-JAN-2021 05.30.00.000000000 AM +02:00",
                "%d-%b-%Y %I.%M.%S %p %z",
            ),
            ("01.02.2021 17.30.00", "%d.%m.%Y %H.%M.%S"),
            ("3 p.m.", ""),
            ("3 PM", "%I %p"),
            ("30:15:00", "%h:%M:%S"),
            ("1 days 02:00:00", "%D"),
            ("août", "%b"),
            ("Mittwoch", "%a"),
            ("2021年8月24日", "%Y年%m月%d日"),
        ] {
            let formats = layouts(value);
            assert_eq!(
                formats.first().map_or("", String::as_str),
                format,
                "{value}"
            );
        }
    }

    #[test]
    fn what_is_no_date_has_no_layout() {
        for value in [
            "",
            "unknown",
            "555-1234",
            "10-220",
            "A12",
            "10.0.0.1",
            "1.2",
            "12",
            "-",
            "é:é",
            "12:345",
            "2020-13-45",
            "5 min",
            "10:5",
            "Q",
            "%Y",
            "1:2:3:4:5",
        ] {
            assert_eq!(layouts(value), Vec::<String>::new(), "{value}");
        }
    }
}
