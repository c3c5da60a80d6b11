//! Names of months and weekdays in seven languages.

/// Names of the twelve months, full and abbreviated, lower case: English, German, French,
/// Spanish, Italian, Portuguese and Dutch.
const MONTHS: [&[&str]; 12] = [
    &[
        "january", "jan", "januar", "jänner", "jän", "janvier", "janv", "enero", "ene", "gennaio",
        "gen", "janeiro", "januari",
    ],
    &[
        "february",
        "feb",
        "februar",
        "février",
        "fevrier",
        "févr",
        "fevr",
        "fév",
        "febrero",
        "febbraio",
        "fevereiro",
        "fev",
        "februari",
    ],
    &[
        "march", "mar", "märz", "maerz", "mär", "mrz", "mars", "marzo", "março", "marco", "maart",
        "mrt",
    ],
    &["april", "apr", "avril", "avr", "abril", "abr", "aprile"],
    &["may", "mai", "mayo", "maggio", "mag", "maio", "mei"],
    &[
        "june", "jun", "juni", "juin", "junio", "giugno", "giu", "junho",
    ],
    &[
        "july", "jul", "juli", "juillet", "juil", "julio", "luglio", "lug", "julho",
    ],
    &[
        "august", "aug", "août", "aout", "aoû", "agosto", "ago", "augustus",
    ],
    &[
        "september",
        "sep",
        "sept",
        "septembre",
        "septiembre",
        "setiembre",
        "set",
        "settembre",
        "setembro",
    ],
    &[
        "october", "oct", "oktober", "okt", "octobre", "octubre", "ottobre", "ott", "outubro",
        "out",
    ],
    &["november", "nov", "novembre", "noviembre", "novembro"],
    &[
        "december",
        "dec",
        "dezember",
        "dez",
        "décembre",
        "decembre",
        "déc",
        "diciembre",
        "dic",
        "dicembre",
        "dezembro",
    ],
];

/// Names of the weekdays from Monday, in the same languages.
const WEEKDAYS: [&[&str]; 7] = [
    &[
        "monday", "mon", "montag", "mo", "lundi", "lun", "lunes", "lunedì", "lunedi", "segunda",
        "seg", "maandag", "ma",
    ],
    &[
        "tuesday", "tue", "tues", "dienstag", "di", "mardi", "mar", "martes", "martedì", "martedi",
        "terça", "terca", "ter", "dinsdag",
    ],
    &[
        "wednesday",
        "wed",
        "mittwoch",
        "mi",
        "mercredi",
        "mer",
        "miércoles",
        "miercoles",
        "mié",
        "mercoledì",
        "mercoledi",
        "quarta",
        "qua",
        "woensdag",
        "wo",
    ],
    &[
        "thursday",
        "thu",
        "thur",
        "thurs",
        "donnerstag",
        "do",
        "jeudi",
        "jeu",
        "jueves",
        "jue",
        "giovedì",
        "giovedi",
        "gio",
        "quinta",
        "qui",
        "donderdag",
    ],
    &[
        "friday", "fri", "freitag", "fr", "vendredi", "ven", "viernes", "vie", "venerdì",
        "venerdi", "sexta", "sex", "vrijdag", "vr",
    ],
    &[
        "saturday",
        "sat",
        "samstag",
        "sonnabend",
        "sa",
        "samedi",
        "sam",
        "sábado",
        "sabado",
        "sáb",
        "sabato",
        "sab",
        "zaterdag",
        "za",
    ],
    &[
        "sunday", "sun", "sonntag", "so", "dimanche", "dim", "domingo", "dom", "domenica",
        "zondag", "zo",
    ],
];

/// Return the month with a given name, 1 to 12.
pub(super) fn month(word: &str) -> Option<i64> {
    place(&MONTHS, word)
}

/// Return the weekday with a given name, 1 (Monday) to 7.
pub(super) fn weekday(word: &str) -> Option<i64> {
    place(&WEEKDAYS, word)
}

fn place(names: &[&[&str]], word: &str) -> Option<i64> {
    // The longest name has 10 letters of at most 2 bytes.
    if word.len() > 20 {
        return None;
    }
    let matches = |name: &&str| {
        if word.is_ascii() {
            name.eq_ignore_ascii_case(word)
        } else {
            !name.is_ascii() && name.chars().eq(word.chars().flat_map(char::to_lowercase))
        }
    };
    let index = names.iter().position(|names| names.iter().any(&matches))?;
    Some(index as i64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_languages_are_known_in_any_case() {
        for (word, number) in [
            ("MÄRZ", 3),
            ("Sept", 9),
            ("août", 8),
            ("Ene", 1),
            ("OUT", 10),
        ] {
            assert_eq!(month(word), Some(number), "{word}");
        }
        for (word, number) in [("Mi", 3), ("SÁBADO", 6), ("dimanche", 7), ("wo", 3)] {
            assert_eq!(weekday(word), Some(number), "{word}");
        }
        assert_eq!(month("ja"), None);
        assert_eq!(weekday("januari"), None);
    }

    #[test]
    fn no_name_stands_for_two_months_or_weekdays() {
        for names in [&MONTHS[..], &WEEKDAYS[..]] {
            let mut all: Vec<&str> = names.iter().flat_map(|n| n.iter().copied()).collect();
            let n = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), n);
        }
    }
}
