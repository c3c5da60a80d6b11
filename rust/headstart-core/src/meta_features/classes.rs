//! Dense class codes, and the number of rows per class.

use std::collections::BTreeMap;

/// Classes that occur, numbered in the order of their codes.
#[derive(Debug)]
pub(super) struct Classes {
    pub(super) codes: Vec<u32>,
    pub(super) counts: Vec<usize>,
}

impl Classes {
    pub(super) fn new(codes: &[i64]) -> Self {
        let mut places: BTreeMap<i64, usize> = codes.iter().map(|&code| (code, 0)).collect();
        for (index, place) in places.values_mut().enumerate() {
            *place = index;
        }
        let mut counts = vec![0; places.len()];
        let codes = codes
            .iter()
            .map(|code| {
                let place = places[code];
                counts[place] += 1;
                place as u32
            })
            .collect();
        Self { codes, counts }
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_numbered_in_the_order_of_their_codes() {
        let classes = Classes::new(&[7, -2, 7, i64::MAX]);
        assert_eq!(classes.codes, [1, 0, 1, 2]);
        assert_eq!(classes.counts, [1, 2, 1]);
    }
}
