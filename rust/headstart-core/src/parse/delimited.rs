//! One pass over delimited text: the widths of records, and the number formats of columns.

/// Fields are codes, such as `00501`.
const HAS_LEADING_ZERO: u32 = 1;
/// Fields have an unambiguous decimal point: `12.5`, `1,234.50`.
const HAS_POINT: u32 = 1 << 1;
/// Fields have an unambiguous decimal comma: `12,5`, `1.234,50`.
const HAS_COMMA: u32 = 1 << 2;
/// Fields have an ambiguous point before three digits: `1.234`.
const OPEN_POINT: u32 = 1 << 3;
/// Fields have an ambiguous comma before three digits: `1,234`.
const OPEN_COMMA: u32 = 1 << 4;
/// Fields have two groups of thousands with points: `1.234.567`.
const GROUPED_POINT: u32 = 1 << 5;
/// Fields have two groups of thousands with commas: `1,234,567`.
const GROUPED_COMMA: u32 = 1 << 6;
/// Fields are whole numbers of four or more digits without a mark.
const HAS_LONG: u32 = 1 << 7;
/// Fields have other content.
const HAS_TEXT: u32 = 1 << 8;
/// Fields have digits with a capital E in between: `1E5`.
const HAS_E: u32 = 1 << 9;
/// Fields have blanks around them.
const HAS_BLANKS: u32 = 1 << 10;

/// Return the offset of the first byte that is not UTF-8, `None` if all are.
pub fn first_invalid(data: &[u8]) -> Option<usize> {
    std::str::from_utf8(data)
        .err()
        .map(|error| error.valid_up_to())
}

/// The result of a pass over the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// Number of records, with empty lines.
    pub n_records: usize,
    /// Indices of the empty lines among the records.
    pub blank: Vec<usize>,
    /// Line, from 0, and number of fields of the first record with a wrong number of
    /// fields.
    pub wrong: Option<(usize, usize)>,
    /// Number of records with additional empty fields.
    pub n_trailing: usize,
    /// Flags of each column; see [`HAS_LEADING_ZERO`] and the constants after it.
    pub columns: Vec<u32>,
    /// Whether there is a quote where a strict reader does not allow one.
    pub has_odd_quote: bool,
}

/// Return the end of the last complete record, 0 if there is none.
///
/// A quote that is not a field's first character, except blanks, is an ordinary character.
pub fn last_record_end(data: &[u8], separator: u8) -> usize {
    let mut place = 0;
    let mut end = 0;
    let mut line = 0;
    let mut odd = false;
    while place < data.len() {
        let blanks = data[place..]
            .iter()
            .take_while(|&&b| b == b' ' && b != separator)
            .count();
        if data.get(place + blanks) == Some(&b'"') {
            place += blanks;
        }
        let (content, behind) = field(data, place, separator, &mut line, &mut odd);
        place = behind;
        // A field at the end of the data may continue after it.
        let is_open =
            place == data.len() && data.get(place.wrapping_sub(content.len() + 1)) == Some(&b'"');
        if is_open {
            break;
        }
        match data.get(place) {
            Some(byte) if *byte == separator => place += 1,
            Some(b'\n') => {
                place += 1;
                end = place;
            }
            Some(b'\r') if data.get(place + 1) == Some(&b'\n') => {
                place += 2;
                end = place;
            }
            Some(_) => place += 1,
            None => break,
        }
    }
    end
}

/// Return the scan of delimited text, whose rows begin at `start`.
pub fn scan_delimited(data: &[u8], start: usize, separator: u8, n_columns: usize) -> Scan {
    let mut out = Scan {
        columns: vec![0; n_columns],
        ..Scan::default()
    };
    let mut place = start;
    let mut line = 0;
    while place < data.len() {
        let first_line = line;
        let mut n_fields = 0;
        let mut is_empty = true;
        let mut beyond_is_empty = true;
        loop {
            let start = place;
            let (field, end) = field(data, place, separator, &mut line, &mut out.has_odd_quote);
            is_empty &= start == end;
            if n_fields < n_columns {
                let before = out.columns[n_fields];
                out.columns[n_fields] = before | flags(field, before);
            } else {
                beyond_is_empty &= field.iter().all(u8::is_ascii_whitespace);
            }
            n_fields += 1;
            place = end;
            if data.get(place) != Some(&separator) {
                break;
            }
            place += 1;
        }
        // The end of the record: "\n", "\r\n" or the end of the text.
        if data.get(place) == Some(&b'\r') {
            place += 1;
        }
        place += 1;
        line += 1;
        if is_empty && n_fields == 1 {
            out.blank.push(out.n_records);
        } else if n_fields > n_columns && beyond_is_empty {
            out.n_trailing += 1;
        } else if n_fields != n_columns && out.wrong.is_none() {
            out.wrong = Some((first_line, n_fields));
        }
        out.n_records += 1;
    }
    out
}

