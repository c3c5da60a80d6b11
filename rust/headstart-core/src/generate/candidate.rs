//! The descriptor of one feature.

use super::Operator;
use crate::Error;

/// Marks an unused column of a descriptor.
pub const NO_COLUMN: u32 = u32::MAX;

/// One feature: an operator and its columns, in 16 bytes.
///
/// Descriptors are canonical: interchangeable columns are in ascending order, so that two
/// descriptors are equal exactly if their features are. They are ordered by code, then by
/// columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidate {
    operator: Operator,
    columns: [u32; 3],
}

impl Candidate {
    /// Return the canonical descriptor of `operator` on `columns`.
    ///
    /// # Errors
    /// If the number of columns is wrong, or a column is repeated.
    pub fn new(operator: Operator, columns: &[u32]) -> Result<Self, Error> {
        let (least, most) = operator.inputs().arity();
        if !(least..=most).contains(&columns.len()) {
            return Err(Error::value(format!(
                "{} takes {least} to {most} columns. Got {}.",
                operator.name(),
                columns.len()
            )));
        }
        let doubled = |place: usize| columns[..place].contains(&columns[place]);
        if columns.contains(&NO_COLUMN) || (0..columns.len()).any(doubled) {
            return Err(Error::value(format!(
                "{} needs different columns. Got {columns:?}.",
                operator.name()
            )));
        }
        let mut kept = [NO_COLUMN; 3];
        kept[..columns.len()].copy_from_slice(columns);
        let n_sorted = operator.n_interchangeable(columns.len());
        kept[columns.len() - n_sorted..columns.len()].sort_unstable();
        Ok(Self {
            operator,
            columns: kept,
        })
    }

    /// Return the operator.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// Return the indices of the columns in their table.
    pub fn columns(&self) -> &[u32] {
        let n_columns = self.columns.iter().position(|&c| c == NO_COLUMN);
        &self.columns[..n_columns.unwrap_or(3)]
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_takes_sixteen_bytes() {
        assert_eq!(size_of::<Candidate>(), 16);
    }

    #[test]
    fn columns_that_may_change_places_are_sorted() {
        let sum = Candidate::new(Operator::Add, &[7, 2]).unwrap();
        assert_eq!(sum, Candidate::new(Operator::Add, &[2, 7]).unwrap());
        let ratio = Candidate::new(Operator::Divide, &[7, 2]).unwrap();
        assert_eq!(ratio.columns(), [7, 2]);
        let mean = Candidate::new(Operator::GroupMean, &[7, 9, 2]).unwrap();
        assert_eq!(mean.columns(), [7, 2, 9]);
        assert!(sum < ratio);
    }

    #[test]
    fn wrong_columns_are_refused() {
        assert!(Candidate::new(Operator::Add, &[1]).is_err());
        assert!(Candidate::new(Operator::Add, &[1, 1]).is_err());
        assert!(Candidate::new(Operator::Cross, &[1]).is_err());
        assert!(Candidate::new(Operator::Frequency, &[1, NO_COLUMN]).is_err());
        assert!(Candidate::new(Operator::RowSum, &[]).is_ok());
    }
}
