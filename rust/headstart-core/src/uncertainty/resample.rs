//! Sampling of rows with replacement, as counts per row.

use crate::Error;
use crate::folds::{count_codes, starts_of};
use crate::rng::Rng;

/// The units of the resampling.
#[derive(Debug, Clone, Copy)]
pub enum Scheme<'a> {
    /// As many rows as there are.
    Rows,
    /// As many rows of each stratum as it has, by dense codes.
    Strata(&'a [i64]),
    /// As many whole groups as there are.
    Groups(&'a [i64]),
}

/// The sampler of one scheme. Units are rows or groups; the units of one stratum are
/// adjacent.
#[derive(Debug)]
pub(super) struct Drawer {
    /// First unit and number of units of each stratum.
    blocks: Vec<(u32, u32)>,
    unit_of_row: Vec<u32>,
    n_units: usize,
}

impl Drawer {
    /// Return a sampler. Units are numbered by the `order` of rows, if given, so that reads
    /// in that order are sequential.
    pub(super) fn new(
        n_rows: usize,
        scheme: Scheme<'_>,
        order: Option<&[u32]>,
    ) -> Result<Self, Error> {
        // Two bits of a unit's index have another use.
        if n_rows == 0 || n_rows >= 1 << 30 {
            return Err(Error::value("There must be 1 to 2**30 - 1 rows."));
        }
        let codes = match scheme {
            Scheme::Rows => None,
            Scheme::Strata(codes) | Scheme::Groups(codes) => Some(codes),
        };
        if let Some(codes) = codes {
            if codes.len() != n_rows {
                return Err(Error::length("codes", n_rows, codes.len()));
            }
        }
        if let Scheme::Groups(codes) = scheme {
            let n_units = count_codes("groups", codes)?.len();
            return Ok(Self {
                blocks: vec![(0, n_units as u32)],
                unit_of_row: codes.iter().map(|&code| code as u32).collect(),
                n_units,
            });
        }
        let counts = match codes {
            None => vec![n_rows],
            Some(codes) => count_codes("strata", codes)?,
        };
        let starts = starts_of(&counts);
        let mut next = starts.clone();
        let mut unit_of_row = vec![0; n_rows];
        for at in 0..n_rows {
            let row = order.map_or(at, |order| order[at] as usize);
            let unit = &mut next[codes.map_or(0, |codes| codes[row] as usize)];
            unit_of_row[row] = *unit as u32;
            *unit += 1;
        }
        Ok(Self {
            blocks: starts
                .iter()
                .zip(&counts)
                .filter(|&(_, &count)| count > 0)
                .map(|(&start, &count)| (start as u32, count as u32))
                .collect(),
            unit_of_row,
            n_units: n_rows,
        })
    }

    pub(super) fn n_units(&self) -> usize {
        self.n_units
    }

    pub(super) fn unit_of(&self, row: usize) -> u32 {
        self.unit_of_row[row]
    }

    /// Write the count of each unit in a new resample.
    pub(super) fn draw(&self, rng: &mut Rng, counts: &mut [u32]) {
        counts.fill(0);
        for &(start, count) in &self.blocks {
            let units = &mut counts[start as usize..(start + count) as usize];
            let mut add = |bits: u32| {
                // Lemire's bounded integers, of 32 bits: two from one random number.
                let product = u64::from(bits) * u64::from(count);
                let low = product as u32;
                if low >= count || low >= count.wrapping_neg() % count {
                    units[(product >> 32) as usize] += 1;
                    1
                } else {
                    0
                }
            };
            let mut missing = count;
            while missing > 0 {
                let bits = rng.next_u64();
                missing -= add(bits as u32);
                if missing > 0 {
                    missing -= add((bits >> 32) as u32);
                }
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn strata_keep_their_sizes() {
        let strata = [0, 1, 0, 1, 1, 0, 2];
        let drawer = Drawer::new(7, Scheme::Strata(&strata), None).unwrap();
        let mut counts = vec![9; 7];
        for resample in 0..50 {
            drawer.draw(&mut Rng::new(1, resample), &mut counts);
            let mut sizes = [0; 3];
            for (row, &code) in strata.iter().enumerate() {
                sizes[code as usize] += counts[drawer.unit_of(row) as usize];
            }
            assert_eq!(sizes, [3, 3, 1]);
        }
    }

    #[test]
    fn units_are_drawn_alike() {
        let drawer = Drawer::new(6, Scheme::Rows, Some(&[5, 3, 1, 0, 2, 4])).unwrap();
        let mut counts = vec![0; 6];
        let mut total = [0; 6];
        for resample in 0..10_000 {
            drawer.draw(&mut Rng::new(2, resample), &mut counts);
            assert_eq!(counts.iter().sum::<u32>(), 6);
            for (total, count) in total.iter_mut().zip(&counts) {
                *total += count;
            }
        }
        assert!(
            total.iter().all(|&total| total.abs_diff(10_000) < 500),
            "{total:?}"
        );
        assert_eq!((drawer.unit_of(5), drawer.unit_of(4)), (0, 5));
    }

    #[test]
    fn rows_of_a_group_share_a_unit() {
        let drawer = Drawer::new(4, Scheme::Groups(&[1, 0, 1, 2]), None).unwrap();
        assert_eq!(
            (drawer.n_units(), drawer.unit_of(0), drawer.unit_of(2)),
            (3, 1, 1)
        );
        assert!(Drawer::new(3, Scheme::Groups(&[0, 1]), None).is_err());
        assert!(Drawer::new(0, Scheme::Rows, None).is_err());
    }
}