/// Return the content of the field that begins at `place`, and its end.
fn field<'a>(
    data: &'a [u8],
    place: usize,
    separator: u8,
    line: &mut usize,
    has_odd_quote: &mut bool,
) -> (&'a [u8], usize) {
    let ends = |byte: u8| byte == separator || byte == b'\n';
    if data.get(place) == Some(&b'"') {
        let mut at = place + 1;
        loop {
            let Some(length) = data[at.min(data.len())..]
                .iter()
                .position(|&b| b == b'"' || b == b'\n')
            else {
                *has_odd_quote = true;
                return (&data[place + 1..], data.len());
            };
            at += length;
            if data[at] == b'\n' {
                *line += 1;
                at += 1;
            } else if data.get(at + 1) == Some(&b'"') {
                at += 2;
            } else {
                break;
            }
        }
        let content = &data[place + 1..at];
        at += 1;
        let rest = data[at..]
            .iter()
            .position(|&b| ends(b))
            .unwrap_or(data.len() - at);
        let tail = &data[at..at + rest];
        let tail = tail.strip_suffix(b"\r").unwrap_or(tail);
        *has_odd_quote |= !tail.is_empty();
        return (content, at + tail.len());
    }
    let length = data[place..]
        .iter()
        .position(|&b| ends(b))
        .unwrap_or(data.len() - place);
    let content = &data[place..place + length];
    let is_last = data.get(place + length) != Some(&separator);
    let content = match content.strip_suffix(b"\r") {
        Some(content) if is_last => content,
        _ => content,
    };
    if let Some(first) = content.iter().position(|b| !b.is_ascii_whitespace())
        && first > 0
        && content[first] == b'"'
    {
        *has_odd_quote = true;
    }
    (content, place + content.len())
}

/// Return the flags of a field; `column_flags` are those of its column so far.
fn flags(field: &[u8], column_flags: u32) -> u32 {
    let trimmed = field.trim_ascii();
    let blanks = if trimmed.len() < field.len() {
        HAS_BLANKS
    } else {
        0
    };
    if trimmed.is_empty() {
        return blanks;
    }
    let unsigned = trimmed
        .strip_prefix(b"-")
        .or(trimmed.strip_prefix(b"+"))
        .unwrap_or(trimmed);
    let is_start = |b: &u8| b.is_ascii_digit() || *b == b'.' || *b == b',';
    if !unsigned.first().is_some_and(is_start) {
        return blanks
            | if column_flags & HAS_TEXT != 0 || is_missing(trimmed) {
                0
            } else {
                HAS_TEXT
            };
    }
    let (mut points, mut commas, mut others) = (0, 0, 0);
    for byte in unsigned {
        match byte {
            b'0'..=b'9' => {}
            b'.' => points += 1,
            b',' => commas += 1,
            _ => others += 1,
        }
    }
    if others > 0 {
        return blanks | of_exponent(unsigned);
    }
    let shown = match (points, commas) {
        (0, 0) if unsigned.len() > 1 && unsigned[0] == b'0' => HAS_LEADING_ZERO,
        (0, 0) if unsigned.len() > 3 => HAS_LONG,
        (0, 0) => 0,
        (1, 0) if is_grouped(unsigned, b'.') => OPEN_POINT,
        (0, 1) if is_grouped(unsigned, b',') => OPEN_COMMA,
        (1, 0) => HAS_POINT,
        (0, 1) => HAS_COMMA,
        (_, 0) if is_grouped(unsigned, b'.') => GROUPED_POINT,
        (0, _) if is_grouped(unsigned, b',') => GROUPED_COMMA,
        _ => mixed(unsigned),
    };
    blanks | shown
}

/// Return the flags of "1,234.50": grouped digits, then a decimal mark.
fn mixed(text: &[u8]) -> u32 {
    let Some(place) = text.iter().rposition(|&b| b == b'.' || b == b',') else {
        return HAS_TEXT;
    };
    let (mark, flag) = match text[place] {
        b'.' => (b',', HAS_POINT | GROUPED_COMMA),
        _ => (b'.', HAS_COMMA | GROUPED_POINT),
    };
    // The integer part must have groups, or "1.2.3" would be a number.
    if text[..place].contains(&mark) && is_grouped(&text[..place], mark) {
        flag
    } else {
        HAS_TEXT
    }
}

