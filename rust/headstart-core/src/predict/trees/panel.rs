//! Blocks of rows in the layout for comparisons.

use super::number::{Bits, Number};
use super::{Categories, TreeEnsemble};

/// Number of rows that are evaluated together.
pub(super) const LANES: usize = 16;

/// Fewer remaining rows than this are evaluated one by one.
const FEW: usize = 4;

/// A code that is in no set, because the set would exceed memory.
const NO_CODE: f64 = u32::MAX as f64;

/// A block of rows: clipped and rounded, with categories as codes.
pub(super) struct Panel<T: Number> {
    /// The rows' values for each group of rows and each feature. The last group may be
    /// padded with zeros.
    pub(super) groups: Vec<[T; LANES]>,
    /// The rows' codes as bits for each group and each column of codes.
    pub(super) codes: Vec<[T::Bits; LANES]>,
    /// The values of remaining rows that do not fill a group.
    pub(super) rest: Vec<[T; 1]>,
    pub(super) has_missing: bool,
}

/// The bit columns of a categorical feature's codes.
#[derive(Debug, Clone, Copy)]
pub(super) struct CodeColumns {
    pub(super) feature: usize,
    /// First of the columns.
    pub(super) first: usize,
    /// Codes below this number have bits. This number represents missing values; higher
    /// codes have no bits.
    pub(super) n_codes: usize,
}

impl TreeEnsemble {
    pub(super) fn panel<T: Number>(
        &self,
        x: &[f64],
        columns: &[CodeColumns],
        n_columns: usize,
    ) -> Panel<T> {
        let width = self.n_features;
        let n_rows = x.len() / width;
        let n_groups = if n_rows % LANES < FEW {
            n_rows / LANES
        } else {
            n_rows.div_ceil(LANES)
        };
        let (grouped, rest) = x.split_at((n_groups * LANES).min(n_rows) * width);
        let mut has_missing = false;
        let mut number = |value: f64| {
            has_missing |= value.is_nan();
            T::rounded(value.clamp(-self.largest, self.largest))
        };
        let mut groups = vec![[T::rounded(0.0); LANES]; n_groups * width];
        for (group, rows) in groups
            .chunks_exact_mut(width)
            .zip(grouped.chunks(LANES * width))
        {
            for (lane, row) in rows.chunks_exact(width).enumerate() {
                for (values, &value) in group.iter_mut().zip(row) {
                    values[lane] = number(value);
                }
            }
        }
        let mut rest: Vec<[T; 1]> = rest.iter().map(|&value| [number(value)]).collect();
        for categories in &self.categories {
            for group in groups.chunks_exact_mut(width) {
                categories.encode(&mut group[categories.feature]);
            }
            for row in rest.chunks_exact_mut(width) {
                categories.encode(&mut row[categories.feature]);
            }
        }
        let mut codes = vec![[T::Bits::NONE; LANES]; n_groups * n_columns];
        if n_columns > 0 {
            for (group, codes) in groups
                .chunks_exact(width)
                .zip(codes.chunks_exact_mut(n_columns))
            {
                for column in columns {
                    column.spread(&group[column.feature], codes);
                }
            }
        }
        Panel {
            groups,
            codes,
            rest,
            has_missing,
        }
    }
}

impl CodeColumns {
    /// Return the column and the bit of a code.
    pub(super) fn place<B: Bits>(&self, code: usize) -> (usize, B) {
        let bit = B::one(code as u32 % B::N);
        (self.first + code / B::N as usize, bit)
    }

    fn spread<T: Number>(&self, values: &[T; LANES], codes: &mut [[T::Bits; LANES]]) {
        for (lane, &value) in values.iter().enumerate() {
            let code = if value.is_nan() {
                self.n_codes
            } else {
                let code = value.into() as usize;
                if code >= self.n_codes {
                    continue;
                }
                code
            };
            let (column, bit) = self.place::<T::Bits>(code);
            codes[column][lane] = bit;
        }
    }
}

impl Categories {
    /// Replace values by codes; missing values stay NaN.
    fn encode<T: Number>(&self, values: &mut [T]) {
        for value in values {
            if value.is_nan() {
                continue;
            }
            let code = if self.values.is_empty() {
                own_code(*value)
            } else {
                self.position((*value).into())
            };
            *value = T::rounded(code);
        }
    }

    fn position(&self, value: f64) -> f64 {
        let position = self.values.partition_point(|&listed| listed < value);
        match self.values.get(position) {
            Some(&listed) if listed == value => position as f64,
            _ => f64::NAN,
        }
    }
}

/// Return the code that a value truncates to, as in `LightGBM` (double precision) and
/// `XGBoost` (single precision).
fn own_code<T: Number>(value: T) -> f64 {
    if value >= T::LEAST_CODE {
        let code: f64 = value.into();
        code.trunc().clamp(0.0, NO_CODE)
    } else {
        NO_CODE
    }
}