fn is_grouped(text: &[u8], mark: u8) -> bool {
    let mut groups = text.split(|&b| b == mark);
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && first[0] != b'0'
        && groups.all(|g| g.len() == 3 && g.iter().all(u8::is_ascii_digit))
}

fn of_exponent(text: &[u8]) -> u32 {
    let digits = |t: &[u8]| !t.is_empty() && t.iter().all(u8::is_ascii_digit);
    match text.iter().position(|b| *b == b'E' || *b == b'e') {
        Some(place) if digits(&text[..place]) && digits(&text[place + 1..]) => HAS_E,
        Some(place) => {
            let (mantissa, exponent) = (&text[..place], &text[place + 1..]);
            let exponent = exponent
                .strip_prefix(b"-")
                .or(exponent.strip_prefix(b"+"))
                .unwrap_or(exponent);
            let is_number = digits(exponent)
                && mantissa
                    .iter()
                    .all(|b| b.is_ascii_digit() || *b == b'.' || *b == b',');
            match (
                is_number,
                mantissa.contains(&b','),
                mantissa.contains(&b'.'),
            ) {
                (false, ..) | (true, true, true) => HAS_TEXT,
                (true, true, false) => HAS_COMMA,
                (true, false, true) => HAS_POINT,
                (true, false, false) => HAS_LONG,
            }
        }
        None => HAS_TEXT,
    }
}

fn is_missing(field: &[u8]) -> bool {
    const WORDS: [&[u8]; 10] = [
        b"NA", b"N/A", b"n/a", b"#N/A", b"NaN", b"nan", b"NULL", b"null", b"?", b"-",
    ];
    field.len() <= 4 && WORDS.contains(&field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_and_blank_and_wrong_ones_found() {
        let scan = scan_delimited(b"1,2\n\n\"a\n\nb\",3\r\n,\n4,5,\n6\n7,8", 0, b',', 2);
        assert_eq!(scan.n_records, 7);
        assert_eq!(scan.blank, [1]);
        assert_eq!(scan.n_trailing, 1);
        assert_eq!(scan.wrong, Some((7, 1)));
        assert!(!scan.has_odd_quote);
        assert!(scan_delimited(b"1,5\" pipe\n", 0, b',', 2).wrong.is_none());
        assert!(scan_delimited(b"1, \"a, b\"\n", 0, b',', 2).has_odd_quote);
        assert!(scan_delimited(b"1,\"a\"b\n", 0, b',', 2).has_odd_quote);
        assert!(scan_delimited(b"1,\"a\n", 0, b',', 2).has_odd_quote);
    }

    #[test]
    fn records_end_outside_of_quotes() {
        for (text, end) in [
            ("1,2\n3,4", 4),
            ("1,\"a\nb\"\n", 8),
            ("1,\"a\nb", 0),
            ("1,5\" x\n2,\"a\n", 7),
            ("1, \"a\nb\"\r\n3", 10),
            ("", 0),
            ("1", 0),
            ("\"a\"\"\n", 0),
            ("1,2\r\n", 5),
        ] {
            assert_eq!(last_record_end(text.as_bytes(), b','), end, "{text:?}");
        }
    }

    #[test]
    fn columns_show_how_they_write_numbers() {
        let flag = |text: &str| flags(text.as_bytes(), 0);
        for (text, expected) in [
            ("", 0),
            ("7", 0),
            ("NA", 0),
            ("01", HAS_LEADING_ZERO),
            ("0", 0),
            ("1234", HAS_LONG),
            ("12.5", HAS_POINT),
            ("0.125", HAS_POINT),
            ("12,5", HAS_COMMA),
            ("-1.234", OPEN_POINT),
            ("1,234", OPEN_COMMA),
            ("1.234.567", GROUPED_POINT),
            ("1,234,567", GROUPED_COMMA),
            ("1.234,5", HAS_COMMA | GROUPED_POINT),
            ("1,234.5", HAS_POINT | GROUPED_COMMA),
            ("1.2.3", HAS_TEXT),
            ("a", HAS_TEXT),
            ("1E5", HAS_E),
            ("1.5e-3", HAS_POINT),
            ("1,5E+3", HAS_COMMA),
            ("12a", HAS_TEXT),
            (" 12,5 ", HAS_COMMA | HAS_BLANKS),
            ("2020-01-02", HAS_TEXT),
            (",", HAS_COMMA),
        ] {
            assert_eq!(flag(text), expected, "{text}");
        }
    }
}
